/** A tenant of one's own, seeded straight into a shard: for tests below the HTTP surface. */
import { env } from "cloudflare:workers";
import { DEFAULT_LICENSE_TYPES } from "../../src/domain/default-license-types.ts";
import { tenantNo } from "../../src/domain/id.ts";
import type { Role } from "../../src/domain/role.ts";
import { buildDeps } from "../../src/entry/deps.ts";
import type { Admin } from "../../src/gateway/admin.ts";
import type { Deps } from "../../src/gateway/deps.ts";
import type { TenantScope } from "../../src/store/scope.ts";

let lastTenantNo = 1_000;

export type SeededTenant = {
  shardName: "SHARD_0" | "SHARD_1";
  tenantNo: number;
  /** Fresh dependencies whose signals go nowhere: the test decides when work is taken up. */
  deps(): Deps;
  scope(): TenantScope;
  admin(role?: Role): Admin;
  run(sql: string, ...parameters: unknown[]): Promise<void>;
  all<Row = Record<string, number | string | null>>(sql: string, ...parameters: unknown[]): Promise<Row[]>;
  purchase(purchased: Partial<Record<"read_only" | "concurrent" | "named", number>>): Promise<void>;
};

export async function seedTenant(shardName: "SHARD_0" | "SHARD_1" = "SHARD_0"): Promise<SeededTenant> {
  lastTenantNo += 1;
  const number = lastTenantNo;
  const binding = env[shardName];
  const run = async (sql: string, ...parameters: unknown[]): Promise<void> => {
    await binding
      .prepare(sql)
      .bind(...parameters)
      .run();
  };
  const deps = (): Deps => ({
    ...buildDeps(env, () => {}),
    signals: { outboxWritten: () => {}, armSweeper: async () => {} },
  });
  const scope = (own = deps()): TenantScope => {
    const shard = own.shard(shardName);
    if (shard === undefined) throw new Error(`${shardName} is not bound`);
    const cause = { actor: "key:test", correlationId: crypto.randomUUID() };
    return { shard, tenantNo: tenantNo(number), epoch: 1, cause, now: own.now() };
  };
  await run(
    `INSERT INTO tenants (tenant_no, tenant_id, subscription_id, name, status, epoch, created_at)
     VALUES (?, ?, ?, 'Test', 'active', 1, 0)`,
    number,
    `tenant-${number}`,
    `subscription-${number}`,
  );
  for (const { licenseTypeNo, code, name, rank } of DEFAULT_LICENSE_TYPES) {
    await run(
      "INSERT INTO license_types (tenant_no, license_type_no, code, name, rank) VALUES (?, ?, ?, ?, ?)",
      number,
      licenseTypeNo,
      code,
      name,
      rank,
    );
  }
  return {
    shardName,
    tenantNo: number,
    deps,
    scope,
    admin(role = "subscription_admin") {
      const own = deps();
      const identity = { kind: "key", id: "test", role, tenantId: `tenant-${number}`, name: "test" } as const;
      return { deps: own, scope: scope(own), identity };
    },
    run,
    async all<Row>(sql: string, ...parameters: unknown[]) {
      const { results } = await binding
        .prepare(sql)
        .bind(...parameters)
        .all<Row>();
      return results;
    },
    async purchase(purchased) {
      for (const [code, count] of Object.entries(purchased)) {
        await run(
          "UPDATE license_types SET purchased = ? WHERE tenant_no = ? AND code = ?",
          count,
          number,
          code,
        );
      }
    },
  };
}

/** A configuration whose default license type is `licenseTypeNo`; returns its number. */
export async function seedConfiguration(
  tenant: SeededTenant,
  { configurationNo = 1, licenseTypeNo = 1 } = {},
): Promise<number> {
  await tenant.run(
    `INSERT INTO configurations (tenant_no, configuration_no, configuration_id, name, name_folded, type,
       default_license_type_no, state, client_id, created_at, updated_at)
     VALUES (?, ?, ?, ?, ?, 'entra_gallery', ?, 'active', ?, 0, 0)`,
    tenant.tenantNo,
    configurationNo,
    `configuration-${tenant.tenantNo}-${configurationNo}`,
    `Configuration ${configurationNo}`,
    `configuration ${configurationNo}`,
    licenseTypeNo,
    `client-${tenant.tenantNo}-${configurationNo}`,
  );
  return configurationNo;
}
