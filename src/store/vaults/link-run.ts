/**
 * Runs: a link brought in line from end to end, in chunks by user number over source and target members. The
 * cursor lives in the run's outbox row and moves in the batch of the chunk, so a run resumes where it stopped.
 * Payload: `{link, generation, after, size?, announce?}`; `announce`: a new link, whose plan an administrator has confirmed
 * (A15) and to which tombstones are news (R60).
 */
import { type SQL, sql } from "drizzle-orm";
import { FOLLOWING_STATES, RESTING_STATES } from "../../domain/link.ts";
import { recordEvent } from "../events.ts";
import { guards } from "../guard.ts";
import { isRow, payloadAt, type RowKey } from "../open-rows.ts";
import { isEffectiveMember, nestedGroups } from "../resources/effective-membership.ts";
import type { TenantScope } from "../scope.ts";
import { countInWindow, exceeded, stagedPeople } from "./brake.ts";
import { selectWaitingCleanups } from "./cleanup.ts";
import { isInSource, type LinkKey, linkState, nextPeople, oneOf, sourceLives } from "./link-facts.ts";
import { settleChunk } from "./settlement.ts";
import { isConfirmed } from "./settlement-plan.ts";

export type Run = {
  row: RowKey;
  link: LinkKey;
  generation: number;
  /** Where the chunk begins; another consumer that was faster has moved it on. */
  after: number;
  /** People to look at; fewer are there at the end of the run only. */
  size: number;
  announce: boolean;
  /** Id of the staged effects, should there be any. */
  stagedId: string;
  /** The sweeper need not hand the row out before this time: the run is at work. */
  availableAt: number;
};

const isLink = (tenantNo: number, linkNo: number): SQL =>
  sql`tenant_no = ${tenantNo} AND link_no = ${linkNo}`;

/**
 * One chunk. Raises `closed`, `moved` (the cursor is elsewhere), `stale` (an administrator acted on the link
 * since), `waiting` (an earlier run of the link is still going).
 * The last statement returns `after`, and no row when the run is over.
 */
export function runChunk(scope: TenantScope, run: Run): SQL[] {
  const { tenantNo } = scope;
  const { row, link, generation, after } = run;
  return [
    guards({
      closed: sql`EXISTS (SELECT 1 FROM outbox WHERE ${isRow(scope, row)} AND dead_at IS NULL)`,
      moved: sql`${payloadAt(scope, row, "$.after")} = ${after}`,
      stale: sql`EXISTS (SELECT 1 FROM links WHERE ${isLink(tenantNo, link.linkNo)} AND generation = ${generation} AND state <> 'removed')`,
      waiting: sql`NOT EXISTS (SELECT 1 FROM outbox WHERE tenant_no = ${tenantNo} AND kind = 'link' AND seq < ${row.seq}
        AND dead_at IS NULL AND json_extract(payload, '$.link') = ${link.linkNo}
        AND json_extract(payload, '$.generation') = ${generation})`,
    }),
    ...(after === 0 ? [countAll(scope, link), ...foresee(scope, run)] : []),
    ...settleChunk(scope, {
      link,
      row,
      people: { page: nextPeople(scope, link, after, run.size) },
      tellSkipped: run.announce,
      confirmed: confirmedBy(scope, run),
      stagedId: run.stagedId,
    }),
    ...finish(scope, run),
    advance(scope, run),
  ];
}

/**
 * The run's total, counted once: the only statement that grows with the group. Members of a flat group are
 * counted off its index, a tenth of the work of telling people apart.
 */
function countAll({ tenantNo }: TenantScope, { linkNo, groupNo, vaultGroupNo }: LinkKey): SQL {
  const members = sql`nested_groups AS n CROSS JOIN members AS m
    WHERE m.tenant_no = ${tenantNo} AND m.group_no = n.group_no AND m.member_kind = 0`;
  return sql`UPDATE links SET done = 0, total = (
      WITH RECURSIVE ${nestedGroups(tenantNo, groupNo)}
      SELECT CASE WHEN (SELECT COUNT(*) FROM nested_groups) = 1 THEN (SELECT COUNT(*) FROM ${members})
          ELSE (SELECT COUNT(DISTINCT m.member_no) FROM ${members}) END
        + (SELECT COUNT(*) FROM vault_members AS t WHERE t.tenant_no = ${tenantNo}
            AND t.vault_group_no = ${vaultGroupNo} AND NOT ${isEffectiveMember(tenantNo, sql`t.user_no`)}))
    WHERE ${isLink(tenantNo, linkNo)}`;
}

/** The plan that was confirmed did not foresee that the source goes away meanwhile. */
const confirmedBy = (scope: TenantScope, { announce, link }: Run): SQL | false =>
  announce && sourceLives(scope, link.groupNo);

/**
 * The brake looks at a run as a whole, lest its first chunks pass before the last is too much: `$.leaving` is how
 * many enabled people it is going to take out, `$.brake` why it must not.
 */
