/**
 * What is true of people at one link, at one moment: common table expressions that the settlement decides on, and
 * that staged effects and drift are shown from. They stand behind `WITH RECURSIVE`.
 */
import { type SQL, sql } from "drizzle-orm";
import type { TenantNo } from "../../domain/id.ts";
import { COVERING_STATES, FOLLOWING_STATES, type LinkState, RESTING_STATES } from "../../domain/link.ts";
import { effectiveGroups, isEffectiveMember, nestedGroups } from "../resources/effective-membership.ts";
import type { TenantScope } from "../scope.ts";

/** The parts of a link that never change. */
export type LinkKey = { linkNo: number; groupNo: number; vaultNo: number; vaultGroupNo: number };

export const oneOf = (states: readonly LinkState[]): SQL => sql.raw(states.map((s) => `'${s}'`).join(", "));

export const linkState = ({ tenantNo }: TenantScope, linkNo: number): SQL =>
  sql`(SELECT state FROM links WHERE tenant_no = ${tenantNo} AND link_no = ${linkNo})`;

export const sourceLives = ({ tenantNo }: TenantScope, groupNo: number): SQL =>
  sql`EXISTS (SELECT 1 FROM groups WHERE tenant_no = ${tenantNo} AND group_no = ${groupNo} AND deleted_at IS NULL)`;

/** Whether the link's source, as it is now, has the person: needs `nested_groups` of the link's group. */
export const isInSource = ({ tenantNo }: TenantScope, userNo: SQL): SQL =>
  sql`${isEffectiveMember(tenantNo, userNo)} AND ${isLive({ tenantNo }, userNo)}`;

export const isLive = ({ tenantNo }: Pick<TenantScope, "tenantNo">, userNo: SQL): SQL =>
  sql`EXISTS (SELECT 1 FROM users AS u
    WHERE u.tenant_no = ${tenantNo} AND u.user_no = ${userNo} AND u.deprovisioned_at IS NULL)`;

/**
 * Whom the link no longer wants but still has, and who is only kept enabled by synchronization. The signs keep
 * SQLite from making an index of the facts to look this up in.
 */
export const losing = sql`(in_target AND NOT desired AND +state = 'enabled' AND +origin = 'sync' AND +pinned = 0)`;

/** Whom the link takes out of its target. A tombstone in it is no loss to anybody. */
export const leaving = sql`(in_target AND NOT desired AND state IS NOT 'deleted')`;

/**
 * The people whom a decision is about: a JSON array of user numbers; or `page`, the body of a common table
 * expression of distinct rows (user_no, in_source, in_target), for which nobody has to be looked up.
 */
export type People = { users: string | SQL } | { page: SQL };

/**
 * `facts(user_no, desired, in_target, state, disabled_by, origin, pinned)` of these people, and
 * `covered(user_no)`: who of those that are losing is kept by another link. `people` are the people themselves.
 * @param resting links in these states are left alone: no facts. A paused one is looked at as if it followed
 *   when it is not among them.
 */
export function linkFacts(
  scope: TenantScope,
  link: LinkKey,
  people: People,
  resting: readonly LinkState[] = RESTING_STATES,
): SQL {
  const { tenantNo } = scope;
  const { linkNo, groupNo, vaultNo } = link;
  const state = linkState(scope, linkNo);
  const following = resting.includes("paused") ? FOLLOWING_STATES : COVERING_STATES;
  return sql`${nestedGroups(tenantNo, groupNo)},
    people(user_no, in_source, in_target) AS ${"page" in people ? sql`MATERIALIZED (${people.page})` : sql`(${lookUp(scope, link, people.users)})`},
    facts(user_no, desired, in_target, state, disabled_by, origin, pinned) AS MATERIALIZED (
      SELECT p.user_no, ${state} IN (${oneOf(following)}) AND ${sourceLives(scope, groupNo)} AND p.in_source
          AND ${isLive(scope, sql`p.user_no`)},
        p.in_target, v.state, v.disabled_by, v.origin, v.pinned
      FROM people AS p LEFT JOIN vault_users AS v
        ON v.tenant_no = ${tenantNo} AND v.vault_no = ${vaultNo} AND v.user_no = p.user_no
      WHERE ${state} NOT IN (${oneOf(resting)})
    ),
    ${effectiveGroups(tenantNo, sql`(SELECT json_group_array(user_no) FROM facts WHERE ${losing})`)},
    covered(user_no) AS MATERIALIZED (${selectCovered(tenantNo, vaultNo, linkNo, sql`SELECT user_no FROM facts WHERE ${losing}`)})`;
}

