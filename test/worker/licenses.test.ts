/** Licenses over real D1 and the real Durable Object. */

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { configurationNo } from "../../src/domain/id.ts";
import { buildDeps } from "../../src/entry/deps.ts";
import { previewDefault } from "../../src/gateway/identity/configuration-plan.ts";
import { changeConfiguration } from "../../src/gateway/identity/configurations.ts";
import { createAccount, setAccountDisabled } from "../../src/gateway/licenses/accounts.ts";
import { allocateLicenses } from "../../src/gateway/licenses/allocator.ts";
import { releaseIdle } from "../../src/gateway/licenses/idle-release.ts";
import {
  changeGroupLicense,
  chooseLicense,
  explainLicense,
  listLicenseTypes,
  previewGroupType,
  releaseLicense,
  setGroupType,
  setPurchasedLicenses,
} from "../../src/gateway/licenses/licenses.ts";
import { setPolicies } from "../../src/gateway/licenses/policies.ts";
import { changePool, previewPool } from "../../src/gateway/licenses/pools.ts";
import { sweepShard } from "../../src/gateway/outbox/sweep.ts";
import type { Outcome } from "../../src/gateway/problem.ts";
import { commit } from "../../src/store/database.ts";
import { GuardRaised } from "../../src/store/failure.ts";
import { adoptUser, deprovisionUser } from "../../src/store/resources/users.ts";
import { type SeededTenant, seedConfiguration, seedTenant } from "../support/tenant.ts";

const owner = configurationNo(1);

/** First provisionings as `POST /Users` leaves them, all at once: account, event, open outbox row. */
async function provision(tenant: SeededTenant, count: number): Promise<void> {
  const { tenantNo, run, all } = tenant;
  const [first] = await all<{ user: number; seq: number }>(
    `SELECT COALESCE((SELECT MAX(user_no) FROM users WHERE tenant_no = ?1), 0) AS user,
      COALESCE((SELECT MAX(seq) FROM events WHERE tenant_no = ?1), 0) AS seq`,
    tenantNo,
  );
  const from = { user: first?.user ?? 0, seq: first?.seq ?? 0 };
  const numbers = JSON.stringify(Array.from({ length: count }, (_, index) => index + 1));
  const now = Date.now();
  await run(
    `INSERT INTO users (tenant_no, user_no, configuration_no, scim_id, user_name, user_name_folded, active, origin,
      version, created_at, updated_at, document, folded)
     SELECT ?1, ?2 + value, 1, printf('id-%d', ?2 + value), printf('u%d', ?2 + value), printf('u%d', ?2 + value), 1,
      'scim', 1, ?3, ?3, '{}', '{}' FROM json_each(?4)`,
    tenantNo,
    from.user,
    now,
    numbers,
  );
  await run(
    `INSERT INTO events (tenant_no, seq, at, actor, action, subject_kind, subject_no, correlation_id, data)
     SELECT ?1, ?2 + value, ?4 + value, 'idp:c', 'user.created', 'user', ?3 + value, 'request-' || value, '{}'
     FROM json_each(?5)`,
    tenantNo,
    from.seq,
    from.user,
    now,
    numbers,
  );
  await run(
    `INSERT INTO outbox (tenant_no, kind, seq, payload, correlation_id, available_at)
     SELECT ?1, 'license', ?2 + value, json_object('users', json_array(CAST(?3 + value AS INTEGER))), 'request-' || value, ?4
     FROM json_each(?5)`,
    tenantNo,
    from.seq,
    from.user,
    now,
    numbers,
  );
}

/** Runs rounds until nothing is open; returns the D1 round trips it took. */
async function settle(tenant: SeededTenant): Promise<number> {
  let trips = 0;
  for (let more = true; more; ) {
    const deps = tenant.deps();
    more = (await allocateLicenses(deps, tenant.shardName, tenant.tenantNo)).more;
    trips += deps.meter.trips;
  }
  await expectConsistent(tenant);
  return trips;
}

/** Counters are what counting gives, the outbox is empty, and every account that waits says since when. */
async function expectConsistent(tenant: SeededTenant): Promise<void> {
  const counters = await tenant.all(
    `SELECT license_type_no AS type, assigned, waiting_unlicensed, waiting_upgrade FROM license_types
     WHERE tenant_no = ? ORDER BY 1`,
    tenant.tenantNo,
  );
  const counted = await tenant.all(
    `SELECT t.license_type_no AS type,
      (SELECT COUNT(*) FROM users u WHERE u.tenant_no = t.tenant_no AND u.held_type_no = t.license_type_no) AS assigned,
      (SELECT COUNT(*) FROM users u WHERE u.tenant_no = t.tenant_no AND u.wanted_type_no = t.license_type_no
        AND u.waiting_since IS NOT NULL AND u.held_type_no IS NULL) AS waiting_unlicensed,
      (SELECT COUNT(*) FROM users u WHERE u.tenant_no = t.tenant_no AND u.wanted_type_no = t.license_type_no
        AND u.waiting_since IS NOT NULL AND u.held_type_no IS NOT NULL) AS waiting_upgrade
     FROM license_types t WHERE t.tenant_no = ? ORDER BY 1`,
    tenant.tenantNo,
  );
  expect(counters).toEqual(counted);
  expect(await tenant.all("SELECT seq FROM outbox WHERE tenant_no = ?", tenant.tenantNo)).toEqual([]);
}

/** Numbers of the users per license, and of those who wait. */
async function standing(tenant: SeededTenant): Promise<Record<string, number[]>> {
  const rows = await tenant.all<{ user_no: number; code: string | null; waiting_since: number | null }>(
    `SELECT u.user_no, t.code, u.waiting_since FROM users u LEFT JOIN license_types t
      ON t.tenant_no = u.tenant_no AND t.license_type_no = u.held_type_no WHERE u.tenant_no = ? ORDER BY u.user_no`,
    tenant.tenantNo,
  );
  const result: Record<string, number[]> = { waiting: [] };
  for (const { user_no, code, waiting_since } of rows) {
    if (waiting_since !== null) result["waiting"]?.push(user_no);
    result[code ?? "none"] = [...(result[code ?? "none"] ?? []), user_no];
  }
  return result;
}

async function addGroup(
  tenant: SeededTenant,
  groupNo: number,
  users: number[],
  groups: number[] = [],
): Promise<string> {
  const id = `group-${groupNo}`;
  await tenant.run(
    `INSERT INTO groups (tenant_no, group_no, configuration_no, scim_id, display_name, display_name_folded, version,
      attributes_version, created_at, updated_at, member_count, document, folded)
     VALUES (?, ?, 1, ?, ?, ?, 1, 1, 0, 0, ?, '{}', '{}')`,
    tenant.tenantNo,
    groupNo,
    id,
    `Group ${groupNo}`,
    `group ${groupNo}`,
    users.length + groups.length,
  );
  await tenant.run(
    `INSERT INTO members (tenant_no, group_no, member_kind, member_no)
     SELECT ?1, ?2, 0, value FROM json_each(?3) UNION ALL SELECT ?1, ?2, 1, value FROM json_each(?4)`,
    tenant.tenantNo,
    groupNo,
    JSON.stringify(users),
    JSON.stringify(groups),
  );
  return id;
}

