/** Reading everything: all users by cursor, all members of a large group in one streamed answer. */
import type { Directory } from "./directory.ts";
import type { Figure } from "./figures.ts";
import { mostResidentMb, workerdUsage } from "./workerd-process.ts";

const perPage = 1_000;

/** An isolate may have 128 MB; the process holds several, and the databases' caches. */
const goalGrowthMb = 128;

const groupReads = 3;
const warmUpPages = 60;

export async function readings(directory: Directory, groupId: string, members: number): Promise<Figure[]> {
  const { people } = directory;
  // Room for full answers and the databases' caches is made once; growth is what comes with more data.
  await walk(directory, warmUpPages);
  await countMembers(directory, groupId);
  const before = workerdUsage()?.residentMb;
  const startedAt = performance.now();
  let users = 0;
  const mostAfterUsers = await mostResidentMb(async () => {
    users = await walk(directory);
  });
  const walkedAt = performance.now();
  let shown = 0;
  const mostAfterMembers = await mostResidentMb(async () => {
    for (let read = 0; read < groupReads; read += 1) shown = await countMembers(directory, groupId);
  });
  const seconds = [walkedAt - startedAt, (performance.now() - walkedAt) / groupReads].map((ms) => ms / 1000);
  return [
    {
      name: "users found by walking all pages by cursor",
      value: users,
      unit: "",
      goal: { at: "least", value: people },
      detail: `${seconds[0]?.toFixed(1)} s, ${perPage} on a page`,
    },
    {
      name: "members in one streamed answer",
      value: shown,
      unit: "",
      goal: { at: "least", value: members },
      detail: `${seconds[1]?.toFixed(1)} s`,
    },
    ...growth("growth of workerd's memory while walking", before, mostAfterUsers),
    ...growth("… and while streaming the group", before, mostAfterMembers),
  ];
}

function growth(name: string, before: number | undefined, most: number | undefined): Figure[] {
  if (before === undefined || most === undefined) return [];
  const goal = { at: "most", value: goalGrowthMb } as const;
  const detail = `${before.toFixed(0)} MB before, ${most.toFixed(0)} MB at most`;
  return [{ name, value: most - before, unit: "MB", goal, detail }];
}

/** How many different users the pages show. */
async function walk({ scim }: Directory, pages = Number.POSITIVE_INFINITY): Promise<number> {
  const ids = new Set<string>();
  let cursor: string | undefined = "";
  for (let number = 0; number < pages && cursor !== undefined; number += 1) {
    const path = `/Users?count=${perPage}&cursor=${encodeURIComponent(cursor)}&attributes=userName`;
    const page: { Resources?: { id: string }[]; nextCursor?: string } = await scim.call("GET", path);
    for (const { id } of page.Resources ?? []) ids.add(id);
    cursor = page.nextCursor;
  }
  return ids.size;
}

async function countMembers({ scim }: Directory, groupId: string): Promise<number> {
  const { members } = await scim.call<{ members: unknown[] }>("GET", `/Groups/${groupId}`);
  return members.length;
}
