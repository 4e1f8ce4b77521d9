/** Vault users and the members of user groups, as administrators see and change them. Functions return statements. */
import { type SQL, sql } from "drizzle-orm";
import type { VaultUser, VaultUserState } from "../../domain/vault.ts";
import type { Row } from "../database.ts";
import { recordEvent } from "../events.ts";
import { guardChangedOne } from "../guard.ts";
import { enqueue } from "../outbox.ts";
import type { TenantScope } from "../scope.ts";
import { followVaultUser } from "./connector-changes.ts";
import { moveBuiltInCount, nameSubject } from "./settlement.ts";

export type VaultUserRecord = VaultUser & {
  userNo: number;
  userId: string;
  userName: string;
  /** Facts of the account that access depends on (I22). */
  account: { active: boolean; adminDisabled: boolean; holdsLicense: boolean };
  groups: { id: string; name: string }[];
};

export const vaultUserRecord = (row: Row): VaultUserRecord => ({
  userNo: Number(row["user_no"]),
  userId: String(row["scim_id"]),
  userName: String(row["user_name"]),
  state: String(row["state"]) as VaultUserState,
  disabledBy: row["disabled_by"] as VaultUser["disabledBy"],
  origin: row["origin"] as VaultUser["origin"],
  pinned: Number(row["pinned"]) === 1,
  account: {
    active: Number(row["active"]) === 1,
    adminDisabled: Number(row["admin_disabled"]) === 1,
    holdsLicense: row["held_type_no"] !== null,
  },
  groups: JSON.parse(String(row["groups"])) as { id: string; name: string }[],
});

/** Vault users with their account; `groups` are those they were put into, the built-in one goes without saying. */
const vaultUserColumns = ({ tenantNo }: TenantScope): SQL =>
  sql`SELECT p.vault_no, p.user_no, p.state, p.disabled_by, p.origin, p.pinned, u.scim_id, u.user_name, u.active,
      u.admin_disabled, u.held_type_no, (
        SELECT json_group_array(json_object('id', g.vault_group_id, 'name', g.name))
        FROM vault_groups AS g CROSS JOIN vault_members AS m
        WHERE g.tenant_no = ${tenantNo} AND g.vault_no = p.vault_no AND m.tenant_no = ${tenantNo}
          AND m.vault_group_no = g.vault_group_no AND m.user_no = p.user_no) AS groups
    FROM vault_users AS p JOIN users AS u ON u.tenant_no = ${tenantNo} AND u.user_no = p.user_no
    WHERE p.tenant_no = ${tenantNo}`;

/** A keyset page of one vault. Tombstones are listed: an administrator can bring such people back. */
export const selectVaultUsers = (scope: TenantScope, vaultNo: number, after: number, limit: number): SQL =>
  sql`${vaultUserColumns(scope)} AND p.vault_no = ${vaultNo} AND p.user_no > ${after} ORDER BY p.user_no LIMIT ${limit}`;

export const selectVaultUser = (scope: TenantScope, vaultNo: number, userNo: number | SQL): SQL =>
  sql`${vaultUserColumns(scope)} AND p.vault_no = ${vaultNo} AND p.user_no = ${userNo}`;

/** One account in every vault that knows it, with `vault_id` and `vault_name`. */
export const selectVaultsOfUser = (scope: TenantScope, userNo: number): SQL =>
  sql`SELECT q.*, v.vault_id, v.name AS vault_name FROM vaults AS v CROSS JOIN (${vaultUserColumns(scope)}) AS q
    WHERE v.tenant_no = ${scope.tenantNo} AND q.vault_no = v.vault_no AND q.user_no = ${userNo} ORDER BY v.vault_no`;

/** Number of the account with this id, whoever owns it. */
export const userNoOf = ({ tenantNo }: TenantScope, userId: string): SQL =>
  sql`(SELECT user_no FROM users WHERE tenant_no = ${tenantNo} AND scim_id = ${userId} AND configuration_no IN (
    SELECT configuration_no FROM configurations WHERE tenant_no = ${tenantNo} UNION ALL SELECT 0))`;

/** Numbers of the accounts with these ids: rows of user_no. */
export const selectUserNumbers = ({ tenantNo }: TenantScope, userIds: readonly string[]): SQL =>
  sql`SELECT DISTINCT u.user_no FROM json_each(${JSON.stringify(userIds)}) AS given CROSS JOIN users AS u
    WHERE u.tenant_no = ${tenantNo} AND u.scim_id = given.value AND u.configuration_no IN (
      SELECT configuration_no FROM configurations WHERE tenant_no = ${tenantNo} UNION ALL SELECT 0)`;

