/** License pools and the writes of the allocator, which alone writes license facts of accounts and counters. */
import { type SQL, sql } from "drizzle-orm";
import type { TenantNo } from "../../domain/id.ts";
import type { LicenseEvent } from "../../domain/license-event.ts";
import type { PoolChange, UserChange } from "../../domain/license-round.ts";
import { EVENTS_PER_STATEMENT_MAX } from "../../domain/limits.ts";
import type { JsonObject } from "../../scim/json.ts";
import { tenantFence } from "../fence.ts";
import { guard, guardChangedOne } from "../guard.ts";
import type { TenantScope } from "../scope.ts";
import { followAccounts } from "../vaults/connector-changes.ts";

export type AllocationWrite = {
  /** As read; the batch fails with `moved_on` when another allocator or an administrator came between. */
  allocationVersion: number;
  userChanges: readonly UserChange[];
  poolChanges: readonly PoolChange[];
  grantedFrom: readonly number[];
  /** Accounts to which an administrator applied another default (A5). */
  defaults: { typeNo: number; users: readonly number[] } | undefined;
  events: readonly (LicenseEvent & { correlationId: string })[];
  /** Outbox rows whose work is done with this batch. */
  closed: readonly number[];
  /** Outbox rows of which a part is done, with what is left. */
  progressed: readonly { seq: number; payload: JsonObject }[];
};

/**
 * One round of the allocator, all or nothing. Besides the version, the counters are checked after the fact:
 * no pool that gave out a seat may end above its assignable seats (I2), whoever calls this.
 */
export function writeAllocation(scope: TenantScope, write: AllocationWrite): SQL[] {
  const { tenantNo } = scope;
  return [
    tenantFence(scope),
    sql`UPDATE tenants SET allocation_version = allocation_version + 1
      WHERE tenant_no = ${tenantNo} AND allocation_version = ${write.allocationVersion}`,
    guardChangedOne("moved_on"),
    ...updateUsers(tenantNo, write.userChanges),
    ...updateDefaults(tenantNo, write.defaults),
    ...updatePools(tenantNo, write.poolChanges),
    guard(
      "over_granted",
      sql`NOT EXISTS (SELECT 1 FROM json_each(${JSON.stringify(write.grantedFrom)}) AS granted
        JOIN license_types AS t ON t.tenant_no = ${tenantNo} AND t.license_type_no = granted.value
        WHERE t.assigned > t.purchased * t.assignable_percent / 100)`,
    ),
    ...chunks(write.events, EVENTS_PER_STATEMENT_MAX).flatMap((events) => insertEvents(scope, events)),
    ...followAccess(scope, write.userChanges),
    ...settleOutbox(tenantNo, write.closed, write.progressed),
  ];
}

/**
 * The list comes as a materialized table that carries the tenant, so that SQLite walks it and looks each account
 * up; from `json_each` itself it would walk the tenant's accounts, and the list for each of them.
 * An adoption that came after the reading stays pending: its own outbox row is still to be handled.
 */
function updateUsers(tenantNo: TenantNo, changes: readonly UserChange[]): SQL[] {
  if (changes.length === 0) return [];
  const rows = changes.map(({ userNo, before, after }) => [
    userNo,
    after.wanted,
    after.held,
    after.waitingSince,
    after.priority,
    Number(before.adoptionPending),
    Number(after.adoptionPending),
  ]);
  return [
    sql`WITH change(tenant_no, user_no, wanted, held, since, priority, pending_before, pending) AS MATERIALIZED (
        SELECT ${tenantNo}, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
        FROM json_each(${JSON.stringify(rows)}))
      UPDATE users SET wanted_type_no = change.wanted, held_type_no = change.held, waiting_since = change.since,
        waiting_priority = change.priority,
        adoption_pending = CASE WHEN adoption_pending = change.pending_before THEN change.pending ELSE adoption_pending END
      FROM change WHERE users.tenant_no = change.tenant_no AND users.user_no = change.user_no`,
  ];
}

