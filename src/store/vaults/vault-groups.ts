/** What administrators do to user groups of a vault and their members, where no link does it. Functions return statements. */
import { type SQL, sql } from "drizzle-orm";
import { fold } from "../../scim/fold.ts";
import { recordEvent } from "../events.ts";
import { guard, guardChangedOne } from "../guard.ts";
import type { TenantScope } from "../scope.ts";
import { followVaultMember } from "./connector-changes.ts";
import { moveBuiltInCount, nameSubject } from "./settlement.ts";
import { userNoOf } from "./vault-users.ts";
import type { VaultGroupRecord } from "./vaults.ts";

/** Raises `linked`: the members and the name of such a group belong to its source (R34). */
const guardFree = ({ tenantNo }: TenantScope, vaultGroupNo: number): SQL =>
  guard(
    "linked",
    sql`NOT EXISTS (SELECT 1 FROM links WHERE tenant_no = ${tenantNo} AND vault_group_no = ${vaultGroupNo} AND state <> 'removed')
      AND NOT EXISTS (SELECT 1 FROM import_groups WHERE tenant_no = ${tenantNo} AND vault_group_no = ${vaultGroupNo})`,
  );

/** Raises `connected`: the vault's own service knows the group by the name it has. */
const guardKeptHere = ({ tenantNo }: TenantScope, vaultNo: number): SQL =>
  guard(
    "connected",
    sql`EXISTS (SELECT 1 FROM vaults WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo} AND connector = 'internal')`,
  );

/**
 * Who a linked group belongs to: a row of group_name, configuration_name; none when it is free. Of a group that the
 * vault's own synchronization fills, configuration_name is NULL.
 */
export const selectOwner = ({ tenantNo }: TenantScope, vaultGroupNo: number): SQL =>
  sql`SELECT g.display_name AS group_name, c.name AS configuration_name FROM (
      SELECT group_no FROM links
      WHERE tenant_no = ${tenantNo} AND vault_group_no = ${vaultGroupNo} AND state <> 'removed'
      UNION SELECT group_no FROM import_groups
      WHERE tenant_no = ${tenantNo} AND vault_group_no = ${vaultGroupNo}) AS source
    JOIN groups AS g ON g.tenant_no = ${tenantNo} AND g.group_no = source.group_no
    LEFT JOIN configurations AS c ON c.tenant_no = ${tenantNo} AND c.configuration_no = g.configuration_no`;

/** Raises `linked`, `connected`, or `moved` when the group is gone; a taken name violates `vault_groups_by_name`. */
export function renameVaultGroup(scope: TenantScope, group: VaultGroupRecord, name: string): SQL[] {
  const { tenantNo } = scope;
  const { vaultGroupNo, vaultNo } = group;
  return [
    guardFree(scope, vaultGroupNo),
    guardKeptHere(scope, vaultNo),
    sql`UPDATE vault_groups SET name = ${name}, name_folded = ${fold(name)}
      WHERE tenant_no = ${tenantNo} AND vault_group_no = ${vaultGroupNo} AND built_in = 0`,
    guardChangedOne("moved"),
    ...recordEvent(scope, {
      action: "vault_group.renamed",
      subjectKind: "vault_group",
      subjectNo: vaultGroupNo,
      data: { before: group.name, after: name },
    }),
    nameSubject(scope, "vault", vaultNo, sql`1`),
  ];
}

/** Raises `linked`, `connected`, or `moved` when the group is gone already. Vault users stay as they are. */
export function deleteVaultGroup(scope: TenantScope, group: VaultGroupRecord): SQL[] {
  const { tenantNo } = scope;
  const { vaultGroupNo, vaultNo, name, vaultGroupId } = group;
  const itself = sql`tenant_no = ${tenantNo} AND vault_group_no = ${vaultGroupNo}`;
  return [
    guardFree(scope, vaultGroupNo),
    guardKeptHere(scope, vaultNo),
    ...recordEvent(scope, {
      action: "vault_group.deleted",
      subjectKind: "vault_group",
      subjectNo: vaultGroupNo,
      data: sql`(SELECT json_object('name', ${name}, 'vaultGroupId', ${vaultGroupId}, 'vault', CAST(${vaultNo} AS INTEGER),
        'members', (SELECT member_count FROM vault_groups WHERE ${itself})))`,
    }),
    nameSubject(scope, "vault", vaultNo, sql`1`),
    sql`DELETE FROM vault_members WHERE ${itself}`,
    sql`DELETE FROM vault_groups WHERE ${itself} AND built_in = 0`,
    guardChangedOne("moved"),
  ];
}

