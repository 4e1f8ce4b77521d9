import { type SQL, sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { createGroup } from "../../src/gateway/scim/groups.ts";
import { type ListParameters, listGroups, listUsers } from "../../src/gateway/scim/list.ts";
import { createUser } from "../../src/gateway/scim/users.ts";
import { parseFilter } from "../../src/scim/filter/parse.ts";
import { resolveFilter } from "../../src/scim/filter/resolve.ts";
import { resolveSort } from "../../src/scim/list.ts";
import { GROUP_TYPE, type ResourceType, USER_TYPE } from "../../src/scim/resource-type.ts";
import type { Result } from "../../src/scim/result.ts";
import { read } from "../../src/store/database.ts";
import { type PageQuery, planPage } from "../../src/store/resources/resource-page.ts";
import { type SeededClient, seedClient } from "../support/scim-client.ts";
import { seedTenant } from "../support/tenant.ts";

const everything = { kind: "default" } as const;

const the = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(result.error.detail);
  return result.value;
};

let client: SeededClient;
const users: string[] = [];
const groups: string[] = [];

/** 40 users, two in three of them in groups; 5 groups, none in another. */
beforeAll(async () => {
  client = await seedClient(await seedTenant());
  for (let number = 0; number < 40; number += 1) {
    const body = {
      schemas: [USER_TYPE.schema.id],
      userName: `user${number}`,
      externalId: `x${number}`,
      title: "Title",
      emails: [{ value: `user${number}@example.org`, type: "work" }],
    };
    users.push(String(the(await createUser(client.request().client, body, everything)).resource["id"]));
  }
  for (let number = 0; number < 5; number += 1) {
    const members = users
      .filter((_, index) => index % 3 > 0 && index % 5 <= number)
      .map((value) => ({ value }));
    const body = {
      schemas: [GROUP_TYPE.schema.id],
      displayName: `group${number}`,
      externalId: `y${number}`,
      members,
    };
    const made = the(await createGroup(client.request().client, body, everything));
    groups.push(made.location.split("/").at(-1) ?? "");
  }
});

type Asked = { filter?: string; sortBy?: string; cursor?: true; startIndex?: number };

function query(type: ResourceType, { filter, sortBy, cursor, startIndex = 1 }: Asked): PageQuery {
  const { scope, identity, baseUrl } = client.request().client;
  return {
    tenantNo: scope.tenantNo,
    owner: identity.configurationNo,
    type,
    baseUrl,
    filter: filter === undefined ? undefined : the(resolveFilter(the(parseFilter(filter)), type)),
    sort: sortBy === undefined ? undefined : the(resolveSort(sortBy, type)),
    descending: false,
    start: cursor ? { after: undefined } : { offset: startIndex - 1 },
    count: 10,
    withRelations: false,
  };
}

async function explained(statements: readonly SQL[]): Promise<string[]> {
  const { scope } = client.request().client;
  const results = await read(
    scope.shard,
    statements.map((statement) => sql`EXPLAIN QUERY PLAN ${statement}`),
  );
  return results.flat().map((row) => String(row["detail"]));
}

/** Steps that read a table from one end to the other, or all that a tenant or a configuration has in it. */
const unbounded = (step: string): boolean =>
  /^SCAN (users|groups|members|user_emails|u|g|m|n|d|a)\b/.test(step) ||
  /^SEARCH (users|groups) USING (PRIMARY KEY|INDEX \w+|COVERING INDEX \w+) \(tenant_no=\?( AND configuration_no=\?)?\)/.test(
    step,
  ) ||
  /^SEARCH (members|m|user_emails|a) USING .*\(tenant_no=\?( AND member_kind=\?)?\)/.test(step);

