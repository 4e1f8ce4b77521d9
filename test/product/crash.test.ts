/**
 * SIGKILL of the whole process group under load, a start on the same state, silence, and then everything that
 * was acknowledged must be there and everything that follows from it must have happened: nobody asked the
 * gateway to go on. Several gateways at once, each with its own state: while one is silent others are loaded.
 *
 *   npm run crash     100 rounds on 5 gateways, 30 seconds of silence each; CRASH_ROUNDS, CRASH_LANES,
 *                     CRASH_QUIET_SECONDS and CRASH_SEED change that, CRASH_KEEP=1 keeps the state
 */
import { expect, it } from "vitest";
import { runLane } from "./support/crash-lane.ts";

const setting = (name: string, otherwise: number): number =>
  Number(process.env[`CRASH_${name}`] ?? otherwise);
const rounds = setting("ROUNDS", 3);
const lanes = Math.min(rounds, setting("LANES", 3));
const quietMs = setting("QUIET_SECONDS", 15) * 1_000;
const seed = setting("SEED", Number(process.env["FUZZ_SEED"] ?? 20_261_120));

/** Rounds of a lane: as many as of any other, or one more. */
const roundsOf = (lane: number): number => Math.floor(rounds / lanes) + (lane < rounds % lanes ? 1 : 0);
/** Starts and kills take a few seconds of processor time each; lanes take turns at it. */
const staggerMs = Math.min(quietMs / lanes, 4_000);

/** What the load is made of. */
const everything = [
  ...["created", "changed", "deactivated", "reactivated", "deprovisioned", "revived", "adopted"].map(
    (act) => `user.${act}`,
  ),
  ...["created", "changed", "members_changed", "deleted", "license_type_changed"].map(
    (act) => `group.${act}`,
  ),
  ...["created", "paused", "resumed", "unlinking", "removed"].map((act) => `link.${act}`),
  ...["enabled", "disabled", "deleted", "restored"].map((act) => `vault_user.${act}`),
  ...["license.purchased", "vault.created", "configuration.created", "configuration.deleted"],
  ...["staged_effects.approved", "staged_effects.discarded"],
];

it(
  "kills under load lose nothing, and what follows happens by itself",
  async () => {
    process.stdout.write(`  ${rounds} rounds on ${lanes} gateways; CRASH_SEED=${seed}\n`);
    const outcomes = await Promise.allSettled(
      Array.from({ length: lanes }, async (_, lane) => {
        await new Promise((resolve) => setTimeout(resolve, lane * staggerMs));
        return runLane({ lane, seed, rounds: roundsOf(lane), quietMs });
      }),
    );
    const reports = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    const sum = (name: "rounds" | "acknowledged" | "foundWork") =>
      reports.reduce((total, report) => total + report[name], 0);
    const mix = new Map<string, number>();
    for (const report of reports) {
      for (const [action, count] of report.mix) mix.set(action, (mix.get(action) ?? 0) + count);
    }
    process.stdout.write(`  ${[...mix].map(([action, count]) => `${action} ${count}`).join(", ")}\n`);
    process.stdout.write(
      `  ${sum("rounds")} rounds, ${sum("acknowledged")} acknowledged writes, ${sum("foundWork")} restarts found work\n`,
    );
    expect(sum("rounds")).toBe(rounds);
    expect(sum("acknowledged")).toBeGreaterThan(rounds * 20);
    // A short run need not come to everything.
    const missing = rounds < 50 ? [] : everything.filter((action) => !mix.has(action));
    expect(missing, "acts that no kill fell among").toEqual([]);
    // A quarter: otherwise the kills did not fall into work, and the test says nothing.
    expect(sum("foundWork")).toBeGreaterThanOrEqual(Math.ceil(rounds / 4));
  },
  Math.ceil(rounds / lanes) * (quietMs + 120_000) + 120_000,
);