/**
 * Puts an account into the group, and into the vault if it is not there: as a `manual` vault user. Raises `linked`,
 * `no_user`, `no_group` and, for a tombstone, `deleted`.
 */
export function addVaultMember(scope: TenantScope, group: VaultGroupRecord, userId: string): SQL[] {
  const { tenantNo, now } = scope;
  const { vaultGroupNo, vaultNo } = group;
  const userNo = userNoOf(scope, userId);
  const inVault = sql`tenant_no = ${tenantNo} AND vault_no = ${vaultNo} AND user_no = ${userNo}`;
  const absent = sql`NOT EXISTS (SELECT 1 FROM vault_users WHERE ${inVault})`;
  const outside = sql`NOT EXISTS (SELECT 1 FROM vault_members
    WHERE tenant_no = ${tenantNo} AND vault_group_no = ${vaultGroupNo} AND user_no = ${userNo})`;
  const live = sql`EXISTS (SELECT 1 FROM users WHERE tenant_no = ${tenantNo} AND user_no = ${userNo} AND deprovisioned_at IS NULL)`;
  return [
    guardFree(scope, vaultGroupNo),
    guardExists(scope, vaultGroupNo),
    guard("no_user", live),
    guard("deleted", sql`NOT EXISTS (SELECT 1 FROM vault_users WHERE ${inVault} AND state = 'deleted')`),
    ...recordEvent(
      scope,
      {
        action: "vault_user.created",
        subjectKind: "vault",
        subjectNo: vaultNo,
        reason: "by_admin",
        data: sql`json_object('users', json_array(${userNo}))`,
      },
      absent,
    ),
    nameSubject(scope, "user", userNo, absent),
    moveBuiltInCount(scope, vaultNo, sql`(${absent})`),
    sql`INSERT INTO vault_users (tenant_no, vault_no, user_no, state, origin, created_at, updated_at)
      SELECT ${tenantNo}, ${vaultNo}, ${userNo}, 'enabled', 'manual', ${now}, ${now} WHERE ${absent}`,
    ...tellMember(scope, group, userNo, "added", outside),
    sql`UPDATE vault_groups SET member_count = member_count + 1
      WHERE tenant_no = ${tenantNo} AND vault_group_no = ${vaultGroupNo} AND ${outside}`,
    sql`INSERT INTO vault_members (tenant_no, vault_group_no, user_no)
      SELECT ${tenantNo}, ${vaultGroupNo}, ${userNo} WHERE ${outside}`,
    ...followVaultMember(scope, vaultNo, vaultGroupNo, userNo),
  ];
}

/** Raises `linked`, or `no_member`. The vault user stays as it is. */
export function removeVaultMember(scope: TenantScope, group: VaultGroupRecord, userId: string): SQL[] {
  const { tenantNo } = scope;
  const { vaultGroupNo, vaultNo } = group;
  const userNo = userNoOf(scope, userId);
  return [
    guardFree(scope, vaultGroupNo),
    sql`DELETE FROM vault_members WHERE tenant_no = ${tenantNo} AND vault_group_no = ${vaultGroupNo} AND user_no = ${userNo}`,
    guardChangedOne("no_member"),
    sql`UPDATE vault_groups SET member_count = member_count - 1 WHERE tenant_no = ${tenantNo} AND vault_group_no = ${vaultGroupNo}`,
    ...tellMember(scope, group, userNo, "removed", sql`1`),
    ...followVaultMember(scope, vaultNo, vaultGroupNo, userNo),
  ];
}

const guardExists = ({ tenantNo }: TenantScope, vaultGroupNo: number): SQL =>
  guard(
    "no_group",
    sql`EXISTS (SELECT 1 FROM vault_groups WHERE tenant_no = ${tenantNo} AND vault_group_no = ${vaultGroupNo})`,
  );

function tellMember(
  scope: TenantScope,
  { vaultGroupNo, vaultNo }: VaultGroupRecord,
  userNo: SQL,
  reason: "added" | "removed",
  when: SQL,
): SQL[] {
  return [
    ...recordEvent(
      scope,
      {
        action: "vault_group.members_changed",
        subjectKind: "vault_group",
        subjectNo: vaultGroupNo,
        reason,
        data: sql`json_object('users', json_array(${userNo}), 'by', 'admin')`,
      },
      when,
    ),
    nameSubject(scope, "user", userNo, when),
    nameSubject(scope, "vault", vaultNo, when),
  ];
}
