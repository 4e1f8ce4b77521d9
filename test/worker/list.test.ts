import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CURSOR_LIFETIME_SECONDS } from "../../src/domain/limits.ts";
import type { ScimClient } from "../../src/gateway/scim/client.ts";
import { createGroup } from "../../src/gateway/scim/groups.ts";
import { type ListParameters, listGroups, listUsers } from "../../src/gateway/scim/list.ts";
import { searchAll } from "../../src/gateway/scim/root.ts";
import { createUser, deleteUser } from "../../src/gateway/scim/users.ts";
import type { JsonObject } from "../../src/scim/json.ts";
import { type SeededClient, seedClient } from "../support/scim-client.ts";
import { seedTenant } from "../support/tenant.ts";

const everything = { kind: "default" } as const;
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

type Answered = {
  totalResults?: number;
  startIndex?: number;
  itemsPerPage: number;
  nextCursor?: string;
  Resources: JsonObject[];
};
type List = (client: ScimClient, parameters: ListParameters) => ReturnType<typeof listUsers>;

async function ask(client: SeededClient, list: List, parameters: ListParameters): Promise<Answered> {
  const answered = await list(client.request().client, parameters);
  if (!answered.ok) throw new Error(`${answered.error.kind}: ${answered.error.detail}`);
  return answered.value as unknown as Answered;
}

async function refused(client: SeededClient, list: List, parameters: ListParameters): Promise<string> {
  const answered = await list(client.request().client, parameters);
  return answered.ok ? "" : answered.error.kind;
}

async function addUser(client: SeededClient, userName: string, more: JsonObject = {}): Promise<string> {
  const body = { schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], userName, ...more };
  const made = await createUser(client.request().client, body, everything);
  if (!made.ok) throw new Error(made.error.detail);
  return String(made.value.resource["id"]);
}

async function addGroup(client: SeededClient, displayName: string, members: string[] = []): Promise<string> {
  const body = {
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"],
    displayName,
    members: members.map((value) => ({ value })),
  };
  const made = await createGroup(client.request().client, body, everything);
  if (!made.ok) throw new Error(made.error.detail);
  return made.value.location.split("/").at(-1) ?? "";
}

const people = (client: SeededClient, count: number, prefix = "user"): Promise<string[]> =>
  Array.from({ length: count }, (_, number) => number).reduce(
    async (made, number) => [
      ...(await made),
      await addUser(client, `${prefix}${number}`, {
        externalId: `x${number % 3}`,
        ...(number % 4 === 0 ? {} : { title: `Title ${(number * 7) % 5}` }),
        emails: [{ value: `${prefix}${number}@example.org`, type: "work" }],
      }),
    ],
    Promise.resolve<string[]>([]),
  );

const ids = ({ Resources }: Answered): string[] => Resources.map((each) => String(each["id"]));
const namesOf = ({ Resources }: Answered): string[] => Resources.map((each) => String(each["userName"]));

/** All pages by cursor; `between` runs after each. */
async function walk(
  client: SeededClient,
  list: List,
  parameters: ListParameters,
  between: (page: Answered) => Promise<void> = async () => undefined,
): Promise<Answered[]> {
  const pages: Answered[] = [];
  for (let cursor: string | undefined = ""; cursor !== undefined && pages.length < 100; ) {
    const page: Answered = await ask(client, list, { ...parameters, cursor });
    pages.push(page);
    await between(page);
    cursor = page.nextCursor;
  }
  return pages;
}

