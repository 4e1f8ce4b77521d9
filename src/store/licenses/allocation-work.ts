/**
 * What one round of the license allocator reads, as one batch: the pools, the open work, the facts of the
 * accounts it names and the heads of the queues, bounded by the seats that could move.
 */
import { type SQL, sql } from "drizzle-orm";
import type { TenantNo } from "../../domain/id.ts";
import type { LicensePool } from "../../domain/license.ts";
import {
  ALLOCATION_HEADS_MAX,
  ALLOCATION_ROUND_ROWS_MAX,
  ALLOCATION_ROUND_USERS_MAX,
  IDLE_ACCOUNTS_WALKED_MAX,
} from "../../domain/limits.ts";
import type { Row } from "../database.ts";
import { effectiveMembersPage, nestedGroups } from "../resources/effective-membership.ts";
import {
  type CandidateAccount,
  candidateAccount,
  type EntitledAccount,
  entitledAccount,
  licensePool,
  numberOrNull,
  selectCandidates,
  selectEntitled,
  selectLicenseTypes,
} from "./entitlements.ts";
import { type LicensePolicies, licensePolicies, selectLicensePolicies } from "./license-policies.ts";

/** An open outbox row of kind `license`; `at` and `action` are of its change. */
export type AllocationWork = {
  seq: number;
  payload: string;
  correlationId: string;
  at: number;
  action: string;
};

/** An account that open work names. */
export type NamedAccount = EntitledAccount & {
  /** Outbox row that named it first. */
  seq: number;
  /** Named by the walk of this round. */
  walked: boolean;
};

/** The walk of the round: a group's members, a configuration's accounts, or all accounts for idle ones. */
export type Walk = {
  seq: number;
  /** Type that the group or the configuration gives. */
  typeNo: number | null;
  /** At most so many accounts are concerned. */
  accountsMax: number;
  /** Where a walk of all accounts ends. */
  lastUserNo: number;
};

export type AllocationReading = {
  /** Undefined when the tenant is not on this shard. */
  tenant: { epoch: number; allocationVersion: number } | undefined;
  pools: (LicensePool & { waiting: number })[];
  policies: LicensePolicies;
  work: AllocationWork[];
  walk: Walk | undefined;
  named: NamedAccount[];
  candidates: CandidateAccount[];
  /** Accounts read at most per queue, and per type of those to be lowered to it. */
  candidatesMax: number;
};

export function readAllocation(tenantNo: TenantNo, now: number): SQL[] {
  const work = openWork(tenantNo, now);
  return [
    sql`SELECT epoch, allocation_version FROM tenants WHERE tenant_no = ${tenantNo} AND status = 'active'`,
    selectLicenseTypes(tenantNo),
    selectLicensePolicies(tenantNo),
    sql`SELECT o.seq, o.payload, o.correlation_id, COALESCE(e.at, o.available_at) AS at, e.action FROM outbox AS o
      LEFT JOIN events AS e ON e.tenant_no = o.tenant_no AND e.seq = o.seq
      WHERE o.tenant_no = ${tenantNo} AND o.kind = 'license' AND o.dead_at IS NULL
      ORDER BY o.seq LIMIT ${ALLOCATION_ROUND_ROWS_MAX}`,
    selectWalk(tenantNo),
    selectEntitled(tenantNo, work, sql`n.seq, n.walked`, sql`n.seq, n.user_no`),
    sql`WITH RECURSIVE ${work}, ${reach(tenantNo)}
      ${selectCandidates(tenantNo, sql`(SELECT seats FROM reach)`)}`,
  ];
}

const openRows = (tenantNo: TenantNo): SQL =>
  sql`open_rows(seq, payload) AS MATERIALIZED (
      SELECT seq, payload FROM outbox WHERE tenant_no = ${tenantNo} AND kind = 'license' AND dead_at IS NULL
      ORDER BY seq LIMIT ${ALLOCATION_ROUND_ROWS_MAX}
    ),
    walk(seq, group_no, configuration_no, after, idle_after) AS MATERIALIZED (
      SELECT seq, payload ->> 'group', payload ->> 'configuration', COALESCE(payload ->> 'after', 0),
        CASE WHEN payload ->> 'idle' IS NOT NULL THEN COALESCE(payload ->> 'after', 0) END
      FROM open_rows
      WHERE COALESCE(payload ->> 'group', payload ->> 'configuration', payload ->> 'idle') IS NOT NULL
      ORDER BY seq LIMIT 1
    ),
    ${nestedGroups(tenantNo, sql`(SELECT group_no FROM walk)`)}`;

