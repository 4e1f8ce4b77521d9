/** Open rows of the outbox as their consumers read, change and close them. */
import { type SQL, sql } from "drizzle-orm";
import type { OutboxKind } from "../domain/outbox.ts";
import type { JsonObject } from "../scim/json.ts";
import type { Row } from "./database.ts";
import { guard } from "./guard.ts";
import type { TenantScope } from "./scope.ts";

export type OutboxRow = {
  kind: OutboxKind;
  seq: number;
  payload: JsonObject;
  correlationId: string;
  attempts: number;
  error: string | null;
  deadAt: number | null;
};

export type RowKey = Pick<OutboxRow, "kind" | "seq">;

export const outboxRow = (row: Row): OutboxRow => ({
  kind: String(row["kind"]) as OutboxKind,
  seq: Number(row["seq"]),
  payload: JSON.parse(String(row["payload"])) as JsonObject,
  correlationId: String(row["correlation_id"]),
  attempts: Number(row["attempts"]),
  error: row["error"] === null ? null : String(row["error"]),
  deadAt: row["dead_at"] === null ? null : Number(row["dead_at"]),
});

/** Condition that selects the row; for statements whose only outbox is this one. */
export const isRow = ({ tenantNo }: Pick<TenantScope, "tenantNo">, { kind, seq }: RowKey): SQL =>
  sql`tenant_no = ${tenantNo} AND kind = ${kind} AND seq = ${seq}`;

/** The tenant's epoch, for the fence, and the row: what a consumer reads first. */
export function selectRowAndTenant(scope: Pick<TenantScope, "tenantNo">, key: RowKey): SQL[] {
  return [
    sql`SELECT epoch FROM tenants WHERE tenant_no = ${scope.tenantNo} AND status = 'active'`,
    sql`SELECT kind, seq, payload, correlation_id, attempts, error, dead_at FROM outbox WHERE ${isRow(scope, key)}`,
  ];
}

/** Raises `closed` unless the row still stands open: whoever comes second writes nothing (I24). */
export const guardOpen = (scope: TenantScope, key: RowKey): SQL =>
  guard("closed", sql`EXISTS (SELECT 1 FROM outbox WHERE ${isRow(scope, key)} AND dead_at IS NULL)`);

/** A value of the row's payload, read inside the batch. */
export const payloadAt = (scope: TenantScope, key: RowKey, path: string): SQL =>
  sql`(SELECT json_extract(payload, ${path}) FROM outbox WHERE ${isRow(scope, key)})`;

/** Length of a list in the row's payload; NULL when the row or the list is gone. */
export const payloadCount = (scope: TenantScope, key: RowKey, path: string): SQL =>
  sql`(SELECT json_array_length(payload, ${path}) FROM outbox WHERE ${isRow(scope, key)})`;

/** Why the last attempt failed; kept for the administrator who may have to redrive the row. */
export const noteRowError = (scope: Pick<TenantScope, "tenantNo">, key: RowKey, error: string): SQL =>
  sql`UPDATE outbox SET error = ${error} WHERE ${isRow(scope, key)} AND error IS NOT ${error}`;

/** Leaves the row to the sweeper from that time on. */
export const postpone = (scope: Pick<TenantScope, "tenantNo">, key: RowKey, availableAt: number): SQL =>
  sql`UPDATE outbox SET available_at = ${availableAt} WHERE ${isRow(scope, key)}`;

/** Raises `moved` unless the row's work has come to this place: another consumer was faster. */
export const guardAt = (scope: TenantScope, key: RowKey, at: number): SQL =>
  guard("moved", sql`${payloadAt(scope, key, "$.at")} = ${at}`);

/** The next chunk of the row's work begins here. */
export const moveTo = (scope: TenantScope, key: RowKey, at: number): SQL =>
  sql`UPDATE outbox SET attempts = 0, error = NULL, payload = json_remove(
    json_set(payload, '$.at', CAST(${at} AS INTEGER)), '$.plan') WHERE ${isRow(scope, key)}`;

/** The oldest other row that waits to be pushed to the vault; rows that failed keep to their own waits. */
export const selectNextForVault = ({ tenantNo }: TenantScope, { seq }: RowKey, vaultNo: number): SQL =>
  sql`SELECT kind, seq FROM outbox WHERE tenant_no = ${tenantNo} AND kind = 'connector' AND seq <> ${seq}
    AND dead_at IS NULL AND error IS NULL AND COALESCE(json_extract(payload, '$.vault'), ${vaultNo}) = ${vaultNo}
    ORDER BY seq LIMIT 1`;
