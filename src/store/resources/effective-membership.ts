/**
 * Effective (transitive) membership: common table expressions to put behind `WITH RECURSIVE`. Groups may hold
 * groups, and cycles are legal data (A27): `UNION` drops what was already reached, and a row limit bounds the
 * walk. Groups without nested groups cost one index look-up per group, never one per member.
 *
 *   sql`WITH RECURSIVE ${effectiveGroups(tenantNo, userNumbers)} SELECT user_no, group_no FROM effective_groups`
 *   sql`WITH RECURSIVE ${nestedGroups(tenantNo, groupNo)} SELECT … WHERE ${isEffectiveMember(tenantNo, sql`u.user_no`)}`
 */
import { type SQL, sql } from "drizzle-orm";
import type { TenantNo } from "../../domain/id.ts";
import { NESTED_GROUPS_MAX } from "../../domain/limits.ts";

/** In the text: of a statement with a bound LIMIT, SQLite compiles anew whenever a value is bound. */
const nestedGroupsMax = sql.raw(String(NESTED_GROUPS_MAX));

/**
 * Upward: `effective_groups(user_no, group_no)`, the live groups that each of the given users belongs to.
 * `userNumbers` is a JSON array of user numbers. The walk goes once over the distinct groups of all of them.
 */
export function effectiveGroups(tenantNo: TenantNo, userNumbers: string | SQL): SQL {
  return sql`direct_groups(user_no, group_no) AS MATERIALIZED (
      SELECT m.member_no, m.group_no FROM json_each(${userNumbers}) AS given CROSS JOIN members AS m
      WHERE m.tenant_no = ${tenantNo} AND m.member_kind = 0 AND m.member_no = given.value
    ),
    reached_groups(group_no, reached_no) AS (
      SELECT DISTINCT d.group_no, d.group_no FROM direct_groups AS d CROSS JOIN groups AS g
      WHERE g.tenant_no = ${tenantNo} AND g.group_no = d.group_no AND g.deleted_at IS NULL
      UNION
      SELECT r.group_no, m.group_no FROM reached_groups AS r CROSS JOIN members AS m CROSS JOIN groups AS g
      WHERE m.tenant_no = ${tenantNo} AND m.member_kind = 1 AND m.member_no = r.reached_no
        AND g.tenant_no = ${tenantNo} AND g.group_no = m.group_no AND g.deleted_at IS NULL
      LIMIT ${nestedGroupsMax}
    ),
    effective_groups(user_no, group_no) AS (
      SELECT DISTINCT d.user_no, r.reached_no FROM direct_groups AS d JOIN reached_groups AS r ON r.group_no = d.group_no
    )`;
}

/** Upward from groups: `containing_groups(group_no)`, the given groups and the live groups that hold them. */
export function containingGroups(tenantNo: TenantNo, groupNumbers: string | SQL): SQL {
  return sql`containing_groups(group_no) AS (
      SELECT given.value FROM json_each(${groupNumbers}) AS given
      UNION
      SELECT m.group_no FROM containing_groups AS c CROSS JOIN members AS m CROSS JOIN groups AS g
      WHERE m.tenant_no = ${tenantNo} AND m.member_kind = 1 AND m.member_no = c.group_no
        AND g.tenant_no = ${tenantNo} AND g.group_no = m.group_no AND g.deleted_at IS NULL
      LIMIT ${nestedGroupsMax}
    )`;
}

/**
 * Downward: `nested_groups(group_no)`, the root and the live groups inside it. The root stands in it even
 * when it is deleted: whoever must not follow a deleted root asks for that itself.
 */
export function nestedGroups(tenantNo: TenantNo, rootNo: number | SQL): SQL {
  return sql`nested_groups(group_no) AS (
      SELECT CAST(${rootNo} AS INTEGER)
      UNION
      SELECT m.member_no FROM nested_groups AS n CROSS JOIN members AS m CROSS JOIN groups AS g
      WHERE m.tenant_no = ${tenantNo} AND m.group_no = n.group_no AND m.member_kind = 1
        AND g.tenant_no = ${tenantNo} AND g.group_no = m.member_no AND g.deleted_at IS NULL
      LIMIT ${nestedGroupsMax}
    )`;
}

/** Whether `userNo` is in one of `nested_groups`, which SQLite then walks once per statement. */
export function isEffectiveMember(tenantNo: TenantNo, userNo: SQL): SQL {
  return sql`EXISTS (SELECT 1 FROM members AS m WHERE m.tenant_no = ${tenantNo} AND m.member_kind = 0
    AND m.member_no = ${userNo} AND m.group_no IN (SELECT group_no FROM nested_groups))`;
}

/**
 * A keyset page of the users in `nested_groups`: a SELECT of `user_no` in ascending order, past `afterNo`.
 * Each nested group is read up to the page's length only, so a page costs the same at any depth of the list.
 */
export function effectiveMembersPage(tenantNo: TenantNo, afterNo: number | SQL, count: number): SQL {
  return sql`SELECT DISTINCT m.member_no AS user_no FROM nested_groups AS n CROSS JOIN members AS m
    WHERE m.tenant_no = ${tenantNo} AND m.group_no = n.group_no AND m.member_kind = 0 AND m.member_no IN (
      SELECT p.member_no FROM members AS p
      WHERE p.tenant_no = ${tenantNo} AND p.group_no = n.group_no AND p.member_kind = 0 AND p.member_no > ${afterNo}
      ORDER BY p.member_no LIMIT ${count})
    ORDER BY user_no LIMIT ${count}`;
}
