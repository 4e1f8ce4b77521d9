/**
 * Acts of administrators on licenses: purchases, types of groups, wishes for one account. They write no license
 * facts: each leaves an outbox row, and the allocator follows.
 */
import { type SQL, sql } from "drizzle-orm";
import { NO_LICENSE } from "../../domain/license.ts";
import { LICENSE_TYPES_MAX } from "../../domain/limits.ts";
import { recordEvent } from "../events.ts";
import { tenantFence } from "../fence.ts";
import { guard } from "../guard.ts";
import { enqueue } from "../outbox.ts";
import { liveGroupNo, liveUserNo } from "../resources/subject.ts";
import type { TenantScope } from "../scope.ts";

export type NewLicenseType = { code: string; name: string; rank: number };

/** Adds a type with an empty pool; raises `too_many`, violates a unique index when code or rank is taken. */
export function insertLicenseType(scope: TenantScope, { code, name, rank }: NewLicenseType): SQL[] {
  const { tenantNo } = scope;
  const types = sql`license_types WHERE tenant_no = ${tenantNo}`;
  return [
    tenantFence(scope),
    guard("too_many", sql`(SELECT COUNT(*) FROM ${types}) < ${LICENSE_TYPES_MAX}`),
    sql`INSERT INTO license_types (tenant_no, license_type_no, code, name, rank)
      SELECT ${tenantNo}, MAX(license_type_no) + 1, ${code}, ${name}, ${rank} FROM ${types}`,
    // A round under way does not know the type; it must not write after this.
    sql`UPDATE tenants SET allocation_version = allocation_version + 1 WHERE tenant_no = ${tenantNo}`,
    ...recordEvent(scope, {
      action: "license_type.created",
      subjectKind: "license_type",
      subjectNo: sql`(SELECT license_type_no FROM ${types} AND code = ${code})`,
      data: { code, name, rank },
    }),
  ];
}

/** Seats of a pool: how many are purchased, and how many per hundred of them may be given out (A23). */
export type PoolChange = { purchased?: number | undefined; assignablePercent?: number | undefined };

/** Sets a pool's seats (A25); raises `unknown_type`. The same figures again change nothing. */
export function setPool(scope: TenantScope, code: string, change: PoolChange): SQL[] {
  const { purchased, assignablePercent } = change;
  const type = sql`license_types WHERE tenant_no = ${scope.tenantNo} AND code = ${code}`;
  return [
    tenantFence(scope),
    guard("unknown_type", sql`EXISTS (SELECT 1 FROM ${type})`),
    ...setPoolFigure(scope, code, "purchased", "license.purchased", purchased),
    ...setPoolFigure(
      scope,
      code,
      "assignable_percent",
      "license.oversubscription_changed",
      assignablePercent,
    ),
  ];
}

function setPoolFigure(
  scope: TenantScope,
  code: string,
  name: "purchased" | "assignable_percent",
  action: "license.purchased" | "license.oversubscription_changed",
  value: number | undefined,
): SQL[] {
  if (value === undefined) return [];
  const { tenantNo } = scope;
  const column = sql.raw(name);
  const type = sql`license_types WHERE tenant_no = ${tenantNo} AND code = ${code}`;
  const changes = sql`EXISTS (SELECT 1 FROM ${type} AND ${column} <> ${value})`;
  return [
    ...recordEvent(
      scope,
      {
        action,
        subjectKind: "license_type",
        subjectNo: sql`(SELECT license_type_no FROM ${type})`,
        data: sql`json_object('type', ${code}, 'before', (SELECT ${column} FROM ${type}),
          'after', CAST(${value} AS INTEGER))`,
      },
      changes,
    ),
    enqueue(scope, "license", { serve: true }, changes),
    // A round under way read the old figures; it must not write after this (I2).
    sql`UPDATE tenants SET allocation_version = allocation_version + 1 WHERE tenant_no = ${tenantNo} AND ${changes}`,
    sql`UPDATE license_types SET ${column} = ${value}
      WHERE tenant_no = ${tenantNo} AND code = ${code} AND ${column} <> ${value}`,
  ];
}

/**
 * Sets or clears the license type of a source group (R38). Raises `not_found`, `unknown_type`, and
 * `below_default` when the type ranks below the default of the group's configuration (R39, I10).
 */
