/**
 * Members of source groups, written as set deltas: a change costs what it changes, whatever the group's size
 * (R24), and two writers of one group never overwrite each other.
 */
import { type SQL, sql } from "drizzle-orm";
import { effectiveGroups } from "./effective-membership.ts";
import { recordEvent } from "./events.ts";
import { type GroupReference, groupNoOf } from "./groups.ts";
import { guard } from "./guard.ts";
import { enqueue } from "./outbox.ts";
import type { TenantScope } from "./scope.ts";

/** Past this many changed members an outbox row names the group instead of the people. */
const namedMembersMax = 5_000;

/** Ids per JSON parameter: 20,000 UUIDs stay below 1 MB, and five parameters below SQLite's compound limit. */
const idsPerParameter = 20_000;

/** Rows of `value`, one per id. */
function idList(ids: readonly string[]): SQL {
  const lists: SQL[] = [];
  for (let start = 0; start === 0 || start < ids.length; start += idsPerParameter) {
    lists.push(
      sql`SELECT value FROM json_each(${JSON.stringify(ids.slice(start, start + idsPerParameter))})`,
    );
  }
  return sql`(${sql.join(lists, sql` UNION ALL `)})`;
}

/** From SCIM ids the configuration owns to `(kind, no)`; unknown ids have no row. */
function resolved({ tenantNo }: TenantScope, { owner }: GroupReference, ids: readonly string[]): SQL {
  return sql`(SELECT 0 AS kind, u.user_no AS no FROM ${idList(ids)} j JOIN users u
      ON u.tenant_no = ${tenantNo} AND u.configuration_no = ${owner} AND u.scim_id = j.value
    UNION ALL SELECT 1, g.group_no FROM ${idList(ids)} j JOIN groups g
      ON g.tenant_no = ${tenantNo} AND g.configuration_no = ${owner} AND g.scim_id = j.value AND g.deleted_at IS NULL)`;
}

/** Ids among `ids` that are no user and no group of the configuration, as rows of `id`. */
export function selectUnknownMembers(scope: TenantScope, group: GroupReference, ids: readonly string[]): SQL {
  const { tenantNo } = scope;
  return sql`SELECT j.value AS id FROM ${idList(ids)} j
    WHERE NOT EXISTS (SELECT 1 FROM users u
      WHERE u.tenant_no = ${tenantNo} AND u.configuration_no = ${group.owner} AND u.scim_id = j.value)
    AND NOT EXISTS (SELECT 1 FROM groups g WHERE g.tenant_no = ${tenantNo} AND g.configuration_no = ${group.owner}
      AND g.scim_id = j.value AND g.deleted_at IS NULL)`;
}

/** Raises `unknown_member`: one bad id refuses the whole request, nobody is silently left out (A28, R23). */
export function guardMembersKnown(scope: TenantScope, group: GroupReference, ids: readonly string[]): SQL {
  return guard("unknown_member", sql`NOT EXISTS (${selectUnknownMembers(scope, group, ids)})`);
}

/** Runs right after a statement that changed member rows: moves version and count by what it changed. */
function touchGroup({ tenantNo, now }: TenantScope, groupNo: SQL, sign: "+" | "-", operation: string): SQL {
  return sql`UPDATE groups SET member_count = member_count ${sql.raw(sign)} changes(), version = version + 1,
      updated_at = ${now}, last_operation = ${operation}
    WHERE tenant_no = ${tenantNo} AND group_no = ${groupNo} AND changes() > 0`;
}

/**
 * Adds and removes members, both idempotent. Event and outbox rows are written only if something changed.
 * `operation` is unique to the request.
 */
export function changeMembers(
  scope: TenantScope,
  group: GroupReference,
  change: { add: readonly string[]; remove: readonly string[] },
  operation: string,
): SQL[] {
  const { tenantNo } = scope;
  const groupNo = groupNoOf(scope, group);
  const added = resolved(scope, group, change.add);
  const removed = resolved(scope, group, change.remove);
  const statements: SQL[] = [];
  if (change.add.length > 0) {
    statements.push(
      sql`INSERT INTO members (tenant_no, group_no, member_kind, member_no)
        SELECT ${tenantNo}, ${groupNo}, kind, no FROM ${added} WHERE true ON CONFLICT DO NOTHING`,
      touchGroup(scope, groupNo, "+", operation),
    );
  }
  if (change.remove.length > 0) {
    statements.push(
      sql`DELETE FROM members WHERE tenant_no = ${tenantNo} AND group_no = ${groupNo}
        AND (member_kind, member_no) IN (SELECT kind, no FROM ${removed})`,
      touchGroup(scope, groupNo, "-", operation),
    );
  }
  if (statements.length === 0) return [];
  const touched = resolved(scope, group, [...change.add, ...change.remove]);
  const changed = sql`EXISTS (SELECT 1 FROM groups WHERE tenant_no = ${tenantNo} AND group_no = ${groupNo}
    AND last_operation = ${operation})`;
  const whole = change.add.length + change.remove.length > namedMembersMax ? sql`1` : sql`0`;
  return [...statements, ...followMemberChange(scope, groupNo, touched, changed, whole)];
}

