/** Vaults and their user groups. Functions return statements. */
import { type SQL, sql } from "drizzle-orm";
import type { ConnectorHealth, ConnectorSettings, ConnectorType } from "../../domain/connector.ts";
import { BUILT_IN_GROUP_NAME } from "../../domain/vault.ts";
import { fold } from "../../scim/fold.ts";
import type { Row } from "../database.ts";
import { lastSeq, recordEvent } from "../events.ts";
import type { TenantScope } from "../scope.ts";
import { followVaultGroup } from "./connector-changes.ts";

export type VaultRecord = {
  vaultNo: number;
  vaultId: string;
  name: string;
  connector: ConnectorType;
  /** Of a vault with a service of its own. */
  connection: { settings: ConnectorSettings; health: ConnectorHealth } | null;
  enabledUsers: number;
  createdAt: number;
};

export type VaultGroupRecord = {
  vaultGroupNo: number;
  vaultGroupId: string;
  vaultNo: number;
  name: string;
  builtIn: boolean;
  memberCount: number;
  createdAt: number;
};

export const vaultRecord = (row: Row): VaultRecord => ({
  vaultNo: Number(row["vault_no"]),
  vaultId: String(row["vault_id"]),
  name: String(row["name"]),
  connector: row["connector"] as ConnectorType,
  connection: row["connector_settings"] === null ? null : connectionOf(String(row["connector_settings"])),
  enabledUsers: Number(row["enabled_users"]),
  createdAt: Number(row["created_at"]),
});

function connectionOf(json: string): VaultRecord["connection"] {
  const { health = {}, ...settings } = JSON.parse(json) as ConnectorSettings & { health?: ConnectorHealth };
  return { settings, health };
}

export const vaultGroupRecord = (row: Row): VaultGroupRecord => ({
  vaultGroupNo: Number(row["vault_group_no"]),
  vaultGroupId: String(row["vault_group_id"]),
  vaultNo: Number(row["vault_no"]),
  name: String(row["name"]),
  builtIn: Number(row["built_in"]) === 1,
  memberCount: Number(row["member_count"]),
  createdAt: Number(row["created_at"]),
});

const vaultColumns = ({ tenantNo }: TenantScope): SQL =>
  sql`SELECT v.vault_no, v.vault_id, v.name, v.created_at, v.connector, v.connector_settings, (SELECT g.member_count FROM vault_groups AS g
      WHERE g.tenant_no = ${tenantNo} AND g.vault_no = v.vault_no
        AND g.name_folded = ${fold(BUILT_IN_GROUP_NAME)}) AS enabled_users
    FROM vaults AS v WHERE v.tenant_no = ${tenantNo}`;

export const selectVault = (scope: TenantScope, vaultId: string): SQL =>
  sql`${vaultColumns(scope)} AND v.vault_id = ${vaultId}`;

/** A keyset page in order of creation. */
export const selectVaults = (scope: TenantScope, after: number, limit: number): SQL =>
  sql`${vaultColumns(scope)} AND v.vault_no > ${after} ORDER BY v.vault_no LIMIT ${limit}`;

export const vaultNoOf = ({ tenantNo }: TenantScope, vaultId: string): SQL =>
  sql`(SELECT vault_no FROM vaults WHERE tenant_no = ${tenantNo} AND vault_id = ${vaultId})`;

export const vaultGroupNoOf = ({ tenantNo }: TenantScope, vaultGroupId: string): SQL =>
  sql`(SELECT vault_group_no FROM vault_groups WHERE tenant_no = ${tenantNo} AND vault_group_id = ${vaultGroupId})`;

export type NewConnector = { settings: ConnectorSettings; sealed: string };

