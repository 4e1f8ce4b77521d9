/**
 * `npm run soak`: a mixed load at half of what the gateway can do, for twenty minutes (`SOAK_MINUTES`), at the
 * rates of production. No request may fail, and nothing may grow but the data. The same as JSON: `--json FILE`.
 */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import type { AdminClient } from "./client/admin.ts";
import type { Event } from "./client/answers.ts";
import { Exchanges, percentile } from "./soak/exchange.ts";
import { type SoakGateway, startSoakGateway } from "./soak/gateway.ts";
import { saturate, steady } from "./soak/load.ts";
import { makeOrganization, type Organization } from "./soak/organization.ts";
import {
  backlogVerdict,
  databaseVerdict,
  heapVerdict,
  kept,
  latencyVerdict,
  type Observation,
  residentVerdict,
  type Verdict,
} from "./soak/verdict.ts";
import { fail, say } from "./terminal.ts";

const organizationCount = 4;
/** Compilers and caches need some thousand requests; a machine that does not get there is judged on what it did. */
const warmUp = { requests: 12_000, secondsMax: 300, sliceSeconds: 10 };
const calibration = { clients: 16, seconds: 20 };
const shareOfCapacity = 0.5;
/** Each look collects garbage, which holds requests up for a tenth of a second: too seldom to move a median of p99. */
const observationMs = 30_000;

const minutesOf = (text: string): number => {
  const minutes = Number(text);
  if (!(minutes > 0 && minutes <= 24 * 60)) throw new Error("SOAK_MINUTES is a number of minutes.");
  return minutes;
};

async function soak(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: "string", default: "soak.json" } } });
  const minutes = minutesOf(process.env["SOAK_MINUTES"] ?? "20");
  const gateway = await startSoakGateway();
  try {
    const organizations: Organization[] = [];
    for (let number = 1; number <= organizationCount; number += 1) {
      organizations.push(await makeOrganization(gateway.base, number));
    }
    const perSecond = await calibrate(organizations);
    const report = await measure(gateway, organizations, { minutes, perSecond });
    const machine = { processors: cpus().length, model: cpus()[0]?.model };
    const document = { at: new Date().toISOString(), machine, minutes, perSecond, ...report };
    writeFileSync(values.json, `${JSON.stringify(document, undefined, 2)}\n`);
    say(`Written to ${values.json}.`);
    if (!report.verdicts.every(kept)) process.exitCode = 1;
  } finally {
    await gateway.stop();
  }
}

/** Half of what is answered when sixteen clients ask as fast as they can, once everything is warm. */
async function calibrate(organizations: readonly Organization[]): Promise<number> {
  const exchanges = new Exchanges();
  const { clients, seconds } = calibration;
  const { requests, secondsMax, sliceSeconds } = warmUp;
  for (let slice = 0; exchanges.requests < requests && slice * sliceSeconds < secondsMax; slice += 1) {
    await saturate(organizations, exchanges, { clients, seconds: sliceSeconds });
  }
  const capacity = await saturate(organizations, exchanges, { clients, seconds });
  if (exchanges.errorCount > 0) throw new Error(`Errors at full load:\n${exchanges.errors.join("\n")}`);
  for (const { admin } of organizations) await admin.settled(120_000);
  say(
    `Capacity: ${capacity.toFixed(0)} requests/s; soaking at ${(shareOfCapacity * capacity).toFixed(0)}/s.`,
  );
  return shareOfCapacity * capacity;
}

type Plan = { minutes: number; perSecond: number };

