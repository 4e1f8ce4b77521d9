/** What a million provisioned users cost: measured over the whole path, at published prices. */
import { expectStatus, inParallel } from "../client/http.ts";
import { backgroundWork, type Work } from "./background-work.ts";
import { type Directory, freshName, makeGroup, person } from "./directory.ts";
import type { Report } from "./figures.ts";
import { objectGigabytes, prices, queueOperationsPerMessage } from "./prices.ts";
import { plus, type Spent, spent } from "./spent.ts";
import { workerdUsage } from "./workerd-process.ts";

const people = 500;
const width = 8;
const million = 1_000_000;

/**
 * As Microsoft Entra ID does for a new user: a look by userName, POST, and one PATCH that adds the user to a
 * group. The group is linked to a vault; a license is free for everybody.
 */
export async function costs(base: string, directory: Directory): Promise<Report> {
  const { admin } = directory;
  await admin.purchase("read_only", people + directory.people);
  const groupId = await makeGroup(base, directory, "Costs", 1);
  const { id: vaultId } = await admin.createVault("Costs");
  await admin.link({ groupId, vaultId, newVaultGroupName: "Costs" });
  await admin.settled(120_000);
  await backgroundWork(base);
  const before = workerdUsage();
  const requests = await provision(directory, groupId);
  await admin.settled(120_000);
  const after = workerdUsage();
  const { allocator, queue } = await backgroundWork(base);
  const cpuMs = before === undefined || after === undefined ? undefined : after.cpuMs - before.cpuMs;
  return report(requests, allocator, queue, cpuMs);
}

type Requests = Spent & { count: number };

async function provision({ scim, requestToken }: Directory, groupId: string): Promise<Requests> {
  let sum: Spent = spent(await requestToken());
  let count = 1;
  const ask = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await scim.request(method, path, body);
    sum = plus(sum, spent(answer));
    count += 1;
    return expectStatus(`${method} ${path}`, answer, 200, 201, 204).body;
  };
  await inParallel(Array.from({ length: people }), width, async () => {
    const name = freshName();
    await ask("GET", `/Users?filter=userName eq "${name}"`);
    const { id } = (await ask("POST", "/Users", person(name))) as { id: string };
    await ask("PATCH", `/Groups/${groupId}`, {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
      Operations: [{ op: "add", path: "members", value: [{ value: id }] }],
    });
  });
  return { ...sum, count };
}

type Item = { name: string; each: number; dollars: number };

function report(requests: Requests, allocator: Work, queue: Work, cpuMs: number | undefined): Report {
  const item = (name: string, amount: number, price: number): Item => ({
    name,
    each: amount / people,
    dollars: (amount / people) * price * million,
  });
  const rows = (name: string, { read, written }: { read: number; written: number }): Item[] => [
    item(`rows read: ${name}`, read, prices.perRowRead),
    item(`rows written: ${name}`, written, prices.perRowWritten),
  ];
  const items = [
    item("requests, runs of the queue's consumer", requests.count + queue.runs, prices.perRequest),
    ...rows("requests", requests),
    ...rows("licenses", allocator),
    ...rows("link", queue),
    item("queue operations", queue.messages * queueOperationsPerMessage, prices.perQueueOperation),
    item("requests and alarms of Durable Objects", allocator.runs, prices.perObjectRequest),
    item("GB-s of Durable Objects", (allocator.ms / 1000) * objectGigabytes, prices.perObjectGigabyteSecond),
    ...(cpuMs === undefined ? [] : [item("CPU ms, the emulated D1's too", cpuMs, prices.perCpuMillisecond)]),
  ];
  const total = items.reduce((sum, { dollars }) => sum + dollars, 0);
  return {
    figures: [
      {
        name: "a million users provisioned, licensed and linked",
        value: total,
        unit: "$",
        detail: `prices of ${prices.asOf}; nothing included, storage not counted`,
      },
    ],
    table: {
      head: ["for each user", "amount", "$ a million users"],
      rows: items.map(({ name, each, dollars }) => [name, each.toFixed(2), dollars.toFixed(3)]),
    },
    details: { costs: { people, items, total, prices } },
  };
}
