/**
 * What one round of the license allocator reads, as one batch: the pools, the open work, the facts of the
 * accounts it names and the heads of the queues, bounded by the seats that could move.
 */
import { type SQL, sql } from "drizzle-orm";
import type { TenantNo } from "../domain/id.ts";
import type { LicenseFacts, LicensePool } from "../domain/license.ts";
import { assignableSeats } from "../domain/license.ts";
import {
  ALLOCATION_HEADS_MAX,
  ALLOCATION_ROUND_ROWS_MAX,
  ALLOCATION_ROUND_USERS_MAX,
} from "../domain/limits.ts";
import type { Row } from "./database.ts";
import { effectiveGroups, effectiveMembersPage, nestedGroups } from "./effective-membership.ts";

/** An open outbox row of kind `license`; `at` is when its change happened. */
export type AllocationWork = { seq: number; payload: string; correlationId: string; at: number };

/** An account that open work names. */
export type NamedAccount = {
  userNo: number;
  facts: LicenseFacts;
  /** Outbox row that named it first. */
  seq: number;
  /** Named as a member of the group that the round walks. */
  walked: boolean;
  deprovisioned: boolean;
  manualTypeNo: number | null;
  defaultTypeNo: number | null;
  groupTypeNos: number[];
};

export type CandidateAccount = { userNo: number; facts: LicenseFacts };

export type AllocationReading = {
  /** Undefined when the tenant is not on this shard. */
  tenant: { epoch: number; allocationVersion: number } | undefined;
  pools: LicensePool[];
  work: AllocationWork[];
  named: NamedAccount[];
  candidates: CandidateAccount[];
  /** Accounts read at most per queue, and of pending adoptions. */
  candidatesMax: number;
};

export function readAllocation(tenantNo: TenantNo): SQL[] {
  return [
    sql`SELECT epoch, allocation_version FROM tenants WHERE tenant_no = ${tenantNo} AND status = 'active'`,
    selectLicenseTypes(tenantNo),
    sql`SELECT o.seq, o.payload, o.correlation_id, COALESCE(e.at, o.available_at) AS at FROM outbox AS o
      LEFT JOIN events AS e ON e.tenant_no = o.tenant_no AND e.seq = o.seq
      WHERE o.tenant_no = ${tenantNo} AND o.kind = 'license' AND o.dead_at IS NULL
      ORDER BY o.seq LIMIT ${ALLOCATION_ROUND_ROWS_MAX}`,
    selectNamed(tenantNo),
    selectCandidates(tenantNo),
  ];
}

export const selectLicenseTypes = (tenantNo: TenantNo): SQL =>
  sql`SELECT * FROM license_types WHERE tenant_no = ${tenantNo} ORDER BY rank DESC`;

/** `named(user_no, seq, walked)`: the users that open rows list, and a page of the first group to be walked. */
const named = (tenantNo: TenantNo): SQL =>
  sql`open_rows(seq, payload) AS MATERIALIZED (
      SELECT seq, payload FROM outbox WHERE tenant_no = ${tenantNo} AND kind = 'license' AND dead_at IS NULL
      ORDER BY seq LIMIT ${ALLOCATION_ROUND_ROWS_MAX}
    ),
    listed(user_no, seq) AS MATERIALIZED (
      SELECT u.value, o.seq FROM open_rows AS o CROSS JOIN json_each(o.payload, '$.users') AS u
      ORDER BY o.seq, u.key LIMIT ${ALLOCATION_ROUND_USERS_MAX}
    ),
    walk(seq, group_no, after_no) AS MATERIALIZED (
      SELECT seq, payload ->> 'group', COALESCE(payload ->> 'after', 0) FROM open_rows
      WHERE payload ->> 'group' IS NOT NULL ORDER BY seq LIMIT 1
    ),
    ${nestedGroups(tenantNo, sql`(SELECT group_no FROM walk)`)},
    walked(user_no) AS MATERIALIZED (
      ${effectiveMembersPage(tenantNo, sql`(SELECT after_no FROM walk)`, ALLOCATION_ROUND_USERS_MAX)}
    ),
    named(user_no, seq, walked) AS MATERIALIZED (
      SELECT user_no, MIN(seq), MAX(walked) FROM (
        SELECT user_no, seq, 0 AS walked FROM listed
        UNION ALL SELECT user_no, (SELECT seq FROM walk), 1 FROM walked
      ) GROUP BY user_no
    )`;

/**
 * Tenants without any licensed group never walk memberships. `INDEXED BY`: left to itself SQLite takes the
 * primary key instead of the partial index and reads every row of the tenant.
 */