describe("index paging", () => {
  it("tells correct totals at every edge", async () => {
    const client = await seedClient(await seedTenant());
    const made = await people(client, 7);
    const page = (parameters: ListParameters) => ask(client, listUsers, parameters);
    expect(await page({})).toMatchObject({ totalResults: 7, startIndex: 1, itemsPerPage: 7 });
    expect(ids(await page({}))).toEqual(made);
    expect(ids(await page({ startIndex: "3", count: "2" }))).toEqual(made.slice(2, 4));
    expect(await page({ startIndex: "7", count: "5" })).toMatchObject({ startIndex: 7, itemsPerPage: 1 });
    expect(await page({ startIndex: "8" })).toMatchObject({
      totalResults: 7,
      startIndex: 8,
      itemsPerPage: 0,
      Resources: [],
    });
    expect(await page({ count: "0" })).toMatchObject({ totalResults: 7, itemsPerPage: 0, Resources: [] });
    expect(await page({ startIndex: "-3", count: "1" })).toMatchObject({ startIndex: 1, itemsPerPage: 1 });
    expect(await page({ filter: 'userName eq "USER3"' })).toMatchObject({ totalResults: 1, itemsPerPage: 1 });
    expect(await page({ filter: 'userName eq "user3"', count: "0" })).toMatchObject({
      totalResults: 1,
      itemsPerPage: 0,
    });
    expect(await page({ filter: 'userName eq "user3"', startIndex: "2" })).toMatchObject({
      totalResults: 1,
      itemsPerPage: 0,
    });
    expect(await page({ filter: 'userName eq "nobody"' })).toMatchObject({
      totalResults: 0,
      itemsPerPage: 0,
      Resources: [],
    });
    expect(await page({ filter: 'externalId eq "x0"', count: "2" })).toMatchObject({
      totalResults: 3,
      itemsPerPage: 2,
    });
    expect(await page({ filter: 'externalId eq "x0"', startIndex: "3" })).toMatchObject({
      totalResults: 3,
      itemsPerPage: 1,
    });
    expect(await page({ filter: 'userName sw "User"', count: "2" })).toMatchObject({
      totalResults: 7,
      itemsPerPage: 2,
    });
    expect(await page({ filter: "title pr", count: "2" })).toMatchObject({
      totalResults: 5,
      itemsPerPage: 2,
    });
    expect(await page({ filter: "title pr", startIndex: "9" })).toMatchObject({
      totalResults: 5,
      itemsPerPage: 0,
    });
  });

  it("shows a configuration its own resources only", async () => {
    const tenant = await seedTenant();
    const [one, other] = [await seedClient(tenant), await seedClient(tenant, 2)];
    const mine = await people(one, 3, "mine");
    const theirs = await people(other, 4, "theirs");
    const group = await addGroup(other, "Group", theirs);
    for (const filter of [
      undefined,
      "userName pr",
      'userName sw ""',
      'userName ge "a"',
      'externalId eq "x0" or externalId ne "x0"',
      'emails.value co "@"',
    ]) {
      expect(ids(await ask(one, listUsers, { filter })).sort(), filter).toEqual(mine);
      expect(ids(await ask(one, listUsers, { filter, sortBy: "userName" })).sort(), filter).toEqual(mine);
      expect(ids(await ask(one, searchAll, { filter })).sort(), filter).toEqual(mine);
    }
    for (const filter of [
      `id eq "${theirs[0]}"`,
      'userName eq "theirs0"',
      'emails.value eq "theirs0@example.org"',
      `groups eq "${group}"`,
      'userName sw "theirs"',
    ]) {
      expect(await ask(one, listUsers, { filter }), filter).toMatchObject({ totalResults: 0, Resources: [] });
    }
    expect(await ask(one, listGroups, { filter: `members eq "${theirs[0]}"` })).toMatchObject({
      totalResults: 0,
    });
  });
});

describe("sorting", () => {
  it("puts missing values last, first when descending, and ids between equals", async () => {
    const client = await seedClient(await seedTenant());
    const made = [
      await addUser(client, "c", { title: "Z" }),
      await addUser(client, "B", { title: "a", emails: [{ value: "z@x" }, { value: "a@x", primary: true }] }),
      await addUser(client, "a", { emails: [{ value: "m@x" }] }),
      await addUser(client, "d", { title: "A", [ENTERPRISE]: { manager: { value: "m" } } }),
    ];
    const sorted = async (sortBy: string, sortOrder?: string) =>
      namesOf(await ask(client, listUsers, { sortBy, sortOrder }));
    expect(await sorted("userName")).toEqual(["a", "B", "c", "d"]);
    expect(await sorted("userName", "descending")).toEqual(["d", "c", "B", "a"]);
    expect(await sorted("title")).toEqual(["B", "d", "c", "a"]);
    expect(await sorted("title", "descending")).toEqual(["a", "c", "d", "B"]);
    expect(await sorted("emails")).toEqual(["B", "a", "c", "d"]);
    expect(await sorted(`${ENTERPRISE}:manager`)).toEqual(["d", "c", "B", "a"]);
    expect(await sorted("id")).toEqual(["c", "B", "a", "d"]);
    expect(await sorted("id", "descending")).toEqual(["d", "a", "B", "c"]);
    expect(await sorted("meta.created")).toHaveLength(made.length);
    expect(await sorted("groups")).toHaveLength(made.length);
    expect(await refused(client, listUsers, { sortBy: "nothing" })).toBe("invalidValue");
  });
});