const served: [ResourceType, string, RegExp][] = [
  [USER_TYPE, "id eq USER", /users_by_scim_id \(tenant_no=\? AND configuration_no=\? AND scim_id=\?\)/],
  [USER_TYPE, 'userName eq "User1"', /users_by_user_name \(tenant_no=\? AND user_name_folded=\?\)/],
  [
    USER_TYPE,
    'externalId eq "x1"',
    /(x|users) USING (COVERING )?INDEX users_by_external_id \(tenant_no=\? AND external_id=\?\)/,
  ],
  [
    USER_TYPE,
    'userName eq "User1" and title eq "x"',
    /users_by_user_name \(tenant_no=\? AND user_name_folded=\?\)/,
  ],
  [
    USER_TYPE,
    "id eq USER and manager eq USER",
    /users_by_scim_id \(tenant_no=\? AND configuration_no=\? AND scim_id=\?\)/,
  ],
  [
    USER_TYPE,
    'externalId eq "x1" or externalId eq "x2"',
    /(x|users) USING (COVERING )?INDEX users_by_external_id \(tenant_no=\? AND external_id=\?\)/,
  ],
  [
    USER_TYPE,
    'externalId eq "x1" and active eq true',
    /(x|users) USING (COVERING )?INDEX users_by_external_id \(tenant_no=\? AND external_id=\?\)/,
  ],
  [
    USER_TYPE,
    'userName eq "user1" or externalId eq "x2"',
    /(x|users) USING (COVERING )?INDEX users_by_external_id \(tenant_no=\? AND external_id=\?\)/,
  ],
  [
    USER_TYPE,
    'emails.value eq "user1@example.org"',
    /SEARCH a USING PRIMARY KEY \(tenant_no=\? AND value_folded=\?\)/,
  ],
  [
    USER_TYPE,
    'emails[type eq "work"].value eq "a"',
    /SEARCH a USING PRIMARY KEY \(tenant_no=\? AND value_folded=\?\)/,
  ],
  [
    USER_TYPE,
    'emails[value eq "a" and type eq "work"]',
    /SEARCH a USING PRIMARY KEY \(tenant_no=\? AND value_folded=\?\)/,
  ],
  [
    USER_TYPE,
    "groups eq GROUP and active eq true",
    /groups_by_scim_id \(tenant_no=\? AND configuration_no=\? AND scim_id=\?\)/,
  ],
  [
    USER_TYPE,
    'userName sw "user1" and active eq true',
    /users_by_user_name \(tenant_no=\? AND user_name_folded>\? AND user_name_folded<\?\)/,
  ],
  [GROUP_TYPE, "id eq GROUP", /groups_by_scim_id \(tenant_no=\? AND configuration_no=\? AND scim_id=\?\)/],
  [
    GROUP_TYPE,
    'displayName eq "Group1"',
    /groups_by_display_name \(tenant_no=\? AND configuration_no=\? AND display_name_folded=\?\)/,
  ],
  [GROUP_TYPE, 'externalId eq "y1"', /groups_by_external_id \(tenant_no=\? AND external_id=\?\)/],
  [GROUP_TYPE, "members eq USER", /members_by_member \(tenant_no=\? AND member_kind=\? AND member_no=\?\)/],
  [
    GROUP_TYPE,
    "id eq GROUP and members eq USER",
    /u USING (COVERING )?INDEX users_by_scim_id \(tenant_no=\? AND configuration_no=\? AND scim_id=\?\)/,
  ],
];

describe("indexed filters", () => {
  it.each(served)("are driven by their index: %#", async (type, text, index) => {
    const filter = text.replaceAll("USER", `"${users[1]}"`).replaceAll("GROUP", `"${groups[1]}"`);
    for (const asked of [{ filter }, { filter, sortBy: "meta.created" }, { filter, cursor: true as const }]) {
      const steps = await explained(planPage(query(type, asked)).statements);
      expect(steps.filter(unbounded), `${filter}\n${steps.join("\n")}`).toEqual([]);
      expect(steps.join("\n"), filter).toMatch(index);
    }
  });
});

