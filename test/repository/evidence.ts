/** The tables that say which test shows which requirement, as data. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export const tests = join(import.meta.dirname, "..");
export const read = (path: string): string => readFileSync(join(tests, path), "utf8");

export type Row = { document: string; heading: string; cells: string[] };

/** Rows of every table of a document, without its head. */
function rowsOf(document: string): Row[] {
  const rows: Row[] = [];
  let heading = "";
  for (const line of read(document).split("\n")) {
    if (line.startsWith("#")) heading = line.replace(/^#+ /, "");
    if (!line.startsWith("| ") || /^\| *\|? *(section|suite|client|threat)? *\|/.test(line)) continue;
    const cells = line.split("|").map((cell) => cell.trim());
    if (!["section", "suite", "client"].includes(cells[1] ?? ""))
      rows.push({ document, heading, cells: cells.slice(1, -1) });
  }
  return rows;
}

export const rows = ["requirements.md", "conformance/README.md", "../SECURITY.md"].flatMap(rowsOf);
export const evidenceOf = ({ cells }: Row): string => cells.at(-1) ?? "";

export type Reference = { file: string; title: string | undefined };

/** `file` or `file › title`; a title may hold backticks itself. */
export const references = (text: string): Reference[] =>
  [...text.matchAll(/`((?:[\w-]+\/)+[\w.-]+\.(?:json|test\.ts))(?: › (.+?))?`(?=;|\.| \w|:|$)/g)].map(
    ([, file = "", title]) => ({ file, title }),
  );
