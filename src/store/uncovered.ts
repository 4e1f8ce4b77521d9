/**
 * People whom no link of a vault covers any more, outside a settlement: a deprovisioned account (A9), and people
 * whom a settlement left enabled for the sake of a link that had not brought them in yet (`settlement.ts`).
 */
import { type SQL, sql } from "drizzle-orm";
import { effectiveGroups } from "./effective-membership.ts";
import { isRow, payloadAt, payloadCount, type RowKey } from "./open-rows.ts";
import type { TenantScope } from "./scope.ts";
import { inOtherTarget, moveBuiltInCount, selectCovered, tell } from "./settlement.ts";

/** Past a few more looks nothing can still be in flight; what is left has a change of its own in the outbox. */
const looksMax = 5;

/** Vaults in which synchronization keeps somebody of these enabled. */
export function selectVaultsHolding({ tenantNo }: TenantScope, users: readonly number[]): SQL {
  return sql`SELECT v.vault_no FROM vaults AS v WHERE v.tenant_no = ${tenantNo} AND EXISTS (
    SELECT 1 FROM json_each(${JSON.stringify(users)}) AS given CROSS JOIN vault_users AS p
    WHERE p.tenant_no = ${tenantNo} AND p.vault_no = v.vault_no AND p.user_no = given.value
      AND p.state = 'enabled' AND p.origin = 'sync' AND p.pinned = 0)`;
}

/**
 * Disables, in one vault, whoever of these is enabled by synchronization and covered by no link (R55). Leaves in
 * `$.plan.unsettled` whom some link covers that has not brought them in.
 */
export function disableUncovered(
  scope: TenantScope,
  row: RowKey,
  vaultNo: number,
  users: readonly number[],
): SQL[] {
  const { tenantNo, now } = scope;
  return [
    sql`UPDATE outbox SET payload = json_set(payload, '$.plan', json((
      WITH RECURSIVE facts(user_no) AS MATERIALIZED (
        SELECT p.user_no FROM json_each(${JSON.stringify(users)}) AS given CROSS JOIN vault_users AS p
        WHERE p.tenant_no = ${tenantNo} AND p.vault_no = ${vaultNo} AND p.user_no = given.value
          AND p.state = 'enabled' AND p.origin = 'sync' AND p.pinned = 0
      ),
      ${effectiveGroups(tenantNo, sql`(SELECT json_group_array(user_no) FROM facts)`)},
      covered(user_no) AS MATERIALIZED (${selectCovered(tenantNo, vaultNo, 0)})
      SELECT json_object(
        'disabled', json_group_array(user_no) FILTER (WHERE user_no NOT IN (SELECT user_no FROM covered)),
        'unsettled', json_group_array(user_no) FILTER (WHERE user_no IN (SELECT user_no FROM covered)
          AND NOT ${inOtherTarget(tenantNo, vaultNo, 0)}))
      FROM facts))) WHERE ${isRow(scope, row)}`,
    ...tell(scope, row, "disabled", vaultNo, {
      action: "vault_user.disabled",
      subjectKind: "vault",
      subjectNo: vaultNo,
      reason: "covered_by_no_link",
      linkNo: 0,
    }),
    sql`UPDATE vault_users SET state = 'disabled', disabled_by = 'sync', updated_at = ${now}
      WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo}
        AND user_no IN (SELECT value FROM json_each(${payloadAt(scope, row, "$.plan.disabled")}))`,
    moveBuiltInCount(scope, vaultNo, sql`(0 - ${payloadCount(scope, row, "$.plan.disabled")})`),
  ];
}

/** Closes the row, or keeps it open for whoever is still unsettled; `open` is 1 then. */
export function closeOrLookAgain(scope: TenantScope, row: RowKey, looks: number): SQL[] {
  const settled = looks >= looksMax ? sql`1` : sql`json_array_length(payload, '$.plan.unsettled') = 0`;
  return [
    sql`DELETE FROM outbox WHERE ${isRow(scope, row)} AND ${settled}`,
    sql`UPDATE outbox SET payload = json_set(payload, '$.users', json_extract(payload, '$.plan.unsettled'),
      '$.round', CAST(${looks + 1} AS INTEGER)) WHERE ${isRow(scope, row)}`,
    sql`SELECT COUNT(*) AS open FROM outbox WHERE ${isRow(scope, row)}`,
  ];
}
