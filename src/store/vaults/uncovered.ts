/**
 * People whom no link of a vault covers any more, outside a settlement: a deprovisioned account (A9), and people
 * whom a settlement left enabled for the sake of a link that had not brought them in yet (`settlement.ts`).
 */
import { type SQL, sql } from "drizzle-orm";
import { lastSeq } from "../events.ts";
import { isRow, payloadAt, payloadCount, type RowKey } from "../open-rows.ts";
import { effectiveGroups } from "../resources/effective-membership.ts";
import type { TenantScope } from "../scope.ts";
import { countInWindow, exceeded, isWaiting, stage, stagedPeople } from "./brake.ts";
import { followPlan } from "./connector-changes.ts";
import { selectCovered } from "./link-facts.ts";
import { moveBuiltInCount, tellPlan } from "./settlement.ts";
import { inOtherTarget } from "./settlement-plan.ts";

/** Past a few more looks nothing can still be in flight; what is left has a change of its own in the outbox. */
const looksMax = 5;

/** Vaults in which synchronization keeps somebody of these enabled. */
export function selectVaultsHolding({ tenantNo }: TenantScope, users: readonly number[]): SQL {
  return sql`SELECT v.vault_no FROM vaults AS v WHERE v.tenant_no = ${tenantNo} AND EXISTS (
    SELECT 1 FROM json_each(${JSON.stringify(users)}) AS given CROSS JOIN vault_users AS p
    WHERE p.tenant_no = ${tenantNo} AND p.vault_no = v.vault_no AND p.user_no = given.value
      AND p.state = 'enabled' AND p.origin = 'sync' AND p.pinned = 0)`;
}

export type UncoveredOrder = {
  row: RowKey;
  vaultNo: number;
  /** JSON array of user numbers. */
  users: string | SQL;
  /** An administrator has approved it: nothing is staged (A21). */
  confirmed: boolean;
  /** Id of the staged effects, should there be any. */
  stagedId: string;
};

/**
 * Disables, in one vault, whoever of these is enabled by synchronization and covered by no link (R55). Whoever
 * waits for an administrator because of a link is left to that decision. Leaves in `$.plan.unsettled` whom some
 * link covers that has not brought them in.
 */
export function disableUncovered(scope: TenantScope, order: UncoveredOrder): SQL[] {
  const { tenantNo, now } = scope;
  const { row, vaultNo, users, confirmed, stagedId } = order;
  const braked = confirmed
    ? sql`NULL`
    : sql`CASE WHEN leaving = 0 THEN NULL WHEN ${isWaiting(scope, vaultNo)} THEN 'joined'
        ELSE ${exceeded(scope, vaultNo, sql`leaving`)} END`;
  const subject = { kind: "vault", no: vaultNo } as const;
  return [
    sql`UPDATE outbox SET payload = json_set(payload, '$.plan', json((
      WITH RECURSIVE facts(user_no) AS MATERIALIZED (
        SELECT p.user_no FROM json_each(${users}) AS given CROSS JOIN vault_users AS p
        WHERE p.tenant_no = ${tenantNo} AND p.vault_no = ${vaultNo} AND p.user_no = given.value
          AND p.state = 'enabled' AND p.origin = 'sync' AND p.pinned = 0
          AND p.user_no NOT IN ${stagedPeople(scope, vaultNo)}
      ),
      ${effectiveGroups(tenantNo, sql`(SELECT json_group_array(user_no) FROM facts)`)},
      covered(user_no) AS MATERIALIZED (${selectCovered(tenantNo, vaultNo, 0, sql`SELECT user_no FROM facts`)}),
      counted(leaving) AS MATERIALIZED (
        SELECT COUNT(*) FROM facts WHERE user_no NOT IN (SELECT user_no FROM covered)),
      verdict(reason) AS MATERIALIZED (SELECT ${braked} FROM counted)
      SELECT json_object(
        'disabled', json_group_array(user_no) FILTER (WHERE user_no NOT IN (SELECT user_no FROM covered)
          AND (SELECT reason IS NULL FROM verdict)),
        'staged', json_group_array(user_no) FILTER (WHERE user_no NOT IN (SELECT user_no FROM covered)
          AND (SELECT reason IS NOT NULL FROM verdict)),
        'unsettled', json_group_array(user_no) FILTER (WHERE user_no IN (SELECT user_no FROM covered)
          AND NOT ${inOtherTarget(scope, vaultNo, 0)}),
        'brake', (SELECT reason FROM verdict),
        'leaving', ${confirmed ? sql`0` : sql`(SELECT leaving FROM counted)`},
        'seq', COALESCE(${lastSeq(scope)}, 0))
      FROM facts))) WHERE ${isRow(scope, row)}`,
    ...tellPlan(scope, row, { vaultNo, linkNo: 0 }, [
      { list: "disabled", action: "vault_user.disabled", subject, reason: "covered_by_no_link" },
      { list: "staged", action: "vault_user.staged", subject },
    ]),
    ...followPlan(scope, row, vaultNo, []),
    sql`UPDATE vault_users SET state = 'disabled', disabled_by = 'sync', updated_at = ${now}
      WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo}
        AND user_no IN (SELECT value FROM json_each(${payloadAt(scope, row, "$.plan.disabled")}))`,
    moveBuiltInCount(scope, vaultNo, sql`(0 - ${payloadCount(scope, row, "$.plan.disabled")})`),
    countInWindow(scope, vaultNo, payloadAt(scope, row, "$.plan.leaving"), sql`0`),
    ...stage(scope, row, { vaultNo, linkNo: 0, stagedId }),
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
