/** Synchronization settings of vaults. Functions return statements. */
import { type SQL, sql } from "drizzle-orm";
import type { ImportProvider } from "../../domain/import.ts";
import type { JsonObject } from "../../scim/json.ts";
import type { Row } from "../database.ts";
import { recordEvent } from "../events.ts";
import { guard, guardChangedOne } from "../guard.ts";
import type { TenantScope } from "../scope.ts";

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