/** A keyset page of members: rows of user_no, scim_id, user_name, state. */
export function selectVaultGroupMembers(
  { tenantNo }: TenantScope,
  group: { vaultNo: number; vaultGroupNo: number; builtIn: boolean },
  after: number,
  limit: number,
): SQL {
  const { vaultNo, vaultGroupNo, builtIn } = group;
  const account = sql`JOIN users AS u ON u.tenant_no = ${tenantNo} AND u.user_no = p.user_no`;
  if (builtIn) {
    return sql`SELECT p.user_no, u.scim_id, u.user_name, p.state FROM vault_users AS p ${account}
      WHERE p.tenant_no = ${tenantNo} AND p.vault_no = ${vaultNo} AND p.state = 'enabled' AND p.user_no > ${after}
      ORDER BY p.user_no LIMIT ${limit}`;
  }
  return sql`SELECT p.user_no, u.scim_id, u.user_name, p.state FROM vault_members AS m
    JOIN vault_users AS p ON p.tenant_no = ${tenantNo} AND p.vault_no = ${vaultNo} AND p.user_no = m.user_no ${account}
    WHERE m.tenant_no = ${tenantNo} AND m.vault_group_no = ${vaultGroupNo} AND m.user_no > ${after}
    ORDER BY m.user_no LIMIT ${limit}`;
}

/**
 * Takes a vault user from the state that was read to another; raises `moved` if it is no longer in that state.
 * Deleting ends the memberships (R60). A restored person is looked at by every link of the vault.
 */
export function changeVaultUser(
  scope: TenantScope,
  vaultNo: number,
  before: VaultUser & { userNo: number },
  after: VaultUser,
): SQL[] {
  const { tenantNo, now } = scope;
  const { userNo } = before;
  const restored = before.state === "deleted";
  const enabledBy = Number(after.state === "enabled") - Number(before.state === "enabled");
  const action = restored
    ? ("vault_user.restored" as const)
    : (`vault_user.${after.state}` as "vault_user.enabled" | "vault_user.disabled" | "vault_user.deleted");
  return [
    sql`UPDATE vault_users SET state = ${after.state}, disabled_by = ${after.disabledBy},
        pinned = ${Number(after.pinned)}, updated_at = ${now} WHERE ${asRead(scope, vaultNo, before)}`,
    guardChangedOne("moved"),
    ...recordEvent(scope, {
      action,
      subjectKind: "user",
      subjectNo: userNo,
      reason: "by_admin",
      data: { vault: vaultNo, before: before.state },
    }),
    nameSubject(scope, "vault", vaultNo, sql`1`),
    ...followVaultUser(scope, vaultNo, userNo),
    ...(after.state === "deleted" ? leaveGroups(scope, vaultNo, userNo) : []),
    ...(enabledBy === 0 ? [] : [moveBuiltInCount(scope, vaultNo, sql`CAST(${enabledBy} AS INTEGER)`)]),
    ...(restored
      ? [
          enqueue(
            scope,
            "membership",
            { vault: vaultNo, users: [userNo] },
            sql`EXISTS (SELECT 1 FROM links WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo} AND state <> 'removed')`,
          ),
        ]
      : []),
  ];
}

const asRead = ({ tenantNo }: TenantScope, vaultNo: number, before: VaultUser & { userNo: number }): SQL =>
  sql`tenant_no = ${tenantNo} AND vault_no = ${vaultNo} AND user_no = ${before.userNo}
    AND state = ${before.state} AND disabled_by IS ${before.disabledBy} AND pinned = ${Number(before.pinned)}`;

/**
 * Pins or unpins a vault user; raises `moved` as `changeVaultUser` does. Whom only the pin kept enabled is looked at
 * once it is gone: no link covers such a person (R55).
 */
export function pinVaultUser(
  scope: TenantScope,
  vaultNo: number,
  before: VaultUser & { userNo: number },
  { pinned }: VaultUser,
): SQL[] {
  const { userNo, state, origin } = before;
  const look = { vault: vaultNo, users: [userNo], round: 1, confirmed: true };
  return [
    sql`UPDATE vault_users SET pinned = ${Number(pinned)}, updated_at = ${scope.now}
      WHERE ${asRead(scope, vaultNo, before)}`,
    guardChangedOne("moved"),
    ...recordEvent(scope, {
      action: pinned ? "vault_user.pinned" : "vault_user.unpinned",
      subjectKind: "user",
      subjectNo: userNo,
      reason: "by_admin",
      data: { vault: vaultNo },
    }),
    nameSubject(scope, "vault", vaultNo, sql`1`),
    ...(!pinned && state === "enabled" && origin === "sync" ? [enqueue(scope, "membership", look)] : []),
  ];
}

function leaveGroups({ tenantNo }: TenantScope, vaultNo: number, userNo: number): SQL[] {
  const groups = sql`tenant_no = ${tenantNo} AND vault_group_no IN (SELECT g.vault_group_no FROM vault_groups AS g
    WHERE g.tenant_no = ${tenantNo} AND g.vault_no = ${vaultNo})`;
  return [
    sql`UPDATE vault_groups SET member_count = member_count - 1 WHERE ${groups} AND EXISTS (
      SELECT 1 FROM vault_members AS m WHERE m.tenant_no = ${tenantNo}
        AND m.vault_group_no = vault_groups.vault_group_no AND m.user_no = ${userNo})`,
    sql`DELETE FROM vault_members WHERE ${groups} AND user_no = ${userNo}`,
  ];
}
