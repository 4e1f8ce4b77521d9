/** Instead of an empty table: why there is nothing, and what to do about it. */
import type { PropsWithChildren } from "hono/jsx";

export const Empty = ({ title, children }: PropsWithChildren<{ title: string }>) => (
  <div class="empty">
    <h2>{title}</h2>
    {children}
  </div>
);