export function setGroupLicenseType(scope: TenantScope, groupId: string, code: string | null): SQL[] {
  const { tenantNo } = scope;
  const groupNo = liveGroupNo(scope, groupId);
  const typeNo = sql`(SELECT license_type_no FROM license_types WHERE tenant_no = ${tenantNo} AND code = ${code})`;
  const rankOf = (number: SQL): SQL =>
    sql`COALESCE((SELECT rank FROM license_types WHERE tenant_no = ${tenantNo} AND license_type_no = ${number}), 0)`;
  const current = sql`(SELECT license_type_no FROM groups WHERE tenant_no = ${tenantNo} AND group_no = ${groupNo})`;
  const defaultType = sql`(SELECT c.default_license_type_no FROM groups AS g JOIN configurations AS c
    ON c.tenant_no = g.tenant_no AND c.configuration_no = g.configuration_no
    WHERE g.tenant_no = ${tenantNo} AND g.group_no = ${groupNo})`;
  const codeOf = (number: SQL): SQL =>
    sql`(SELECT code FROM license_types WHERE tenant_no = ${tenantNo} AND license_type_no = ${number})`;
  const changes = sql`${current} IS NOT ${typeNo}`;
  return [
    tenantFence(scope),
    guard("not_found", sql`${groupNo} IS NOT NULL`),
    ...(code === null
      ? []
      : [
          guard("unknown_type", sql`${typeNo} IS NOT NULL`),
          guard("below_default", sql`${rankOf(typeNo)} >= ${rankOf(defaultType)}`),
        ]),
    ...recordEvent(
      scope,
      {
        action: "group.license_type_changed",
        subjectKind: "group",
        subjectNo: groupNo,
        data: sql`json_object('before', ${codeOf(current)}, 'after', ${code})`,
      },
      changes,
    ),
    enqueue(
      scope,
      "license",
      sql`json_object('group', ${groupNo}, 'after', 0,
        'lower', json(CASE WHEN ${rankOf(typeNo)} < ${rankOf(current)} THEN 'true' ELSE 'false' END))`,
      changes,
    ),
    sql`UPDATE groups SET license_type_no = ${typeNo} WHERE tenant_no = ${tenantNo} AND group_no = ${groupNo}`,
  ];
}

/** Sets the priority that a source group gives its members in queues (A4); raises `not_found`. */
export function setGroupPriority(scope: TenantScope, groupId: string, priority: number): SQL[] {
  const { tenantNo } = scope;
  const groupNo = liveGroupNo(scope, groupId);
  const current = sql`(SELECT waiting_priority FROM groups WHERE tenant_no = ${tenantNo} AND group_no = ${groupNo})`;
  const changes = sql`${current} <> ${priority}`;
  return [
    tenantFence(scope),
    guard("not_found", sql`${groupNo} IS NOT NULL`),
    ...recordEvent(
      scope,
      {
        action: "group.waiting_priority_changed",
        subjectKind: "group",
        subjectNo: groupNo,
        data: sql`json_object('before', ${current}, 'after', CAST(${priority} AS INTEGER))`,
      },
      changes,
    ),
    enqueue(scope, "license", sql`json_object('group', ${groupNo}, 'after', 0)`, changes),
    sql`UPDATE groups SET waiting_priority = ${priority} WHERE tenant_no = ${tenantNo} AND group_no = ${groupNo}`,
  ];
}

/** Takes the license of an account and its place in a queue, until an administrator chooses again. */
export function orderRelease(scope: TenantScope, userId: string): SQL[] {
  return setManualType(scope, userId, "license.release_ordered", sql`${NO_LICENSE}`, null);
}

/**
 * Sets an administrator's wish for one account, which counts beside configuration and groups (I9); `null`
 * leaves it to them. Raises `not_found`, `unknown_type`.
 */
export function chooseLicenseType(scope: TenantScope, userId: string, code: string | null): SQL[] {
  const { tenantNo } = scope;
  const typeNo = sql`(SELECT license_type_no FROM license_types WHERE tenant_no = ${tenantNo} AND code = ${code})`;
  return setManualType(scope, userId, "license.type_chosen", typeNo, code);
}

function setManualType(
  scope: TenantScope,
  userId: string,
  action: "license.release_ordered" | "license.type_chosen",
  typeNo: SQL,
  code: string | null,
): SQL[] {
  const { tenantNo } = scope;
  const userNo = liveUserNo(scope, userId);
  return [
    tenantFence(scope),
    guard("not_found", sql`${userNo} IS NOT NULL`),
    ...(code === null ? [] : [guard("unknown_type", sql`${typeNo} IS NOT NULL`)]),
    ...recordEvent(scope, { action, subjectKind: "user", subjectNo: userNo, data: { type: code } }),
    enqueue(scope, "license", sql`json_object('users', json_array(${userNo}))`),
    sql`UPDATE users SET manual_type_no = ${typeNo}, adoption_pending = 0
      WHERE tenant_no = ${tenantNo} AND user_no = ${userNo}`,
  ];
}
