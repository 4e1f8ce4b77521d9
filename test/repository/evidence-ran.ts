/**
 * Last step of `npm test`: every test that a table of requirements names has run and passed, according to the
 * reports that the runs before it wrote.
 *
 *   node test/repository/evidence-ran.ts REPORT…
 */
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { evidenceOf, type Reference, read, references, rows, tests } from "./evidence.ts";

type Report = {
  testResults: { name: string; assertionResults: { fullName: string; status: string }[] }[];
};

/** Full names of the tests that passed, by file below `test`. */
const passed = new Map<string, string[]>();
for (const path of process.argv.slice(2)) {
  const { testResults } = JSON.parse(readFileSync(path, "utf8")) as Report;
  for (const { name, assertionResults } of testResults) {
    const file = relative(tests, name);
    const names = assertionResults
      .filter(({ status }) => status === "passed")
      .map(({ fullName }) => fullName);
    passed.set(file, [...(passed.get(file) ?? []), ...names]);
  }
}

/** The words of a title up to the first place that a table of cases fills in. */
const fixed = (title: string): string => title.split(/%[sdifjo#]|\$\{|\$[a-z]/)[0] ?? "";

function ran({ file, title }: Reference): boolean {
  if (file.endsWith(".json")) {
    const transcript = JSON.parse(read(file)) as { title: string };
    return ran({ file: "conformance/transcripts.test.ts", title: transcript.title });
  }
  const names = passed.get(file) ?? [];
  return names.some((name) => title === undefined || name.includes(fixed(title)));
}

const named = rows.flatMap((row) => references(evidenceOf(row)).map((reference) => ({ row, reference })));
const missing = named.filter(({ reference }) => !ran(reference));
for (const { row, reference } of missing) {
  process.stderr.write(
    `${row.cells[0]}: ${reference.file} › ${reference.title ?? ""} has not run and passed\n`,
  );
}
process.stdout.write(
  `Evidence: ${named.length - missing.length} of ${named.length} named tests ran and passed.\n`,
);
process.exit(missing.length === 0 && named.length > 0 ? 0 : 1);
