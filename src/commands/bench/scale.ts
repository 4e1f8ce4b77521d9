/** Scale in data: half a million users, a group of a hundred thousand, a thousand tenants on two shards. */
import { type Directory, floor, makeDirectory, makeGroup } from "./directory.ts";
import type { Figure, Report, Sizes } from "./figures.ts";
import { overviews } from "./scale-overviews.ts";
import { readings } from "./scale-readings.ts";
import { type ScimOperation, scimOperations } from "./scim-operations.ts";
import { spent, within } from "./spent.ts";

/** Signed up like any other, among those made by SQL. */
const signedUp = 4;

export async function scale(base: string, { scaleUsers, group, tenants }: Sizes): Promise<Report> {
  const startedAt = performance.now();
  await floor(base, `/seed/tenants/${tenants}`);
  const neighbors: Directory[] = [];
  for (let made = 0; made < signedUp; made += 1) neighbors.push(await makeDirectory(base, 10));
  const directory = await makeDirectory(base, scaleUsers);
  const members = Math.min(group, scaleUsers);
  const groupId = await makeGroup(base, directory, "Everybody", members);
  const seconds = (performance.now() - startedAt) / 1000;
  const held = await operationsWithin(directory, groupId);
  const small = await operationsWithin(...(await smallest(base, neighbors)));
  return {
    figures: [
      {
        name: `${tenants} tenants: shards that ${signedUp} sign-ups went to`,
        value: new Set(neighbors.map(({ shard }) => shard)).size,
        unit: "",
        goal: { at: "least", value: 2 },
        detail: `all made in ${seconds.toFixed(0)} s, with ${scaleUsers} users and ${members} members`,
      },
      { ...held.figure, name: `SCIM over its budget, ${scaleUsers} users, group of ${members}` },
      { ...small.figure, name: "SCIM over its budget, small tenant among the others" },
      ...(await overviews(base, directory, groupId)),
      ...(await readings(directory, groupId, members)),
    ],
    table: held.table,
  };
}

async function smallest(base: string, [first]: readonly Directory[]): Promise<[Directory, string]> {
  if (first === undefined) throw new Error("Nobody signed up.");
  return [first, await makeGroup(base, first, "Few", 10)];
}

type Held = { figure: Figure; table: NonNullable<Report["table"]> };

async function operationsWithin(directory: Directory, groupId: string): Promise<Held> {
  const rows: string[][] = [];
  const over: string[] = [];
  for (const operation of scimOperations(directory, groupId, 1)) {
    const { row, isHeld } = await once(operation);
    rows.push(row);
    if (!isHeld) over.push(operation.name);
  }
  return {
    figure: {
      name: "",
      value: over.length,
      unit: "",
      goal: { at: "most", value: 0 },
      detail: over.join(", "),
    },
    table: { head: ["operation", "trips", "rows read", "written", "budget", "ms"], rows },
  };
}

async function once({ name, budget, send }: ScimOperation): Promise<{ row: string[]; isHeld: boolean }> {
  // The first request of a kind may do what is done once in an hour.
  await send(0);
  const startedAt = performance.now();
  const cost = spent(await send(1));
  const ms = performance.now() - startedAt;
  const isHeld = budget === undefined || within(cost, budget);
  const wanted = budget === undefined ? "" : `${budget.trips}/${budget.read}/${budget.written}`;
  const numbers = [cost.trips, cost.read, cost.written].map(String);
  return { row: [name, ...numbers, `${wanted}${isHeld ? "" : " EXCEEDED"}`, ms.toFixed(1)], isHeld };
}
