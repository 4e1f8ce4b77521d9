/**
 * The members of imported groups brought in line with what was read: differences only, so an import that finds
 * nothing new writes no member row. Links, the brake and connectors follow as after any change of membership.
 */
import { type SQL, sql } from "drizzle-orm";
import { IMPORT_EFFECTS_PER_BATCH } from "../../domain/limits.ts";
import { latestEvent } from "../events.ts";
import { guard } from "../guard.ts";
import { moveMembers } from "../resources/members.ts";
import type { TenantScope } from "../scope.ts";
import { insertLink } from "../vaults/links.ts";
import type { ImportGroupRecord } from "./groups.ts";

const isMember = ({ tenantNo }: TenantScope): SQL =>
  sql`EXISTS (SELECT 1 FROM members AS m WHERE m.tenant_no = ${tenantNo} AND m.group_no = p.group_no
    AND m.member_kind = 0 AND m.member_no = person.value)`;

/** The first page, from this one on, with somebody who is not in its group yet: page_no, group_no. */
export const selectPageWithNewMembers = (scope: TenantScope, vaultNo: number, from: number): SQL =>
  sql`SELECT p.page_no, p.group_no FROM import_pages AS p
    WHERE p.tenant_no = ${scope.tenantNo} AND p.vault_no = ${vaultNo} AND p.page_no >= ${from}
      AND EXISTS (SELECT 1 FROM json_each(p.users) AS person WHERE NOT ${isMember(scope)})
    ORDER BY p.page_no LIMIT 1`;

/** Everybody of a page becomes a member. Raises `unchanged` when they are already. */
export function addMembers(
  scope: TenantScope,
  place: { vaultNo: number; pageNo: number; groupNo: number },
  operation: string,
): SQL[] {
  const { tenantNo } = scope;
  const added = sql`(SELECT json_group_array(no) FROM (SELECT DISTINCT person.value AS no
    FROM import_pages AS p CROSS JOIN json_each(p.users) AS person
    WHERE p.tenant_no = ${tenantNo} AND p.vault_no = ${place.vaultNo} AND p.page_no = ${place.pageNo}
      AND NOT ${isMember(scope)} ORDER BY no))`;
  return [
    ...moveMembers(scope, place.groupNo, { added, removed: sql`'[]'` }, operation),
    countMoved(scope, place.vaultNo, "added"),
  ];
}

/**
 * Members of the group whom no page of it has. The group must have been read to its end in this run, and everybody
 * who was read must have been looked for: otherwise nobody is gone.
 */
const gone = ({ tenantNo }: TenantScope, vaultNo: number, groupNo: number): SQL =>
  sql`SELECT m.member_no AS no FROM members AS m WHERE m.tenant_no = ${tenantNo} AND m.group_no = ${groupNo}
    AND m.member_kind = 0
    AND EXISTS (SELECT 1 FROM import_pages AS p WHERE p.tenant_no = ${tenantNo} AND p.vault_no = ${vaultNo}
      AND p.group_no = ${groupNo})
    AND m.member_no NOT IN (SELECT person.value FROM import_pages AS p CROSS JOIN json_each(p.users) AS person
      WHERE p.tenant_no = ${tenantNo} AND p.vault_no = ${vaultNo} AND p.group_no = ${groupNo})`;

/** Whether somebody is gone, as `some`. The group stands there as a number, so that its pages are gone through once. */
export const selectSomeGone = (scope: TenantScope, vaultNo: number, groupNo: number): SQL =>
  sql`SELECT EXISTS (${gone(scope, vaultNo, groupNo)}) AS some`;

/** A chunk of those who are gone leaves. Raises `unread`, `unchanged`. */
export function removeGone(
  scope: TenantScope,
  { vaultNo, groupNo }: { vaultNo: number; groupNo: number },
  operation: string,
): SQL[] {
  const { tenantNo } = scope;
  const removed = sql`(SELECT json_group_array(no) FROM (${gone(scope, vaultNo, groupNo)}
    ORDER BY no LIMIT ${IMPORT_EFFECTS_PER_BATCH}))`;
  return [
    guard(
      "unread",
      sql`NOT EXISTS (SELECT 1 FROM import_pages WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo}
        AND users IS NULL)`,
    ),
    ...moveMembers(scope, groupNo, { added: sql`'[]'`, removed }, operation),
    countMoved(scope, vaultNo, "removed"),
  ];
}

/** By the lists of the event that `moveMembers` has just recorded. */
const countMoved = (scope: TenantScope, vaultNo: number, list: "added" | "removed"): SQL =>
  sql`UPDATE import_runs SET ${sql.raw(list)} = ${sql.raw(list)}
      + (SELECT json_array_length(latest.data, ${`$.${list}`}) FROM ${latestEvent(scope)})
    WHERE tenant_no = ${scope.tenantNo} AND vault_no = ${vaultNo} AND state = 'running'`;

/**
 * The link that fills the target from now on. Into an empty user group it is confirmed by the settings; where people
 * are, the brake looks at who leaves (A21). Raises `no_target`; a linked target violates `links_by_target`.
 */
export function linkGroup(
  scope: TenantScope,
  vaultNo: number,
  { groupNo, target }: ImportGroupRecord,
  linkId: string,
): SQL[] {
  const empty = sql`(SELECT member_count = 0 FROM vault_groups
    WHERE tenant_no = ${scope.tenantNo} AND vault_group_no = ${target.no})`;
  const link = { linkId, groupNo, vaultNo, vaultGroupNo: sql`${target.no}` };
  return [guard("no_target", sql`${empty} IS NOT NULL`), ...insertLink(scope, link, empty)];
}
