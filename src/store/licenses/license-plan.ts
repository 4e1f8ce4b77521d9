/** What a preview of licenses reads, page by page, and what tells whether it still holds. */
import { type SQL, sql } from "drizzle-orm";
import type { EventAction } from "../../domain/event.ts";
import { PREVIEW_PAGE } from "../../domain/limits.ts";
import { tenantFence } from "../fence.ts";
import { guard } from "../guard.ts";
import { effectiveMembersPage, nestedGroups } from "../resources/effective-membership.ts";
import { liveGroupNo } from "../resources/subject.ts";
import type { TenantScope } from "../scope.ts";
import { configurationPage } from "./allocation-work.ts";
import { selectCandidates, selectEntitled, selectLicenseTypes } from "./entitlements.ts";
import { selectLicensePolicies } from "./license-policies.ts";

/** Whose entitlement the act at hand changes. */
export type Affected = { kind: "group" | "configuration"; no: number } | { kind: "ownerless" };

/** Pools, policies, and the number of the latest event: whatever comes later is told by later events. */
export const selectPlanBase = (scope: TenantScope): SQL[] => [
  tenantFence(scope),
  sql`SELECT COALESCE(MAX(seq), 0) AS seq FROM events WHERE tenant_no = ${scope.tenantNo}`,
  selectLicenseTypes(scope.tenantNo),
  selectLicensePolicies(scope.tenantNo),
];

/** A page of the accounts concerned, in order of `user_no`, or of `scim_id` when a configuration owns them. */
export function selectAffected({ tenantNo }: TenantScope, affected: Affected, after: number | string): SQL {
  const tables =
    affected.kind === "group"
      ? sql`${nestedGroups(tenantNo, affected.no)},
        named(user_no) AS MATERIALIZED (SELECT user_no FROM (
          ${effectiveMembersPage(tenantNo, sql`${after}`, PREVIEW_PAGE)}))`
      : sql`named(user_no) AS MATERIALIZED (
          ${configurationPage(tenantNo, sql`${affected.kind === "ownerless" ? 0 : affected.no}`, sql`${after}`, PREVIEW_PAGE)})`;
  const order = affected.kind === "group" ? sql`u.user_no` : sql`u.scim_id`;
  return selectEntitled(tenantNo, tables, sql`u.user_name`, order);
}

export const selectHeads = ({ tenantNo }: TenantScope, seats: number): SQL =>
  selectCandidates(tenantNo, sql`CAST(${seats} AS INTEGER)`);

/** Who a few accounts are: rows of `user_no`, `scim_id`, `user_name`. */
export const selectPeople = ({ tenantNo }: TenantScope, users: readonly number[]): SQL =>
  sql`SELECT u.user_no, u.scim_id, u.user_name FROM json_each(${JSON.stringify(users)}) AS given CROSS JOIN users AS u
    WHERE u.tenant_no = ${tenantNo} AND u.user_no = given.value`;

/** A live group, its priority, and the rank below which its type may not be: rows of one. */
export const selectLicensedGroup = (scope: TenantScope, groupId: string): SQL =>
  sql`SELECT g.group_no, g.display_name, g.license_type_no, g.waiting_priority, COALESCE(t.rank, 0) AS default_rank
    FROM groups AS g
    LEFT JOIN configurations AS c ON c.tenant_no = g.tenant_no AND c.configuration_no = g.configuration_no
    LEFT JOIN license_types AS t ON t.tenant_no = g.tenant_no AND t.license_type_no = c.default_license_type_no
    WHERE g.tenant_no = ${scope.tenantNo} AND g.group_no = ${liveGroupNo(scope, groupId)}`;

/** Changes that may change what a plan says of anybody. */
const decisive: readonly EventAction[] = [
  "configuration.changed",
  "configuration.deleted",
  "user.created",
  "user.adopted",
  "user.revived",
  "user.deprovisioned",
  "user.released",
  "group.members_changed",
  "group.changed",
  "group.created",
  "group.deleted",
  "group.license_type_changed",
  "group.waiting_priority_changed",
  "license.purchased",
  "license.oversubscription_changed",
  "license.type_chosen",
  "license.release_ordered",
  "license.granted",
  "license.waiting",
  "license.upgraded",
  "license.released",
  "license.lowered",
  "license.wait_ended",
  "policies.changed",
];

/** Raises `plan_moved` when something decisive happened since the event with this number. */
export const guardUnmoved = ({ tenantNo }: TenantScope, seq: number): SQL =>
  guard(
    "plan_moved",
    sql`NOT EXISTS (SELECT 1 FROM events WHERE tenant_no = ${tenantNo} AND seq > ${seq}
      AND action IN (SELECT value FROM json_each(${JSON.stringify(decisive)})))`,
  );