function must<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.problem.detail);
  return outcome.value;
}

const actionsOf = async (tenant: SeededTenant, userNo: number): Promise<string[]> => {
  const rows = await tenant.all<{ action: string }>(
    `SELECT e.action FROM event_subjects s JOIN events e ON e.tenant_no = s.tenant_no AND e.seq = s.seq
     WHERE s.tenant_no = ? AND s.subject_kind = 'user' AND s.subject_no = ? ORDER BY s.seq`,
    tenant.tenantNo,
    userNo,
  );
  return rows.map(({ action }) => action);
};

describe("golden scenarios", () => {
  it("1, 2, 3: default, raise with swap, purchase", async () => {
    const tenant = await seedTenant();
    await seedConfiguration(tenant);
    await tenant.purchase({ read_only: 3, named: 1 });
    await provision(tenant, 5);
    await settle(tenant);
    expect(await standing(tenant)).toEqual({ read_only: [1, 2, 3], none: [4, 5], waiting: [4, 5] });

    const group = await addGroup(tenant, 1, [1, 2]);
    const admin = tenant.admin();
    must(await setGroupType(admin, group, "named"));
    await settle(tenant);
    expect(await standing(tenant)).toEqual({ named: [1], read_only: [2, 3, 4], none: [5], waiting: [2, 5] });
    const named = must(await listLicenseTypes(tenant.admin()))[0];
    expect(named).toMatchObject({
      code: "named",
      purchased: 1,
      assigned: 1,
      free: 0,
      waiting: { unlicensed: 0, upgrade: 1 },
    });
    expect(await actionsOf(tenant, 1)).toEqual(["license.granted", "license.upgraded"]);

    const purchase = tenant.admin();
    const type = must(await setPurchasedLicenses(purchase, "named", 2));
    expect(type).toMatchObject({ purchased: 2, assigned: 1, free: 1, overAllocated: false });
    await settle(tenant);
    expect(await standing(tenant)).toEqual({ named: [1, 2], read_only: [3, 4, 5], waiting: [] });
    // One timeline: the upgrade and the seat it passed on carry the purchase's correlation id.
    const caused = await tenant.all(
      "SELECT subject_no, action FROM events WHERE tenant_no = ? AND correlation_id = ? AND subject_kind = 'user' ORDER BY 1",
      tenant.tenantNo,
      purchase.scope.cause.correlationId,
    );
    expect(caused).toEqual([
      { subject_no: 2, action: "license.upgraded" },
      { subject_no: 5, action: "license.granted" },
    ]);
  });

  it("10: adoption of an account made by hand", async () => {
    const tenant = await seedTenant();
    await seedConfiguration(tenant);
    await tenant.purchase({ read_only: 1, named: 1 });
    must(
      await createAccount(tenant.admin(), {
        userName: "Zoe@Example.com",
        licenseType: "named",
        email: "z@example.com",
      }),
    );
    await settle(tenant);
    expect(await standing(tenant)).toEqual({ named: [1], waiting: [] });

    const scope = tenant.scope();
    await commit(scope.shard, adoptUser(scope, owner, "adopted", { userName: "zoe@example.com" }));
    await settle(tenant);
    expect(await standing(tenant)).toEqual({ read_only: [1], waiting: [] });
    const lowered = await tenant.all(
      "SELECT reason, data FROM events WHERE tenant_no = ? AND action = 'license.lowered'",
      tenant.tenantNo,
    );
    expect(lowered).toEqual([
      {
        reason: "first_provisioning",
        data: '{"from":{"held":"named","waiting":null},"to":{"held":"read_only","waiting":null}}',
      },
    ]);
  });

  it("10 without a free seat: keeps the higher one until the default comes free (A3)", async () => {
    const tenant = await seedTenant("SHARD_1");
    await seedConfiguration(tenant);
    await tenant.purchase({ named: 1 });
    must(await createAccount(tenant.admin(), { userName: "zoe", licenseType: "named" }));
    await settle(tenant);
    const scope = tenant.scope();
    await commit(scope.shard, adoptUser(scope, owner, "adopted", { userName: "zoe" }));
    await provision(tenant, 1);
    await settle(tenant);
    expect(await standing(tenant)).toEqual({ named: [1], none: [2], waiting: [2] });
    must(await setPurchasedLicenses(tenant.admin(), "read_only", 1));
    await settle(tenant);
    expect(await standing(tenant)).toEqual({ named: [1], read_only: [2], waiting: [] });
    must(await setPurchasedLicenses(tenant.admin(), "read_only", 2));
    await settle(tenant);
    expect(await standing(tenant)).toEqual({ read_only: [1, 2], waiting: [] });
  });

  it("200 undecided on 50 seats: the first fifty", async () => {
    const tenant = await seedTenant();
    await seedConfiguration(tenant);
    await tenant.purchase({ read_only: 50 });
    await provision(tenant, 200);
    await settle(tenant);
    const { read_only: held, waiting } = await standing(tenant);
    expect(held).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    expect(waiting).toHaveLength(150);
  });
});

