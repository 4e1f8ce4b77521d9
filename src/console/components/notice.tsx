/** A message that stands apart: what was done, what went wrong, what to know. */
import type { PropsWithChildren } from "hono/jsx";

type Kind = "success" | "error" | "warning" | "information";

/** Errors interrupt a screen reader, everything else waits its turn. */
export const Notice = ({ kind, children }: PropsWithChildren<{ kind: Kind }>) => (
  <div class={`notice ${kind}`} role={kind === "error" ? "alert" : "status"}>
    {children}
  </div>
);
