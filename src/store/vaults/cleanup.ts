/** What a deleted group or configuration leaves behind, cleared in chunks. Functions return statements. */
import { type SQL, sql } from "drizzle-orm";
import { CLEARED_MEMBERS_MAX, RELEASED_USERS_MAX, WOKEN_CLEANUPS_MAX } from "../../domain/limits.ts";
import { lastSeq, recordEvent } from "../events.ts";
import { guard } from "../guard.ts";
import { guardOpen, isRow, type RowKey } from "../open-rows.ts";
import { enqueueIf } from "../outbox.ts";
import type { TenantScope } from "../scope.ts";

/**
 * Member rows of a deleted group, and its own memberships when they are the last. Raises `waiting` while
 * licenses, memberships or links that followed the group still need its rows to find who is affected.
 * The last statement tells `open`: whether there is more.
 */
export function clearGroup(scope: TenantScope, row: RowKey, groupNo: number): SQL[] {
  const { tenantNo, now } = scope;
  const followers = sql`EXISTS (SELECT 1 FROM outbox WHERE tenant_no = ${tenantNo} AND kind IN ('license', 'membership')
      AND dead_at IS NULL AND json_extract(payload, '$.group') = ${groupNo})
    OR EXISTS (SELECT 1 FROM outbox AS o CROSS JOIN links AS l WHERE o.tenant_no = ${tenantNo} AND o.kind = 'link'
      AND o.dead_at IS NULL AND l.tenant_no = ${tenantNo} AND l.link_no = json_extract(o.payload, '$.link')
      AND l.group_no = ${groupNo})`;
  const rows = sql`FROM members WHERE tenant_no = ${tenantNo} AND group_no = ${groupNo}`;
  const none = sql`NOT EXISTS (SELECT 1 ${rows})`;
  const holders = sql`SELECT group_no FROM members
    WHERE tenant_no = ${tenantNo} AND member_kind = 1 AND member_no = ${groupNo}`;
  return [
    guardOpen(scope, row),
    guard("waiting", sql`NOT (${followers})`),
    sql`DELETE ${rows} AND (member_kind, member_no) IN (SELECT member_kind, member_no ${rows} LIMIT ${CLEARED_MEMBERS_MAX})`,
    sql`UPDATE groups SET member_count = member_count - changes()
      WHERE tenant_no = ${tenantNo} AND group_no = ${groupNo} AND changes() > 0`,
    sql`UPDATE groups SET member_count = member_count - 1, version = version + 1, updated_at = ${now}
      WHERE tenant_no = ${tenantNo} AND group_no IN (${holders}) AND group_no <> ${groupNo} AND ${none}`,
    sql`DELETE FROM members WHERE tenant_no = ${tenantNo} AND member_kind = 1 AND member_no = ${groupNo} AND ${none}`,
    sql`DELETE FROM outbox WHERE ${isRow(scope, row)} AND ${none}`,
    sql`SELECT COUNT(*) AS open FROM outbox WHERE ${isRow(scope, row)}`,
  ];
}

/** Deleted groups, as pointers: whoever closes a row they may have waited for wakes them, and no sweep is needed. */
export const selectWaitingCleanups = ({ tenantNo }: Pick<TenantScope, "tenantNo">): SQL =>
  sql`SELECT kind, seq FROM outbox WHERE tenant_no = ${tenantNo} AND kind = 'group_cleanup' AND dead_at IS NULL
    ORDER BY seq LIMIT ${WOKEN_CLEANUPS_MAX}`;

/**
 * Accounts of a deleted configuration lose their owner and keep everything else (A16): license, memberships and
 * vaults stay, its groups stand as they are. The last statement tells `open`: whether there is more.
 */
export function releaseUsers(scope: TenantScope, row: RowKey, configurationNo: number): SQL[] {
  const { tenantNo, now } = scope;
  const owned = sql`SELECT user_no FROM users WHERE tenant_no = ${tenantNo} AND configuration_no = ${configurationNo}`;
  // SQLite returns the same rows to each of these: nothing changes between them, and the index gives the order.
  const chunk = sql`(${owned} ORDER BY scim_id LIMIT ${RELEASED_USERS_MAX})`;
  const some = sql`EXISTS (${owned})`;
  return [
    guardOpen(scope, row),
    ...recordEvent(
      scope,
      {
        action: "user.released",
        subjectKind: "configuration",
        subjectNo: configurationNo,
        reason: "configuration_deleted",
        data: sql`json_object('users', (SELECT json_group_array(user_no) FROM ${chunk}))`,
      },
      some,
    ),
    sql`INSERT INTO event_subjects (tenant_no, subject_kind, subject_no, seq)
      SELECT ${tenantNo}, 'user', user_no, ${lastSeq(scope)} FROM ${chunk}`,
    // Who was waiting for the configuration's default has nothing to wait for any more.
    ...enqueueIf(scope, "license", sql`json_object('users', json(latest.data -> '$.users'))`, some),
    sql`UPDATE users SET configuration_no = 0, updated_at = ${now} WHERE tenant_no = ${tenantNo} AND user_no IN ${chunk}`,
    sql`UPDATE configurations SET user_count = user_count - changes()
      WHERE tenant_no = ${tenantNo} AND configuration_no = ${configurationNo} AND changes() > 0`,
    sql`DELETE FROM outbox WHERE ${isRow(scope, row)} AND NOT ${some}`,
    sql`SELECT COUNT(*) AS open FROM outbox WHERE ${isRow(scope, row)}`,
  ];
}
