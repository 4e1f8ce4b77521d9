/** Licenses at scale, as bounded tests: batches are counted, and D1's own time of each is summed. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { allocateLicenses } from "../../src/gateway/licenses/allocator.ts";
import { listLicenseTypes, setPurchasedLicenses } from "../../src/gateway/licenses/licenses.ts";
import { signUpTenant } from "../support/gateway.ts";
import { gateway } from "../support/gateway-worker.ts";
import { type SeededTenant, seedConfiguration, seedTenant } from "../support/tenant.ts";

/** Accounts that wait for a type since `since`, counted as the allocator would have left them. */
async function seedWaiting(tenant: SeededTenant, count: number): Promise<void> {
  for (let from = 0; from < count; from += 10_000) {
    await tenant.run(
      `WITH RECURSIVE n(v) AS (SELECT CAST(?2 AS INTEGER) + 1 UNION ALL SELECT v + 1 FROM n WHERE v < ?3)
       INSERT INTO users (tenant_no, user_no, configuration_no, scim_id, user_name, user_name_folded, active, origin,
         version, created_at, updated_at, wanted_type_no, waiting_since, document, folded)
       SELECT ?1, v, 1, printf('id-%07d', v), printf('user-%d', v), printf('user-%d', v), 1, 'scim', 1, v, v, 1,
         v / 100, '{}', '{}' FROM n`,
      tenant.tenantNo,
      from,
      Math.min(count, from + 10_000),
    );
  }
  await tenant.run(
    "UPDATE license_types SET waiting_unlicensed = ? WHERE tenant_no = ? AND license_type_no = 1",
    count,
    tenant.tenantNo,
  );
}

describe("a long queue", () => {
  it("100,000 wait, 10,000 seats are bought: in order, in chunks, with progress, no batch holds the shard", async () => {
    const tenant = await seedTenant();
    await seedConfiguration(tenant);
    await seedWaiting(tenant, 100_000);
    await setPurchasedLicenses(tenant.admin(), "read_only", 10_000);
    const durations: number[] = [];
    const progress: number[] = [];
    const rows = { read: 0, written: 0 };
    for (let more = true; more; ) {
      const deps = tenant.deps();
      const shard = deps.shard(tenant.shardName);
      if (shard === undefined) throw new Error("no shard");
      const timed = new Proxy(shard.binding, {
        get: (target, name) =>
          name !== "batch"
            ? Reflect.get(target, name).bind(target)
            : async (statements: D1PreparedStatement[]) => {
                const results = await target.batch(statements);
                durations.push(results.reduce((sum, { meta }) => sum + meta.duration, 0));
                return results;
              },
      });
      const measured = { ...deps, shard: () => ({ ...shard, binding: timed }) };
      more = (await allocateLicenses(measured, tenant.shardName, tenant.tenantNo)).more;
      rows.read += deps.meter.rowsRead;
      rows.written += deps.meter.rowsWritten;
      const types = await listLicenseTypes(tenant.admin());
      const readOnly = types.ok ? types.value.find(({ code }) => code === "read_only") : undefined;
      progress.push(readOnly?.assigned ?? -1);
      expect((readOnly?.assigned ?? 0) + (readOnly?.waiting.unlicensed ?? 0)).toBe(100_000);
    }
    expect(Math.max(...durations)).toBeLessThanOrEqual(250);
    expect(progress.at(-1)).toBe(10_000);
    expect(progress.length).toBeGreaterThanOrEqual(10);
    progress.reduce((before, now) => {
      expect(now - before).toBeLessThanOrEqual(1_000);
      return now;
    }, 0);
    const [served] = await tenant.all<{ count: number; last: number }>(
      "SELECT COUNT(*) AS count, MAX(user_no) AS last FROM users WHERE tenant_no = ? AND held_type_no = 1",
      tenant.tenantNo,
    );
    expect(served).toEqual({ count: 10_000, last: 10_000 });
    // Each grant: the account and its place in the index, its event and subject. Nothing grows with the queue.
    expect(rows.written).toBeLessThanOrEqual(10_000 * 5 + 1_000);
    expect(rows.read).toBeLessThanOrEqual(10_000 * 15);
  }, 120_000);
});

const lanes = 40;

describe("a stampede", () => {
  it("2,000 first provisionings at once on 1,500 seats: all 201, exactly 1,500 and 500, at most 20 batches", async () => {
    const tenant = await signUpTenant(gateway);
    const scim = await tenant.configure("other_scim");
    await tenant.admin("PATCH", "/license-types/read_only", { purchased: 1_500 });
    const place = await env.CONTROL.prepare("SELECT tenant_no, shard FROM tenants WHERE tenant_id = ?")
      .bind(tenant.id)
      .first<{ tenant_no: number; shard: "SHARD_0" | "SHARD_1" }>();
    if (place === null) throw new Error("the tenant is not in the directory");
    const version = async () => {
      const row = await env[place.shard]
        .prepare("SELECT allocation_version AS version FROM tenants WHERE tenant_no = ?")
        .bind(place.tenant_no)
        .first<{ version: number }>();
      return row?.version ?? 0;
    };
    const idle = async () => {
      const { body } = await tenant.admin("GET", "/activity");
      return (body as { idle: boolean }).idle;
    };
    await expect.poll(idle, { timeout: 20_000 }).toBe(true);
    const before = await version();
    const schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
    // As many connections as an identity provider opens, so that alarms of the allocator come in between.
    const answers: { status: number }[] = [];
    const connection = async (_: unknown, lane: number): Promise<void> => {
      for (let number = 0; number < 2_000 / lanes; number += 1) {
        const userName = `stampede-${lane}-${number}`;
        answers.push(await scim.send("POST", "/Users", { schemas, userName }));
      }
    };
    await Promise.all(Array.from({ length: lanes }, connection));
    const counted: Record<number, number> = {};
    for (const { status } of answers) counted[status] = (counted[status] ?? 0) + 1;
    expect(counted).toEqual({ 201: 2_000 });
    await expect.poll(idle, { timeout: 60_000, interval: 200 }).toBe(true);
    // A round is one batch that reads and one that writes; each write moves the version by one.
    const rounds = (await version()) - before;
    expect(rounds * 2).toBeLessThanOrEqual(20);
    const { body } = await tenant.admin("GET", "/license-types");
    const types = (body as { items: { code: string }[] }).items;
    expect(types.find(({ code }) => code === "read_only")).toMatchObject({
      assigned: 1_500,
      waiting: { unlicensed: 500, upgrade: 0 },
    });
  }, 120_000);
});
