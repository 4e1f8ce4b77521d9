/** Tables as CSV (RFC 4180), streamed. */
import type { Context } from "hono";
import type { Cell, Table } from "../../gateway/exports/table.ts";
import type { AppEnvironment } from "../context.ts";

/** Quoted when RFC 4180 §2.6 asks for it. Numbers and truth values are the gateway's own and stand as they are. */
function field(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell !== "string") return String(cell);
  const text = isFormula.test(cell) ? `'${cell}` : cell;
  return text !== cell || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Spreadsheets run what begins so (OWASP, "CSV Injection"), full-width forms included; the apostrophe makes it a
 * text. People and groups are named by others than who opens the file.
 */
const isFormula = /^[\t\r\n]|^\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]/;

export const csvLine = (cells: readonly Cell[]): string => `${cells.map(field).join(",")}\r\n`;

/**
 * The first page is read before anything is answered, so that what fails at once is answered as a problem. What
 * fails later breaks the connection: a file that is not whole never looks as if it were.
 */
export async function csvResponse(c: Context<AppEnvironment>, table: Table): Promise<Response> {
  const { name, header, pages } = table;
  const encoder = new TextEncoder();
  const chunk = (rows: readonly (readonly Cell[])[]) => encoder.encode(rows.map(csvLine).join(""));
  const first = await pages.next();
  let head: Uint8Array | undefined = chunk([header, ...(first.done ? [] : first.value)]);
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (head !== undefined) {
        controller.enqueue(head);
        head = undefined;
        return;
      }
      try {
        const next = await pages.next();
        if (next.done) controller.close();
        else controller.enqueue(chunk(next.value));
      } catch (error) {
        const requestId = c.get("requestId");
        c.get("deps").log({ level: "error", message: "export broken off", requestId, error: String(error) });
        throw error;
      }
    },
    async cancel() {
      await pages.return(undefined);
    },
  });
  const day = new Date(c.get("deps").now()).toISOString().slice(0, 10);
  return c.body(body, 200, {
    "content-type": "text/csv; charset=utf-8; header=present",
    "content-disposition": `attachment; filename="${name}-${day}.csv"`,
  });
}