const updateDefaults = (tenantNo: TenantNo, defaults: AllocationWrite["defaults"]): SQL[] =>
  defaults === undefined
    ? []
    : [
        sql`UPDATE users SET default_type_no = ${defaults.typeNo} WHERE tenant_no = ${tenantNo}
          AND user_no IN (SELECT value FROM json_each(${JSON.stringify(defaults.users)}))
          AND default_type_no IS NOT ${defaults.typeNo}`,
      ];

function updatePools(tenantNo: TenantNo, changes: readonly PoolChange[]): SQL[] {
  if (changes.length === 0) return [];
  const rows = changes.map(({ typeNo, assigned, waitingUnlicensed, waitingUpgrade }) => [
    typeNo,
    assigned,
    waitingUnlicensed,
    waitingUpgrade,
  ]);
  return [
    sql`WITH change(tenant_no, type_no, assigned, unlicensed, upgrade) AS MATERIALIZED (
        SELECT ${tenantNo}, value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(${JSON.stringify(rows)}))
      UPDATE license_types SET assigned = license_types.assigned + change.assigned,
        waiting_unlicensed = waiting_unlicensed + change.unlicensed, waiting_upgrade = waiting_upgrade + change.upgrade
      FROM change
      WHERE license_types.tenant_no = change.tenant_no AND license_types.license_type_no = change.type_no`,
  ];
}

function insertEvents(scope: TenantScope, events: AllocationWrite["events"]): SQL[] {
  const { tenantNo, now, cause } = scope;
  const rows = events.map(({ userNo, action, reason, correlationId, data }) => [
    userNo,
    action,
    reason,
    correlationId,
    JSON.stringify(data),
  ]);
  const json = JSON.stringify(rows);
  const last = sql`(SELECT COALESCE(MAX(seq), 0) FROM events WHERE tenant_no = ${tenantNo})`;
  return [
    sql`INSERT INTO events (tenant_no, seq, at, actor, action, subject_kind, subject_no, reason, correlation_id, data)
      SELECT ${tenantNo}, ${last} + 1 + e.key, ${now}, ${cause.actor}, e.value ->> 1, 'user', e.value ->> 0,
        e.value ->> 2, e.value ->> 3, e.value ->> 4 FROM json_each(${json}) AS e`,
    sql`INSERT INTO event_subjects (tenant_no, subject_kind, subject_no, seq)
      SELECT ${tenantNo}, 'user', e.value ->> 0, ${last} - ${events.length} + 1 + e.key FROM json_each(${json}) AS e`,
  ];
}

/** Access to a vault begins and ends with a license (I22), whichever type it is. */
function followAccess(scope: TenantScope, changes: readonly UserChange[]): SQL[] {
  const users = changes
    .filter(({ before, after }) => (before.held === null) !== (after.held === null))
    .map(({ userNo }) => userNo);
  return users.length === 0 ? [] : followAccounts(scope, sql`${JSON.stringify(users)}`);
}

function settleOutbox(
  tenantNo: TenantNo,
  closed: AllocationWrite["closed"],
  progressed: AllocationWrite["progressed"],
): SQL[] {
  const rows = progressed.map(({ seq, payload }) => [seq, JSON.stringify(payload)]);
  return [
    sql`DELETE FROM outbox WHERE tenant_no = ${tenantNo} AND kind = 'license'
      AND seq IN (SELECT value FROM json_each(${JSON.stringify(closed)}))`,
    ...(rows.length === 0
      ? []
      : [
          sql`WITH change(tenant_no, seq, payload) AS MATERIALIZED (
              SELECT ${tenantNo}, value ->> 0, value ->> 1 FROM json_each(${JSON.stringify(rows)}))
            UPDATE outbox SET payload = change.payload, attempts = 0 FROM change
            WHERE outbox.tenant_no = change.tenant_no AND outbox.kind = 'license' AND outbox.seq = change.seq`,
        ]),
  ];
}

const chunks = <T>(list: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  );
