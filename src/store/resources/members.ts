/**
 * Members of source groups, written as set deltas: a change costs what it changes, whatever the group's size
 * (R24), and two writers of one group never overwrite each other.
 */
import { type SQL, sql } from "drizzle-orm";
import { latestEvent, recordEvent } from "../events.ts";
import { guard } from "../guard.ts";
import { enqueueIf } from "../outbox.ts";
import type { TenantScope } from "../scope.ts";
import { type GroupReference, groupNoOf } from "./groups.ts";
import { keysOf, nobody, unknownMember } from "./member-keys.ts";

/** Past this many changed members an outbox row names the group instead of the people. */
const namedMembersMax = 5_000;

/** As many removals as the largest chunk a client sends (Okta's, 1,000) stand as statements of their own. */
const singlyRemovedMax = 1_000;

/** The group's number, for an event; raises `not_found`. */
const existing = (scope: TenantScope, group: GroupReference): SQL =>
  sql`COALESCE(${groupNoOf(scope, group)}, json_extract('{}', 'not_found'))`;

/**
 * Adds and removes members, both idempotent. The event comes first and looks everything up once; what follows
 * reads its lists. If nothing changes, `unchanged` is raised and the batch leaves no trace.
 * Raises `not_found`, `unknown_member`, `unchanged`.
 * @param operation unique to the request; undefined when the batch changes something else as well, and may
 *   therefore change no member
 */
export function changeMembers(
  scope: TenantScope,
  group: GroupReference,
  change: { add: readonly string[]; remove: readonly string[] },
  operation?: string,
): SQL[] {
  const { add, remove } = change;
  return [
    ...recordEvent(scope, {
      action: "group.members_changed",
      subjectKind: "group",
      subjectNo: existing(scope, group),
      data: sql`json_object('added', ${keysOf(scope, group, add, unknownMember)},
        'removed', ${keysOf(scope, group, remove, nobody)}, 'before', total_changes())`,
    }),
    ...removeListed(scope, remove.length, operation),
    ...addListed(scope, add.length, operation),
    ...guardTouched(scope, Number(add.length > 0) + Number(remove.length > 0), operation),
    ...followChange(scope),
  ];
}

/**
 * Makes the members exactly these: a set difference inside the batch, so unchanged rows cost no write and a
 * repeated request changes nothing. Raises as `changeMembers` does.
 */
export function replaceMembers(
  scope: TenantScope,
  group: GroupReference,
  ids: readonly string[],
  operation?: string,
): SQL[] {
  const { tenantNo } = scope;
  const present = sql`SELECT CASE member_kind WHEN 0 THEN member_no ELSE -member_no END AS key FROM members
    WHERE tenant_no = ${tenantNo} AND group_no = ${groupNoOf(scope, group)}`;
  const wanted = sql`SELECT value AS key FROM json_each(given.keys)`;
  return [
    ...recordEvent(scope, {
      action: "group.members_changed",
      subjectKind: "group",
      subjectNo: existing(scope, group),
      data: sql`(SELECT json_object(
          'added', (SELECT json_group_array(key) FROM (${wanted} EXCEPT ${present})),
          'removed', (SELECT json_group_array(key) FROM (${present} EXCEPT ${wanted})))
        FROM (SELECT ${keysOf(scope, group, ids, unknownMember)} AS keys) AS given)`,
    }),
    ...removeListed(scope, undefined, operation),
    ...addListed(scope, undefined, operation),
    ...guardTouched(scope, 2, operation),
    ...followChange(scope),
  ];
}

/**
 * Brings users in and out by lists that the batch itself computes (JSON arrays of user numbers). Raises `unchanged`
 * when both are empty.
 */
export function moveMembers(
  scope: TenantScope,
  groupNo: number,
  { added, removed }: { added: SQL; removed: SQL },
  operation: string,
): SQL[] {
  return [
    ...recordEvent(scope, {
      action: "group.members_changed",
      subjectKind: "group",
      subjectNo: groupNo,
      data: sql`json_object('added', json(${added}), 'removed', json(${removed}))`,
    }),
    ...removeListed(scope, undefined, operation),
    ...addListed(scope, undefined, operation),
    ...guardTouched(scope, 2, operation),
    ...followChange(scope),
  ];
}

/** @param count how many the list names, undefined when only the batch knows */
function addListed(scope: TenantScope, count: number | undefined, operation: string | undefined): SQL[] {
  if (count === 0) return [];
  const into = sql.raw("INSERT INTO members (tenant_no, group_no, member_kind, member_no)");
  const key = count === 1 ? sql.raw("(latest.data ->> '$.added[0]')") : sql.raw("listed.value");
  const source =
    count === 1
      ? latestEvent(scope)
      : sql`${latestEvent(scope)} CROSS JOIN json_each(latest.data, '$.added') AS listed`;
  return [
    sql`${into} SELECT ${scope.tenantNo}, latest.subject_no, ${key} < 0, abs(${key}) FROM ${source}
      WHERE true ON CONFLICT DO NOTHING`,
    touchGroup(scope, sql`changes()`, operation),
  ];
}

