/**
 * The brake on accidents (A21), decided inside the batch from current counters: `domain/brake.ts` `brake`, in SQL.
 * Two consumers cannot both find room that is there once. Functions return statements and parts of statements.
 */
import { type SQL, sql } from "drizzle-orm";
import { DEFAULT_BRAKE_POLICY } from "../../domain/brake.ts";
import { BRAKE_WINDOW_MS, STAGED_USERS_MAX } from "../../domain/limits.ts";
import { BUILT_IN_GROUP_NAME } from "../../domain/vault.ts";
import { fold } from "../../scim/fold.ts";
import { isRow, payloadAt, payloadCount, type RowKey } from "../open-rows.ts";
import type { TenantScope } from "../scope.ts";

/** Whether effects on the vault wait for an administrator. */
export const isWaiting = ({ tenantNo }: TenantScope, vaultNo: number): SQL =>
  sql`EXISTS (SELECT 1 FROM staged_effects WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo} AND state = 'staged')`;

/** Numbers of the people whose effects wait: those of one link, or of the whole vault. */
export const stagedPeople = ({ tenantNo }: TenantScope, vaultNo: number, linkNo?: number): SQL =>
  sql`(SELECT p.value FROM staged_effects AS s CROSS JOIN json_each(s.users) AS p
    WHERE s.tenant_no = ${tenantNo} AND s.vault_no = ${vaultNo} AND s.state = 'staged'
      ${linkNo === undefined ? sql`` : sql`AND s.link_no = ${linkNo}`})`;

const standard = (column: string, value: number): SQL => sql.raw(`COALESCE(p.${column}, ${value})`);

/** Why so many people may not leave the vault at once; NULL when they may. The window is the vault's own. */
export function exceeded({ tenantNo, now }: TenantScope, vaultNo: number, leaving: SQL): SQL {
  const { percent, floor, absolute } = DEFAULT_BRAKE_POLICY;
  return sql`(SELECT CASE WHEN b.total > b.absolute THEN 'absolute'
      WHEN b.total >= b.floor AND b.total * 100 > b.percent * (b.enabled + b.earlier) THEN 'share' END
    FROM (SELECT a.*, a.earlier + ${leaving} AS total FROM (
      SELECT CASE WHEN v.brake_window_at > ${now - BRAKE_WINDOW_MS} THEN v.brake_window_count ELSE 0 END AS earlier,
        g.member_count AS enabled, ${standard("brake_percent", percent)} AS percent,
        ${standard("brake_floor", floor)} AS floor, ${standard("brake_absolute", absolute)} AS absolute
      FROM vaults AS v LEFT JOIN policies AS p ON p.tenant_no = v.tenant_no
      JOIN vault_groups AS g ON g.tenant_no = v.tenant_no AND g.vault_no = v.vault_no
        AND g.name_folded = ${fold(BUILT_IN_GROUP_NAME)}
      WHERE v.tenant_no = ${tenantNo} AND v.vault_no = ${vaultNo}) AS a) AS b)`;
}

/** Counts people into the vault's window, and those who came back out of it; a window that is over begins anew. */
export function countInWindow({ tenantNo, now }: TenantScope, vaultNo: number, left: SQL, back: SQL): SQL {
  const running = sql`COALESCE(brake_window_at > ${now - BRAKE_WINDOW_MS}, 0)`;
  return sql`UPDATE vaults SET brake_window_at = CASE WHEN ${running} THEN brake_window_at ELSE ${now} END,
      brake_window_count = MAX(0, CASE WHEN ${running} THEN brake_window_count ELSE 0 END + ${left} - ${back})
    WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo}
      AND (${left} > 0 OR (${back} > 0 AND ${running} AND brake_window_count > 0))`;
}

/** After a decision: what was decided on counts no longer. */
export const clearWindow = ({ tenantNo }: TenantScope, vaultNo: number | SQL): SQL =>
  sql`UPDATE vaults SET brake_window_at = NULL, brake_window_count = 0
    WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo}`;

/**
 * Keeps the people of `$.plan.staged` for an administrator: in the open row of the link if there is one with room
 * left, else in a new one. `linkNo` 0: people whom no link covers any more.
 */
export function stage(
  scope: TenantScope,
  row: RowKey,
  place: { vaultNo: number; linkNo: number; stagedId: string },
): SQL[] {
  const { tenantNo, now } = scope;
  const { vaultNo, linkNo, stagedId } = place;
  const people = payloadAt(scope, row, "$.plan.staged");
  const some = sql`${payloadCount(scope, row, "$.plan.staged")} > 0`;
  return [
    // Nobody is in both lists, and each has somebody: the texts are joined, however long the first has become.
    sql`UPDATE staged_effects SET users = substr(users, 1, length(users) - 1) || ',' || substr(${people}, 2)
      WHERE tenant_no = ${tenantNo} AND ${some} AND staged_no = (SELECT MAX(staged_no) FROM staged_effects
        WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo} AND link_no = ${linkNo} AND state = 'staged'
          AND json_array_length(users) < ${STAGED_USERS_MAX})`,
    sql`INSERT INTO staged_effects (tenant_no, staged_no, staged_id, vault_no, link_no, state, users, reason, created_at)
      SELECT ${tenantNo}, COALESCE((SELECT MAX(staged_no) FROM staged_effects WHERE tenant_no = ${tenantNo}), 0) + 1,
        ${stagedId}, ${vaultNo}, ${linkNo}, 'staged', json_extract(o.payload, '$.plan.staged'),
        json_extract(o.payload, '$.plan.brake'), ${now}
      FROM outbox AS o WHERE changes() = 0 AND ${some} AND ${isRow(scope, row)}`,
  ];
}
