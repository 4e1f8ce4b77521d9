/** What creating a link would do, read as one snapshot, and the versions that tell whether it still would. */
import { type SQL, sql } from "drizzle-orm";
import { guard } from "../guard.ts";
import { effectiveGroups, nestedGroups } from "../resources/effective-membership.ts";
import type { TenantScope } from "../scope.ts";
import { isLive, nextPeople, selectCovered } from "./link-facts.ts";

export type PlannedLink = {
  groupNo: number;
  vaultNo: number;
  /** 0 for a group that is yet to be created. */
  vaultGroupNo: number;
};

/** Every source group behind the link with its version: any change of membership moves one of them. */
const sourceVersions = ({ tenantNo }: TenantScope, groupNo: number): SQL =>
  sql`(WITH RECURSIVE ${nestedGroups(tenantNo, groupNo)}
    SELECT group_concat(g.group_no || ':' || g.version, ' ' ORDER BY g.group_no)
    FROM nested_groups AS n CROSS JOIN groups AS g WHERE g.tenant_no = ${tenantNo} AND g.group_no = n.group_no)`;

/** Every change of a vault's users, members or links is an event that names the vault. */
const vaultVersion = ({ tenantNo }: TenantScope, vaultNo: number): SQL =>
  sql`COALESCE((SELECT MAX(seq) FROM event_subjects
    WHERE tenant_no = ${tenantNo} AND subject_kind = 'vault' AND subject_no = ${vaultNo}), 0)`;

export const selectPlanVersions = (scope: TenantScope, { groupNo, vaultNo }: PlannedLink): SQL =>
  sql`SELECT ${sourceVersions(scope, groupNo)} AS source, ${vaultVersion(scope, vaultNo)} AS vault`;

/**
 * A page of the plan, one row: `codes`, for every person touched `<user number><code>`, in order; `count` and
 * `last` of the people looked at. Codes as in `gateway/vaults/link-preview.ts`; `+` marks who is not in the target
 * yet. Pages are one plan when the versions are the same before and after.
 */
export function selectPlanPage(scope: TenantScope, link: PlannedLink, after: number, size: number): SQL {
  const { tenantNo } = scope;
  const { groupNo, vaultNo } = link;
  return sql`WITH RECURSIVE ${nestedGroups(tenantNo, groupNo)},
      people(user_no, in_source, in_target) AS MATERIALIZED (${nextPeople(scope, link, after, size)}),
      facts(user_no, desired, in_target) AS MATERIALIZED (
        SELECT user_no, in_source AND ${isLive(scope, sql`people.user_no`)}, in_target FROM people),
      leaving(user_no) AS MATERIALIZED (SELECT user_no FROM facts WHERE in_target AND NOT desired),
      ${effectiveGroups(tenantNo, sql`(SELECT json_group_array(user_no) FROM leaving)`)},
      covered(user_no) AS MATERIALIZED (${selectCovered(tenantNo, vaultNo, 0, sql`SELECT user_no FROM leaving`)}),
      coded(user_no, code) AS (
        SELECT f.user_no, CASE
            WHEN NOT f.desired THEN CASE WHEN p.state = 'enabled' AND p.origin = 'sync' AND p.pinned = 0
              AND f.user_no NOT IN (SELECT user_no FROM covered) THEN 'd' ELSE 'r' END
            WHEN p.state IS NULL THEN 'c' WHEN p.state = 'deleted' THEN 's'
            WHEN p.disabled_by = 'sync' THEN 'e' WHEN p.disabled_by = 'admin' THEN 'k' ELSE 'x' END
          || CASE WHEN f.in_target THEN '' ELSE '+' END
        FROM facts AS f LEFT JOIN vault_users AS p
          ON p.tenant_no = ${tenantNo} AND p.vault_no = ${vaultNo} AND p.user_no = f.user_no
        WHERE f.desired OR f.in_target
      )
      SELECT (SELECT group_concat(user_no || code, ' ' ORDER BY user_no) FROM coded) AS codes,
        (SELECT COUNT(*) FROM people) AS count, (SELECT MAX(user_no) FROM people) AS last`;
}

/** Raises `plan_moved` unless the versions are those of the snapshot. */
export function guardPlan(
  scope: TenantScope,
  { groupNo, vaultNo }: PlannedLink,
  versions: { source: string; vault: number },
): SQL[] {
  return [
    guard("plan_moved", sql`${sourceVersions(scope, groupNo)} = ${versions.source}`),
    guard("plan_moved", sql`${vaultVersion(scope, vaultNo)} = ${versions.vault}`),
  ];
}

/** Raises `no_group` unless the source group is live: it may be deleted after the preview. */
export const guardSourceLives = ({ tenantNo }: TenantScope, groupNo: number): SQL =>
  guard(
    "no_group",
    sql`EXISTS (SELECT 1 FROM groups WHERE tenant_no = ${tenantNo} AND group_no = ${groupNo} AND deleted_at IS NULL)`,
  );

/** A live source group by its id: rows of group_no, scim_id, display_name. */
export const selectSourceGroup = ({ tenantNo }: TenantScope, groupId: string): SQL =>
  sql`SELECT group_no, scim_id, display_name FROM groups WHERE tenant_no = ${tenantNo} AND scim_id = ${groupId}
    AND deleted_at IS NULL AND configuration_no IN (
      SELECT configuration_no FROM configurations WHERE tenant_no = ${tenantNo})`;

/** Names of a few people, in the order of their numbers. */
export const selectUserNames = ({ tenantNo }: TenantScope, users: readonly number[]): SQL =>
  sql`SELECT u.user_no, u.user_name FROM json_each(${JSON.stringify(users)}) AS given CROSS JOIN users AS u
    WHERE u.tenant_no = ${tenantNo} AND u.user_no = given.value`;
