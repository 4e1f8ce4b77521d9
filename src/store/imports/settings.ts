/** Synchronization settings of vaults. Functions return statements. */
import { type SQL, sql } from "drizzle-orm";
import { type ImportProvider, importSource } from "../../domain/import.ts";
import { fold } from "../../scim/fold.ts";
import type { JsonObject } from "../../scim/json.ts";
import type { Row } from "../database.ts";
import { recordEvent } from "../events.ts";
import { guard, guardChangedOne } from "../guard.ts";
import { enqueue } from "../outbox.ts";
import type { TenantScope } from "../scope.ts";
import { nameSubject } from "../vaults/settlement.ts";

export type ImportRecord = {
  vaultNo: number;
  vaultId: string;
  provider: ImportProvider;
  /** Addresses and names of the client, as the provider needs them. */
  connection: JsonObject;
  sealed: string;
  firstImportMinutes: number;
  firstImportAt: number;
  intervalMinutes: number;
  /** Code of the license type. */
  licenseType: string;
  enableDisabled: boolean;
  includeNested: boolean;
};

export const importRecord = (row: Row): ImportRecord => ({
  vaultNo: Number(row["vault_no"]),
  vaultId: String(row["vault_id"]),
  provider: String(row["provider"]) as ImportProvider,
  connection: JSON.parse(String(row["connection"])) as JsonObject,
  sealed: String(row["secret"]),
  firstImportMinutes: Number(row["first_import_minutes"]),
  firstImportAt: Number(row["first_import_at"]),
  intervalMinutes: Number(row["interval_minutes"]),
  licenseType: String(row["license_type"]),
  enableDisabled: Number(row["enable_disabled"]) === 1,
  includeNested: Number(row["include_nested"]) === 1,
});

export const selectImport = ({ tenantNo }: TenantScope, vaultNo: number): SQL =>
  sql`SELECT i.*, v.vault_id, t.code AS license_type FROM imports AS i
    JOIN vaults AS v ON v.tenant_no = ${tenantNo} AND v.vault_no = i.vault_no
    JOIN license_types AS t ON t.tenant_no = ${tenantNo} AND t.license_type_no = i.license_type_no
    WHERE i.tenant_no = ${tenantNo} AND i.vault_no = ${vaultNo}`;

export type ImportGroupRecord = {
  groupNo: number;
  remoteId: string;
  name: string;
  members: number;
  target: { no: number; id: string; name: string };
  /** The link that fills the target, once the group was read for the first time. */
  link: { no: number; id: string; generation: number; state: string } | undefined;
};

export const importGroupRecord = (row: Row): ImportGroupRecord => ({
  groupNo: Number(row["group_no"]),
  remoteId: String(row["remote_id"]),
  name: String(row["display_name"]),
  members: Number(row["members"]),
  target: {
    no: Number(row["vault_group_no"]),
    id: String(row["vault_group_id"]),
    name: String(row["target_name"]),
  },
  link:
    row["link_id"] === null
      ? undefined
      : {
          no: Number(row["link_no"]),
          id: String(row["link_id"]),
          generation: Number(row["generation"]),
          state: String(row["state"]),
        },
});

/** Groups of the vault's import, in order of their numbers. */
export const selectImportGroups = ({ tenantNo }: TenantScope, vaultNo: number): SQL =>
  sql`SELECT i.group_no, i.remote_id, i.vault_group_no, g.display_name, g.member_count AS members, t.vault_group_id,
      t.name AS target_name, l.link_no, l.link_id, l.generation, l.state
    FROM import_groups AS i
    JOIN groups AS g ON g.tenant_no = ${tenantNo} AND g.group_no = i.group_no
    JOIN vault_groups AS t ON t.tenant_no = ${tenantNo} AND t.vault_group_no = i.vault_group_no
    LEFT JOIN links AS l ON l.tenant_no = ${tenantNo} AND l.group_no = i.group_no AND l.state <> 'removed'
    WHERE i.tenant_no = ${tenantNo} AND i.vault_no = ${vaultNo} ORDER BY i.group_no`;

