/** A table with its headers; wide ones scroll within their frame. */
import type { PropsWithChildren } from "hono/jsx";

type Column = string | { name: string; kind: "number" | "actions" };

export const Table = ({
  caption,
  columns,
  children,
}: PropsWithChildren<{ caption: string; columns: readonly Column[] }>) => (
  <div class="table-frame">
    <table>
      <caption class="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          {columns.map((column) => {
            if (typeof column === "string") return <th scope="col">{column}</th>;
            if (column.kind === "number") {
              return (
                <th scope="col" class="number">
                  {column.name}
                </th>
              );
            }
            return (
              <th scope="col">
                <span class="visually-hidden">{column.name}</span>
              </th>
            );
          })}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  </div>
);