describe("never twice", () => {
  it("doubled allocators never over-grant, and lose nothing", async () => {
    const tenant = await seedTenant();
    await seedConfiguration(tenant);
    await tenant.purchase({ read_only: 30 });
    await provision(tenant, 60);
    await Promise.all(
      Array.from({ length: 4 }, () => allocateLicenses(tenant.deps(), tenant.shardName, tenant.tenantNo)),
    );
    await settle(tenant);
    expect((await standing(tenant))["read_only"]).toHaveLength(30);
    const [granted] = await tenant.all<{ n: number }>(
      "SELECT COUNT(*) AS n FROM events WHERE tenant_no = ? AND action = 'license.granted'",
      tenant.tenantNo,
    );
    expect(granted?.n).toBe(30);
  });

  it("a purchase that comes between reading and writing makes the round read again", async () => {
    const tenant = await seedTenant();
    await seedConfiguration(tenant);
    await tenant.purchase({ read_only: 5 });
    await provision(tenant, 5);
    const deps = tenant.deps();
    const shard = deps.shard(tenant.shardName);
    if (shard === undefined) throw new Error("no shard");
    let reads = 0;
    const interrupted = new Proxy(shard.binding, {
      get: (target, name) =>
        name !== "batch"
          ? Reflect.get(target, name).bind(target)
          : async (statements: D1PreparedStatement[]) => {
              const results = await target.batch(statements);
              reads += 1;
              if (reads === 1) must(await setPurchasedLicenses(tenant.admin(), "read_only", 2));
              return results;
            },
    });
    await allocateLicenses(
      { ...deps, shard: () => ({ ...shard, binding: interrupted }) },
      tenant.shardName,
      tenant.tenantNo,
    );
    await settle(tenant);
    expect(await standing(tenant)).toEqual({ read_only: [1, 2], none: [3, 4, 5], waiting: [3, 4, 5] });
  });

  it("a repeated round, and work repeated, write nothing but the closing of the row", async () => {
    const tenant = await seedTenant();
    await seedConfiguration(tenant);
    await tenant.purchase({ read_only: 1 });
    await provision(tenant, 2);
    await settle(tenant);
    const before = await tenant.all("SELECT * FROM events WHERE tenant_no = ?", tenant.tenantNo);
    const idle = tenant.deps();
    await allocateLicenses(idle, tenant.shardName, tenant.tenantNo);
    expect(idle.meter).toMatchObject({ trips: 1, rowsWritten: 0 });
    await tenant.run(
      `INSERT INTO outbox (tenant_no, kind, seq, payload, correlation_id, available_at)
       VALUES (?, 'license', 1, '{"users":[1,2]}', 'again', 0)`,
      tenant.tenantNo,
    );
    const again = tenant.deps();
    await allocateLicenses(again, tenant.shardName, tenant.tenantNo);
    expect(again.meter).toMatchObject({ trips: 2, rowsWritten: 2 });
    expect(await tenant.all("SELECT * FROM events WHERE tenant_no = ?", tenant.tenantNo)).toEqual(before);
  });

  it("lowering below what is assigned flags the pool, evicts nobody and grants nothing (A25)", async () => {
    const tenant = await seedTenant();
    await seedConfiguration(tenant);
    await tenant.purchase({ read_only: 3 });
    await provision(tenant, 4);
    await settle(tenant);
    const type = must(await setPurchasedLicenses(tenant.admin(), "read_only", 1));
    expect(type).toMatchObject({ purchased: 1, assigned: 3, free: 0, overAllocated: true });
    await settle(tenant);
    const scope = tenant.scope();
    await commit(scope.shard, deprovisionUser(scope, owner, "id-1", "gone-1"));
    await settle(tenant);
    expect(await standing(tenant)).toEqual({ read_only: [2, 3], none: [1, 4], waiting: [4] });
    const purchases = await tenant.all(
      "SELECT actor, data FROM events WHERE tenant_no = ? AND action = 'license.purchased'",
      tenant.tenantNo,
    );
    expect(purchases).toEqual([{ actor: "key:test", data: '{"type":"read_only","before":3,"after":1}' }]);
  });
});

describe("cost", () => {
  it("2,000 first provisionings on 1,500 seats take few batches", async () => {
    const tenant = await seedTenant();
    await seedConfiguration(tenant);
    await tenant.purchase({ read_only: 1_500 });
    await provision(tenant, 2_000);
    const first = tenant.deps();
    await allocateLicenses(first, tenant.shardName, tenant.tenantNo);
    expect(first.meter.rowsRead).toBeLessThan(50_000);
    expect(first.meter.durationMs).toBeLessThan(250);
    const trips = first.meter.trips + (await settle(tenant));
    expect(trips).toBeLessThanOrEqual(6);
    const { read_only: held, waiting } = await standing(tenant);
    expect(held).toHaveLength(1_500);
    expect(waiting).toHaveLength(500);
  }, 30_000);

  it("one grant writes the account, its event with subject, the pool, the version and the closed row", async () => {
    const tenant = await seedTenant();
    await seedConfiguration(tenant);
    await tenant.purchase({ read_only: 9 });
    await provision(tenant, 1);
    const small = tenant.deps();
    await allocateLicenses(small, tenant.shardName, tenant.tenantNo);
    expect(small.meter).toMatchObject({ trips: 2, rowsWritten: 6 });
    expect(small.meter.rowsRead).toBeLessThan(100);

    // Neither accounts nor groups that have nothing to do with it make it dearer.
    await provision(tenant, 3_000);
    await settle(tenant);
    for (let groupNo = 1; groupNo <= 120; groupNo += 1) await addGroup(tenant, groupNo, []);
    must(await setPurchasedLicenses(tenant.admin(), "read_only", 10));
    await settle(tenant);
    // Seats that nobody waits for: the round may look for pending adoptions.
    await tenant.purchase({ concurrent: 5 });
    must(await createAccount(tenant.admin(), { userName: "one more", licenseType: "read_only" }));
    const large = tenant.deps();
    await allocateLicenses(large, tenant.shardName, tenant.tenantNo);
    expect(large.meter.trips).toBe(2);
    expect(large.meter.rowsRead).toBeLessThan(120);
  });

  it("rows per decision, in rounds of 1,000", async () => {
    const tenant = await seedTenant();
    await seedConfiguration(tenant);
    await tenant.purchase({ read_only: 1_000, named: 500 });
    const figures: Record<string, { read: number; written: number }> = {};
    const measure = async (name: string, count: number): Promise<void> => {
      const meter = { read: 0, written: 0 };
      for (let more = true; more; ) {
        const deps = tenant.deps();
        more = (await allocateLicenses(deps, tenant.shardName, tenant.tenantNo)).more;
        meter.read += deps.meter.rowsRead;
        meter.written += deps.meter.rowsWritten;
      }
      await expectConsistent(tenant);
      figures[name] = {
        read: Math.round(meter.read / count),
        written: Math.round((10 * meter.written) / count) / 10,
      };
    };
    await provision(tenant, 1_000);
    await measure("first provisioning, granted", 1_000);
    await provision(tenant, 1_000);
    await measure("first provisioning, waits", 1_000);
    const everybody = Array.from({ length: 1_000 }, (_, index) => index + 1);
    await addGroup(tenant, 1, everybody.slice(0, 500));
    must(await setGroupType(tenant.admin(), "group-1", "named"));
    await measure("group raised: swapped, and one who waits takes the seat", 500);
    must(await setPurchasedLicenses(tenant.admin(), "read_only", 1_500));
    await measure("served from the queue", 500);
    await provision(tenant, 1);
    await measure("one alone", 1);
    // As the README says; what is written costs a thousand times what is read.
    expect(figures).toMatchObject({
      "first provisioning, granted": { written: 4 },
      "first provisioning, waits": { written: 5 },
      "group raised: swapped, and one who waits takes the seat": { written: 6 },
      "served from the queue": { written: 3 },
      "one alone": { written: 7 },
    });
    expect(figures["served from the queue"]?.read).toBeLessThanOrEqual(12);
    for (const { read } of Object.values(figures)) expect(read).toBeLessThanOrEqual(100);
  }, 30_000);

  it("a large purchase serves the queue in chunks, in order", async () => {
    const tenant = await seedTenant();
    await seedConfiguration(tenant);
    await provision(tenant, 2_500);
    await settle(tenant);
    must(await setPurchasedLicenses(tenant.admin(), "read_only", 2_200));
    const first = tenant.deps();
    expect(await allocateLicenses(first, tenant.shardName, tenant.tenantNo)).toEqual({ more: true });
    expect((await standing(tenant))["read_only"]).toEqual(
      Array.from({ length: 1_000 }, (_, index) => index + 1),
    );
    await settle(tenant);
    expect((await standing(tenant))["read_only"]).toEqual(
      Array.from({ length: 2_200 }, (_, index) => index + 1),
    );
  }, 30_000);

  it("a group's members are walked in chunks, nested groups included", async () => {
    const tenant = await seedTenant();
    await seedConfiguration(tenant);
    await tenant.purchase({ read_only: 3_000, named: 3_000 });
    await provision(tenant, 1_300);
    await settle(tenant);
    const all = Array.from({ length: 1_300 }, (_, index) => index + 1);
    await addGroup(tenant, 1, all.slice(0, 900), [2]);
    await addGroup(tenant, 2, all.slice(800, 1_299), [1]);
    must(await setGroupType(tenant.admin(), "group-1", "named"));
    expect(await allocateLicenses(tenant.deps(), tenant.shardName, tenant.tenantNo)).toEqual({ more: true });
    await settle(tenant);
    expect((await standing(tenant))["named"]).toEqual(all.slice(0, 1_299));
    expect((await standing(tenant))["read_only"]).toEqual([1_300]);
  }, 30_000);
});

