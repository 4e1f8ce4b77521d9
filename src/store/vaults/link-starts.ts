/** Starting runs of many links at once: what follows from a change of a whole group, or from a repair. */
import { type SQL, sql } from "drizzle-orm";
import { STARTED_RUNS_MAX } from "../../domain/limits.ts";
import { FOLLOWING_STATES } from "../../domain/link.ts";
import { lastSeq } from "../events.ts";
import { isRow, type RowKey } from "../open-rows.ts";
import { containingGroups } from "../resources/effective-membership.ts";
import type { TenantScope } from "../scope.ts";
import { oneOf } from "./link-facts.ts";

/** Which links are to be run: those that follow a group, directly or through groups that hold it; or a vault's. */
export type RunSelection = { groupNo: number } | { vaultNo: number };

/** Links of the selection that have no run which is yet to begin. A vault's include those whose source is gone. */
function selectIdleLinks({ tenantNo }: TenantScope, selection: RunSelection): SQL {
  const chosen =
    "groupNo" in selection
      ? sql`WITH RECURSIVE ${containingGroups(tenantNo, JSON.stringify([selection.groupNo]))}
        SELECT l.link_no, l.generation FROM containing_groups AS c CROSS JOIN links AS l
        WHERE l.tenant_no = ${tenantNo} AND l.group_no = c.group_no AND l.state <> 'removed'
          AND l.state IN (${oneOf(FOLLOWING_STATES)})`
      : sql`SELECT l.link_no, l.generation FROM links AS l WHERE l.tenant_no = ${tenantNo} AND l.state <> 'removed'
        AND l.vault_no = ${selection.vaultNo} AND l.state IN (${oneOf([...FOLLOWING_STATES, "source_deleted"])})`;
  return sql`${chosen} AND NOT EXISTS (SELECT 1 FROM outbox AS o WHERE o.tenant_no = ${tenantNo} AND o.kind = 'link'
    AND o.dead_at IS NULL AND json_extract(o.payload, '$.link') = l.link_no
    AND json_extract(o.payload, '$.generation') = l.generation AND json_extract(o.payload, '$.after') = 0)`;
}

/**
 * Starts a run of every link of the selection and closes `row` once none is missing. A run that has not begun
 * will see the current state anyway and is not doubled. Returns pointers, and at last `open`: whether there are
 * more.
 * @param operation unique to this batch: tells its events from others
 */
export function startRuns(
  scope: TenantScope,
  row: RowKey,
  selection: RunSelection,
  operation: string,
): SQL[] {
  const reason = "groupNo" in selection ? "source_changed" : "repair";
  const { tenantNo, now, cause } = scope;
  const mine = sql`tenant_no = ${tenantNo} AND seq > ${lastSeq(scope)} - ${STARTED_RUNS_MAX}
    AND action = 'link.started' AND json_extract(data, '$.operation') = ${operation}`;
  return [
    sql`INSERT INTO events (tenant_no, seq, at, actor, action, subject_kind, subject_no, reason, correlation_id, data)
      SELECT ${tenantNo}, COALESCE(${lastSeq(scope)}, 0) + row_number() OVER (ORDER BY link_no), ${now}, ${cause.actor},
        'link.started', 'link', link_no, ${reason}, ${cause.correlationId},
        json_object('generation', generation, 'operation', ${operation})
      FROM (${selectIdleLinks(scope, selection)} LIMIT ${STARTED_RUNS_MAX})`,
    sql`INSERT INTO event_subjects (tenant_no, subject_kind, subject_no, seq)
      SELECT tenant_no, 'link', subject_no, seq FROM events WHERE ${mine}`,
    sql`INSERT INTO outbox (tenant_no, kind, seq, payload, correlation_id, available_at)
      SELECT tenant_no, 'link', seq, json_object('link', subject_no,
        'generation', json_extract(data, '$.generation'), 'after', 0), correlation_id, at
      FROM events WHERE ${mine} RETURNING kind, seq`,
    sql`DELETE FROM outbox WHERE ${isRow(scope, row)} AND NOT EXISTS (${selectIdleLinks(scope, selection)})`,
    sql`SELECT COUNT(*) AS open FROM outbox WHERE ${isRow(scope, row)}`,
  ];
}
