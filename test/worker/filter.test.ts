import { sql } from "drizzle-orm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createGroup } from "../../src/gateway/scim/groups.ts";
import { listGroups, listUsers } from "../../src/gateway/scim/list.ts";
import { searchAll } from "../../src/gateway/scim/root.ts";
import { createUser } from "../../src/gateway/scim/users.ts";
import { evaluateFilter } from "../../src/scim/filter/evaluate.ts";
import { parseFilter } from "../../src/scim/filter/parse.ts";
import { type ResolvedFilter, resolveFilter } from "../../src/scim/filter/resolve.ts";
import type { JsonObject } from "../../src/scim/json.ts";
import { FILTER_DEPTH_MAX } from "../../src/scim/limits.ts";
import { GROUP_TYPE, type ResourceType, USER_TYPE } from "../../src/scim/resource-type.ts";
import { read } from "../../src/store/database.ts";
import { accessOf } from "../../src/store/resources/filter/access.ts";
import { compileFilter } from "../../src/store/resources/filter/compile.ts";
import { foundRows, ownRows } from "../../src/store/resources/filter/look-up.ts";
import { answers, type Question, written } from "../support/filter-oracle.ts";
import {
  groupAttributes,
  groupBody,
  questions,
  userAttributes,
  userBody,
  valuesAt,
} from "../support/filter-oracle-cases.ts";
import { type SeededClient, seedClient } from "../support/scim-client.ts";
import { seedTenant } from "../support/tenant.ts";

const everything = { kind: "default" } as const;

async function must<T>(work: Promise<{ ok: true; value: T } | { ok: false; error: unknown }>): Promise<T> {
  const done = await work;
  if (!done.ok) throw new Error(JSON.stringify(done.error));
  return done.value;
}

const sample = <T>(arbitrary: fc.Arbitrary<T>, seed: number): T => {
  const [value] = fc.sample(arbitrary, { numRuns: 1, seed });
  if (value === undefined) throw new Error("nothing was generated");
  return value;
};

type World = { client: SeededClient; users: JsonObject[]; groups: JsonObject[] };

const listed = async (client: SeededClient, list: typeof listUsers): Promise<JsonObject[]> =>
  (await must(list(client.request().client, { count: "1000" })))["Resources"] as JsonObject[];

/** Groups hold users and groups, in a circle too; a second configuration holds resources that look alike. */
async function populated(userCount: number, groupCount: number): Promise<World> {
  const tenant = await seedTenant();
  const client = await seedClient(tenant);
  const other = await seedClient(tenant, 2);
  const users: string[] = [];
  const groups: string[] = [];
  for (let number = 0; number < userCount; number += 1) {
    const owner = number % 10 === 9 ? other : client;
    const made = await createUser(owner.request().client, sample(userBody(number), number), everything);
    // Some generated names fold to one that is taken.
    if (made.ok && owner === client) users.push(String(made.value.resource["id"]));
  }
  for (let number = 0; number < groupCount; number += 1) {
    const direct = users.filter((_, index) => (index * 7 + number * 3) % (number + 2) === 0).slice(0, 6);
    const members = [...direct, ...(number % 3 === 1 ? groups.slice(-2) : [])].map((value) => ({ value }));
    const body = { ...sample(groupBody(number), number), members };
    const made = await createGroup(client.request().client, body, everything);
    if (made.ok) groups.push(made.value.location.split("/").at(-1) ?? "");
    await createGroup(other.request().client, { ...body, members: [] }, everything);
  }
  await tenant.run(
    `INSERT INTO members SELECT tenant_no, MIN(group_no), 1, MAX(group_no) FROM groups
     WHERE tenant_no = ? AND configuration_no = 1 AND deleted_at IS NULL`,
    tenant.tenantNo,
  );
  return { client, users: await listed(client, listUsers), groups: await listed(client, listGroups) };
}

const resolved = (type: ResourceType, question: Question): ResolvedFilter => {
  const parsed = parseFilter(written(question));
  if (!parsed.ok) throw new Error(`${written(question)}: ${parsed.error.detail}`);
  const filter = resolveFilter(parsed.value, type);
  if (!filter.ok) throw new Error(`${written(question)}: ${filter.error.detail}`);
  return filter.value;
};

/** Ids that the condition finds, and those that the look-up finds with it, for many filters in one trip. */
async function found(client: SeededClient, type: ResourceType, filters: readonly ResolvedFilter[]) {
  const { scope, identity, baseUrl } = client.request().client;
  const owned = { tenantNo: scope.tenantNo, owner: identity.configurationNo, type };
  const table = sql.raw(type.name === "User" ? "users" : "groups");
  const results = await read(
    scope.shard,
    filters.flatMap((filter) => {
      const { joins, condition } = compileFilter(type, baseUrl, filter);
      const access = accessOf(type, filter);
      const rows = access === undefined ? ownRows(owned) : foundRows(owned, access);
      return [
        sql`SELECT scim_id AS id FROM ${table}${joins} WHERE ${ownRows(owned)} AND ${condition}`,
        sql`SELECT scim_id AS id FROM ${table}${joins} WHERE ${rows} AND ${condition}`,
      ];
    }),
  );
  return filters.map((_, index) =>
    [results[2 * index] ?? [], results[2 * index + 1] ?? []].map((rows) =>
      rows.map((row) => String(row["id"])).sort(),
    ),
  );
}

