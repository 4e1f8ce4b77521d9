/**
 * SIGKILL of the whole process group under load, a start on the same state, silence, and then everything that
 * was acknowledged must be there and everything that follows from it must have happened: nobody asked the
 * gateway to go on.
 *
 *   npm run crash          20 rounds; CRASH_ROUNDS and CRASH_QUIET_SECONDS change that
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { expectWhole, openOutboxRows } from "./support/crash-checks.ts";
import { load, newSubject, type Subject } from "./support/crash-load.ts";
import { type Gateway, startGateway } from "./support/gateway.ts";

const rounds = Number(process.env["CRASH_ROUNDS"] ?? 3);
const quietMs = Number(process.env["CRASH_QUIET_SECONDS"] ?? 15) * 1_000;
/** Load before the kill: a little different each round, so that it falls at different moments. */
const loadMs = (round: number) => 800 + ((round * 367) % 900);

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let gateway: Gateway;
let subjects: Subject[];

beforeAll(async () => {
  gateway = await startGateway();
  // Tenants are spread over the shards.
  subjects = [await newSubject(gateway.base), await newSubject(gateway.base)];
});
afterAll(() => gateway?.dispose());

it(
  `${rounds} kills under load lose nothing`,
  async () => {
    let acknowledged = 0;
    let foundWork = 0;
    for (let round = 1; round <= rounds; round += 1) {
      let killed = false;
      const writers = Promise.all(subjects.map((subject) => load(subject, round, () => killed)));
      // A refusal while the gateway is whole ends the test at once.
      await Promise.race([pause(loadMs(round)), writers]);
      killed = true;
      await gateway.kill();
      for (const count of await writers) acknowledged += count;
      const open = openOutboxRows(gateway.stateDirectory);
      if (open > 0) foundWork += 1;
      await gateway.start();
      await pause(quietMs);
      for (const subject of subjects) await expectWhole(subject);
      process.stdout.write(
        `  round ${round}: ${acknowledged} acknowledged so far, ${open} outbox rows found\n`,
      );
    }
    expect(acknowledged).toBeGreaterThan(rounds * 20);
    for (const { links } of subjects) expect(links.size, "links made under load").toBeGreaterThan(2);
    // A quarter: otherwise the kills did not fall into work, and the test says nothing.
    expect(foundWork).toBeGreaterThanOrEqual(Math.ceil(rounds / 4));
  },
  rounds * (quietMs + 30_000),
);
