/** Provisioning events: statements that append one, inside the batch of the change it tells of. */
import { is, SQL, sql } from "drizzle-orm";
import type { EventAction, SubjectKind } from "../domain/event.ts";
import { EVIDENCE_EVENTS_MAX } from "../domain/limits.ts";
import type { JsonObject } from "../scim/json.ts";
import type { TenantScope } from "./scope.ts";

export type EventEntry = {
  /** An action, or an expression that decides between actions inside the batch. */
  action: EventAction | SQL;
  subjectKind: SubjectKind;
  /** A number, or an expression that finds it inside the batch. */
  subjectNo: number | SQL;
  reason?: string | SQL | undefined;
  /** Details, or an expression that yields JSON text. */
  data: JsonObject | SQL;
};

/**
 * Appends an event and its subject row: 2 rows written. With `when`, only if that holds at that point of the
 * batch (and still holds one statement later). Without, it is a plain VALUES, which spares SQLite the copy it
 * makes of a SELECT from the table that it inserts into.
 */
export function recordEvent(scope: TenantScope, entry: EventEntry, when?: SQL): SQL[] {
  const { tenantNo, now, cause } = scope;
  const data = is(entry.data, SQL) ? entry.data : sql`${JSON.stringify(entry.data)}`;
  const row = sql`${tenantNo}, ${nextSeq(scope)}, ${now}, ${cause.actor}, ${entry.action}, ${entry.subjectKind},
    ${entry.subjectNo}, ${entry.reason ?? null}, ${cause.correlationId}, ${data}`;
  const columns = sql.raw(
    "(tenant_no, seq, at, actor, action, subject_kind, subject_no, reason, correlation_id, data)",
  );
  return [
    when === undefined
      ? sql`INSERT INTO events ${columns} VALUES (${row})`
      : sql`INSERT INTO events ${columns} SELECT ${row} WHERE ${when}`,
    sql`INSERT INTO event_subjects (tenant_no, subject_kind, subject_no, seq)
      SELECT ${tenantNo}, ${entry.subjectKind}, latest.subject_no, latest.seq FROM ${latestEvent(scope)}
      WHERE ${when ?? sql`1`}`,
  ];
}

/**
 * The event most recently appended to the tenant, as `latest(seq, subject_no, data)`: inside a batch the one
 * just recorded, so that later statements find with one row read what it already looked up.
 */
export const latestEvent = ({ tenantNo }: Pick<TenantScope, "tenantNo">): SQL =>
  sql`(SELECT seq, subject_no, data FROM events WHERE tenant_no = ${tenantNo} ORDER BY seq DESC LIMIT 1) AS latest`;

/** Number of the event most recently appended to the tenant: inside a batch, the one just recorded. */
export const lastSeq = ({ tenantNo }: Pick<TenantScope, "tenantNo">): SQL =>
  sql`(SELECT MAX(seq) FROM events WHERE tenant_no = ${tenantNo})`;

/** Numbers of the events that the cause of this scope has recorded: evidence that its batch is committed. */
export const selectRecorded = ({ tenantNo, cause }: TenantScope): SQL =>
  sql`SELECT seq FROM (SELECT seq, correlation_id FROM events WHERE tenant_no = ${tenantNo} ORDER BY seq DESC
    LIMIT ${EVIDENCE_EVENTS_MAX}) WHERE correlation_id = ${cause.correlationId}`;

const nextSeq = (scope: Pick<TenantScope, "tenantNo">): SQL => sql`COALESCE(${lastSeq(scope)}, 0) + 1`;
