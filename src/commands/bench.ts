/**
 * `npm run bench`: measures the gateway beside bare routes in the same process and prints a table of ratios; the
 * same as JSON with `--json FILE`. `--only NAME,NAME` measures some parts. Figures in ratios hold on a busy machine,
 * the others only on an idle one.
 */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { type Figure, line, type Report, type Sizes, tableLines } from "./bench/figures.ts";
import { chosenParts } from "./bench/parts.ts";
import { stage } from "./bench/stage.ts";
import { fail, say } from "./terminal.ts";

const bounded = (text: string, name: string, most: number): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > most)
    throw new Error(`--${name} is a number up to ${most}.`);
  return value;
};

/** The other parts are measured all the same, but the run counts as failed. */
const failed =
  (name: string) =>
  (error: unknown): Report => {
    process.exitCode = 1;
    say(`${name}: ${error instanceof Error ? error.message : error}`);
    return { figures: [] };
  };

async function bench(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: "string" },
      users: { type: "string", default: "200000" },
      "few-users": { type: "string", default: "1000" },
      "some-users": { type: "string", default: "20000" },
      group: { type: "string", default: "100000" },
      seats: { type: "string", default: "1500" },
      "scale-users": { type: "string", default: "500000" },
      tenants: { type: "string", default: "1000" },
      rounds: { type: "string", default: "200" },
      slices: { type: "string", default: "15" },
      json: { type: "string", default: "bench.json" },
    },
  });
  const users = bounded(values.users, "users", 1_000_000);
  const sizes: Sizes = {
    users,
    fewUsers: bounded(values["few-users"], "few-users", users),
    someUsers: Math.min(users, bounded(values["some-users"], "some-users", 1_000_000)),
    rounds: bounded(values.rounds, "rounds", 10_000),
    slices: bounded(values.slices, "slices", 100),
    perSlice: 100,
    group: bounded(values.group, "group", users),
    seats: bounded(values.seats, "seats", 100_000),
    scaleUsers: bounded(values["scale-users"], "scale-users", 1_000_000),
    tenants: bounded(values.tenants, "tenants", 10_000),
  };
  const parts = chosenParts(values.only);
  const figures: Figure[] = [];
  const details: Record<string, unknown> = {};
  const seconds: Record<string, number> = {};
  const shared = stage(sizes);
  try {
    for (const [name, measure] of parts) {
      const startedAt = performance.now();
      const measured = await measure(shared).catch(failed(name));
      const report: Report = "figures" in measured ? measured : { figures: measured };
      figures.push(...report.figures);
      Object.assign(details, report.details);
      for (const row of report.figures) say(line(row));
      if (report.table !== undefined) say(`\n${tableLines(report.table).join("\n")}\n`);
      for (const note of report.notes ?? []) say(note);
      seconds[name] = Math.round((performance.now() - startedAt) / 1000);
    }
  } finally {
    await shared.close();
  }
  const machine = { processors: cpus().length, model: cpus()[0]?.model };
  const all = { at: new Date().toISOString(), machine, sizes, seconds, figures, details };
  writeFileSync(values.json, `${JSON.stringify(all, undefined, 2)}\n`);
  say(`Written to ${values.json}.`);
}

await bench().catch(fail);