/** A vault with its built-in group. A taken name violates `vaults_by_name`. */
export function insertVault(
  scope: TenantScope,
  vault: { vaultId: string; name: string; builtInGroupId: string; connector: NewConnector | undefined },
): SQL[] {
  const { tenantNo, now } = scope;
  const { vaultId, name, builtInGroupId, connector } = vault;
  const type: ConnectorType = connector === undefined ? "internal" : "scim";
  const settings = connector === undefined ? null : JSON.stringify(connector.settings);
  const vaultNo = vaultNoOf(scope, vaultId);
  return [
    sql`INSERT INTO vaults (tenant_no, vault_no, vault_id, name, name_folded, connector, connector_settings,
        connector_secret, created_at)
      SELECT ${tenantNo}, COALESCE(MAX(vault_no), 0) + 1, ${vaultId}, ${name}, ${fold(name)}, ${type}, ${settings},
        ${connector?.sealed ?? null}, ${now} FROM vaults WHERE tenant_no = ${tenantNo}`,
    insertGroupRow(scope, vaultNo, {
      vaultGroupId: builtInGroupId,
      name: BUILT_IN_GROUP_NAME,
      builtIn: true,
    }),
    ...recordEvent(scope, {
      action: "vault.created",
      subjectKind: "vault",
      subjectNo: vaultNo,
      data: { name, vaultId, connector: type },
    }),
  ];
}

/** A user group of the vault. A taken name violates `vault_groups_by_name`. */
export function insertVaultGroup(
  scope: TenantScope,
  vaultNo: number,
  group: { vaultGroupId: string; name: string },
): SQL[] {
  const { vaultGroupId, name } = group;
  return [
    insertGroupRow(scope, sql`${vaultNo}`, { ...group, builtIn: false }),
    ...recordEvent(scope, {
      action: "vault_group.created",
      subjectKind: "vault_group",
      subjectNo: vaultGroupNoOf(scope, vaultGroupId),
      data: { name, vaultGroupId, vault: vaultNo },
    }),
    sql`INSERT INTO event_subjects (tenant_no, subject_kind, subject_no, seq)
      VALUES (${scope.tenantNo}, 'vault', ${vaultNo}, ${lastSeq(scope)})`,
    ...followVaultGroup(scope, vaultNo, vaultGroupNoOf(scope, vaultGroupId)),
  ];
}

function insertGroupRow(
  { tenantNo, now }: TenantScope,
  vaultNo: SQL,
  { vaultGroupId, name, builtIn }: { vaultGroupId: string; name: string; builtIn: boolean },
): SQL {
  // Groups can be deleted, and numbers must not come back: every group that ever was has an event.
  const everUsed = sql`COALESCE((SELECT MAX(subject_no) FROM event_subjects
    WHERE tenant_no = ${tenantNo} AND subject_kind = 'vault_group'), 0)`;
  return sql`INSERT INTO vault_groups (tenant_no, vault_group_no, vault_group_id, vault_no, name, name_folded,
      built_in, created_at)
    SELECT ${tenantNo}, MAX(COALESCE(MAX(vault_group_no), 0), ${everUsed}) + 1, ${vaultGroupId}, ${vaultNo}, ${name}, ${fold(name)},
      ${builtIn ? 1 : 0}, ${now} FROM vault_groups WHERE tenant_no = ${tenantNo}`;
}

export const selectVaultGroup = ({ tenantNo }: TenantScope, vaultId: string, vaultGroupId: string): SQL =>
  sql`SELECT g.* FROM vault_groups AS g JOIN vaults AS v ON v.tenant_no = ${tenantNo} AND v.vault_no = g.vault_no
    WHERE g.tenant_no = ${tenantNo} AND g.vault_group_id = ${vaultGroupId} AND v.vault_id = ${vaultId}`;

export const selectVaultGroupByName = ({ tenantNo }: TenantScope, vaultNo: number, name: string): SQL =>
  sql`SELECT * FROM vault_groups WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo} AND name_folded = ${fold(name)}`;

/** A keyset page by folded name, which the index of names serves in order. */
export const selectVaultGroups = (
  { tenantNo }: TenantScope,
  vaultNo: number,
  after: string,
  limit: number,
): SQL =>
  sql`SELECT * FROM vault_groups WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo} AND name_folded > ${after}
    ORDER BY name_folded LIMIT ${limit}`;
