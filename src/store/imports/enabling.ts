/** Enable Disabled Users from Imported Groups (R59, A12): `domain/import.ts` `importPerson`, in SQL. */
import { type SQL, sql } from "drizzle-orm";
import { IMPORT_EFFECTS_PER_BATCH } from "../../domain/limits.ts";
import { lastSeq } from "../events.ts";
import { isRow, payloadAt, payloadCount, type RowKey } from "../open-rows.ts";
import type { TenantScope } from "../scope.ts";
import { followPlan } from "../vaults/connector-changes.ts";
import { moveBuiltInCount, tellPlan } from "../vaults/settlement.ts";

/** Vault users whom an administrator disabled and who are in an imported group. Tombstones are none of them (I17). */
const returning = ({ tenantNo }: TenantScope, vaultNo: number): SQL =>
  sql`SELECT v.user_no FROM vault_users AS v WHERE v.tenant_no = ${tenantNo} AND v.vault_no = ${vaultNo}
    AND v.state = 'disabled' AND v.disabled_by = 'admin'
    AND EXISTS (SELECT 1 FROM users AS u WHERE u.tenant_no = ${tenantNo} AND u.user_no = v.user_no
      AND u.deprovisioned_at IS NULL)
    AND EXISTS (SELECT 1 FROM members AS m CROSS JOIN import_groups AS i
      WHERE m.tenant_no = ${tenantNo} AND m.member_kind = 0 AND m.member_no = v.user_no
        AND i.tenant_no = ${tenantNo} AND i.vault_no = ${vaultNo} AND i.group_no = m.group_no)`;

/** Whether there is anybody, as `some`. */
export const selectReturning = (scope: TenantScope, vaultNo: number): SQL =>
  sql`SELECT EXISTS (${returning(scope, vaultNo)}) AS some`;

/** Enables a chunk of them. The list stands in the row's payload while the batch runs. */
export function enableReturning(scope: TenantScope, row: RowKey, vaultNo: number): SQL[] {
  const { tenantNo, now } = scope;
  const count = payloadCount(scope, row, "$.plan.enabled");
  return [
    sql`UPDATE outbox SET payload = json_set(payload, '$.plan', json_object('seq', COALESCE(${lastSeq(scope)}, 0),
        'enabled', json((SELECT json_group_array(user_no) FROM (${returning(scope, vaultNo)} ORDER BY v.user_no
          LIMIT ${IMPORT_EFFECTS_PER_BATCH}))))) WHERE ${isRow(scope, row)}`,
    ...tellPlan(scope, row, { vaultNo, linkNo: 0 }, [
      {
        list: "enabled",
        action: "vault_user.enabled",
        subject: { kind: "vault", no: vaultNo },
        reason: "imported",
      },
    ]),
    ...followPlan(scope, row, vaultNo, []),
    sql`UPDATE vault_users SET state = 'enabled', disabled_by = NULL, updated_at = ${now}
      WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo}
        AND user_no IN (SELECT value FROM json_each(${payloadAt(scope, row, "$.plan.enabled")}))`,
    moveBuiltInCount(scope, vaultNo, count),
    sql`UPDATE import_runs SET enabled = enabled + ${count}
      WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo} AND state = 'running'`,
  ];
}
