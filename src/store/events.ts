/** Provisioning events: statements that append one, inside the batch of the change it tells of. */
import { is, SQL, sql } from "drizzle-orm";
import type { EventAction, SubjectKind } from "../domain/event.ts";
import type { JsonObject } from "../scim/json.ts";
import type { TenantScope } from "./scope.ts";

export type EventEntry = {
  /** An action, or an expression that decides between actions inside the batch. */
  action: EventAction | SQL;
  subjectKind: SubjectKind;
  /** A number, or an expression that finds it inside the batch. */
  subjectNo: number | SQL;
  reason?: string | undefined;
  /** Details, or an expression that yields JSON text. */
  data: JsonObject | SQL;
};

/**
 * Appends an event and its subject row: 2 rows written. With `when`, only if that holds at that point of the
 * batch (and still holds one statement later).
 */
export function recordEvent(scope: TenantScope, entry: EventEntry, when: SQL = sql`1`): SQL[] {
  const { tenantNo, now, cause } = scope;
  const data = is(entry.data, SQL) ? entry.data : sql`${JSON.stringify(entry.data)}`;
  return [
    sql`INSERT INTO events (tenant_no, seq, at, actor, action, subject_kind, subject_no, reason, correlation_id, data)
      SELECT ${tenantNo}, ${nextSeq(scope)}, ${now}, ${cause.actor}, ${entry.action}, ${entry.subjectKind},
        ${entry.subjectNo}, ${entry.reason ?? null}, ${cause.correlationId}, ${data} WHERE ${when}`,
    sql`INSERT INTO event_subjects (tenant_no, subject_kind, subject_no, seq)
      SELECT ${tenantNo}, ${entry.subjectKind}, ${entry.subjectNo}, ${lastSeq(scope)} WHERE ${when}`,
  ];
}

/** Number of the event most recently appended to the tenant: inside a batch, the one just recorded. */
export const lastSeq = ({ tenantNo }: Pick<TenantScope, "tenantNo">): SQL =>
  sql`(SELECT MAX(seq) FROM events WHERE tenant_no = ${tenantNo})`;

const nextSeq = (scope: Pick<TenantScope, "tenantNo">): SQL => sql`COALESCE(${lastSeq(scope)}, 0) + 1`;
