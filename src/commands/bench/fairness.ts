/** One organization at ten times its rate, and what its neighbor notices. */
import { expectStatus, send } from "../client/http.ts";
import { makeDirectory, person } from "./directory.ts";
import type { Figure } from "./figures.ts";
import { startBenchGateway } from "./gateway.ts";
import { type Pace, type Paced, type Pacer, startPacer } from "./pace.ts";

/** 20 requests per second and credential instead of 200: ten times that is a load which one machine can send. */
const rateScale = 0.1;
const loudPerSecond = 200;
const neighborPerSecond = 15;
const seconds = 12;
/** What else the machine does hits every kind alike when they take turns. */
const rounds = 5;

/**
 * The neighbor alone; beside a flood of one credential at ten times its limit; and beside the same flood against an
 * address of the bench's own where a bare router says 404 at once. The last is the floor: what this machine, the
 * proxy of the local runtime and the sending itself take, which nothing of the gateway can give back. A flood
 * begins rested, with the burst that its limit allows; that is part of the figure.
 */
export async function fairness(): Promise<Figure[]> {
  const gateway = await startBenchGateway(rateScale);
  const [measuring, flooding] = await Promise.all([startPacer(), startPacer()]);
  try {
    const [loud, neighbor] = [await listing(gateway.base, "loud"), await listing(gateway.base, "neighbor")];
    const bare = { url: `${gateway.base}/floor/nothing`, headers: {} };
    const quiet = { ...neighbor, perSecond: neighborPerSecond, seconds };
    const flood = (target: Target): Pace => ({ ...target, perSecond: loudPerSecond, seconds });
    await beside(measuring, { ...quiet, seconds: 3 }, flooding, { ...flood(bare), seconds: 3 });
    const seen: Record<"alone" | "floor" | "beside", number[]> = { alone: [], floor: [], beside: [] };
    const answers = { sent: 0, refused: 0, failed: 0 };
    for (let round = 0; round < rounds; round += 1) {
      seen.alone.push(...timesOf(await measuring.send(quiet)));
      seen.floor.push(...(await beside(measuring, quiet, flooding, flood(bare))).times);
      const { times, flooded } = await beside(measuring, quiet, flooding, flood(loud));
      seen.beside.push(...times);
      answers.sent += loudPerSecond * seconds;
      answers.refused += flooded.statuses[429] ?? 0;
      answers.failed += flooded.failed;
    }
    return figures(latency(seen.alone), latency(seen.floor), latency(seen.beside), answers);
  } finally {
    measuring.stop();
    flooding.stop();
    await gateway.stop();
  }
}

type Target = Pick<Pace, "url" | "headers">;

/** A list of one person, asked for by a client of an organization of its own. */
async function listing(base: string, name: string): Promise<Target> {
  const { admin } = await makeDirectory(base, 1);
  const type = "other_scim";
  const client = await admin.createConfiguration({ name, type, defaultLicenseType: "read_only" });
  const authorization = `Basic ${btoa(`${client.clientId}:${client.clientSecret}`)}`;
  const users = `${client.tenantUrl}/Users`;
  const headers = { authorization, "content-type": "application/scim+json" };
  const created = await send(users, { method: "POST", headers, body: person(name) });
  expectStatus("A person", created, 201);
  return { url: `${users}?count=1`, headers: { authorization } };
}

async function beside(measuring: Pacer, quiet: Pace, flooding: Pacer, flood: Pace) {
  const [measured, flooded] = await Promise.all([measuring.send(quiet), flooding.send(flood)]);
  return { times: timesOf(measured), flooded };
}

/** A neighbor that is refused anything notices more than time. */
function timesOf({ times, statuses, failed }: Paced): number[] {
  if (failed > 0 || Object.keys(statuses).some((status) => status !== "200")) {
    throw new Error(`The neighbor was answered ${JSON.stringify(statuses)}, and ${failed} times not at all.`);
  }
  return times;
}

type Latency = { p50: number; p99: number };

function latency(times: readonly number[]): Latency {
  const sorted = times.toSorted((left, right) => left - right);
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

function figures(
  alone: Latency,
  floor: Latency,
  loud: Latency,
  { sent, refused, failed }: { sent: number; refused: number; failed: number },
): Figure[] {
  const text = ({ p50, p99 }: Latency): string => `p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)} ms`;
  const share = ((100 * refused) / sent).toFixed(0);
  const goal = { at: "most", value: 1.5 } as const;
  return [
    {
      name: "neighbor of ten times the rate: p99 ÷ alone",
      value: loud.p99 / alone.p99,
      unit: "×",
      goal,
      detail: `${text(loud)} ÷ ${text(alone)}; ${share} % of the flood got 429, ${failed} no answer`,
    },
    {
      name: "… p99 ÷ beside a bare router under the same flood",
      value: loud.p99 / floor.p99,
      unit: "×",
      goal,
      detail: `÷ ${text(floor)}, itself ${(floor.p99 / alone.p99).toFixed(1)} times alone`,
    },
  ];
}
