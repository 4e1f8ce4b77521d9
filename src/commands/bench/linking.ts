/** A large group on its way into vaults, and what others notice of it. */
import { expectStatus, send } from "../client/http.ts";
import { type Directory, floor, makeGroup, person, seededId } from "./directory.ts";
import { type Figure, ms, type Sizes } from "./figures.ts";
import type { Latency, Operation } from "./measure.ts";

const settleMs = 600_000;

/** Requests of the identity provider meanwhile: what the large ones send at most. */
const perSecond = 25;

/** Of each of the two idle stretches, before and after. */
const idleMs = 10_000;

const vaults = 3;

export async function linking(base: string, directory: Directory, { group }: Sizes): Promise<Figure[]> {
  const size = Math.min(group, directory.people);
  const groupId = await makeGroup(base, directory, "Linked", size);
  return [
    await besideInsertion(base, directory, groupId, size),
    ...(await besideTraffic(directory, groupId, size)),
    ...(await takenApart(directory, groupId, size)),
  ];
}

const seconds = (value: number): string => `${(value / 1000).toFixed(1)} s`;

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** A large group into a vault beside bare insertion of the same rows. */
async function besideInsertion(
  base: string,
  { admin, shard, tenantNo }: Directory,
  groupId: string,
  size: number,
): Promise<Figure> {
  const { id: vaultId } = await admin.createVault("Bench");
  await admin.settled(settleMs);
  const count = async () =>
    expectStatus("count", await send(`${base}/floor/count/${shard}/${tenantNo}`), 200).body as Record<
      string,
      number
    >;
  const before = await count();
  const linkedMs = await timed(async () => {
    await admin.link({ groupId, vaultId, newVaultGroupName: "Bench" });
    await admin.settled(settleMs);
  });
  const after = await count();
  const rows = Object.keys(after).map((table) => (after[table] ?? 0) - (before[table] ?? 0));
  const bareMs = await timed(async () => {
    for (let from = 1; from <= size; from += 1_000) {
      await floor(base, `/link/${shard}/${from}/${Math.min(from + 999, size)}`);
    }
  });
  // The floor writes four rows for each person; what linking writes may be another number.
  const written = rows.reduce((sum, number) => sum + number, 0);
  const scaledMs = (bareMs * written) / (4 * size);
  return {
    name: `linking a group of ${size} ÷ bare insertion`,
    value: linkedMs / scaledMs,
    unit: "×",
    goal: { at: "most", value: 3 },
    detail: `${seconds(linkedMs)} for ${written} rows ÷ ${seconds(scaledMs)}`,
  };
}

/** What an identity provider does all day: mostly looking, some changes of accounts and members. */
async function traffic({ scim, people }: Directory): Promise<Operation> {
  const patch = (operation: object) => ({
    schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
    Operations: [operation],
  });
  const { id } = await scim.call<{ id: string }>("POST", "/Groups", {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"],
    displayName: "Meanwhile",
  });
  const someone = (index: number): string => seededId(1 + ((index * 7_919) % people));
  // Counted through all stretches: what was done before would be nothing to do.
  let turn = 0;
  return () => {
    turn += 1;
    const path = `/Users/${someone(turn)}`;
    if (turn % 5 === 0) return scim.call("POST", "/Users", person(`meanwhile-${turn}`));
    if (turn % 5 === 1)
      return scim.call("PATCH", path, patch({ op: "replace", path: "title", value: `T${turn}` }));
    if (turn % 5 === 2) {
      const members = { op: "add", path: "members", value: [{ value: someone(turn) }] };
      return scim.call("PATCH", `/Groups/${id}`, patch(members));
    }
    return scim.call("GET", path);
  };
}

/** Latencies at a steady rate until something else is over, each request on time whatever became of the others. */
async function steadily(operation: Operation, other: Promise<unknown>): Promise<Latency> {
  const times: number[] = [];
  const failures: unknown[] = [];
  const under: Promise<void>[] = [];
  let over = false;
  const ended = other.finally(() => {
    over = true;
  });
  const startedAt = performance.now();
  for (let index = 0; !over; index += 1) {
    const sentAt = performance.now();
    under.push(
      operation(index).then(
        () => void times.push(performance.now() - sentAt),
        (error: unknown) => void failures.push(error),
      ),
    );
    const wait = startedAt + ((index + 1) * 1_000) / perSecond - performance.now();
    if (wait > 0) await pause(wait);
  }
  await Promise.all([ended, ...under]);
  if (failures.length > 0) throw failures[0];
  const sorted = times.toSorted((left, right) => left - right);
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? 0;
  return { p50: at(0.5), p99: at(0.99) };
}

/** The same group into three vaults at once while the organization's identity provider goes on. */
async function besideTraffic(directory: Directory, groupId: string, size: number): Promise<Figure[]> {
  const { admin } = directory;
  const operation = await traffic(directory);
  const made: { id: string }[] = [];
  for (let number = 1; number <= vaults; number += 1)
    made.push(await admin.createVault(`Bench beside traffic ${number}`));
  await steadily(operation, pause(2_000));
  const before = await steadily(operation, pause(idleMs));
  const seen = new Set<string>();
  let linkedMs = 0;
  const linked = timed(async () => {
    for (const { id: vaultId } of made) {
      await admin.link({ groupId, vaultId, newVaultGroupName: "Bench" });
    }
    for (let idle = false; !idle; ) {
      for (const { vault, done, total, state } of await admin.links()) {
        if (state !== "active") seen.add(`${vault.name} ${done}/${total}`);
      }
      await pause(250);
      idle = (await admin.links()).every(({ state }) => state === "active");
    }
  }).then((took) => {
    linkedMs = took;
  });
  const during = await steadily(operation, linked);
  await admin.settled(settleMs);
  const after = await steadily(operation, pause(idleMs));
  const worse = (one: Latency, other: Latency): Latency => ({
    p50: Math.max(one.p50, other.p50),
    p99: Math.max(one.p99, other.p99),
  });
  const idle = worse(before, after);
  return [
    {
      name: `SCIM p99 while ${size} people enter ${vaults} vaults ÷ idle`,
      value: during.p99 / idle.p99,
      unit: "×",
      goal: { at: "most", value: 3 },
      detail: `${ms(during.p99)} ÷ ${ms(idle.p99)}; p50 ${ms(during.p50)} ÷ ${ms(idle.p50)}; at ${perSecond}/s`,
    },
    {
      name: `… linked to ${vaults} vaults in`,
      value: linkedMs / 1000,
      unit: "s",
      detail: `progress seen at ${seen.size} places between 0 and ${size} of each`,
    },
  ];
}

/** The way out: a link taken off with its members, then the source group deleted under the links that are left. */
async function takenApart({ admin, scim }: Directory, groupId: string, size: number): Promise<Figure[]> {
  const [first, ...left] = await admin.links();
  if (first === undefined) throw new Error("There is no link to take off.");
  const unlinkedMs = await timed(async () => {
    await admin.unlink(first.id, "remove");
    await admin.settled(settleMs);
  });
  const deletedMs = await timed(async () => {
    await scim.call("DELETE", `/Groups/${groupId}`);
    await admin.settled(settleMs);
  });
  const held = (await admin.links()).reduce((sum, { waitingForApproval }) => sum + waitingForApproval, 0);
  return [
    { name: `taking ${size} people out of a vault`, value: unlinkedMs / 1000, unit: "s" },
    {
      name: `the group deleted under ${left.length} links`,
      value: deletedMs / 1000,
      unit: "s",
      detail: `the brake holds ${held} people back`,
    },
  ];
}