describe("acts of administrators", () => {
  it("a group's type: never below the default, never unknown; lowering lowers, others' groups count", async () => {
    const tenant = await seedTenant();
    await seedConfiguration(tenant, { licenseTypeNo: 2 });
    await tenant.purchase({ concurrent: 5, named: 5 });
    await provision(tenant, 3);
    const first = await addGroup(tenant, 1, [1, 2]);
    const second = await addGroup(tenant, 2, [2]);
    expect(await setGroupType(tenant.admin(), first, "read_only")).toMatchObject({
      problem: { kind: "conflict" },
    });
    expect(await setGroupType(tenant.admin(), first, "gold")).toMatchObject({ problem: { kind: "invalid" } });
    expect(await setGroupType(tenant.admin(), "nowhere", "named")).toMatchObject({
      problem: { kind: "not_found" },
    });
    must(await setGroupType(tenant.admin(), first, "named"));
    must(await setGroupType(tenant.admin(), second, "named"));
    await settle(tenant);
    expect(await standing(tenant)).toEqual({ named: [1, 2], concurrent: [3], waiting: [] });

    // Leaving keeps (A7): the member is gone, the license stays.
    await tenant.run(
      "DELETE FROM members WHERE tenant_no = ? AND group_no = 1 AND member_no = 2",
      tenant.tenantNo,
    );
    await tenant.run(
      "DELETE FROM members WHERE tenant_no = ? AND group_no = 2 AND member_no = 2",
      tenant.tenantNo,
    );
    must(await chooseLicense(tenant.admin(), "id-2", null));
    await settle(tenant);
    expect((await standing(tenant))["named"]).toEqual([1, 2]);

    must(await setGroupType(tenant.admin(), first, null));
    await settle(tenant);
    expect(await standing(tenant)).toEqual({ named: [2], concurrent: [1, 3], waiting: [] });
  });

  it("release, and choosing again", async () => {
    const tenant = await seedTenant();
    await seedConfiguration(tenant);
    await tenant.purchase({ read_only: 1, named: 1 });
    await provision(tenant, 2);
    await settle(tenant);
    must(await releaseLicense(tenant.admin(), "id-1"));
    await settle(tenant);
    expect(await standing(tenant)).toEqual({ none: [1], read_only: [2], waiting: [] });
    expect(must(await explainLicense(tenant.admin(), "id-1"))).toMatchObject({
      state: "none",
      because: [{ kind: "withdrawn" }],
    });
    must(await chooseLicense(tenant.admin(), "id-1", "named"));
    await settle(tenant);
    expect(await standing(tenant)).toEqual({ named: [1], read_only: [2], waiting: [] });
    expect(await releaseLicense(tenant.admin(), "nobody")).toMatchObject({ problem: { kind: "not_found" } });
  });

  it("accounts made by hand: unique by folded name, with or without a license; disabling keeps it (A8)", async () => {
    const tenant = await seedTenant();
    await tenant.purchase({ read_only: 1 });
    const { id } = must(
      await createAccount(tenant.admin(), { userName: " Ann ", licenseType: "read_only", email: "A@x.org" }),
    );
    must(await createAccount(tenant.admin(), { userName: "Bob", displayName: "Bob B." }));
    expect(await createAccount(tenant.admin(), { userName: "ANN" })).toMatchObject({
      problem: { kind: "conflict" },
    });
    expect(await createAccount(tenant.admin(), { userName: "c", licenseType: "gold" })).toMatchObject({
      problem: { kind: "invalid" },
    });
    await settle(tenant);
    expect(await standing(tenant)).toEqual({ read_only: [1], none: [2], waiting: [] });
    const [ann] = await tenant.all(
      "SELECT user_name, document, folded FROM users WHERE tenant_no = ? AND user_no = 1",
      tenant.tenantNo,
    );
    expect(ann).toEqual({
      user_name: "Ann",
      document: '{"userName":"Ann","emails":[{"value":"A@x.org","type":"work","primary":true}]}',
      folded: '{"userName":"ann","emails":[{"value":"a@x.org","type":"work","primary":true}]}',
    });
    expect(
      await tenant.all("SELECT value_folded FROM user_emails WHERE tenant_no = ?", tenant.tenantNo),
    ).toEqual([{ value_folded: "a@x.org" }]);
    must(await setAccountDisabled(tenant.admin(), id, true));
    must(await setAccountDisabled(tenant.admin(), id, true));
    await settle(tenant);
    expect((await standing(tenant))["read_only"]).toEqual([1]);
    expect(await actionsOf(tenant, 1)).toEqual(["user.created", "license.granted", "user.disabled_by_admin"]);
  });

  it("explains entitlement, place and remedy", async () => {
    const tenant = await seedTenant();
    await seedConfiguration(tenant);
    await tenant.purchase({ read_only: 1 });
    await provision(tenant, 3);
    expect(must(await explainLicense(tenant.admin(), "id-1"))).toMatchObject({ state: "undecided" });
    const group = await addGroup(tenant, 1, [1]);
    await addGroup(tenant, 2, [], [1]);
    await settle(tenant);
    must(await setGroupType(tenant.admin(), "group-2", "named"));
    await settle(tenant);
    expect(group).toBe("group-1");
    expect(must(await explainLicense(tenant.admin(), "id-1"))).toEqual({
      state: "waiting_for_upgrade",
      held: "read_only",
      wanted: "named",
      waitingSince: expect.any(String),
      because: [
        {
          kind: "default",
          licenseType: "read_only",
          id: `configuration-${tenant.tenantNo}-1`,
          name: "Configuration 1",
          decisive: false,
          priority: null,
        },
        { kind: "group", licenseType: "named", id: "group-2", name: "Group 2", decisive: true, priority: 0 },
      ],
      queue: { licenseType: "named", place: 1, priority: 0, atLeast: false, assigned: 0, assignable: 0 },
      adoptionPending: false,
      keepsHigher: false,
      idleSince: null,
      remedy: "1 more seat of named must be purchased, or released by accounts that hold one.",
    });
    expect(must(await explainLicense(tenant.admin(), "id-3"))).toMatchObject({
      state: "waiting",
      queue: { licenseType: "read_only", place: 2 },
    });
    expect(await explainLicense(tenant.admin(), "nobody")).toMatchObject({ problem: { kind: "not_found" } });
  });

  it("sees nothing of another tenant", async () => {
    const tenant = await seedTenant();
    const other = await seedTenant();
    await seedConfiguration(other);
    await provision(other, 1);
    expect(await explainLicense(tenant.admin(), "id-1")).toMatchObject({ problem: { kind: "not_found" } });
    expect(await releaseLicense(tenant.admin(), "id-1")).toMatchObject({ problem: { kind: "not_found" } });
    await allocateLicenses(tenant.deps(), "SHARD_0", tenant.tenantNo);
    expect(await other.all("SELECT held_type_no FROM users WHERE tenant_no = ?", other.tenantNo)).toEqual([
      { held_type_no: null },
    ]);
  });
});

