/** What a plan would do, kind by kind: an exact count, and the names behind it. */
import type { Child } from "hono/jsx";
import { figure } from "../words.ts";

export type Effect = { title: string; count: number; names: readonly Child[] };

/** Longer lists open with a click. */
const openMax = 25;

/** In the order given; kinds that concern nobody are left out. */
export const Effects = ({ effects }: { effects: readonly Effect[] }) => (
  <>
    {effects
      .filter(({ count }) => count > 0)
      .map(({ title, count, names }) => (
        <details class="effect" open={count <= openMax}>
          <summary>
            <span class="number">{figure(count)}</span> {title}
          </summary>
          <ul class="names">
            {names.map((name) => (
              <li>{name}</li>
            ))}
          </ul>
          {count > names.length && <p class="hint">and {figure(count - names.length)} more</p>}
        </details>
      ))}
  </>
);
