/** What is measured: each function gives rows of the table. */
import { expectStatus, inParallel, send } from "../client/http.ts";
import { type Directory, floor, makeGroup, person, seededId } from "./directory.ts";
import { latencies, throughputs } from "./measure.ts";

export type Figure = {
  name: string;
  value: number;
  unit: string;
  /** Absent where the figure only informs. */
  goal?: { at: "least" | "most"; value: number };
  detail?: string;
};

export type Sizes = { rounds: number; slices: number; perSlice: number; group: number; seats: number };

const width = 16;
const per = (value: number): string => `${value.toFixed(0)}/s`;
const ms = (value: number): string => `${value.toFixed(2)} ms`;

let names = 0;
function freshName(): string {
  names += 1;
  return `bench-${names}`;
}

const add = (userId: string) => ({
  schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
  Operations: [{ op: "add", path: "members", value: [{ value: userId }] }],
});

/** Throughput of creating, getting and filtering beside bare routes that do the same in D1. */
export async function againstFloors(base: string, directory: Directory, sizes: Sizes): Promise<Figure[]> {
  const { scim, shard, tenantNo, people } = directory;
  await floor(base, `/prepare/${shard}`);
  const someone = (index: number): number => 1 + ((index * 7_919) % people);
  const get = async (path: string) =>
    expectStatus(path, await send(`${base}/floor/get/${shard}/${tenantNo}/${path}`), 200);
  const rates = await throughputs(
    {
      create: () => scim.call("POST", "/Users", person(freshName())),
      createFloor: () => floor(base, `/create/${shard}`, person(freshName())),
      get: (index) => scim.call("GET", `/Users/${seededId(someone(index))}`),
      getFloor: (index) => get(seededId(someone(index))),
      filter: (index) => scim.call("GET", `/Users?filter=userName eq "seed-${someone(index)}"`),
      filterFloor: (index) => get(`seed-${someone(index)}?by=name`),
    },
    { ...sizes, width },
  );
  const row = (name: string, real: number, bare: number, least: number): Figure => ({
    name: `${name} ÷ floor, throughput`,
    value: real / bare,
    unit: "×",
    goal: { at: "least", value: least },
    detail: `${per(real)} ÷ ${per(bare)}`,
  });
  return [
    row("POST /Users", rates.create, rates.createFloor, 0.75),
    row("GET /Users/{id}", rates.get, rates.getFloor, 0.8),
    row("GET ?filter=userName eq", rates.filter, rates.filterFloor, 0.8),
  ];
}

/** Latency in a large organization beside the same in a small one. */
export async function acrossSizes(small: Directory, large: Directory, { rounds }: Sizes): Promise<Figure[]> {
  const operations = ({ scim, people }: Directory) => ({
    get: (index: number) => scim.call("GET", `/Users/${seededId(1 + ((index * 7_919) % people))}`),
    filter: (index: number) =>
      scim.call("GET", `/Users?filter=userName eq "seed-${1 + ((index * 7_919) % people)}"`),
    create: () => scim.call("POST", "/Users", person(freshName())),
  });
  const [few, many] = [operations(small), operations(large)];
  const figures: Figure[] = [];
  for (const name of ["get", "filter", "create"] as const) {
    const times = await latencies({ few: few[name], many: many[name] }, rounds);
    figures.push({
      name: `${name}: p50 at ${large.people} ÷ at ${small.people} users`,
      value: times.many.p50 / times.few.p50,
      unit: "×",
      goal: { at: "most", value: 1.2 },
      detail: `${ms(times.many.p50)} ÷ ${ms(times.few.p50)}; p99 ${ms(times.many.p99)} and ${ms(times.few.p99)}`,
    });
  }
  return figures;
}

/** One more member of a large group beside one more of a small one. */
export async function oneMember(base: string, directory: Directory, sizes: Sizes): Promise<Figure[]> {
  const { scim } = directory;
  const members = Math.min(sizes.group, directory.people - 2 * sizes.rounds);
  const [large, small] = [
    await makeGroup(base, directory, "Large", members),
    await makeGroup(base, directory, "Small", 10),
  ];
  const user = (index: number): string => seededId(members + 1 + index);
  const times = await latencies(
    {
      large: (index) => scim.call("PATCH", `/Groups/${large}`, add(user(index))),
      small: (index) => scim.call("PATCH", `/Groups/${small}`, add(user(index))),
    },
    sizes.rounds,
  );
  return [
    {
      name: `add a member: p50 in a group of ${members} ÷ of 10`,
      value: times.large.p50 / times.small.p50,
      unit: "×",
      goal: { at: "most", value: 1.2 },
      detail: `${ms(times.large.p50)} ÷ ${ms(times.small.p50)}`,
    },
  ];
}