/**
 * The next people past `after`, in order: source and target members, read side by side where they stand, each
 * group up to the page's size only. Needs `nested_groups`.
 */
export function nextPeople(
  { tenantNo }: TenantScope,
  { vaultGroupNo }: Pick<LinkKey, "vaultGroupNo">,
  after: number,
  size: number,
): SQL {
  // In the text: of a statement with a bound LIMIT, SQLite compiles anew whenever a value is bound.
  const limit = sql.raw(String(size));
  return sql`SELECT user_no, MAX(in_source), MAX(in_target) FROM (
      SELECT m.value AS user_no, 1 AS in_source, 0 AS in_target FROM nested_groups AS n CROSS JOIN json_each((
        SELECT json_group_array(member_no) FROM (SELECT member_no FROM members
          WHERE tenant_no = ${tenantNo} AND group_no = n.group_no AND member_kind = 0 AND member_no > ${after}
          ORDER BY member_no LIMIT ${limit}))) AS m
      UNION ALL SELECT user_no, 0, 1 FROM (SELECT user_no FROM vault_members
        WHERE tenant_no = ${tenantNo} AND vault_group_no = ${vaultGroupNo} AND user_no > ${after}
        ORDER BY user_no LIMIT ${limit}))
    GROUP BY user_no ORDER BY user_no LIMIT ${limit}`;
}

/** Whether each of the given people is in source and target, by one look-up each. */
const lookUp = ({ tenantNo }: TenantScope, { vaultGroupNo }: LinkKey, users: string | SQL): SQL =>
  sql`SELECT CAST(given.value AS INTEGER), ${isEffectiveMember(tenantNo, sql`given.value`)},
      EXISTS (SELECT 1 FROM vault_members AS t WHERE t.tenant_no = ${tenantNo}
        AND t.vault_group_no = ${vaultGroupNo} AND t.user_no = given.value)
    FROM json_each(${users}) AS given`;

/**
 * Whom of `people` another link of the vault covers (I19): one that follows, by its source; a paused one, by the
 * members it has, for whoever came since has not been brought in by it. Needs their `effective_groups`.
 */
export const selectCovered = (
  tenantNo: TenantNo,
  vaultNo: number | SQL,
  exceptLinkNo: number,
  people: SQL,
): SQL =>
  sql`SELECT e.user_no FROM effective_groups AS e CROSS JOIN links AS l
    WHERE l.tenant_no = ${tenantNo} AND l.group_no = e.group_no AND l.state <> 'removed'
      AND l.state IN (${oneOf(FOLLOWING_STATES)}) AND l.vault_no = ${vaultNo} AND l.link_no <> ${exceptLinkNo}
      AND ${isLive({ tenantNo }, sql`e.user_no`)}
    UNION SELECT t.user_no FROM links AS l CROSS JOIN (${people}) AS given CROSS JOIN vault_members AS t
    WHERE l.tenant_no = ${tenantNo} AND l.vault_no = ${vaultNo} AND l.state <> 'removed' AND l.state = 'paused'
      AND l.link_no <> ${exceptLinkNo} AND t.tenant_no = ${tenantNo} AND t.vault_group_no = l.vault_group_no
      AND t.user_no = given.user_no AND ${isLive({ tenantNo }, sql`t.user_no`)}`;
