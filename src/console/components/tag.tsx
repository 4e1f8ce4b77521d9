/** A word about a state, in a color that only repeats what the word says. */
import type { PropsWithChildren } from "hono/jsx";

export type TagKind = "neutral" | "good" | "warning" | "bad" | "accent";

export const Tag = ({ kind, children }: PropsWithChildren<{ kind: TagKind }>) => (
  <span class={`tag ${kind}`}>{children}</span>
);