function foresee(scope: TenantScope, run: Run): SQL[] {
  const { tenantNo } = scope;
  const { row, link } = run;
  const { linkNo, groupNo, vaultNo, vaultGroupNo } = link;
  const follows = sql`${linkState(scope, linkNo)} IN (${oneOf(FOLLOWING_STATES)}) AND ${sourceLives(scope, groupNo)}`;
  return [
    sql`UPDATE outbox SET payload = (
      WITH RECURSIVE ${nestedGroups(tenantNo, groupNo)}, going(leaving) AS MATERIALIZED (
        SELECT COUNT(*) FROM vault_members AS t CROSS JOIN vault_users AS v
        WHERE t.tenant_no = ${tenantNo} AND t.vault_group_no = ${vaultGroupNo}
          AND v.tenant_no = ${tenantNo} AND v.vault_no = ${vaultNo} AND v.user_no = t.user_no AND v.state = 'enabled'
          AND NOT ${isConfirmed(scope, linkNo, confirmedBy(scope, run))}
          AND NOT (${follows} AND ${isInSource(scope, sql`t.user_no`)})
          AND t.user_no NOT IN ${stagedPeople(scope, vaultNo, linkNo)})
      SELECT json_set(outbox.payload, '$.leaving', leaving,
        '$.brake', CASE WHEN leaving > 0 THEN ${exceeded(scope, vaultNo, sql`leaving`)} END) FROM going)
      WHERE ${isRow(scope, row)} AND ${linkState(scope, linkNo)} NOT IN (${oneOf(RESTING_STATES)})`,
    countInWindow(scope, vaultNo, sql`COALESCE(${payloadAt(scope, row, "$.leaving")}, 0)`, sql`0`),
  ];
}

/** A short chunk is the last one: the link takes its final state (`domain/link.ts` `afterRun`), the row goes. */
function finish(scope: TenantScope, { row, link, size }: Run): SQL[] {
  const { tenantNo, now } = scope;
  const count = payloadAt(scope, row, "$.plan.count");
  const last = sql`${count} < ${size}`;
  const state = linkState(scope, link.linkNo);
  const sourceDeleted = sql`EXISTS (SELECT 1 FROM groups
    WHERE tenant_no = ${tenantNo} AND group_no = ${link.groupNo} AND deleted_at IS NOT NULL)`;
  return [
    ...recordEvent(
      scope,
      {
        action: sql`CASE WHEN ${state} = 'unlinking' THEN 'link.removed'
          WHEN ${sourceDeleted} THEN 'link.source_deleted' ELSE 'link.completed' END`,
        subjectKind: "link",
        subjectNo: link.linkNo,
        reason: sql`CASE WHEN ${state} = 'unlinking' THEN 'members_removed' END`,
        data: { group: link.groupNo },
      },
      sql`${last} AND ${state} IN ('unlinking', ${oneOf(FOLLOWING_STATES)})`,
    ),
    sql`UPDATE links SET done = done + ${count},
        total = CASE WHEN ${last} THEN done + ${count} ELSE MAX(total, done + ${count}) END,
        state = CASE WHEN state = 'unlinking' THEN CASE WHEN ${last} THEN 'removed' ELSE state END
          WHEN state NOT IN (${oneOf(FOLLOWING_STATES)}) THEN state
          WHEN NOT ${last} THEN 'propagating'
          WHEN ${sourceDeleted} THEN 'source_deleted' ELSE 'active' END,
        error = NULL, last_synced_at = CASE WHEN ${last} THEN ${now} ELSE last_synced_at END, updated_at = ${now}
      WHERE ${isLink(tenantNo, link.linkNo)}`,
    sql`DELETE FROM outbox WHERE ${isRow(scope, row)} AND json_extract(payload, '$.plan.count') < ${size}`,
  ];
}

/** A full chunk moves the cursor to its last user; the next delivery begins with chunks of this size. */
function advance(scope: TenantScope, { row, size, availableAt }: Run): SQL {
  return sql`UPDATE outbox SET available_at = ${availableAt}, attempts = 0, error = NULL, payload = json_remove(
      json_set(payload, '$.after', json_extract(payload, '$.plan.last'), '$.size', CAST(${size} AS INTEGER), '$.leaving', MAX(0,
        COALESCE(json_extract(payload, '$.leaving'), 0) - json_extract(payload, '$.plan.lost'))), '$.plan')
    WHERE ${isRow(scope, row)} RETURNING json_extract(payload, '$.after') AS after`;
}

/** What may have waited for the end of a run of the link, as pointers: its next run, and deleted groups. */
export const selectWaiting = ({ tenantNo }: TenantScope, linkNo: number): SQL[] => [
  sql`SELECT kind, seq FROM outbox WHERE tenant_no = ${tenantNo} AND kind = 'link' AND dead_at IS NULL
    AND json_extract(payload, '$.link') = ${linkNo} ORDER BY seq LIMIT 1`,
  selectWaitingCleanups({ tenantNo }),
];
