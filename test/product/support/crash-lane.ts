/** One gateway with its state, killed again and again under load. */
import { expectWhole } from "./crash-checks.ts";
import { readDatabases } from "./crash-databases.ts";
import { expectAcknowledgedEvents, expectReplayed } from "./crash-events.ts";
import { load } from "./crash-load.ts";
import { type Random, randomFrom } from "./crash-random.ts";
import { newSubject, type Subject } from "./crash-subject.ts";
import { type Gateway, startGateway } from "./gateway.ts";

export type LaneReport = {
  rounds: number;
  acknowledged: number;
  /** Restarts that found rows in the outbox. */
  foundWork: number;
  /** Acknowledged writes by the events they told. */
  mix: Map<string, number>;
};
export type LaneSettings = { lane: number; seed: number; rounds: number; quietMs: number };

/** A kill falls after so many acknowledged writes: in the first moments of a load, or well into it. */
const writesMin = 10;
const writesMax = 160;
/** A machine that is busy otherwise may not get that far. */
const loadMsMax = 8_000;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const say = (text: string) => process.stdout.write(`  ${text}\n`);

export async function runLane({ lane, seed, rounds, quietMs }: LaneSettings): Promise<LaneReport> {
  const random = randomFrom(seed, lane);
  const gateway = await startGateway();
  const report: LaneReport = { rounds: 0, acknowledged: 0, foundWork: 0, mix: new Map() };
  try {
    // Tenants are spread over the shards.
    const subjects = [await newSubject(gateway.base, false), await newSubject(gateway.base, true)];
    for (let round = 1; round <= rounds; round += 1) {
      const after = await Promise.all(subjects.map(newestEvent));
      await loadAndKill(gateway, subjects, round, random);
      const open = examine(gateway, subjects, after);
      if (open > 0) report.foundWork += 1;
      await gateway.start();
      if (random.chance(0.2)) {
        // Recovery itself is not safe from power cuts either.
        await pause(random.below(3_000));
        await gateway.kill();
        examine(gateway, subjects);
        await gateway.start();
      }
      await pause(quietMs);
      for (const subject of subjects) await expectWhole(subject);
      report.rounds += 1;
      report.acknowledged = subjects.reduce((sum, { facts }) => sum + facts.acknowledgedInAll, 0);
      say(
        `lane ${lane}, round ${round}: ${report.acknowledged} acknowledged so far, ${open} outbox rows found`,
      );
    }
    // What the last silence has done is in the events too.
    await gateway.kill();
    examine(gateway, subjects);
    for (const { facts } of subjects) {
      for (const [action, count] of facts.mix) report.mix.set(action, (report.mix.get(action) ?? 0) + count);
    }
    return report;
  } catch (error) {
    // Told at once: other lanes may go on for a while.
    say(`lane ${lane} failed after ${report.rounds} rounds: ${String(error)}`);
    throw error;
  } finally {
    if (process.env["CRASH_KEEP"] === "1") {
      await gateway.kill();
      say(`lane ${lane}: the state is kept in ${gateway.stateDirectory}`);
    } else await gateway.dispose();
  }
}

async function newestEvent({ tenant }: Subject): Promise<number> {
  const { body } = await tenant.admin.request("GET", "/events?limit=1");
  return (body as { items: { seq: number }[] }).items[0]?.seq ?? 0;
}

async function loadAndKill(gateway: Gateway, subjects: readonly Subject[], number: number, random: Random) {
  for (const { facts } of subjects) facts.stopped = false;
  const loads = Promise.all(subjects.map((subject) => load(subject, { number, random })));
  const acknowledged = () => subjects.reduce((sum, { facts }) => sum + facts.acknowledgedInAll, 0);
  const enough = acknowledged() + writesMin + random.below(writesMax - writesMin);
  const deadline = Date.now() + loadMsMax;
  while (acknowledged() < enough && Date.now() < deadline) {
    // A refusal while the gateway is whole ends the test at once.
    await Promise.race([pause(1 + random.below(20)), loads]);
  }
  for (const { facts } of subjects) facts.stopped = true;
  await gateway.kill();
  await loads;
}

/** The databases as the kill left them. Returns the number of outbox rows that the next start finds. */
function examine(gateway: Gateway, subjects: readonly Subject[], after?: readonly number[]): number {
  return readDatabases(gateway.stateDirectory, (databases) => {
    for (const [index, subject] of subjects.entries()) {
      const rows = databases.tenant(subject.tenant.id);
      const since = after?.[index];
      if (since !== undefined) expectAcknowledgedEvents(subject, rows, since);
      expectReplayed(rows);
    }
    return databases.openOutboxRows;
  });
}
