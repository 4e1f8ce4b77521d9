/** What administrators look at in a large organization: pages of the console, lists of the admin API. */
import { expectStatus } from "../client/http.ts";
import { signIn } from "./console-client.ts";
import { type Directory, seededId } from "./directory.ts";
import type { Figure } from "./figures.ts";
import { spent } from "./spent.ts";

/** No page may keep a person waiting; and none may read what grows with the organization. */
const goalMs = 1_000;
const goalRows = 2_000;

type Seen = { what: string; ms: number; rows: number };

export async function overviews(base: string, directory: Directory, groupId: string): Promise<Figure[]> {
  const seen = [...(await pages(base, directory, groupId)), ...(await lists(directory, groupId))];
  const most = (by: "ms" | "rows"): Seen | undefined =>
    seen.toSorted((left, right) => right[by] - left[by])[0];
  const [slowest, widest] = [most("ms"), most("rows")];
  return [
    {
      name: `slowest of ${seen.length} pages and admin lists`,
      value: slowest?.ms ?? 0,
      unit: "ms",
      goal: { at: "most", value: goalMs },
      detail: slowest?.what ?? "",
    },
    {
      name: "most rows that one of them reads",
      value: widest?.rows ?? 0,
      unit: "",
      goal: { at: "most", value: goalRows },
      detail: seen
        .filter(({ rows }) => rows > goalRows)
        .map(({ what, rows }) => `${what}: ${rows}`)
        .join(", "),
    },
  ];
}

async function pages(base: string, { email }: Directory, groupId: string): Promise<Seen[]> {
  const browser = await signIn(base, email);
  const paths = [
    ...["/home", "/users", "/users?waiting=true", "/users?search=seed-4999", `/users/${seededId(1)}`],
    ...["/groups", `/groups/${groupId}`, "/licenses", "/configurations", "/vaults", "/links", "/events"],
  ];
  const seen: Seen[] = [];
  for (const path of paths) {
    const startedAt = performance.now();
    const { status, timing } = await browser.open(path);
    if (status !== 200) throw new Error(`${path} answered ${status}.`);
    const headers = new Headers({ "server-timing": timing });
    const { read } = spent({ status, headers, body: undefined });
    seen.push({ what: path, ms: performance.now() - startedAt, rows: read });
  }
  return seen;
}

async function lists({ admin }: Directory, groupId: string): Promise<Seen[]> {
  const paths = [
    ...["/tenant", "/activity", "/license-types", "/users?limit=200", "/users?waiting=true&limit=200"],
    ...["/users?search=seed-4999", `/users/${seededId(1)}`, "/groups?limit=200"],
    ...[`/groups/${groupId}/members?limit=200`, "/events?limit=200", "/configurations", "/links", "/vaults"],
  ];
  const seen: Seen[] = [];
  for (const path of paths) {
    const startedAt = performance.now();
    const answer = expectStatus(path, await admin.request("GET", path), 200);
    seen.push({
      what: `/api/v1${path}`,
      ms: performance.now() - startedAt,
      rows: spent(answer).read,
    });
  }
  return seen;
}
