/** People at a link as they should be and as they are, read as one snapshot; and the repair. */
import { type SQL, sql } from "drizzle-orm";
import type { DriftCircumstances } from "../../domain/drift.ts";
import type { VaultUser, VaultUserState } from "../../domain/vault.ts";
import type { Row } from "../database.ts";
import { recordEvent } from "../events.ts";
import { enqueue } from "../outbox.ts";
import { effectiveGroups, effectiveMembersPage, nestedGroups } from "../resources/effective-membership.ts";
import type { TenantScope } from "../scope.ts";
import { stagedPeople } from "./brake.ts";
import { isInSource, type LinkKey, selectCovered } from "./link-facts.ts";
import { nameSubject } from "./settlement.ts";

export type PersonAtVault = {
  userNo: number;
  userId: string;
  userName: string;
  inSource: boolean;
  coveredElsewhere: boolean;
  /** As the gateway's own tables have it. */
  actual: { vaultUser: VaultUser | undefined; inTarget: boolean };
  circumstances: Omit<DriftCircumstances, "paused">;
};

export const personAtVault = (row: Row): PersonAtVault => ({
  userNo: Number(row["user_no"]),
  userId: String(row["scim_id"]),
  userName: String(row["user_name"]),
  inSource: Number(row["in_source"]) === 1,
  coveredElsewhere: Number(row["covered"]) === 1,
  actual: {
    inTarget: Number(row["in_target"]) === 1,
    vaultUser:
      row["state"] === null
        ? undefined
        : {
            state: String(row["state"]) as VaultUserState,
            disabledBy: row["disabled_by"] as VaultUser["disabledBy"],
            origin: row["origin"] as VaultUser["origin"],
            pinned: Number(row["pinned"]) === 1,
          },
  },
  circumstances: {
    waiting: Number(row["waiting"]) === 1,
    discarded: Number(row["discarded"]) === 1,
    open: Number(row["open"]) === 1,
    dead: Number(row["dead"]) === 1,
  },
});

/** Source and target members of the link past a user number, in order. */
export function selectPeopleAtVault(scope: TenantScope, link: LinkKey, after: number, limit: number): SQL {
  const { tenantNo } = scope;
  const { linkNo, groupNo, vaultNo, vaultGroupNo } = link;
  const target = sql`tenant_no = ${tenantNo} AND vault_group_no = ${vaultGroupNo}`;
  return sql`WITH RECURSIVE ${nestedGroups(tenantNo, groupNo)},
    page(user_no) AS MATERIALIZED (
      SELECT user_no FROM (${effectiveMembersPage(tenantNo, after, limit)})
      UNION SELECT user_no FROM (SELECT user_no FROM vault_members WHERE ${target} AND user_no > ${after}
        ORDER BY user_no LIMIT ${limit})
      ORDER BY user_no LIMIT ${limit}),
    ${effectiveGroups(tenantNo, sql`(SELECT json_group_array(user_no) FROM page)`)},
    covered(user_no) AS MATERIALIZED (${selectCovered(tenantNo, vaultNo, linkNo, sql`SELECT user_no FROM page`)}),
    named(user_no, dead) AS MATERIALIZED (
      SELECT p.value, o.dead_at IS NOT NULL FROM outbox AS o CROSS JOIN json_each(o.payload, '$.users') AS p
      WHERE o.tenant_no = ${tenantNo} AND o.kind = 'membership'),
    whole(dead) AS MATERIALIZED (
      SELECT dead_at IS NOT NULL FROM outbox WHERE tenant_no = ${tenantNo} AND kind = 'link'
        AND json_extract(payload, '$.link') = ${linkNo}
      UNION ALL SELECT dead_at IS NOT NULL FROM outbox WHERE tenant_no = ${tenantNo} AND kind = 'membership'
        AND (json_extract(payload, '$.all') = 1 OR json_extract(payload, '$.staged') > 0)),
    discarded(user_no) AS MATERIALIZED (
      SELECT p.value FROM staged_effects AS s CROSS JOIN json_each(s.users) AS p
      WHERE s.tenant_no = ${tenantNo} AND s.link_no = ${linkNo} AND s.state = 'discarded')
    SELECT u.user_no, u.scim_id, u.user_name, ${isInSource(scope, sql`page.user_no`)} AS in_source,
      page.user_no IN (SELECT user_no FROM covered) AS covered,
      EXISTS (SELECT 1 FROM vault_members AS t WHERE t.tenant_no = ${tenantNo}
        AND t.vault_group_no = ${vaultGroupNo} AND t.user_no = page.user_no) AS in_target,
      v.state, v.disabled_by, v.origin, v.pinned,
      page.user_no IN ${stagedPeople(scope, vaultNo)} AS waiting,
      page.user_no IN (SELECT user_no FROM discarded) AS discarded,
      page.user_no IN (SELECT user_no FROM named WHERE dead = 0) OR EXISTS (SELECT 1 FROM whole WHERE dead = 0) AS open,
      page.user_no IN (SELECT user_no FROM named WHERE dead = 1) OR EXISTS (SELECT 1 FROM whole WHERE dead = 1) AS dead
    FROM page CROSS JOIN users AS u LEFT JOIN vault_users AS v
      ON v.tenant_no = ${tenantNo} AND v.vault_no = ${vaultNo} AND v.user_no = page.user_no
    WHERE u.tenant_no = ${tenantNo} AND u.user_no = page.user_no ORDER BY page.user_no`;
}

/** Links of the vault from a number on, paused ones included, with what their drift is told with. */
export const selectLinksFrom = ({ tenantNo }: TenantScope, vaultNo: number, from: number): SQL =>
  sql`SELECT l.*, g.display_name AS group_name, g.deleted_at IS NOT NULL AS source_deleted, t.name AS target_name
    FROM links AS l JOIN groups AS g ON g.tenant_no = ${tenantNo} AND g.group_no = l.group_no
    JOIN vault_groups AS t ON t.tenant_no = ${tenantNo} AND t.vault_group_no = l.vault_group_no
    WHERE l.tenant_no = ${tenantNo} AND l.vault_no = ${vaultNo} AND l.state <> 'removed' AND l.link_no >= ${from}
    ORDER BY l.link_no`;

/**
 * Settles people of the vault, named by the administrator and so not braked; or every link of it from end to end,
 * which meets the brake (A21).
 */
export function orderRepair(scope: TenantScope, vaultNo: number, users: readonly number[] | "all"): SQL[] {
  const named = users === "all" ? [] : users;
  return [
    ...recordEvent(scope, {
      action: "vault.repair_ordered",
      subjectKind: "vault",
      subjectNo: vaultNo,
      data: users === "all" ? {} : { users: [...named] },
    }),
    ...named.map((userNo) => nameSubject(scope, "user", userNo, sql`1`)),
    enqueue(
      scope,
      "membership",
      users === "all"
        ? { vault: vaultNo, all: true }
        : { vault: vaultNo, users: [...named], confirmed: true },
    ),
  ];
}
