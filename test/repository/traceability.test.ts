/** The tables that say which test shows which requirement: complete, and true about the tests. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { evidenceOf, read, references, rows, tests } from "./evidence.ts";

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