async function measure(gateway: SoakGateway, organizations: readonly Organization[], plan: Plan) {
  const exchanges = new Exchanges();
  const admins = organizations.map(({ admin }) => admin);
  const before = await written(admins);
  const startedAt = performance.now();
  const observations = [await observe(gateway, admins, exchanges, startedAt)];
  const observing = setInterval(() => {
    observe(gateway, admins, exchanges, startedAt).then((seen) => observations.push(seen), exchanges.fail);
  }, observationMs);
  const telling = setInterval(() => say(minuteLine(observations, exchanges)), 60_000);
  try {
    await steady(organizations, exchanges, { perSecond: plan.perSecond, seconds: 60 * plan.minutes });
  } finally {
    clearInterval(observing);
    clearInterval(telling);
  }
  // Nothing may be left behind either.
  for (const admin of admins) await admin.settled(60_000);
  observations.push(await observe(gateway, admins, exchanges, startedAt));
  const after = await written(admins);
  const p99s = exchanges.windows
    .filter(({ latencies }) => latencies.length > 0)
    .map(({ latencies }) => percentile(latencies, 0.99));
  const verdicts: Verdict[] = [
    {
      name: "errors",
      value: exchanges.errorCount,
      unit: "",
      atMost: 0,
      detail: `of ${exchanges.requests} requests`,
    },
    heapVerdict(observations.slice(0, -1)),
    residentVerdict(observations.slice(0, -1)),
    backlogVerdict(observations.slice(0, -1)),
    {
      name: "dead letters",
      value: Math.max(...observations.map(({ deadRows }) => deadRows)),
      unit: "",
      atMost: 0,
      detail: "",
    },
    latencyVerdict(p99s),
    databaseVerdict(observations, {
      accounts: after.accounts - before.accounts,
      events: after.events - before.events,
    }),
  ];
  for (const error of exchanges.errors) say(`  ${error}`);
  for (const verdict of verdicts) say(verdictLine(verdict));
  return {
    verdicts,
    errors: exchanges.errors,
    byKind: Object.fromEntries(exchanges.byKind),
    p99s,
    observations,
  };
}

async function observe(
  gateway: SoakGateway,
  admins: readonly AdminClient[],
  exchanges: Exchanges,
  startedAt: number,
): Promise<Observation> {
  const activities = await Promise.all(admins.map((admin) => admin.activity()));
  return {
    atMs: Math.round(performance.now() - startedAt),
    requests: exchanges.requests,
    ...(await gateway.memory.collect()),
    databases: gateway.databases(),
    openRows: activities.reduce((sum, { openOutboxRows }) => sum + openOutboxRows, 0),
    deadRows: activities.reduce((sum, { deadRows }) => sum + deadRows, 0),
  };
}

/** Accounts and events that the organizations have. */
async function written(admins: readonly AdminClient[]): Promise<{ accounts: number; events: number }> {
  let [accounts, events] = [0, 0];
  for (const admin of admins) {
    accounts += (await admin.users()).length;
    const { body } = await admin.request("GET", "/events?limit=1");
    events += (body as { items: Event[] }).items[0]?.seq ?? 0;
  }
  return { accounts, events };
}

const megabytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(0)} MB`;

function minuteLine(
  observations: readonly Observation[],
  { windows, errorCount, requests }: Exchanges,
): string {
  const latencies = windows.slice(-7, -1).flatMap((window) => window.latencies);
  const latest = observations.at(-1);
  const [p50, p99] = [percentile(latencies, 0.5), percentile(latencies, 0.99)];
  return [
    `minute ${Math.round((latest?.atMs ?? 0) / 60_000)}: ${requests} requests, ${errorCount} errors`,
    `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
    `heap ${megabytes(latest?.heap ?? 0)}, runtime ${megabytes(latest?.resident ?? 0)}, databases ${megabytes(latest?.databases ?? 0)}`,
    `${latest?.openRows ?? 0} open, ${latest?.deadRows ?? 0} dead`,
  ].join("; ");
}

function verdictLine(verdict: Verdict): string {
  const { name, value, unit, atMost, detail } = verdict;
  const text = `${Number.isInteger(value) ? value : value.toFixed(1)} ${unit}`.trim();
  const bound = `≤ ${Number.isInteger(atMost) ? atMost : atMost.toFixed(1)}`;
  return `${name.padEnd(52)} ${text.padStart(10)} ${bound.padStart(9)} ${(kept(verdict) ? "kept" : "MISSED").padEnd(6)} ${detail}`.trimEnd();
}

await soak().catch(fail);