describe("lists in the order of an index", () => {
  it.each<[ResourceType, Asked, RegExp]>([
    [USER_TYPE, {}, /users USING INDEX users_by_scim_id/],
    [USER_TYPE, { startIndex: 20 }, /users USING COVERING INDEX users_by_scim_id/],
    [USER_TYPE, { sortBy: "id" }, /users USING INDEX users_by_scim_id/],
    [USER_TYPE, { sortBy: "userName" }, /users USING INDEX users_by_user_name/],
    [USER_TYPE, { filter: 'userName sw "u"' }, /users USING INDEX users_by_user_name/],
    [USER_TYPE, { filter: 'externalId eq "x1"' }, /users USING INDEX users_by_external_id/],
    [GROUP_TYPE, {}, /groups USING INDEX groups_by_scim_id/],
    [GROUP_TYPE, { sortBy: "displayName" }, /groups USING INDEX groups_by_display_name/],
    [GROUP_TYPE, { filter: 'displayName sw "g"' }, /groups USING INDEX groups_by_display_name/],
  ])("sort nothing: %# %o", async (type, asked, index) => {
    const steps = await explained(planPage(query(type, asked)).statements);
    expect(steps.join("\n")).toMatch(index);
    expect(steps.filter((step) => step.includes("TEMP B-TREE"))).toEqual([]);
  });
});

describe("budgets", () => {
  const cost = async (list: typeof listUsers, parameters: ListParameters) => {
    const { client: own, meter } = client.request();
    const answer = the(await list(own, parameters));
    const resources = answer["Resources"] as { groups?: unknown[]; members?: unknown[] }[];
    const related = resources.reduce(
      (sum, { groups = [], members = [] }) => sum + groups.length + members.length,
      0,
    );
    return { ...meter, resources: resources.length, related, nextCursor: answer["nextCursor"] as string };
  };

  it("hold for pages of users", async () => {
    const first = await cost(listUsers, { cursor: "", count: "15" });
    for (const page of [
      await cost(listUsers, {}),
      await cost(listUsers, { count: "7" }),
      await cost(listUsers, { excludedAttributes: "groups" }),
      first,
      await cost(listUsers, { cursor: first.nextCursor, count: "15" }),
      await cost(listUsers, { sortBy: "userName", count: "15" }),
    ]) {
      expect(page).toMatchObject({ trips: 1, rowsWritten: 0 });
      expect(page.rowsRead, JSON.stringify(page)).toBeLessThanOrEqual(
        2 * page.resources + 6 + 4 * page.related,
      );
    }
  });

  it("hold for look-ups", async () => {
    for (const filter of [
      'userName eq "user2"',
      'externalId eq "x2"',
      `id eq "${users[2]}"`,
      'userName eq "nobody"',
    ]) {
      const found = await cost(listUsers, { filter });
      expect(found).toMatchObject({ trips: 1, rowsWritten: 0, resources: filter.includes("nobody") ? 0 : 1 });
      expect(found.rowsRead, filter).toBeLessThanOrEqual(6 + 4 * found.related);
    }
  });

  it("hold for what Entra asks about references", async () => {
    const manager = await cost(listUsers, {
      filter: `id eq "${users[2]}" and manager eq "x"`,
      attributes: "id",
    });
    expect(manager).toMatchObject({ trips: 1, resources: 0 });
    expect(manager.rowsRead).toBeLessThanOrEqual(6);
    const member = await cost(listGroups, {
      filter: `id eq "${groups[4]}" and members eq "${users[1]}"`,
      attributes: "id",
    });
    expect(member).toMatchObject({ trips: 1, resources: 1 });
    expect(member.rowsRead).toBeLessThanOrEqual(8);
  });

  it("hold for pages of groups", async () => {
    const bare = await cost(listGroups, { excludedAttributes: "members" });
    expect(bare).toMatchObject({ trips: 1, resources: 5, related: 0 });
    expect(bare.rowsRead).toBeLessThanOrEqual(2 * 5 + 6);
    const whole = await cost(listGroups, {});
    expect(whole.trips).toBe(1);
    expect(whole.rowsRead).toBeLessThanOrEqual(2 * 5 + 6 + 4 * whole.related);
  });
});