/** A large group into a vault beside bare insertion of the same rows. */
export async function linking(base: string, directory: Directory, { group }: Sizes): Promise<Figure[]> {
  const { admin, shard, tenantNo } = directory;
  const groupId = await makeGroup(base, directory, "Linked", Math.min(group, directory.people));
  const { id: vaultId } = await admin.createVault("Bench");
  await admin.settled(120_000);
  const count = async () =>
    expectStatus("count", await send(`${base}/floor/count/${shard}/${tenantNo}`), 200).body as Record<
      string,
      number
    >;
  const before = await count();
  const startedAt = performance.now();
  await admin.link({ groupId, vaultId, newVaultGroupName: "Bench" });
  await admin.settled(600_000);
  const linkedMs = performance.now() - startedAt;
  const after = await count();
  const rows = Object.keys(after).map((table) => (after[table] ?? 0) - (before[table] ?? 0));
  const bareAt = performance.now();
  for (let from = 1; from <= group; from += 1_000) {
    await floor(base, `/link/${shard}/${from}/${Math.min(from + 999, group)}`);
  }
  const bareMs = performance.now() - bareAt;
  // The floor writes four rows for each person; what linking writes may be another number.
  const written = rows.reduce((sum, number) => sum + number, 0);
  const scaledMs = (bareMs * written) / (4 * group);
  return [
    {
      name: `linking a group of ${group} ÷ bare insertion`,
      value: linkedMs / scaledMs,
      unit: "×",
      goal: { at: "most", value: 3 },
      detail: `${(linkedMs / 1000).toFixed(1)} s for ${written} rows ÷ ${(scaledMs / 1000).toFixed(1)} s`,
    },
  ];
}

/** More people at once than there are seats. */
export async function seats(base: string, directory: Directory, { seats: count }: Sizes): Promise<Figure[]> {
  const { admin, scim } = directory;
  const people = Math.ceil((count * 4) / 3);
  await admin.purchase("read_only", count);
  await admin.settled();
  const batches = async () =>
    (expectStatus("batches", await send(`${base}/floor/allocator-batches`), 200).body as { batches: number })
      .batches;
  await batches();
  const startedAt = performance.now();
  await inParallel(Array.from({ length: people }), 50, async () => {
    await scim.call("POST", "/Users", person(freshName()));
  });
  await admin.settled(120_000);
  const seconds = (performance.now() - startedAt) / 1000;
  const pool = (await admin.licenseTypes()).find(({ code }) => code === "read_only");
  const waiting = (pool?.waiting.unlicensed ?? 0) + (pool?.waiting.upgrade ?? 0);
  return [
    {
      name: `${people} first provisionings on ${count} seats: assigned`,
      value: pool?.assigned ?? 0,
      unit: "",
      goal: { at: "least", value: count },
      detail: `${waiting} wait, of ${people - count} expected; ${seconds.toFixed(1)} s`,
    },
    {
      name: "… D1 batches of the allocator",
      value: await batches(),
      unit: "",
      goal: { at: "most", value: 20 },
    },
  ];
}

/** Trips and rows of each operation, as D1 says, and what a million provisioned users cost in rows. */
export async function costs(directory: Directory): Promise<Figure[]> {
  const { scim } = directory;
  const spent = async (name: string, method: string, path: string, body?: unknown) => {
    const answer = await scim.request(method, path, body);
    const timing = answer.headers.get("server-timing") ?? "";
    const [, trips, read, written] = /trips=(\d+) read=(\d+) written=(\d+)/.exec(timing) ?? [];
    return { name, answer, trips: Number(trips), read: Number(read), written: Number(written) };
  };
  const created = await spent("POST /Users", "POST", "/Users", person(freshName()));
  const { id } = created.answer.body as { id: string };
  const replaced = { op: "replace", path: "title", value: "Lead" };
  const all = [
    created,
    await spent("GET /Users/{id}", "GET", `/Users/${id}`),
    await spent("filter userName eq", "GET", '/Users?filter=userName eq "seed-1"'),
    await spent("PATCH /Users/{id}", "PATCH", `/Users/${id}`, { ...add(id), Operations: [replaced] }),
    await spent("list of 100", "GET", "/Users?count=100"),
  ];
  const figures: Figure[] = all.map(({ name, trips, read, written }) => ({
    name: `D1 trips of ${name}`,
    value: trips,
    unit: "",
    detail: `${read} rows read, ${written} written`,
  }));
  // Published prices: $1.00 a million rows written, $0.001 read, $0.30 a million requests.
  const cost = created.written * 1 + created.read * 0.001 + 0.3;
  return [
    ...figures,
    {
      name: "a million POST /Users: rows and requests",
      value: cost,
      unit: "$",
      detail: "licenses and links not included",
    },
  ];
}
