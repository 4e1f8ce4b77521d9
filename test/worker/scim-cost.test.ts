/** The budgets of users and groups (design §2), from D1's own meta, with a tenant large enough that growth would show. */
import { beforeAll, describe, expect, it } from "vitest";
import { patchGroup } from "../../src/gateway/scim/group-changes.ts";
import { createGroup, deleteGroup, getGroup } from "../../src/gateway/scim/groups.ts";
import { createUser, deleteUser, getUser, patchUser, replaceUser } from "../../src/gateway/scim/users.ts";
import type { Json } from "../../src/scim/json.ts";
import type { Projection } from "../../src/scim/projection.ts";
import type { Result } from "../../src/scim/result.ts";
import { GROUP, PATCH_OP, USER } from "../../src/scim/urn.ts";
import type { Meter } from "../../src/store/database.ts";
import { type SeededClient, seedClient } from "../support/scim-client.ts";
import { type SeededTenant, seedTenant } from "../support/tenant.ts";

const everything: Projection = { kind: "default" };
const withoutMembers: Projection = { kind: "except", selections: [{ name: "members" }] };
const anyVersion = { versions: undefined, precondition: () => ({ ok: true, value: true }) as const };
const any = anyVersion.precondition;

const userBody = (name: string): Json => ({
  schemas: [USER],
  userName: `${name}@example.com`,
  externalId: `external-${name}`,
  active: true,
  emails: [{ value: `${name}@example.com`, type: "work", primary: true }],
  name: { givenName: "Given", familyName: name },
});
const patch = (...Operations: Json[]): Json => ({ schemas: [PATCH_OP], Operations });

let tenant: SeededTenant;
let clients: SeededClient;

async function cost<T>(work: (client: ReturnType<SeededClient["request"]>["client"]) => Promise<Result<T>>) {
  const { client, meter } = clients.request();
  const result = await work(client);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return { value: result.value, meter };
}

const within = (meter: Meter, limits: { trips: number; read: number; written: number }): void => {
  const { trips, rowsRead, rowsWritten } = meter;
  const report = JSON.stringify(meter);
  expect(trips, report).toBeLessThanOrEqual(limits.trips);
  expect(rowsRead, report).toBeLessThanOrEqual(limits.read);
  expect(rowsWritten, report).toBeLessThanOrEqual(limits.written);
};

const newUser = async (name: string): Promise<string> =>
  String((await cost((client) => createUser(client, userBody(name), everything))).value.resource["id"]);
const newGroup = async (displayName: string): Promise<string> => {
  const body = { schemas: [GROUP], displayName };
  const created = await cost((client) => createGroup(client, body, everything));
  const answered = created.value.body;
  if (answered.kind !== "whole") throw new Error("a new group is small");
  return String(answered.resource["id"]);
};

const ids: string[] = [];

beforeAll(async () => {
  tenant = await seedTenant("SHARD_1");
  clients = await seedClient(tenant);
  for (let index = 0; index < 300; index += 1) ids.push(await newUser(`base-${index}`));
});

describe("users", () => {
  it("creates in one trip", async () => {
    const { meter } = await cost((client) => createUser(client, userBody("cost-create"), everything));
    within(meter, { trips: 1, read: 10, written: 10 });
  });

  it("reads by id in one trip", async () => {
    const { meter } = await cost((client) => getUser(client, ids[150] ?? "", everything));
    within(meter, { trips: 1, read: 6, written: 0 });
  });

  it("patches and replaces in two trips", async () => {
    const id = ids[151] ?? "";
    const title = patch({ op: "replace", path: "title", value: "Engineer" });
    within((await cost((client) => patchUser(client, id, title, everything, any))).meter, {
      trips: 2,
      read: 10,
      written: 5,
    });
    const renamed = patch({ op: "replace", path: "userName", value: "renamed@example.com" });
    within((await cost((client) => patchUser(client, id, renamed, everything, any))).meter, {
      trips: 2,
      read: 10,
      written: 7,
    });
    const body = { ...(userBody("base-152") as object), title: "Replaced" };
    within((await cost((client) => replaceUser(client, ids[152] ?? "", body, everything, any))).meter, {
      trips: 2,
      read: 10,
      written: 5,
    });
  });

  it("writes nothing when nothing changes", async () => {
    const same = patch({ op: "replace", path: "active", value: true });
    within((await cost((client) => patchUser(client, ids[153] ?? "", same, everything, any))).meter, {
      trips: 1,
      read: 10,
      written: 0,
    });
  });

  it("deletes once, with everything that names the account", async () => {
    const id = await newUser("cost-delete");
    await newGroup("cost-delete-group");
    expect((await cost((client) => deleteUser(client, id))).meter.trips).toBe(1);
    const again = await deleteUser(clients.request().client, id);
    expect(again).toMatchObject({ ok: false, error: { kind: "notFound" } });
    const left = await tenant.all(
      "SELECT * FROM user_emails WHERE tenant_no = ? AND value_folded LIKE 'cost-delete%'",
      tenant.tenantNo,
    );
    expect(left).toEqual([]);
  });
});