/**
 * Event and outbox rows of a member change.
 * @param touched rows of `(kind, no)` the change is about
 * @param changed whether anything changed at all, at this point of the batch
 * @param whole whether to name the group instead of the people
 */
function followMemberChange(scope: TenantScope, groupNo: SQL, touched: SQL, changed: SQL, whole: SQL): SQL[] {
  const { tenantNo } = scope;
  const users = sql`json((SELECT json_group_array(no) FROM ${touched} WHERE kind = 0))`;
  const nested = sql`EXISTS (SELECT 1 FROM ${touched} WHERE kind = 1)`;
  return [
    ...recordEvent(
      scope,
      {
        action: "group.members_changed",
        subjectKind: "group",
        subjectNo: groupNo,
        data: sql`CASE WHEN ${whole} THEN json_object('all', json('true')) ELSE json_object('users', ${users}) END`,
      },
      changed,
    ),
    enqueue(
      scope,
      "membership",
      sql`CASE WHEN ${whole} OR ${nested} THEN json_object('group', ${groupNo}, 'all', json('true'))
        ELSE json_object('group', ${groupNo}, 'users', ${users}) END`,
      sql`${changed} AND EXISTS (SELECT 1 FROM links WHERE tenant_no = ${tenantNo} AND state <> 'removed')`,
    ),
    enqueue(
      scope,
      "license",
      sql`CASE WHEN ${whole} OR ${nested} THEN json_object('group', ${groupNo}, 'after', 0)
        ELSE json_object('users', ${users}) END`,
      sql`${changed} AND EXISTS (SELECT 1 FROM groups WHERE tenant_no = ${tenantNo} AND license_type_no IS NOT NULL)`,
    ),
  ];
}

/**
 * Makes the members exactly these: a set difference inside the batch, so unchanged rows cost no write and a
 * repeated request changes nothing. Who is touched is written down before the rows change.
 */
export function replaceMembers(
  scope: TenantScope,
  group: GroupReference,
  ids: readonly string[],
  operation: string,
): SQL[] {
  const { tenantNo } = scope;
  const groupNo = groupNoOf(scope, group);
  const wanted = resolved(scope, group, ids);
  const present = sql`SELECT member_kind AS kind, member_no AS no FROM members
    WHERE tenant_no = ${tenantNo} AND group_no = ${groupNo}`;
  const touched = sql`(SELECT * FROM (${present} EXCEPT SELECT kind, no FROM ${wanted})
    UNION ALL SELECT * FROM (SELECT kind, no FROM ${wanted} EXCEPT ${present}))`;
  const whole = sql`(SELECT COUNT(*) FROM ${touched}) > ${namedMembersMax}`;
  return [
    ...followMemberChange(scope, groupNo, touched, sql`EXISTS (SELECT 1 FROM ${touched})`, whole),
    sql`DELETE FROM members WHERE tenant_no = ${tenantNo} AND group_no = ${groupNo}
      AND (member_kind, member_no) NOT IN (SELECT kind, no FROM ${wanted})`,
    touchGroup(scope, groupNo, "-", operation),
    sql`INSERT INTO members (tenant_no, group_no, member_kind, member_no)
      SELECT ${tenantNo}, ${groupNo}, kind, no FROM ${wanted} WHERE true ON CONFLICT DO NOTHING`,
    touchGroup(scope, groupNo, "+", operation),
  ];
}

/** One keyset page of members in key order, as the representation needs them. */
export function selectMembers(
  scope: TenantScope,
  groupNo: number | SQL,
  after: { kind: number; no: number },
  limit: number,
): SQL {
  const { tenantNo } = scope;
  return sql`SELECT m.member_kind, m.member_no, CASE m.member_kind WHEN 0
      THEN (SELECT u.scim_id FROM users u WHERE u.tenant_no = ${tenantNo} AND u.user_no = m.member_no)
      ELSE (SELECT g.scim_id FROM groups g WHERE g.tenant_no = ${tenantNo} AND g.group_no = m.member_no
        AND g.deleted_at IS NULL) END AS scim_id
    FROM members m WHERE m.tenant_no = ${tenantNo} AND m.group_no = ${groupNo}
      AND (m.member_kind, m.member_no) > (${after.kind}, ${after.no})
    ORDER BY m.member_kind, m.member_no LIMIT ${limit}`;
}

/** Groups that hold these users, directly or through groups: rows of user_no, scim_id, display_name, direct. */
export function selectGroupsOfUsers(scope: TenantScope, userNumbers: SQL): SQL {
  const { tenantNo } = scope;
  return sql`WITH RECURSIVE ${effectiveGroups(tenantNo, userNumbers)}
    SELECT e.user_no, g.scim_id, g.display_name,
      EXISTS (SELECT 1 FROM direct_groups d WHERE d.user_no = e.user_no AND d.group_no = e.group_no) AS direct
    FROM effective_groups e JOIN groups g ON g.tenant_no = ${tenantNo} AND g.group_no = e.group_no
    ORDER BY e.user_no, g.group_no`;
}