/** Names of the vaults that synchronize by themselves, for a refusal (R8). */
export const selectSynchronizedVaults = ({ tenantNo }: TenantScope): SQL =>
  sql`SELECT v.name FROM imports AS i JOIN vaults AS v ON v.tenant_no = ${tenantNo} AND v.vault_no = i.vault_no
    WHERE i.tenant_no = ${tenantNo} ORDER BY v.vault_no`;

/** Raises `vaults_synchronize` while any vault does (I14). */
export const guardNoImports = ({ tenantNo }: TenantScope): SQL =>
  guard("vaults_synchronize", sql`NOT EXISTS (SELECT 1 FROM imports WHERE tenant_no = ${tenantNo})`);

/** Names of the configurations, for a refusal (R9). */
export const selectActiveConfigurations = ({ tenantNo }: TenantScope): SQL =>
  sql`SELECT name FROM configurations WHERE tenant_no = ${tenantNo} AND state = 'active' ORDER BY configuration_no`;

/** Raises `configurations_exist` while there is a configuration (I14). */
const guardNoConfigurations = ({ tenantNo }: TenantScope): SQL =>
  guard(
    "configurations_exist",
    sql`NOT EXISTS (SELECT 1 FROM configurations WHERE tenant_no = ${tenantNo} AND state = 'active')`,
  );

export type ImportSettings = Omit<ImportRecord, "vaultId" | "vaultNo">;

/** Writes the settings whole. Raises `configurations_exist`, `no_license_type`. */
export function writeImport(scope: TenantScope, vaultNo: number, settings: ImportSettings): SQL[] {
  const { tenantNo, now } = scope;
  const { provider, connection, sealed, firstImportMinutes, firstImportAt, intervalMinutes } = settings;
  const { licenseType, enableDisabled, includeNested } = settings;
  const typeNo = sql`(SELECT license_type_no FROM license_types WHERE tenant_no = ${tenantNo} AND code = ${licenseType})`;
  return [
    guardNoConfigurations(scope),
    guard("no_license_type", sql`${typeNo} IS NOT NULL`),
    sql`INSERT INTO imports (tenant_no, vault_no, provider, connection, secret, first_import_minutes, first_import_at,
        interval_minutes, license_type_no, enable_disabled, include_nested, created_at, updated_at)
      VALUES (${tenantNo}, ${vaultNo}, ${provider}, ${JSON.stringify(connection)}, ${sealed}, ${firstImportMinutes},
        ${firstImportAt}, ${intervalMinutes}, ${typeNo}, ${enableDisabled ? 1 : 0}, ${includeNested ? 1 : 0},
        ${now}, ${now})
      ON CONFLICT (tenant_no, vault_no) DO UPDATE SET provider = excluded.provider, connection = excluded.connection,
        secret = excluded.secret, first_import_minutes = excluded.first_import_minutes,
        first_import_at = excluded.first_import_at, interval_minutes = excluded.interval_minutes,
        license_type_no = excluded.license_type_no, enable_disabled = excluded.enable_disabled,
        include_nested = excluded.include_nested, updated_at = excluded.updated_at`,
    ...recordEvent(scope, {
      action: "import.configured",
      subjectKind: "vault",
      subjectNo: vaultNo,
      data: { provider, intervalMinutes, licenseType, enableDisabled, includeNested },
    }),
  ];
}

/** Raises `not_found` when it was turned off already. Its groups are let go by `dropGroup`. */
export const deleteImport = (scope: TenantScope, vaultNo: number): SQL[] => [
  sql`DELETE FROM imports WHERE tenant_no = ${scope.tenantNo} AND vault_no = ${vaultNo}`,
  guardChangedOne("not_found"),
  ...recordEvent(scope, {
    action: "import.turned_off",
    subjectKind: "vault",
    subjectNo: vaultNo,
    data: {},
  }),
];

export type NewImportGroup = { scimId: string; remoteId: string; name: string; vaultGroupNo: SQL };

