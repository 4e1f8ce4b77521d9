/** What an administrator sees first. Counters only: nothing here grows with the tenant. */
import { sql } from "drizzle-orm";
import { OPEN_ROWS_COUNTED_MAX } from "../../domain/limits.ts";
import { type Row, read } from "../database.ts";
import { tenantFence } from "../fence.ts";
import { selectLicenseTypes } from "../licenses/entitlements.ts";
import type { TenantScope } from "../scope.ts";

export type HomeFigures = {
  name: string;
  subscriptionId: string;
  users: number;
  groups: number;
  undecided: number;
  licenseTypes: Row[];
};

export async function readHome(scope: TenantScope): Promise<HomeFigures> {
  const { tenantNo } = scope;
  const [, [tenant] = [], [counts] = [], licenseTypes = []] = await read(scope.shard, [
    tenantFence(scope),
    sql`SELECT name, subscription_id FROM tenants WHERE tenant_no = ${tenantNo}`,
    // Numbers of users are dense and never given up, so the highest one is their count. Undecided accounts are
    // named by the outbox rows that will decide them.
    sql`SELECT (SELECT COALESCE(MAX(user_no), 0) FROM users WHERE tenant_no = ${tenantNo}) AS users,
      (SELECT COALESCE(SUM(group_count), 0) FROM configurations
        WHERE tenant_no = ${tenantNo} AND state = 'active') AS groups,
      (SELECT COUNT(DISTINCT j.value) FROM (SELECT payload FROM outbox
          WHERE tenant_no = ${tenantNo} AND kind = 'license' LIMIT ${OPEN_ROWS_COUNTED_MAX}) o
        CROSS JOIN json_each(o.payload, '$.users') j
        CROSS JOIN users u ON u.tenant_no = ${tenantNo} AND u.user_no = j.value
          AND u.wanted_type_no IS NULL AND u.deprovisioned_at IS NULL) AS undecided`,
    selectLicenseTypes(tenantNo),
  ]);
  return {
    name: String(tenant?.["name"]),
    subscriptionId: String(tenant?.["subscription_id"]),
    users: Number(counts?.["users"]),
    groups: Number(counts?.["groups"]),
    undecided: Number(counts?.["undecided"]),
    licenseTypes,
  };
}