describe("the Durable Object", () => {
  it("coalesces wake-ups into one alarm, decides, and rests", async () => {
    const tenant = await seedTenant();
    await seedConfiguration(tenant);
    await tenant.purchase({ read_only: 20 });
    await provision(tenant, 40);
    const allocator = env.LICENSE_ALLOCATOR.getByName(`${tenant.shardName}:${tenant.tenantNo}`);
    await Promise.all(Array.from({ length: 40 }, () => allocator.wake(tenant.shardName, tenant.tenantNo)));
    await runInDurableObject(allocator, async (_, state) => {
      expect(await state.storage.getAlarm()).not.toBeNull();
    });
    await runDurableObjectAlarm(allocator);
    await expect.poll(async () => (await standing(tenant))["read_only"]?.length, { timeout: 5_000 }).toBe(20);
    await expect
      .poll(() => runInDurableObject(allocator, (_, state) => state.storage.getAlarm()), { timeout: 5_000 })
      .toBeNull();
    await expectConsistent(tenant);
  });

  it("works from its alarm alone, without anything in memory", async () => {
    const tenant = await seedTenant("SHARD_1");
    await seedConfiguration(tenant);
    await tenant.purchase({ read_only: 1 });
    await provision(tenant, 2);
    const allocator = env.LICENSE_ALLOCATOR.getByName(`${tenant.shardName}:${tenant.tenantNo}`);
    await runInDurableObject(allocator, async (_, state) => {
      await state.storage.put("subject", { shard: tenant.shardName, tenantNo: tenant.tenantNo });
      await state.storage.setAlarm(Date.now() + 60_000);
    });
    expect(await runDurableObjectAlarm(allocator)).toBe(true);
    await expectConsistent(tenant);
    expect(await standing(tenant)).toEqual({ read_only: [1], none: [2], waiting: [2] });
  });

  it("arms itself again when a round fails", async () => {
    const tenant = await seedTenant();
    const allocator = env.LICENSE_ALLOCATOR.getByName("SHARD_9:1");
    await allocator.wake("SHARD_9", 1);
    await runDurableObjectAlarm(allocator);
    const alarm = await runInDurableObject(allocator, (_, state) => state.storage.getAlarm());
    expect(alarm).toBeGreaterThan(Date.now());
    await runInDurableObject(allocator, (_, state) => state.storage.deleteAlarm());
    expect(tenant.tenantNo).toBeGreaterThan(0);
  });
});

describe("policies, priorities and walks", () => {
  it("a scarce type is given in the order of waiting, although the members are walked in chunks", async () => {
    const tenant = await seedTenant();
    await seedConfiguration(tenant);
    await provision(tenant, 1_500);
    await settle(tenant);
    await tenant.run(
      "UPDATE users SET waiting_since = waiting_since - 1000000 WHERE tenant_no = ? AND user_no IN (1499, 1500)",
      tenant.tenantNo,
    );
    await addGroup(
      tenant,
      1,
      Array.from({ length: 1_500 }, (_, index) => index + 1),
    );
    must(await setGroupType(tenant.admin(), "group-1", "named"));
    must(await setPurchasedLicenses(tenant.admin(), "named", 2));
    expect(await allocateLicenses(tenant.deps(), tenant.shardName, tenant.tenantNo)).toEqual({ more: true });
    expect((await standing(tenant))["named"]).toBeUndefined();
    await settle(tenant);
    expect((await standing(tenant))["named"]).toEqual([1_499, 1_500]);
  }, 30_000);

  it("pending adoptions for a full pool do not stand in the way of those for another", async () => {
    const tenant = await seedTenant();
    await seedConfiguration(tenant);
    await seedConfiguration(tenant, { configurationNo: 2, licenseTypeNo: 2 });
    await tenant.purchase({ named: 4 });
    for (const name of ["a", "b", "c", "d"]) {
      must(await createAccount(tenant.admin(), { userName: name, licenseType: "named" }));
    }
    await settle(tenant);
    for (const [index, name] of ["a", "b", "c", "d"].entries()) {
      const scope = tenant.scope();
      const by = configurationNo(index < 3 ? 1 : 2);
      await commit(scope.shard, adoptUser(scope, by, `adopted-${name}`, { userName: name }));
    }
    await settle(tenant);
    expect(await standing(tenant)).toEqual({ named: [1, 2, 3, 4], waiting: [] });
    must(await setPurchasedLicenses(tenant.admin(), "concurrent", 1));
    await settle(tenant);
    expect(await standing(tenant)).toEqual({ named: [1, 2, 3], concurrent: [4], waiting: [] });
  });

  it("licenses of idle accounts: released after the grace period, in chunks, and given back a place on return", async () => {
    const tenant = await seedTenant();
    await seedConfiguration(tenant);
    await tenant.purchase({ read_only: 3 });
    await provision(tenant, 5);
    await settle(tenant);
    must(await setAccountDisabled(tenant.admin(), "id-1", true));
    must(await setAccountDisabled(tenant.admin(), "id-2", true));
    must(await setAccountDisabled(tenant.admin(), "id-4", true));
    const days = (count: number) => count * 24 * 3_600_000;
    await tenant.run(
      "UPDATE users SET idle_since = idle_since - ? WHERE tenant_no = ? AND user_no IN (1, 4)",
      days(31),
      tenant.tenantNo,
    );
    const before = await standing(tenant);
    expect(await releaseIdle(tenant.deps(), tenant.shardName)).toBe(0);
    expect(before["read_only"]).toEqual([1, 2, 3]);

    must(await setPolicies(tenant.admin(), { licenses: { idleReleaseDays: 30 } }));
    await settle(tenant);
    // 4 waited and was idle too long: it leaves the queue, so 5 is served. 2 is still within its grace period.
    expect(await standing(tenant)).toEqual({ read_only: [2, 3, 5], none: [1, 4], waiting: [] });
    expect(await actionsOf(tenant, 1)).toEqual([
      "license.granted",
      "user.disabled_by_admin",
      "license.released",
    ]);
    expect(must(await explainLicense(tenant.admin(), "id-1"))).toMatchObject({
      state: "none",
      because: [{ kind: "idle" }],
    });

    // The sweeper looks again once a day, whatever it is told in between.
    const later = (hours: number) => ({ ...tenant.deps(), now: () => Date.now() + hours * 3_600_000 });
    expect(await releaseIdle(later(0), tenant.shardName)).toBe(1);
    expect(await releaseIdle(later(23), tenant.shardName)).toBe(0);
    expect(await releaseIdle(later(25), tenant.shardName)).toBe(1);
    await settle(tenant);
    await tenant.run(
      "UPDATE users SET idle_since = idle_since - ? WHERE tenant_no = ? AND user_no = 2",
      days(31),
      tenant.tenantNo,
    );
    expect(await releaseIdle(later(50), tenant.shardName)).toBe(1);
    await settle(tenant);
    expect(await standing(tenant)).toEqual({ read_only: [3, 5], none: [1, 2, 4], waiting: [] });

    must(await setAccountDisabled(tenant.admin(), "id-4", false));
    must(await setAccountDisabled(tenant.admin(), "id-1", false));
    await settle(tenant);
    expect(await standing(tenant)).toEqual({ read_only: [3, 4, 5], none: [1, 2], waiting: [1] });
    must(await setPolicies(tenant.admin(), { licenses: { idleReleaseDays: null } }));
    await settle(tenant);
  });

  it("a plan is what happens: the preview of a large group against its application", async () => {
    const tenant = await seedTenant();
    await seedConfiguration(tenant);
    await tenant.purchase({ read_only: 1_100, named: 700 });
    await provision(tenant, 1_500);
    await settle(tenant);
    await addGroup(
      tenant,
      1,
      Array.from({ length: 1_300 }, (_, index) => 1_500 - index),
    );
    const plan = must(await previewGroupType(tenant.admin(), "group-1", "named"));
    expect(plan.upgrades).toHaveLength(50);
    const request = { licenseType: "named", planHash: plan.planHash };
    must(await changeGroupLicense(tenant.admin(), "group-1", request));
    await settle(tenant);
    const types = must(await listLicenseTypes(tenant.admin()));
    for (const { code, assigned, waiting } of types) {
      const planned = plan.pools.find((pool) => pool.code === code);
      expect({ assigned, waiting: waiting.unlicensed + waiting.upgrade }).toEqual({
        assigned: planned?.assigned.after,
        waiting: planned?.waiting.after,
      });
    }
    expect(await changeGroupLicense(tenant.admin(), "group-1", request)).toMatchObject({
      problem: { kind: "plan_outdated" },
    });
  }, 30_000);
});