const listings: [string, ListParameters][] = [
  ["plain", {}],
  ["by name", { sortBy: "userName" }],
  ["by name, descending", { sortBy: "userName", sortOrder: "descending" }],
  ["by title", { sortBy: "title" }],
  ["by title, descending", { sortBy: "title", sortOrder: "descending" }],
  ["by id, descending", { sortBy: "id", sortOrder: "descending" }],
  ["filtered by a scan", { filter: "emails pr" }],
  ["filtered by a scan and sorted", { filter: 'userName ne "x"', sortBy: "emails.value" }],
  ["filtered by a range of names", { filter: 'userName sw "user"' }],
  ["filtered by two ranges", { filter: 'userName lt "user3" or userName ge "user3"' }],
];

describe("every page of a walk", () => {
  it.each(listings)("returns each resource once: %s", async (_, parameters) => {
    const client = await seedClient(await seedTenant());
    const made = await people(client, 13);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 14 }), async (count) => {
        const byCursor = (await walk(client, listUsers, { ...parameters, count: String(count) })).map(ids);
        expect(byCursor.flat().toSorted()).toEqual(made);
        expect(byCursor.slice(0, -1).every((page) => page.length === count)).toBe(true);
        const byIndex: string[] = [];
        for (let startIndex = 1; startIndex <= made.length; startIndex += count) {
          const page = await ask(client, listUsers, {
            ...parameters,
            count: String(count),
            startIndex: String(startIndex),
          });
          expect(page.totalResults).toBe(made.length);
          byIndex.push(...ids(page));
        }
        expect(byIndex).toEqual(byCursor.flat());
      }),
      { numRuns: 4, seed: 7 },
    );
  });

  it.each(listings)("keeps what stays while others come and go: %s", async (_, parameters) => {
    const client = await seedClient(await seedTenant());
    const staying = await people(client, 12);
    let going = await people(client, 9, "user2going");
    let round = 0;
    const pages = await walk(client, listUsers, { ...parameters, count: "4" }, async () => {
      round += 1;
      const [first, ...rest] = going;
      if (first !== undefined) await deleteUser(client.request().client, first);
      going = rest;
      await addUser(client, `user1coming${round}`, {
        title: `Title ${round}`,
        emails: [{ value: "late@example.org" }],
      });
    });
    const seen = pages.flatMap(ids);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.filter((id) => staying.includes(id)).toSorted()).toEqual(staying);
  });

  it("goes through names and values too long for a cursor", async () => {
    const client = await seedClient(await seedTenant());
    const made: string[] = [];
    for (let number = 0; number < 5; number += 1) {
      const long = `${"n".repeat(400)}${number}`;
      made.push(await addUser(client, long, { title: long }));
    }
    for (const sortBy of ["userName", "title"]) {
      const pages = await walk(client, listUsers, { sortBy, count: "1" });
      expect(pages.flatMap(ids)).toEqual(made);
      expect(pages.every(({ nextCursor = "" }) => nextCursor.length < 1_000)).toBe(true);
    }
  });

  it("covers the members of a group, nested ones too, and users and groups on the root", async () => {
    const client = await seedClient(await seedTenant());
    const made = await people(client, 9);
    const inner = await addGroup(client, "Inner", made.slice(4));
    const outer = await addGroup(client, "Outer", [...made.slice(0, 6), inner]);
    const filter = `groups eq "${outer}"`;
    const byCursor = await walk(client, listUsers, { filter, count: "2" });
    expect(byCursor.flatMap(ids)).toEqual(made);
    expect(await ask(client, listUsers, { filter, count: "2", startIndex: "8" })).toMatchObject({
      totalResults: 9,
      itemsPerPage: 2,
    });
    for (const parameters of [
      {},
      { sortBy: "displayName" },
      { filter: 'id pr and meta.resourceType ne "x"' },
    ]) {
      const pages = await walk(client, searchAll, { ...parameters, count: "4" });
      expect(pages.flatMap(ids).toSorted(), JSON.stringify(parameters)).toEqual(
        [...made, inner, outer].toSorted(),
      );
      expect(pages[0]).toMatchObject({ totalResults: 11 });
      const third = await ask(client, searchAll, { ...parameters, startIndex: "9", count: "4" });
      expect(ids(third)).toEqual(pages.flatMap(ids).slice(8));
    }
    expect(
      ids(await ask(client, searchAll, { filter: 'userName eq "user1" or displayName eq "inner"' })),
    ).toEqual([made[1], inner]);
  });
});