const idsOf = (resources: readonly JsonObject[]): string[] =>
  resources.map((each) => String(each["id"])).sort();

/** A single comparison that an index answers is not checked again by the condition: lists must agree by themselves. */
async function answersByIndex({ client }: World, type: ResourceType, resources: readonly JsonObject[]) {
  const attributes = type === USER_TYPE ? userAttributes : groupAttributes;
  const comparisons = ["eq", "sw", "gt", "ge", "lt", "le"] as const;
  const list = type === USER_TYPE ? listUsers : listGroups;
  let lists = 0;
  for (const attribute of attributes) {
    const values = [...new Set(resources.flatMap((each) => valuesAt(each, attribute.path)))].slice(0, 8);
    for (const wanted of values.filter((value) => typeof value === "string")) {
      for (const comparison of attribute.kind === "folded" || attribute.kind === "exact" ? comparisons : []) {
        const question = { attribute, comparison, wanted };
        if (accessOf(type, resolved(type, question)) === undefined) continue;
        lists += 1;
        const expected = idsOf(resources.filter((each) => answers(question, each)));
        for (const cursor of [undefined, ""]) {
          const page = await must(list(client.request().client, { filter: written(question), cursor }));
          expect(idsOf(page["Resources"] as JsonObject[]), written(question)).toEqual(expected);
          expect(page["totalResults"] ?? expected.length, written(question)).toBe(expected.length);
        }
      }
    }
  }
  expect(lists).toBeGreaterThan(50);
}

describe("a filter compiled to SQL", () => {
  it.each([
    ["User", USER_TYPE],
    ["Group", GROUP_TYPE],
  ] as const)("selects what the evaluator and the RFC select among %s resources", async (name, type) => {
    const world = await populated(60, 14);
    const resources = name === "User" ? world.users : world.groups;
    const asked = fc.sample(questions(name, resources), { numRuns: 1_500, seed: 42 });
    let selective = 0;
    for (let start = 0; start < asked.length; start += 100) {
      const some = asked.slice(start, start + 100);
      const filters = some.map((question) => resolved(type, question));
      const results = await found(world.client, type, filters);
      for (const [index, question] of some.entries()) {
        const filter = filters[index];
        if (filter === undefined) continue;
        const expected = idsOf(resources.filter((each) => answers(question, each)));
        expect(
          idsOf(resources.filter((each) => evaluateFilter(filter, each))),
          `evaluator: ${written(question)}`,
        ).toEqual(expected);
        expect(results[index]?.[0], `scan: ${written(question)}`).toEqual(expected);
        expect(results[index]?.[1], `look-up: ${written(question)}`).toEqual(expected);
        if (expected.length > 0 && expected.length < resources.length) selective += 1;
      }
    }
    expect(selective).toBeGreaterThan(400);
    await answersByIndex(world, type, resources);
  });
});

/** A filter as deep as the parser lets through, and as wide at the bottom as `count` allows. */
const deepest = (leaf: string, count: number): string => {
  let text = Array.from({ length: Math.max(count - 3 * FILTER_DEPTH_MAX, 1) }, () => leaf).join(" or ");
  for (let depth = 2; depth < FILTER_DEPTH_MAX; depth += 1) text = `${leaf} or ${leaf} and not (${text})`;
  return text;
};

describe("the largest filters", () => {
  it.each([
    ["of columns", USER_TYPE, 'id eq "a"', 200],
    ["of document values", USER_TYPE, 'title co "a"', 200],
    ["of lists", USER_TYPE, 'roles ne "a"', 200],
    ["of list elements", USER_TYPE, 'emails[type eq "a"]', 100],
    ["of namespaces", USER_TYPE, 'schemas ne "a"', 30],
    ["of groups", USER_TYPE, 'groups.$ref ne "a"', 200],
    ["of members", GROUP_TYPE, 'members.$ref ne "a"', 30],
    ["of what is present", GROUP_TYPE, "members pr", 30],
  ] as const)("%s run within D1's limits", async (_, type, leaf, count) => {
    const client = await seedClient(await seedTenant());
    const list = type === USER_TYPE ? listUsers : listGroups;
    const wide = Array.from({ length: count }, (_, index) => leaf.replace('"a"', `"${index}"`));
    for (const filter of [deepest(leaf, count), wide.join(" or "), wide.join(" and ")]) {
      for (const parameters of [{ filter }, { filter, sortBy: "externalId", cursor: "" }]) {
        const answered = await list(client.request().client, parameters);
        expect(answered, filter.slice(0, 80)).toMatchObject({ ok: true });
      }
      expect(await searchAll(client.request().client, { filter }), filter.slice(0, 80)).toMatchObject({
        ok: true,
      });
    }
  });

  it("are refused where D1 could not take them", async () => {
    const client = await seedClient(await seedTenant());
    const filter = Array.from({ length: 31 }, () => "members pr").join(" or ");
    expect(await listGroups(client.request().client, { filter })).toMatchObject({
      ok: false,
      error: { kind: "invalidFilter" },
    });
  });
});