/** A group to read, still without members. A name, a remote id or a target that is taken violates an index. */
export function addGroup(scope: TenantScope, vaultNo: number, group: NewImportGroup): SQL[] {
  const { tenantNo, now } = scope;
  const { scimId, remoteId, name, vaultGroupNo } = group;
  const source = importSource(vaultNo);
  const document = { displayName: name, externalId: remoteId };
  const folded = { displayName: fold(name), externalId: fold(remoteId) };
  const groupNo = sql`(SELECT group_no FROM groups WHERE tenant_no = ${tenantNo} AND configuration_no = ${source}
    AND scim_id = ${scimId} AND deleted_at IS NULL)`;
  return [
    guard(
      "taken",
      sql`NOT EXISTS (SELECT 1 FROM links WHERE tenant_no = ${tenantNo} AND vault_group_no = ${vaultGroupNo}
        AND state <> 'removed')`,
    ),
    sql`INSERT INTO groups (tenant_no, group_no, configuration_no, scim_id, display_name, display_name_folded,
        external_id, version, attributes_version, created_at, updated_at, document, folded)
      VALUES (${tenantNo}, (SELECT COALESCE(MAX(group_no), 0) + 1 FROM groups WHERE tenant_no = ${tenantNo}),
        ${source}, ${scimId}, ${name}, ${fold(name)}, ${remoteId}, 1, 1, ${now}, ${now},
        ${JSON.stringify(document)}, ${JSON.stringify(folded)})`,
    ...recordEvent(scope, {
      action: "group.created",
      subjectKind: "group",
      subjectNo: groupNo,
      data: { displayName: name, import: vaultNo },
    }),
    nameSubject(scope, "vault", vaultNo, sql`1`),
    sql`INSERT INTO import_groups (tenant_no, vault_no, group_no, vault_group_no, remote_id)
      VALUES (${tenantNo}, ${vaultNo}, ${groupNo}, ${vaultGroupNo}, ${remoteId})`,
  ];
}

/** The same group under another name. */
export function renameGroup(scope: TenantScope, group: ImportGroupRecord, name: string): SQL[] {
  const { tenantNo, now } = scope;
  return [
    sql`UPDATE groups SET display_name = ${name}, display_name_folded = ${fold(name)}, version = version + 1,
        document = json_set(document, '$.displayName', ${name}), folded = json_set(folded, '$.displayName', ${fold(name)}),
        attributes_version = attributes_version + 1, updated_at = ${now}
      WHERE tenant_no = ${tenantNo} AND group_no = ${group.groupNo}`,
    ...recordEvent(scope, {
      action: "group.changed",
      subjectKind: "group",
      subjectNo: group.groupNo,
      data: { displayName: name, before: group.name },
    }),
  ];
}

/** A group is no longer read. Its link is taken off beside this; its member rows are cleared afterwards. */
export function dropGroup(scope: TenantScope, vaultNo: number, { groupNo }: ImportGroupRecord): SQL[] {
  const { tenantNo, now } = scope;
  return [
    sql`DELETE FROM import_groups WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo} AND group_no = ${groupNo}`,
    guardChangedOne("moved"),
    ...recordEvent(scope, {
      action: "group.deleted",
      subjectKind: "group",
      subjectNo: groupNo,
      reason: "import_ended",
      data: {},
    }),
    enqueue(scope, "group_cleanup", sql`json_object('group', latest.subject_no)`),
    sql`UPDATE groups SET deleted_at = ${now}, updated_at = ${now}, version = version + 1
      WHERE tenant_no = ${tenantNo} AND group_no = ${groupNo} AND deleted_at IS NULL`,
  ];
}

/** Raises `no_target` unless the user group is there, no built-in one, and without members unless that was said. */
export const guardTarget = (
  { tenantNo }: TenantScope,
  vaultGroupNo: number,
  replacesMembers: boolean,
): SQL[] => {
  const target = sql`SELECT 1 FROM vault_groups WHERE tenant_no = ${tenantNo} AND vault_group_no = ${vaultGroupNo} AND built_in = 0`;
  return [
    guard("no_target", sql`EXISTS (${target})`),
    ...(replacesMembers ? [] : [guard("has_members", sql`EXISTS (${target} AND member_count = 0)`)]),
  ];
};
