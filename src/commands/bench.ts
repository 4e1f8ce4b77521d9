/**
 * `npm run bench`: measures the gateway beside bare routes in the same process and prints a table of ratios; the
 * same as JSON with `--json FILE`. `--only NAME,NAME` measures some parts. Figures in ratios hold on a busy machine,
 * the others only on an idle one.
 */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { type Figure, line, type Sizes } from "./bench/figures.ts";
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
  (error: unknown): readonly Figure[] => {
    process.exitCode = 1;
    say(`${name}: ${error instanceof Error ? error.message : error}`);
    return [];
  };

async function bench(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: "string" },
      users: { type: "string", default: "200000" },
      "few-users": { type: "string", default: "1000" },
      group: { type: "string", default: "100000" },
      seats: { type: "string", default: "1500" },
      rounds: { type: "string", default: "200" },
      slices: { type: "string", default: "5" },
      json: { type: "string", default: "bench.json" },
    },
  });
  const users = bounded(values.users, "users", 1_000_000);
  const sizes: Sizes = {
    users,
    fewUsers: bounded(values["few-users"], "few-users", users),
    rounds: bounded(values.rounds, "rounds", 10_000),
    slices: bounded(values.slices, "slices", 100),
    perSlice: 200,
    group: bounded(values.group, "group", users),
    seats: bounded(values.seats, "seats", 100_000),
  };
  const parts = chosenParts(values.only);
  const figures: Figure[] = [];
  const shared = stage(sizes);
  try {
    for (const [name, measure] of parts) {
      const rows = await measure(shared).catch(failed(name));
      figures.push(...rows);
      for (const row of rows) say(line(row));
    }
  } finally {
    await shared.close();
  }
  const machine = { processors: cpus().length, model: cpus()[0]?.model };
  writeFileSync(
    values.json,
    `${JSON.stringify({ at: new Date().toISOString(), machine, sizes, figures }, undefined, 2)}\n`,
  );
  say(`Written to ${values.json}.`);
}

await bench().catch(fail);