describe("license types are data", () => {
  it("a type of one's own ranks where its rank says, whatever its number", async () => {
    const tenant = await seedTenant();
    await seedConfiguration(tenant);
    await tenant.run(
      "INSERT INTO license_types (tenant_no, license_type_no, code, name, rank) VALUES (?1, 4, 'guest', 'Guest', 10), (?1, 5, 'partner', 'Partner', 5)",
      tenant.tenantNo,
    );
    await tenant.purchase({ read_only: 1, named: 1 });
    await provision(tenant, 1);
    await addGroup(tenant, 1, [1]);
    await addGroup(tenant, 2, [1]);
    must(await setGroupType(tenant.admin(), "group-1", "partner"));
    must(await setGroupType(tenant.admin(), "group-2", "guest"));
    must(await setPurchasedLicenses(tenant.admin(), "partner", 1));
    await settle(tenant);
    // Guest outranks partner, which outranks named: it waits for guest and keeps what it has.
    expect(await standing(tenant)).toEqual({ read_only: [1], waiting: [1] });
    must(await setPurchasedLicenses(tenant.admin(), "guest", 1));
    await settle(tenant);
    expect(await standing(tenant)).toEqual({ guest: [1], waiting: [] });
    expect(must(await listLicenseTypes(tenant.admin())).map(({ code }) => code)).toEqual([
      "guest",
      "partner",
      "named",
      "concurrent",
      "read_only",
    ]);
  });
});