describe("cursors", () => {
  it("are good for one query of one client, and for a while", async () => {
    const tenant = await seedTenant();
    const [client, other] = [await seedClient(tenant), await seedClient(tenant, 2)];
    await people(client, 3);
    const query = { filter: "userName pr", sortBy: "title", count: "1" };
    const { nextCursor: cursor = "" } = await ask(client, listUsers, { ...query, cursor: "" });
    expect(cursor).toMatch(/^[A-Za-z0-9\-._~]+$/);
    expect(await refused(client, listUsers, { ...query, cursor, count: "2" })).toBe("invalidCount");
    const { count: _, ...uncounted } = query;
    expect(await ask(client, listUsers, { ...uncounted, cursor })).toMatchObject({ itemsPerPage: 1 });
    const invalid: [string, SeededClient, List, ListParameters][] = [
      ["other filter", client, listUsers, { ...query, filter: "id pr", cursor }],
      ["no filter", client, listUsers, { sortBy: "title", cursor }],
      ["other sort", client, listUsers, { ...query, sortBy: "userName", cursor }],
      ["other order", client, listUsers, { ...query, sortOrder: "descending", cursor }],
      ["other endpoint", client, searchAll, { ...query, cursor }],
      ["other configuration", other, listUsers, { ...query, cursor }],
      [
        "changed",
        client,
        listUsers,
        { ...query, cursor: `${cursor.slice(0, -2)}${cursor.endsWith("AA") ? "BB" : "AA"}` },
      ],
      ["cut", client, listUsers, { ...query, cursor: cursor.slice(0, 20) }],
      ["made up", client, listUsers, { ...query, cursor: "abc" }],
    ];
    for (const [why, asking, list, parameters] of invalid) {
      expect(await refused(asking, list, parameters), why).toBe("invalidCursor");
    }
    const later = client.request().client;
    later.scope = { ...later.scope, now: later.scope.now + (CURSOR_LIFETIME_SECONDS + 1) * 1_000 };
    expect(await listUsers(later, { ...query, cursor })).toMatchObject({
      ok: false,
      error: { kind: "expiredCursor" },
    });
  });

  it("come with pages of no resources too, unless nothing is there", async () => {
    const client = await seedClient(await seedTenant());
    expect(await ask(client, listUsers, { cursor: "", count: "0" })).not.toHaveProperty("nextCursor");
    const made = await people(client, 2);
    for (const parameters of [{}, { filter: "title pr" }, { filter: 'externalId eq "x1"' }]) {
      const empty = await ask(client, listUsers, { ...parameters, cursor: "", count: "0" });
      expect(empty).toMatchObject({
        totalResults: "filter" in parameters ? 1 : 2,
        itemsPerPage: 0,
        Resources: [],
      });
      const next = await ask(client, listUsers, { ...parameters, cursor: empty.nextCursor, count: "9" });
      expect(ids(next)).toEqual("filter" in parameters ? [made[1]] : made);
      expect(next).not.toHaveProperty("nextCursor");
    }
  });
});