/** `named(user_no, seq, walked)`: the users that open rows list, and a page of the first walk among them. */
const openWork = (tenantNo: TenantNo, now: number): SQL =>
  sql`${openRows(tenantNo)},
    listed(user_no, seq) AS MATERIALIZED (
      SELECT u.value, o.seq FROM open_rows AS o CROSS JOIN json_each(o.payload, '$.users') AS u
      ORDER BY o.seq, u.key LIMIT ${ALLOCATION_ROUND_USERS_MAX}
    ),
    walked(user_no) AS MATERIALIZED (
      SELECT user_no FROM (
        ${effectiveMembersPage(tenantNo, sql`(SELECT after FROM walk)`, ALLOCATION_ROUND_USERS_MAX)})
      UNION ALL SELECT user_no FROM (
        ${configurationPage(tenantNo, sql`(SELECT configuration_no FROM walk)`, sql`(SELECT after FROM walk)`, ALLOCATION_ROUND_USERS_MAX)})
      UNION ALL SELECT user_no FROM (${idlePage(tenantNo, now)})
    ),
    named(user_no, seq, walked) AS MATERIALIZED (
      SELECT user_no, MIN(seq), MAX(walked) FROM (
        SELECT user_no, seq, 0 AS walked FROM listed
        UNION ALL SELECT user_no, (SELECT seq FROM walk), 1 FROM walked
      ) GROUP BY user_no
    )`;

/** Accounts of a configuration in order of their SCIM ids, past `after`. */
export const configurationPage = (
  tenantNo: TenantNo,
  configurationNo: SQL,
  after: SQL | string,
  count: number,
): SQL =>
  sql`SELECT user_no FROM users INDEXED BY users_by_scim_id WHERE tenant_no = ${tenantNo}
    AND configuration_no = ${configurationNo} AND scim_id > ${after} ORDER BY scim_id LIMIT ${count}`;

/** Accounts that hold or await a license and have been idle longer than the subscription grants (A8). */
const idlePage = (tenantNo: TenantNo, now: number): SQL =>
  sql`SELECT user_no FROM users WHERE tenant_no = ${tenantNo} AND user_no > (SELECT idle_after FROM walk)
      AND user_no <= (SELECT idle_after FROM walk) + ${IDLE_ACCOUNTS_WALKED_MAX}
      AND (active = 0 OR admin_disabled = 1) AND (held_type_no IS NOT NULL OR waiting_since IS NOT NULL)
      AND idle_since <= (SELECT ${now} - idle_release_days * 86400000 FROM policies WHERE tenant_no = ${tenantNo})
    ORDER BY user_no LIMIT ${ALLOCATION_ROUND_USERS_MAX}`;

const selectWalk = (tenantNo: TenantNo): SQL =>
  sql`WITH RECURSIVE ${openRows(tenantNo)}
    SELECT w.seq,
      COALESCE((SELECT license_type_no FROM groups WHERE tenant_no = ${tenantNo} AND group_no = w.group_no),
        (SELECT payload ->> 'default' FROM open_rows WHERE seq = w.seq)) AS type_no,
      COALESCE((SELECT SUM(g.member_count) FROM nested_groups AS n CROSS JOIN groups AS g
          WHERE g.tenant_no = ${tenantNo} AND g.group_no = n.group_no),
        (SELECT user_count FROM configurations
          WHERE tenant_no = ${tenantNo} AND configuration_no = w.configuration_no), 0) AS accounts,
      (SELECT MAX(user_no) FROM users WHERE tenant_no = ${tenantNo}) AS last_user_no
    FROM walk AS w`;

/**
 * `reach(seats)`: how many seats could move in one round, those that are free now and one for each named
 * account that holds a license. Without any, no queue is read.
 */
const reach = (tenantNo: TenantNo): SQL =>
  sql`reach(seats) AS MATERIALIZED (
      SELECT MIN(${ALLOCATION_HEADS_MAX}, (
          SELECT COALESCE(SUM(MAX(0, purchased * assignable_percent / 100 - assigned)), 0)
          FROM license_types WHERE tenant_no = ${tenantNo}
        ) + (
          SELECT COUNT(*) FROM named AS n CROSS JOIN users AS u
          WHERE u.tenant_no = ${tenantNo} AND u.user_no = n.user_no AND u.held_type_no IS NOT NULL))
    )`;

export function parseAllocation(results: readonly Row[][]): AllocationReading {
  const [tenants = [], types = [], policies = [], work = [], walks = [], named = [], candidates = []] =
    results;
  const tenant = tenants[0];
  const walk = walks[0];
  return {
    tenant: tenant && {
      epoch: Number(tenant["epoch"]),
      allocationVersion: Number(tenant["allocation_version"]),
    },
    pools: types.map((row) => ({
      ...licensePool(row),
      waiting: Number(row["waiting_unlicensed"]) + Number(row["waiting_upgrade"]),
    })),
    policies: licensePolicies(policies[0]),
    work: work.map((row) => ({
      seq: Number(row["seq"]),
      payload: String(row["payload"]),
      correlationId: String(row["correlation_id"]),
      at: Number(row["at"]),
      action: String(row["action"]),
    })),
    walk: walk && {
      seq: Number(walk["seq"]),
      typeNo: numberOrNull(walk["type_no"]),
      accountsMax: Number(walk["accounts"]),
      lastUserNo: Number(walk["last_user_no"]),
    },
    named: named.map((row) => ({
      ...entitledAccount(row),
      seq: Number(row["seq"]),
      walked: row["walked"] === 1,
    })),
    candidates: candidates.map(candidateAccount),
    candidatesMax: Number(candidates[0]?.["seats"] ?? 0),
  };
}
