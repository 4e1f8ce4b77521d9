/**
 * Pools, accounts with what they hold and what entitles them, and the heads of queues: as the license allocator
 * reads them, and previews of what it would do.
 */
import { type SQL, sql } from "drizzle-orm";
import type { TenantNo } from "../../domain/id.ts";
import type { GroupGrant, LicenseFacts, LicensePool } from "../../domain/license.ts";
import { assignableSeats } from "../../domain/license.ts";
import type { Row } from "../database.ts";
import { effectiveGroups } from "../resources/effective-membership.ts";

/** An account with everything that decides on its license. */
export type EntitledAccount = {
  userNo: number;
  scimId: string;
  facts: LicenseFacts;
  deprovisioned: boolean;
  manualTypeNo: number | null;
  /** Default of the owning configuration when it first provisioned the account (A5). */
  defaultTypeNo: number | null;
  groups: GroupGrant[];
  idleSince: number | null;
};

export type CandidateAccount = { userNo: number; facts: LicenseFacts };

export const selectLicenseTypes = (tenantNo: TenantNo): SQL =>
  sql`SELECT * FROM license_types WHERE tenant_no = ${tenantNo} ORDER BY rank DESC`;

const facts = sql.raw(
  "u.user_no, u.held_type_no, u.wanted_type_no, u.waiting_since, u.waiting_priority, u.adoption_pending",
);

/**
 * The accounts of `named(user_no, …)`, which `tables` defines. Tenants without any licensed group never walk
 * memberships. `INDEXED BY`: left to itself SQLite takes the primary key instead of the partial index and
 * reads every row of the tenant.
 */
export function selectEntitled(tenantNo: TenantNo, tables: SQL, columns: SQL, order: SQL): SQL {
  const users = sql`(SELECT CASE WHEN EXISTS (
      SELECT 1 FROM groups INDEXED BY groups_licensed WHERE tenant_no = ${tenantNo} AND license_type_no IS NOT NULL
    ) THEN (SELECT json_group_array(user_no) FROM named) ELSE '[]' END)`;
  return sql`WITH RECURSIVE ${tables}, ${effectiveGroups(tenantNo, users)},
    grants(user_no, list) AS MATERIALIZED (
      SELECT e.user_no, json_group_array(json_array(g.group_no, g.license_type_no, g.waiting_priority))
      FROM effective_groups AS e CROSS JOIN groups AS g
      WHERE g.tenant_no = ${tenantNo} AND g.group_no = e.group_no AND g.license_type_no IS NOT NULL
      GROUP BY e.user_no
    )
    SELECT ${columns}, ${facts}, u.scim_id, u.manual_type_no, u.deprovisioned_at, u.idle_since, t.list AS grants,
      CASE WHEN c.configuration_no IS NOT NULL THEN COALESCE(u.default_type_no, c.default_license_type_no) END AS default_no
    FROM named AS n CROSS JOIN users AS u
    LEFT JOIN configurations AS c ON c.tenant_no = u.tenant_no
      AND c.configuration_no = u.configuration_no AND c.state = 'active'
    LEFT JOIN grants AS t ON t.user_no = n.user_no
    WHERE u.tenant_no = ${tenantNo} AND u.user_no = n.user_no
    ORDER BY ${order}`;
}

/** Heads of each queue, and per type those who are to be lowered to it: at most `seats` of each. */
export const selectCandidates = (tenantNo: TenantNo, seats: SQL): SQL =>
  sql`SELECT ${facts}, ${seats} AS seats FROM license_types AS p CROSS JOIN users AS u
    WHERE p.tenant_no = ${tenantNo} AND u.tenant_no = ${tenantNo} AND u.user_no IN (
      SELECT w.user_no FROM users AS w
      WHERE w.tenant_no = ${tenantNo} AND w.wanted_type_no = p.license_type_no AND w.waiting_since IS NOT NULL
      ORDER BY w.waiting_priority, w.waiting_since, w.user_no LIMIT ${seats})
    UNION ALL
    SELECT ${facts}, ${seats} AS seats FROM license_types AS p CROSS JOIN users AS u
    WHERE p.tenant_no = ${tenantNo} AND u.tenant_no = ${tenantNo} AND u.user_no IN (
      SELECT a.user_no FROM users AS a INDEXED BY users_adoption_pending
      WHERE a.tenant_no = ${tenantNo} AND a.adoption_pending = 1 AND a.wanted_type_no = p.license_type_no
        AND a.waiting_since IS NULL
      ORDER BY a.user_no LIMIT ${seats})`;

export const licensePool = (row: Row): LicensePool => ({
  typeNo: Number(row["license_type_no"]),
  code: String(row["code"]),
  rank: Number(row["rank"]),
  assignable: assignableSeats(Number(row["purchased"]), Number(row["assignable_percent"])),
  assigned: Number(row["assigned"]),
});

export const candidateAccount = (row: Row): CandidateAccount => ({
  userNo: Number(row["user_no"]),
  facts: licenseFacts(row),
});

export const entitledAccount = (row: Row): EntitledAccount => ({
  ...candidateAccount(row),
  scimId: String(row["scim_id"]),
  deprovisioned: row["deprovisioned_at"] !== null,
  manualTypeNo: numberOrNull(row["manual_type_no"]),
  defaultTypeNo: numberOrNull(row["default_no"]),
  groups:
    row["grants"] == null
      ? []
      : (JSON.parse(String(row["grants"])) as [number, number, number][]).map(
          ([groupNo, typeNo, priority]) => ({ groupNo, typeNo, priority }),
        ),
  idleSince: numberOrNull(row["idle_since"]),
});

export const licenseFacts = (row: Row): LicenseFacts => ({
  held: numberOrNull(row["held_type_no"]),
  wanted: numberOrNull(row["wanted_type_no"]),
  waitingSince: numberOrNull(row["waiting_since"]),
  priority: Number(row["waiting_priority"]),
  adoptionPending: row["adoption_pending"] === 1,
});

export const numberOrNull = (value: string | number | null | undefined): number | null =>
  typeof value === "number" ? value : null;