describe("groups", () => {
  const add = (members: readonly string[]) =>
    patch({ op: "add", path: "members", value: members.map((value) => ({ value })) });
  const remove = (member: string) => patch({ op: "remove", path: `members[value eq "${member}"]` });

  const countOf = async (group: string) => {
    const rows = await tenant.all<{ count: number }>(
      `SELECT COUNT(*) AS count FROM members m JOIN groups g ON g.tenant_no = m.tenant_no AND g.group_no = m.group_no
       WHERE m.tenant_no = ? AND g.scim_id = ?`,
      tenant.tenantNo,
      group,
    );
    return rows[0]?.count;
  };
  const storedCountOf = async (group: string) => {
    const sql = "SELECT member_count AS count FROM groups WHERE tenant_no = ? AND scim_id = ?";
    return (await tenant.all<{ count: number }>(sql, tenant.tenantNo, group))[0]?.count;
  };

  it("adds and removes members in one trip, whatever the group's size", async () => {
    const small = await newGroup("small");
    const large = await newGroup("large");
    await cost((client) => patchGroup(client, large, add(ids.slice(0, 250)), anyVersion));
    for (const group of [small, large]) {
      const one = await cost((client) => patchGroup(client, group, add([ids[260] ?? ""]), anyVersion));
      within(one.meter, { trips: 1, read: 4 + 10, written: 2 + 5 });
      const ten = await cost((client) => patchGroup(client, group, add(ids.slice(270, 280)), anyVersion));
      within(ten.meter, { trips: 1, read: 40 + 10, written: 20 + 5 });
      const hundred = await cost((client) => patchGroup(client, group, add(ids.slice(0, 100)), anyVersion));
      within(hundred.meter, { trips: 1, read: 400 + 10, written: 200 + 5 });
      const many = patch(
        ...ids.slice(0, 90).map((id) => ({ op: "remove", path: `members[value eq "${id}"]` })),
      );
      within((await cost((client) => patchGroup(client, group, many, anyVersion))).meter, {
        trips: 1,
        read: 360 + 10,
        written: 180 + 5,
      });
      expect(await countOf(group)).toBe(await storedCountOf(group));
      const gone = await cost((client) => patchGroup(client, group, remove(ids[260] ?? ""), anyVersion));
      within(gone.meter, { trips: 1, read: 4 + 10, written: 2 + 5 });
      const again = await cost((client) => patchGroup(client, group, remove(ids[260] ?? ""), anyVersion));
      within(again.meter, { trips: 1, read: 4 + 10, written: 0 });
    }
  });

  it("costs the same with a licensed group and a link in the tenant, but for the outbox rows", async () => {
    const group = await newGroup("licensed");
    await tenant.run(
      "UPDATE groups SET license_type_no = 3 WHERE tenant_no = ? AND display_name = 'licensed'",
      tenant.tenantNo,
    );
    await tenant.run(
      `INSERT INTO links (tenant_no, link_no, link_id, group_no, vault_no, vault_group_no, state, generation, created_at, updated_at)
       VALUES (?, 1, 'l', 1, 1, 1, 'active', 1, 0, 0)`,
      tenant.tenantNo,
    );
    const one = await cost((client) => patchGroup(client, group, add([ids[5] ?? ""]), anyVersion));
    within(one.meter, { trips: 1, read: 4 + 10, written: 2 + 5 });
    const { open } = (
      await tenant.all<{ open: number }>(
        "SELECT COUNT(*) AS open FROM outbox WHERE tenant_no = ? AND kind = 'membership'",
        tenant.tenantNo,
      )
    )[0] ?? { open: 0 };
    expect(open).toBe(1);
  });

  it("reads a group without members cheaply", async () => {
    const group = await newGroup("headline");
    await cost((client) => patchGroup(client, group, add(ids.slice(0, 200)), anyVersion));
    within((await cost((client) => getGroup(client, group, withoutMembers))).meter, {
      trips: 1,
      read: 6,
      written: 0,
    });
  });

  it("reads a user with g groups for 4 rows each", async () => {
    const before = (await cost((client) => getUser(client, ids[299] ?? "", everything))).meter;
    for (const name of ["g1", "g2", "g3"]) {
      const group = await newGroup(name);
      await cost((client) => patchGroup(client, group, add([ids[299] ?? ""]), anyVersion));
    }
    const { value, meter } = await cost((client) => getUser(client, ids[299] ?? "", everything));
    expect(value.resource["groups"]).toHaveLength(3);
    within(meter, { trips: 1, read: before.rowsRead + 4 * 3, written: 0 });
  });

  it("deletes a group in one trip, whatever its size", async () => {
    const group = await newGroup("doomed");
    await cost((client) => patchGroup(client, group, add(ids.slice(0, 200)), anyVersion));
    within((await cost((client) => deleteGroup(client, group))).meter, { trips: 1, read: 30, written: 12 });
  });
});
