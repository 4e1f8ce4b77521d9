/** The transactional outbox: rows are written with the change and deleted with the effect, by its consumer. */
import { is, SQL, sql } from "drizzle-orm";
import { OUTBOX_KINDS, type OutboxKind } from "../domain/outbox.ts";
import type { JsonObject } from "../scim/json.ts";
import type { Row } from "./database.ts";
import { latestEvent, selectRecorded } from "./events.ts";
import type { TenantScope } from "./scope.ts";

/**
 * How long the first delivery may take before the sweeper steps in. Signals after the commit normally arrive
 * within milliseconds; after a crash this is the wait.
 */
const firstDeliveryMs = 4_000;

/** An outbox row that a batch wrote, as its statement returns it. */
export type OutboxPointer = { kind: OutboxKind; seq: number };

/**
 * Writes an outbox row keyed by the event just recorded in this batch; returns its pointer (`RETURNING`), or
 * no row when `when` does not hold. The payload may be an expression over that event, `latest`.
 */
export function enqueue(scope: TenantScope, kind: OutboxKind, payload: JsonObject | SQL, when?: SQL): SQL {
  return sql`${insertRow(scope, kind, payload, when)} RETURNING kind, seq`;
}

/**
 * As `enqueue` for a row that most batches do not write: nothing is read beyond the condition unless it holds.
 * Two statements; the second returns the pointer.
 */
export function enqueueIf(scope: TenantScope, kind: OutboxKind, payload: SQL, when: SQL): SQL[] {
  const seq = kind === "license" ? sql`0` : sql`(SELECT seq FROM ${latestEvent(scope)})`;
  return [
    insertRow(scope, kind, payload, when),
    sql`SELECT ${kind} AS kind, ${seq} AS seq WHERE changes() > 0`,
  ];
}

/** Pointer to "whatever is open": all that the allocator, which reads its rows itself, needs to be told. */
export const licensePointer: OutboxPointer = { kind: "license", seq: 0 };

/** As `enqueue` for the allocator, but returns no pointer and so reads a row less; signal `licensePointer`. */
export const enqueueLicense = (scope: TenantScope, payload: JsonObject | SQL): SQL =>
  insertRow(scope, "license", payload);

function insertRow(scope: TenantScope, kind: OutboxKind, payload: JsonObject | SQL, when?: SQL): SQL {
  const { tenantNo, now, cause } = scope;
  const json = is(payload, SQL) ? payload : sql`${JSON.stringify(payload)}`;
  return sql`INSERT INTO outbox (tenant_no, kind, seq, payload, correlation_id, available_at)
    SELECT ${tenantNo}, ${kind}, latest.seq, ${json}, ${cause.correlationId}, ${now + firstDeliveryMs}
    FROM ${latestEvent(scope)} WHERE ${when ?? sql`1`}`;
}

/** Pointers of the open rows that the cause of this scope has left with its events. */
export const selectPointersOf = (scope: TenantScope): SQL =>
  sql`SELECT kind, seq FROM outbox WHERE tenant_no = ${scope.tenantNo}
    AND kind IN (SELECT value FROM json_each(${JSON.stringify(OUTBOX_KINDS)})) AND seq IN (${selectRecorded(scope)})`;

/** The outbox pointers among the rows that a batch returned. */
export function outboxPointers(results: readonly Row[][]): OutboxPointer[] {
  return results.flat().flatMap((row) => {
    const { kind, seq } = row;
    return typeof kind === "string" && typeof seq === "number" ? [{ kind: kind as OutboxKind, seq }] : [];
  });
}

/** Closes a row, in the batch of the effect. Closing it twice is harmless: numbers are never reused. */
export function closeOutboxRow(
  { tenantNo }: Pick<TenantScope, "tenantNo">,
  kind: OutboxKind,
  seq: number,
): SQL {
  return sql`DELETE FROM outbox WHERE tenant_no = ${tenantNo} AND kind = ${kind} AND seq = ${seq}`;
}