const selectNamed = (tenantNo: TenantNo): SQL => {
  const users = sql`(SELECT CASE WHEN EXISTS (
      SELECT 1 FROM groups INDEXED BY groups_licensed WHERE tenant_no = ${tenantNo} AND license_type_no IS NOT NULL
    ) THEN (SELECT json_group_array(user_no) FROM named) ELSE '[]' END)`;
  return sql`WITH RECURSIVE ${named(tenantNo)}, ${effectiveGroups(tenantNo, users)},
    group_types(user_no, types) AS MATERIALIZED (
      SELECT e.user_no, json_group_array(DISTINCT g.license_type_no)
      FROM effective_groups AS e CROSS JOIN groups AS g
      WHERE g.tenant_no = ${tenantNo} AND g.group_no = e.group_no AND g.license_type_no IS NOT NULL
      GROUP BY e.user_no
    )
    SELECT n.seq, n.walked, ${facts}, u.manual_type_no, u.deprovisioned_at, c.default_license_type_no, t.types
    FROM named AS n CROSS JOIN users AS u
    LEFT JOIN configurations AS c ON c.tenant_no = u.tenant_no
      AND c.configuration_no = u.configuration_no AND c.state = 'active'
    LEFT JOIN group_types AS t ON t.user_no = n.user_no
    WHERE u.tenant_no = ${tenantNo} AND u.user_no = n.user_no
    ORDER BY n.seq, n.user_no`;
};

const facts = sql.raw(
  "u.user_no, u.held_type_no, u.wanted_type_no, u.waiting_since, u.waiting_priority, u.adoption_pending",
);

/**
 * Heads of each queue and pending adoptions. `reach` bounds the seats that could move in one round: those that
 * are free now, and one for each named account that holds a license. Without any, no queue is read.
 */
const selectCandidates = (tenantNo: TenantNo): SQL =>
  sql`WITH RECURSIVE ${named(tenantNo)},
    pools(type_no, rank, free) AS MATERIALIZED (
      SELECT license_type_no, rank, MAX(0, purchased * assignable_percent / 100 - assigned)
      FROM license_types WHERE tenant_no = ${tenantNo}
    ),
    reach(seats) AS MATERIALIZED (
      SELECT MIN(${ALLOCATION_HEADS_MAX}, (SELECT COALESCE(SUM(free), 0) FROM pools) + (
        SELECT COUNT(*) FROM named AS n CROSS JOIN users AS u
        WHERE u.tenant_no = ${tenantNo} AND u.user_no = n.user_no AND u.held_type_no IS NOT NULL))
    )
    SELECT ${facts}, (SELECT seats FROM reach) AS seats FROM pools AS p CROSS JOIN users AS u
    WHERE u.tenant_no = ${tenantNo} AND u.user_no IN (
      SELECT w.user_no FROM users AS w
      WHERE w.tenant_no = ${tenantNo} AND w.wanted_type_no = p.type_no AND w.waiting_since IS NOT NULL
      ORDER BY w.waiting_priority, w.waiting_since, w.user_no LIMIT (SELECT seats FROM reach))
    UNION ALL
    SELECT * FROM (
      SELECT ${facts}, (SELECT seats FROM reach) AS seats FROM users AS u INDEXED BY users_adoption_pending
      WHERE u.tenant_no = ${tenantNo} AND u.adoption_pending = 1
      ORDER BY u.user_no LIMIT (SELECT seats FROM reach))`;

export function parseAllocation(results: readonly Row[][]): AllocationReading {
  const [tenants = [], types = [], work = [], namedRows = [], candidateRows = []] = results;
  const tenant = tenants[0];
  return {
    tenant: tenant && {
      epoch: Number(tenant["epoch"]),
      allocationVersion: Number(tenant["allocation_version"]),
    },
    pools: types.map(licensePool),
    work: work.map((row) => ({
      seq: Number(row["seq"]),
      payload: String(row["payload"]),
      correlationId: String(row["correlation_id"]),
      at: Number(row["at"]),
    })),
    named: namedRows.map(namedAccount),
    candidates: candidateRows.map(candidateAccount),
    candidatesMax: Number(candidateRows[0]?.["seats"] ?? 0),
  };
}

export const licensePool = (row: Row): LicensePool => ({
  typeNo: Number(row["license_type_no"]),
  code: String(row["code"]),
  rank: Number(row["rank"]),
  assignable: assignableSeats(Number(row["purchased"]), Number(row["assignable_percent"])),
  assigned: Number(row["assigned"]),
});

const candidateAccount = (row: Row): CandidateAccount => ({
  userNo: Number(row["user_no"]),
  facts: licenseFacts(row),
});

const namedAccount = (row: Row): NamedAccount => ({
  ...candidateAccount(row),
  seq: Number(row["seq"]),
  walked: row["walked"] === 1,
  deprovisioned: row["deprovisioned_at"] !== null,
  manualTypeNo: numberOrNull(row["manual_type_no"]),
  defaultTypeNo: numberOrNull(row["default_license_type_no"]),
  groupTypeNos: row["types"] == null ? [] : (JSON.parse(String(row["types"])) as number[]),
});

export const licenseFacts = (row: Row): LicenseFacts => ({
  held: numberOrNull(row["held_type_no"]),
  wanted: numberOrNull(row["wanted_type_no"]),
  waitingSince: numberOrNull(row["waiting_since"]),
  priority: Number(row["waiting_priority"]),
  adoptionPending: row["adoption_pending"] === 1,
});

const numberOrNull = (value: string | number | null | undefined): number | null =>
  typeof value === "number" ? value : null;