/**
 * SQLite copies a list in a DELETE twice; people named one by one cost two reads each. What was removed is
 * then the difference of `total_changes()` since before the event, less the event's own two rows.
 */
function removeListed(scope: TenantScope, count: number | undefined, operation: string | undefined): SQL[] {
  if (count === 0) return [];
  const { tenantNo } = scope;
  if (count === undefined || count > singlyRemovedMax) {
    return [
      sql`DELETE FROM members WHERE (tenant_no, group_no, member_kind, member_no) IN
        (SELECT ${tenantNo}, latest.subject_no, listed.value < 0, abs(listed.value)
          FROM ${latestEvent(scope)} CROSS JOIN json_each(latest.data, '$.removed') AS listed)`,
      touchGroup(scope, sql`-changes()`, operation),
    ];
  }
  const removed = Array.from({ length: count }, (_, index) => {
    const key = sql.raw(`(latest.data ->> '$.removed[${index}]')`);
    return sql`DELETE FROM members WHERE tenant_no = ${tenantNo} AND (group_no, member_kind, member_no) =
      (SELECT latest.subject_no, ${key} < 0, abs(${key}) FROM ${latestEvent(scope)})`;
  });
  const difference = sql`((latest.data ->> '$.before') + 2 - total_changes())`;
  const touched =
    count === 1
      ? touchGroup(scope, sql`-changes()`, operation)
      : touchGroup(scope, difference, operation, true);
  return [...removed, touched];
}

/**
 * Moves version and count of the event's group by the rows that came (positive) or went (negative).
 * @param difference over `changes()`, or over `latest` when several statements made it
 */
function touchGroup(scope: TenantScope, difference: SQL, operation = "", isOverLatest = false): SQL {
  const { tenantNo, now } = scope;
  const latest = latestEvent(scope);
  const delta = isOverLatest ? sql`(SELECT ${difference} FROM ${latest})` : difference;
  return sql`UPDATE groups SET member_count = member_count + ${delta}, version = version + 1, updated_at = ${now},
      last_operation = ${operation}
    WHERE tenant_no = ${tenantNo}
      AND group_no = (SELECT CASE WHEN ${difference} <> 0 THEN latest.subject_no END FROM ${latest})`;
}

/** Raises `unchanged` if no member row changed. After a single list `changes()` tells; after two, the group. */
function guardTouched(scope: TenantScope, lists: number, operation: string | undefined): SQL[] {
  if (operation === undefined) return [];
  if (lists < 2) return [guard("unchanged", sql`changes() = 1`)];
  const touched = sql`EXISTS (SELECT 1 FROM ${latestEvent(scope)} CROSS JOIN groups g
    ON g.tenant_no = ${scope.tenantNo} AND g.group_no = latest.subject_no AND g.last_operation = ${operation})`;
  return [guard("unchanged", touched)];
}

/** Outbox rows for whoever follows memberships: links if the tenant has any, licenses if a group gives one. */
function followChange(scope: TenantScope): SQL[] {
  const { tenantNo } = scope;
  // Text, not rows: the lists hold nothing but numbers, so a minus sign is a group, and joining is appending.
  const list = (name: "added" | "removed") => sql.raw(`trim(latest.data -> '$.${name}', '[]')`);
  const users = sql`json('[' || trim(${list("added")} || ',' || ${list("removed")}, ',') || ']')`;
  const length = sql`json_array_length(latest.data, '$.added') + json_array_length(latest.data, '$.removed')`;
  // A nested group brings everybody in it; too many people are not worth naming.
  const all = sql`(instr(latest.data, '-') > 0 OR ${length} > ${namedMembersMax})`;
  return [
    ...enqueueIf(
      scope,
      "membership",
      sql`CASE WHEN ${all} THEN json_object('group', latest.subject_no, 'all', json('true'))
        ELSE json_object('group', latest.subject_no, 'users', ${users}) END`,
      sql`EXISTS (SELECT 1 FROM links WHERE tenant_no = ${tenantNo} AND state <> 'removed')`,
    ),
    ...enqueueIf(
      scope,
      "license",
      sql`CASE WHEN ${all} THEN json_object('group', latest.subject_no, 'after', 0)
        ELSE json_object('users', ${users}) END`,
      sql`EXISTS (SELECT 1 FROM groups INDEXED BY groups_licensed
        WHERE tenant_no = ${tenantNo} AND license_type_no IS NOT NULL)`,
    ),
  ];
}