describe("plans", () => {
  it("are what happens, whatever the state: preview, apply by hash, compare", async () => {
    const size = fc.integer({ min: 0, max: 12 });
    const seats = fc.record({ read_only: size, concurrent: size, named: size });
    const code = fc.constantFrom("read_only", "concurrent", "named");
    const act = fc.oneof(
      fc.record({ kind: fc.constant("group" as const), code: fc.option(code) }),
      fc.record({ kind: fc.constant("pool" as const), code, purchased: size }),
      fc.record({ kind: fc.constant("default" as const), code }),
    );
    const members = fc.array(fc.uniqueArray(fc.integer({ min: 1, max: 14 })), { minLength: 2, maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(
        seats,
        members,
        fc.option(code),
        act,
        fc.nat(3),
        async (purchased, groups, other, chosen, priority) => {
          const tenant = await seedTenant();
          await seedConfiguration(tenant);
          await tenant.purchase(purchased);
          await provision(tenant, 14);
          await settle(tenant);
          for (const [index, users] of groups.entries()) await addGroup(tenant, index + 1, users);
          must(
            await changeGroupLicense(tenant.admin(), "group-2", {
              licenseType: other,
              waitingPriority: priority,
            }),
          );
          await settle(tenant);
          const id = `configuration-${tenant.tenantNo}-1`;
          const preview = async () => {
            const admin = tenant.admin();
            if (chosen.kind === "group") return previewGroupType(admin, "group-1", chosen.code);
            if (chosen.kind === "pool")
              return previewPool(admin, chosen.code, { purchased: chosen.purchased });
            return previewDefault(admin, id, { defaultLicenseType: chosen.code, applyToExisting: true });
          };
          const plan = await preview();
          if (!plan.ok) {
            expect(plan.problem.kind).toBe("conflict");
            return;
          }
          const { planHash } = plan.value;
          const admin = tenant.admin();
          if (chosen.kind === "group") {
            must(await changeGroupLicense(admin, "group-1", { licenseType: chosen.code, planHash }));
          } else if (chosen.kind === "pool") {
            must(await changePool(admin, chosen.code, { purchased: chosen.purchased, planHash }));
          } else {
            const patch = { defaultLicenseType: chosen.code, applyToExisting: true, planHash };
            must(await changeConfiguration(admin, { id, origin: "https://gateway.example", patch }));
          }
          await tenant.run("DELETE FROM outbox WHERE tenant_no = ? AND kind <> 'license'", tenant.tenantNo);
          await settle(tenant);
          const after = new Map(
            (
              await tenant.all<{ user_name: string; held: string | null }>(
                `SELECT u.user_name, t.code AS held FROM users u LEFT JOIN license_types t
                ON t.tenant_no = u.tenant_no AND t.license_type_no = u.held_type_no WHERE u.tenant_no = ?`,
                tenant.tenantNo,
              )
            ).map(({ user_name, held }) => [user_name, held]),
          );
          for (const effect of ["grants", "upgrades", "lowers", "releases", "keeps"] as const) {
            for (const { userName, to } of plan.value[effect])
              expect([userName, after.get(userName)]).toEqual([userName, to]);
          }
          for (const pool of must(await listLicenseTypes(tenant.admin()))) {
            const planned = plan.value.pools.find((candidate) => candidate.code === pool.code);
            expect([pool.code, pool.assigned, pool.waiting.unlicensed + pool.waiting.upgrade]).toEqual([
              pool.code,
              planned?.assigned.after,
              planned?.waiting.after,
            ]);
          }
        },
      ),
      { numRuns: 60 },
    );
  }, 120_000);
});

describe("losses and evictions", () => {
  const allocatorOf = (tenant: SeededTenant) =>
    env.LICENSE_ALLOCATOR.getByName(`${tenant.shardName}:${tenant.tenantNo}`);

  it("an evicted allocator goes on from its alarm", async () => {
    const tenant = await seedTenant();
    await seedConfiguration(tenant);
    await tenant.purchase({ read_only: 3 });
    await provision(tenant, 5);
    const allocator = allocatorOf(tenant);
    await allocator.wake(tenant.shardName, tenant.tenantNo);
    await evictDurableObject(allocator);
    await runDurableObjectAlarm(allocator);
    await expect
      .poll(async () => (await standing(tenant))["read_only"], { timeout: 5_000 })
      .toEqual([1, 2, 3]);
    await expectConsistent(tenant);
  });

  it("an alarm that is lost is made good by the sweeper, which wakes an evicted allocator", async () => {
    const tenant = await seedTenant("SHARD_1");
    await seedConfiguration(tenant);
    await tenant.purchase({ read_only: 3 });
    await provision(tenant, 5);
    const allocator = allocatorOf(tenant);
    await allocator.wake(tenant.shardName, tenant.tenantNo);
    await runInDurableObject(allocator, (_, state) => state.storage.deleteAlarm());
    await evictDurableObject(allocator);
    expect(await runDurableObjectAlarm(allocator)).toBe(false);
    await tenant.run("UPDATE outbox SET available_at = 0 WHERE tenant_no = ?", tenant.tenantNo);
    const work: Promise<unknown>[] = [];
    const real = buildDeps(env, (promise) => work.push(promise));
    expect(await sweepShard(real, tenant.shardName, 60_000)).toBeGreaterThanOrEqual(5);
    await Promise.all(work);
    await runDurableObjectAlarm(allocator);
    await expect
      .poll(async () => (await standing(tenant))["read_only"], { timeout: 5_000 })
      .toEqual([1, 2, 3]);
    await expectConsistent(tenant);
  });
});

describe("random histories", () => {
  const user = fc.integer({ min: 1, max: 6 });
  const code = fc.constantFrom("read_only", "named");
  const step = fc.oneof(
    fc.record({ act: fc.constant("provision" as const), count: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ act: fc.constant("purchase" as const), code, seats: fc.nat(4) }),
    fc.record({ act: fc.constant("group" as const), code: fc.option(code) }),
    fc.record({ act: fc.constant("member" as const), user }),
    fc.record({ act: fc.constant("release" as const), user }),
    fc.record({ act: fc.constant("choose" as const), user, code: fc.option(code) }),
    fc.record({ act: fc.constant("delete" as const), user }),
    fc.record({ act: fc.constant("revive" as const), user }),
    fc.record({ act: fc.constant("allocate" as const), times: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ act: fc.constant("deliver" as const), times: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ act: fc.constant("lose" as const), evict: fc.boolean() }),
    fc.record({ act: fc.constant("priority" as const), priority: fc.nat(3) }),
    fc.record({ act: fc.constant("disable" as const), user, disabled: fc.boolean() }),
    fc.record({
      act: fc.constant("policy" as const),
      licenses: fc.constantFrom(
        { recomputeOnLeave: true },
        { recomputeOnLeave: false },
        { strictAdoption: true },
        { strictAdoption: false },
      ),
    }),
  );
  type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

  /** The account is not there, or is owned already: a legal answer to a random act. */
  const refused = (error: unknown): void => {
    if (!(error instanceof GuardRaised)) throw error;
  };

  const idOf = async (tenant: SeededTenant, userNo: number): Promise<string> => {
    const rows = await tenant.all<{ scim_id: string }>(
      "SELECT scim_id FROM users WHERE tenant_no = ? AND user_no = ?",
      tenant.tenantNo,
      userNo,
    );
    return rows[0]?.scim_id ?? "nobody";
  };

  /** Membership as a SCIM client changes it: with the outbox row that names the user. */
  async function toggleMember(tenant: SeededTenant, userNo: number): Promise<void> {
    const { tenantNo, run, all } = tenant;
    const known = await all(
      "SELECT 1 FROM users WHERE tenant_no = ? AND user_no = ? AND deprovisioned_at IS NULL",
      tenantNo,
      userNo,
    );
    if (known.length === 0) return;
    const removed = await all(
      "DELETE FROM members WHERE tenant_no = ? AND group_no = 1 AND member_no = ? RETURNING member_no",
      tenantNo,
      userNo,
    );
    if (removed.length === 0) await run("INSERT INTO members VALUES (?, 1, 0, ?)", tenantNo, userNo);
    await run(
      `INSERT INTO events (tenant_no, seq, at, actor, action, subject_kind, subject_no, correlation_id, data)
       SELECT ?1, COALESCE(MAX(seq), 0) + 1, ?2, 'idp:c', 'group.members_changed', 'group', 1, 'c', '{}'
       FROM events WHERE tenant_no = ?1`,
      tenantNo,
      Date.now(),
    );
    await run(
      `INSERT INTO outbox (tenant_no, kind, seq, payload, correlation_id, available_at)
       SELECT ?1, 'license', MAX(seq), ?2, 'c', 0 FROM events WHERE tenant_no = ?1`,
      tenantNo,
      JSON.stringify({ users: [userNo] }),
    );
  }

  /** The real object: woken repeatedly and run, or its alarm lost, its memory too. */
  async function wakeOnce(
    tenant: SeededTenant,
    command: { act: "deliver"; times: number } | { act: "lose"; evict: boolean },
  ): Promise<void> {
    const allocator = env.LICENSE_ALLOCATOR.getByName(`${tenant.shardName}:${tenant.tenantNo}`);
    const times = command.act === "deliver" ? command.times : 1;
    await Promise.all(Array.from({ length: times }, () => allocator.wake(tenant.shardName, tenant.tenantNo)));
    if (command.act === "deliver") {
      await runDurableObjectAlarm(allocator);
    } else {
      await runInDurableObject(allocator, (_, state) => state.storage.deleteAlarm());
      if (command.evict) await evictDurableObject(allocator);
    }
  }

  /** Seats given out, per type, as of the step before: an over-allocated pool may only shrink (I2). */
  type Assigned = Map<string, number>;

  /** I2, I3, I4, I6 and I10 over everything stored, in one batch. */
  async function expectSound(tenant: SeededTenant, before: Assigned): Promise<Assigned> {
    const rows = await tenant.all<{ kind: string; code: string; figure: number; limit_: number }>(
      `SELECT 'pool' AS kind, code, assigned AS figure, purchased * assignable_percent / 100 AS limit_
        FROM license_types WHERE tenant_no = ?1
       UNION ALL SELECT 'miscounted', t.code, t.assigned, 0 FROM license_types t WHERE t.tenant_no = ?1 AND (
        t.assigned <> (SELECT COUNT(*) FROM users u WHERE u.tenant_no = ?1 AND u.held_type_no = t.license_type_no)
        OR t.waiting_unlicensed <> (SELECT COUNT(*) FROM users u WHERE u.tenant_no = ?1 AND u.held_type_no IS NULL
          AND u.wanted_type_no = t.license_type_no AND u.waiting_since IS NOT NULL)
        OR t.waiting_upgrade <> (SELECT COUNT(*) FROM users u WHERE u.tenant_no = ?1 AND u.held_type_no IS NOT NULL
          AND u.wanted_type_no = t.license_type_no AND u.waiting_since IS NOT NULL))
       UNION ALL SELECT 'misplaced', u.user_name, u.waiting_priority, 0 FROM users u
        LEFT JOIN license_types w ON w.tenant_no = u.tenant_no AND w.license_type_no = u.wanted_type_no
        LEFT JOIN license_types h ON h.tenant_no = u.tenant_no AND h.license_type_no = u.held_type_no
        WHERE u.tenant_no = ?1 AND ((u.waiting_since IS NOT NULL) <> (COALESCE(w.rank, 0) > COALESCE(h.rank, 0))
          OR (u.waiting_since IS NULL AND u.waiting_priority <> 0))
       UNION ALL SELECT 'below default', g.display_name, 0, 0 FROM groups g
        JOIN configurations c ON c.tenant_no = g.tenant_no AND c.configuration_no = g.configuration_no
        JOIN license_types l ON l.tenant_no = g.tenant_no AND l.license_type_no = g.license_type_no
        JOIN license_types d ON d.tenant_no = g.tenant_no AND d.license_type_no = c.default_license_type_no
        WHERE g.tenant_no = ?1 AND l.rank < d.rank`,
      tenant.tenantNo,
    );
    expect(rows.filter(({ kind }) => kind !== "pool")).toEqual([]);
    const now: Assigned = new Map(rows.map(({ code, figure }) => [code, figure]));
    for (const { code, figure, limit_ } of rows) {
      if (figure > limit_) expect(figure).toBeLessThanOrEqual(before.get(code) ?? 0);
    }
    return now;
  }

  async function perform(tenant: SeededTenant, command: Step): Promise<void> {
    const scope = tenant.scope();
    if (command.act === "provision") await provision(tenant, command.count);
    else if (command.act === "purchase")
      must(await setPurchasedLicenses(tenant.admin(), command.code, command.seats));
    else if (command.act === "group") must(await setGroupType(tenant.admin(), "group-1", command.code));
    else if (command.act === "member") await toggleMember(tenant, command.user);
    else if (command.act === "priority") {
      must(await changeGroupLicense(tenant.admin(), "group-1", { waitingPriority: command.priority }));
    } else if (command.act === "policy") {
      must(await setPolicies(tenant.admin(), { licenses: command.licenses }));
    } else if (command.act === "deliver" || command.act === "lose") {
      await wakeOnce(tenant, command);
    } else if (command.act === "allocate") {
      const rounds = Array.from({ length: command.times }, () =>
        allocateLicenses(tenant.deps(), tenant.shardName, tenant.tenantNo),
      );
      await Promise.all(rounds);
    } else {
      const id = await idOf(tenant, command.user);
      if (command.act === "disable") await setAccountDisabled(tenant.admin(), id, command.disabled);
      else if (command.act === "release") await releaseLicense(tenant.admin(), id);
      else if (command.act === "choose") await chooseLicense(tenant.admin(), id, command.code);
      else if (command.act === "delete") {
        await commit(scope.shard, deprovisionUser(scope, owner, id, crypto.randomUUID())).catch(refused);
      } else if (id !== "nobody") {
        const attributes = { userName: `u${command.user}` };
        await commit(scope.shard, adoptUser(scope, owner, crypto.randomUUID(), attributes)).catch(refused);
      }
    }
  }

  /** I4, and the story the events tell is the state there is (I25). */
  async function expectTold(tenant: SeededTenant): Promise<void> {
    const wrong = await tenant.all(
      `SELECT u.user_no FROM users u
        LEFT JOIN license_types w ON w.tenant_no = u.tenant_no AND w.license_type_no = u.wanted_type_no
        LEFT JOIN license_types h ON h.tenant_no = u.tenant_no AND h.license_type_no = u.held_type_no
       WHERE u.tenant_no = ? AND (u.waiting_since IS NOT NULL) <> (COALESCE(w.rank, 0) > COALESCE(h.rank, 0))`,
      tenant.tenantNo,
    );
    expect(wrong).toEqual([]);
    const told = await tenant.all<{ user_no: number; held: string | null; waiting: string | null }>(
      `SELECT u.user_no, h.code AS held, CASE WHEN u.waiting_since IS NULL THEN NULL ELSE w.code END AS waiting FROM users u
        LEFT JOIN license_types w ON w.tenant_no = u.tenant_no AND w.license_type_no = u.wanted_type_no
        LEFT JOIN license_types h ON h.tenant_no = u.tenant_no AND h.license_type_no = u.held_type_no
       WHERE u.tenant_no = ?`,
      tenant.tenantNo,
    );
    const transitions = await tenant.all<{ subject_no: number; data: string }>(
      `SELECT subject_no, data FROM events WHERE tenant_no = ? AND action IN ('license.granted', 'license.waiting',
        'license.upgraded', 'license.released', 'license.lowered', 'license.wait_ended') ORDER BY seq`,
      tenant.tenantNo,
    );
    const replayed = new Map<number, object>();
    for (const { subject_no, data } of transitions) {
      const { from, to } = JSON.parse(data) as { from: object; to: object };
      expect(from).toEqual(replayed.get(subject_no) ?? { held: null, waiting: null });
      replayed.set(subject_no, to);
    }
    for (const { user_no, held, waiting } of told) {
      expect(replayed.get(user_no) ?? { held: null, waiting: null }).toEqual({ held, waiting });
    }
  }

  it("with doubled, evicted and forgotten allocators: sound after every step, told by events, work-conserving at rest", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25, size: "max" }), async (steps) => {
        const tenant = await seedTenant();
        await seedConfiguration(tenant);
        await addGroup(tenant, 1, []);
        let assigned: Assigned = new Map();
        for (const command of steps) {
          await perform(tenant, command);
          assigned = await expectSound(tenant, assigned);
        }
        await settle(tenant);
        await expectTold(tenant);
        for (const { free, waiting } of must(await listLicenseTypes(tenant.admin()))) {
          if (free > 0) expect(waiting).toEqual({ unlicensed: 0, upgrade: 0 });
        }
      }),
      { numRuns: 200 },
    );
  }, 180_000);
});
