/**
 * `npm run bench`: measures the gateway beside bare routes in the same process and prints a table of ratios; the
 * same as JSON with `--json FILE`. Figures in ratios hold on a busy machine, the others only on an idle one.
 */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { makeDirectory } from "./bench/directory.ts";
import { fairness } from "./bench/fairness.ts";
import {
  acrossSizes,
  againstFloors,
  costs,
  type Figure,
  linking,
  oneMember,
  type Sizes,
  seats,
} from "./bench/figures.ts";
import { bundleBytes, startBenchGateway } from "./bench/gateway.ts";
import { fail, say } from "./terminal.ts";

const bounded = (text: string, name: string, most: number): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > most)
    throw new Error(`--${name} is a number up to ${most}.`);
  return value;
};

async function bench(): Promise<void> {
  const { values } = parseArgs({
    options: {
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
  const fewUsers = bounded(values["few-users"], "few-users", users);
  const sizes: Sizes = {
    rounds: bounded(values.rounds, "rounds", 10_000),
    slices: bounded(values.slices, "slices", 100),
    perSlice: 200,
    group: bounded(values.group, "group", users),
    seats: bounded(values.seats, "seats", 100_000),
  };
  const figures: Figure[] = [];
  const show = (rows: readonly Figure[]) => {
    figures.push(...rows);
    for (const row of rows) say(line(row));
  };
  const gateway = await startBenchGateway();
  try {
    const { base, startMs } = gateway;
    show([{ name: "start of the gateway, on this machine", value: startMs / 1000, unit: "s" }]);
    show([
      {
        name: "Worker bundle, gzipped",
        value: (await bundleBytes()) / 1024,
        unit: "KB",
        goal: { at: "most", value: 250 },
      },
    ]);
    const small = await makeDirectory(base, fewUsers);
    const large = await makeDirectory(base, users);
    show(await costs(large));
    show(await againstFloors(base, small, sizes));
    show(await acrossSizes(small, large, sizes));
    show(await oneMember(base, large, sizes));
    show(await seats(base, await makeDirectory(base, 1), sizes));
    show(await linking(base, await makeDirectory(base, sizes.group), sizes));
  } finally {
    await gateway.stop();
  }
  show(await fairness());
  const machine = { processors: cpus().length, model: cpus()[0]?.model };
  writeFileSync(
    values.json,
    `${JSON.stringify({ at: new Date().toISOString(), machine, sizes, figures }, undefined, 2)}\n`,
  );
  say(`Written to ${values.json}.`);
}

function line({ name, value, unit, goal, detail }: Figure): string {
  const text =
    `${Number.isInteger(value) ? value : value.toFixed(2)}${unit === "×" ? "" : " "}${unit}`.trim();
  const met =
    goal === undefined
      ? ""
      : (goal.at === "least" ? value >= goal.value : value <= goal.value)
        ? "met"
        : "MISSED";
  const wanted = goal === undefined ? "" : `${goal.at === "least" ? "≥" : "≤"} ${goal.value}`;
  return `${name.padEnd(52)} ${text.padStart(10)} ${wanted.padStart(8)} ${met.padEnd(6)} ${detail ?? ""}`.trimEnd();
}

await bench().catch(fail);