describe("groups", () => {
  it("come with their members, shorter pages when those are many", async () => {
    const tenant = await seedTenant();
    const client = await seedClient(tenant);
    const made = await people(client, 3);
    const [huge, small, large] = [
      await addGroup(client, "Huge"),
      await addGroup(client, "Small", made),
      await addGroup(client, "Large"),
    ];
    const fill = async (group: string, count: number) => {
      await tenant.run(
        `INSERT INTO members SELECT g.tenant_no, g.group_no, 0, u.user_no + j.value FROM groups g, users u, json_each(?) j
         WHERE g.tenant_no = ? AND g.scim_id = ? AND u.tenant_no = g.tenant_no AND u.user_no = 3`,
        JSON.stringify(Array.from({ length: count }, (_, index) => index)),
        tenant.tenantNo,
        group,
      );
      await tenant.run(
        "UPDATE groups SET member_count = ? WHERE tenant_no = ? AND scim_id = ?",
        count,
        tenant.tenantNo,
        group,
      );
    };
    await tenant.run(
      `INSERT INTO users (tenant_no, user_no, configuration_no, scim_id, user_name, user_name_folded, active, origin,
         version, created_at, updated_at, document, folded)
       SELECT ?, 3 + value, 1, 'extra' || value, 'extra' || value, 'extra' || value, 1, 'scim', 1, 0, 0, '{}', '{}'
       FROM json_each(?)`,
      tenant.tenantNo,
      JSON.stringify(Array.from({ length: 12_000 }, (_, index) => index + 1)),
    );
    await fill(huge, 12_001);
    await fill(large, 9_000);
    const memberCounts = (page: Answered) =>
      page.Resources.map(({ displayName, members }) => [displayName, (members as unknown[]).length]);
    const first = await ask(client, listGroups, {});
    expect(memberCounts(first)).toEqual([["Huge", 12_001]]);
    expect(first).toMatchObject({ totalResults: 3, itemsPerPage: 1 });
    expect(memberCounts(await ask(client, listGroups, { startIndex: "2" }))).toEqual([
      ["Small", 3],
      ["Large", 9_000],
    ]);
    const pages = await walk(client, listGroups, {});
    expect(pages.flatMap(memberCounts)).toEqual([
      ["Huge", 12_001],
      ["Small", 3],
      ["Large", 9_000],
    ]);
    expect(pages).toHaveLength(2);
    const all = await walk(client, searchAll, { filter: "displayName pr" });
    expect(all.flatMap(ids)).toEqual([huge, small, large]);
    expect(await ask(client, listGroups, { excludedAttributes: "members" })).toMatchObject({
      itemsPerPage: 3,
    });
  });
});

describe("limits", () => {
  it("refuse what no index serves among too many, and nothing else", async () => {
    const tenant = await seedTenant();
    const [client, other] = [await seedClient(tenant), await seedClient(tenant, 2)];
    const made = await people(client, 3);
    await addUser(other, "elsewhere");
    await tenant.run(
      "UPDATE configurations SET user_count = 900000 WHERE tenant_no = ? AND configuration_no = 1",
      tenant.tenantNo,
    );
    // Numbers are dense in truth; one high number stands for many accounts.
    await tenant.run(
      "UPDATE users SET user_no = 900001 WHERE tenant_no = ? AND user_name = 'elsewhere'",
      tenant.tenantNo,
    );
    for (const parameters of [
      { filter: 'title co "x"' },
      { filter: 'not (userName eq "user1")' },
      { sortBy: "title" },
      { filter: 'userName eq "user1" or title eq "x"' },
    ]) {
      expect(await refused(client, listUsers, parameters), JSON.stringify(parameters)).toBe("tooMany");
    }
    for (const parameters of [
      {},
      { startIndex: "2" },
      { sortBy: "userName" },
      { sortBy: "id", sortOrder: "descending" },
      { filter: 'userName eq "user1" and title co "x"' },
      { filter: 'userName sw "user" and title co "x"' },
      { filter: 'emails[type eq "work"].value eq "user1@example.org"' },
    ]) {
      expect(await refused(client, listUsers, parameters), JSON.stringify(parameters)).toBe("");
    }
    // Few of one's own among many of others: one trip more, but an answer.
    expect(namesOf(await ask(other, listUsers, { filter: "userName pr", sortBy: "title" }))).toEqual([
      "elsewhere",
    ]);
    expect(made).toHaveLength(3);
  });
});
