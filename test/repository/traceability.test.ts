/** The tables that say which test shows which requirement: complete, and true about the tests. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const tests = join(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(tests, path), "utf8");

const documents = ["requirements.md", "conformance/README.md"];

type Row = { document: string; heading: string; cells: string[] };

/** Rows of every table, without its head. */
function rowsOf(document: string): Row[] {
  const rows: Row[] = [];
  let heading = "";
  for (const line of read(document).split("\n")) {
    if (line.startsWith("#")) heading = line.replace(/^#+ /, "");
    if (!line.startsWith("| ") || /^\| *\|? *(section|suite|client)? *\|/.test(line)) continue;
    const cells = line.split("|").map((cell) => cell.trim());
    if (!["section", "suite", "client"].includes(cells[1] ?? ""))
      rows.push({ document, heading, cells: cells.slice(1, -1) });
  }
  return rows;
}

const rows = documents.flatMap(rowsOf);
const evidenceOf = ({ cells }: Row): string => cells.at(-1) ?? "";

/** `file` or `file › title`; a title may hold backticks itself. */
const references = (text: string): { file: string; title: string | undefined }[] =>
  [...text.matchAll(/`((?:[\w-]+\/)+[\w.-]+\.(?:json|test\.ts))(?: › (.+?))?`(?=;|\.| \w|:|$)/g)].map(
    ([, file = "", title]) => ({ file, title }),
  );

describe("the tables of requirements", () => {
  it("have every requirement once", () => {
    const numbered = (heading: string): string[] =>
      rows.filter((row) => row.heading === heading).map(({ cells }) => cells[0] ?? "");
    const from1 = (last: number): string[] => Array.from({ length: last }, (_, index) => `R${index + 1}`);
    expect(numbered("Requirements of the domain")).toEqual(from1(75));
    const rules = from1(37);
    rules.splice(11, 0, "R11a");
    expect(numbered("Rules for clients: what never to lose")).toEqual(rules);
  });

  it("show each by a test, or say why there is none", () => {
    expect(rows.length).toBeGreaterThan(180);
    const bare = rows.filter(
      (row) => references(evidenceOf(row)).length === 0 && !evidenceOf(row).startsWith("— "),
    );
    expect(bare.map(({ cells }) => cells.join(" | "))).toEqual([]);
  });

  it("name tests that exist and run", () => {
    const missing = rows.flatMap((row) =>
      references(evidenceOf(row))
        .filter(({ file, title }) => !shows(file, title))
        .map(({ file, title }) => `${row.cells[0]}: ${file} › ${title}`),
    );
    expect(missing).toEqual([]);
  });

  it("name every transcript", () => {
    const named = new Set(rows.flatMap((row) => references(evidenceOf(row)).map(({ file }) => file)));
    const transcripts = readdirSync(join(tests, "conformance/transcripts"), {
      recursive: true,
      encoding: "utf8",
    })
      .filter((path) => path.endsWith(".json"))
      .map((path) => `conformance/transcripts/${path.replaceAll("\\", "/")}`);
    expect(transcripts.length).toBeGreaterThan(40);
    expect(transcripts.filter((path) => !named.has(path))).toEqual([]);
  });
});

function shows(file: string, title: string | undefined): boolean {
  if (!existsSync(join(tests, file))) return false;
  const text = read(file);
  if (file.endsWith(".json")) return (JSON.parse(text) as { steps: unknown[] }).steps.length > 0;
  if (/\b(?:it|test|describe)\.(?:skip|only|todo)\b/.test(text)) return false;
  return title === undefined || text.includes(title);
}
