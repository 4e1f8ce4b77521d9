/** The outbox across tenants of a shard, as the sweeper sees it; and of one tenant, as an administrator does. */
import { type SQL, sql } from "drizzle-orm";
import { COUNTED_ROWS_MAX, SWEPT_ROWS_MAX } from "../domain/limits.ts";
import { isRow, type RowKey } from "./open-rows.ts";
import type { TenantScope } from "./scope.ts";

/** Leases the rows that are due and returns them: `tenant_no`, `kind`, `seq`. */
export function leaseDueRows(now: number, leaseMs: number): SQL {
  return sql`UPDATE outbox SET available_at = ${now + leaseMs}, attempts = attempts + 1
    WHERE (tenant_no, kind, seq) IN (SELECT tenant_no, kind, seq FROM outbox
      WHERE available_at <= ${now} AND dead_at IS NULL ORDER BY available_at LIMIT ${SWEPT_ROWS_MAX})
    RETURNING tenant_no, kind, seq`;
}

/** Whether any row of the shard is due; keeps an idle sweep from writing. */
export const selectDue = (now: number): SQL =>
  sql`SELECT EXISTS (SELECT 1 FROM outbox WHERE available_at <= ${now} AND dead_at IS NULL) AS due`;

/** Counts per kind, of open rows and of dead ones, each up to `COUNTED_ROWS_MAX`. */
export function selectOpenRows({ tenantNo }: TenantScope): SQL[] {
  const counted = (condition: SQL) =>
    sql`SELECT kind, COUNT(*) AS count FROM (SELECT kind FROM outbox
      WHERE tenant_no = ${tenantNo} AND ${condition} LIMIT ${COUNTED_ROWS_MAX}) GROUP BY kind`;
  return [counted(sql`dead_at IS NULL`), counted(sql`dead_at IS NOT NULL`)];
}

export const markDead = ({ tenantNo, now }: Pick<TenantScope, "tenantNo" | "now">, row: RowKey): SQL =>
  sql`UPDATE outbox SET dead_at = ${now}, error = COALESCE(error, 'delivered too often without an answer')
    WHERE ${isRow({ tenantNo }, row)} AND dead_at IS NULL`;

/** Dead rows in key order: by kind, then number. */
export const selectDeadRows = (
  { tenantNo }: TenantScope,
  after: { kind: string; seq: number },
  limit: number,
): SQL =>
  sql`SELECT kind, seq, payload, correlation_id, attempts, error, dead_at FROM outbox
    WHERE tenant_no = ${tenantNo} AND dead_at IS NOT NULL AND (kind, seq) > (${after.kind}, ${after.seq})
    ORDER BY kind, seq LIMIT ${limit}`;

/** Brings a dead row back; the statement after it can ask `changes()`. */
export const reviveRow = (scope: TenantScope, row: RowKey, availableAt: number): SQL =>
  sql`UPDATE outbox SET dead_at = NULL, attempts = 0, available_at = ${availableAt}
    WHERE ${isRow(scope, row)} AND dead_at IS NOT NULL`;
