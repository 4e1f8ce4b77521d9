/** Administrators name accounts and groups by their current SCIM id, whoever owns them: numbers by id. */
import { type SQL, sql } from "drizzle-orm";
import type { TenantScope } from "../scope.ts";

/** Listing the owners first lets one index serve the look-up. */
const owners = ({ tenantNo }: Pick<TenantScope, "tenantNo">): SQL =>
  sql`(SELECT configuration_no FROM configurations WHERE tenant_no = ${tenantNo} UNION ALL SELECT 0)`;

/** Number of the account with this id, or NULL; deprovisioned accounts are not found. */
export const liveUserNo = (scope: Pick<TenantScope, "tenantNo">, userId: string): SQL =>
  sql`(SELECT user_no FROM users WHERE tenant_no = ${scope.tenantNo} AND configuration_no IN ${owners(scope)}
    AND scim_id = ${userId} AND deprovisioned_at IS NULL)`;

/** Number of the account with this id, or NULL; deprovisioned accounts are found too. */
export const anyUserNo = (scope: Pick<TenantScope, "tenantNo">, userId: string): SQL =>
  sql`(SELECT user_no FROM users WHERE tenant_no = ${scope.tenantNo} AND configuration_no IN ${owners(scope)}
    AND scim_id = ${userId})`;

/** Number of the source group with this id, or NULL when there is none or it was deleted. */
export const liveGroupNo = (scope: Pick<TenantScope, "tenantNo">, groupId: string): SQL =>
  sql`(SELECT group_no FROM groups WHERE tenant_no = ${scope.tenantNo} AND configuration_no IN ${owners(scope)}
    AND scim_id = ${groupId} AND deleted_at IS NULL)`;
