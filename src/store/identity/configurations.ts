/** Provisioning configurations: reads and the changes of an administrator, each one batch. */
import { type SQL, sql } from "drizzle-orm";
import { type ConfigurationNo, configurationNo } from "../../domain/id.ts";
import { CONFIGURATIONS_MAX, NAMES_IN_REFUSAL_MAX } from "../../domain/limits.ts";
import { fold } from "../../scim/fold.ts";
import { commit, type Row, read } from "../database.ts";
import { recordEvent } from "../events.ts";
import { tenantFence } from "../fence.ts";
import { guard, guardChangedOne } from "../guard.ts";
import { guardNoImports } from "../imports/settings.ts";
import { enqueue } from "../outbox.ts";
import type { TenantScope } from "../scope.ts";

export type ConfigurationType = "entra_gallery" | "other_scim";

export type Configuration = {
  configurationNo: ConfigurationNo;
  id: string;
  name: string;
  type: ConfigurationType;
  /** Code of the license type. */
  defaultLicenseType: string;
  clientId: string;
  users: number;
  groups: number;
  lastContactAt: number | null;
  createdAt: number;
  updatedAt: number;
};

const columns = sql.raw(`c.configuration_no, c.configuration_id, c.name, c.type, c.client_id, c.user_count,
  c.group_count, c.last_contact_at, c.created_at, c.updated_at,
  (SELECT code FROM license_types l WHERE l.tenant_no = c.tenant_no
    AND l.license_type_no = c.default_license_type_no) AS default_license_type`);

const toConfiguration = (row: Row): Configuration => ({
  configurationNo: configurationNo(Number(row["configuration_no"])),
  id: String(row["configuration_id"]),
  name: String(row["name"]),
  type: row["type"] === "entra_gallery" ? "entra_gallery" : "other_scim",
  defaultLicenseType: String(row["default_license_type"]),
  clientId: String(row["client_id"]),
  users: Number(row["user_count"]),
  groups: Number(row["group_count"]),
  lastContactAt: row["last_contact_at"] === null ? null : Number(row["last_contact_at"]),
  createdAt: Number(row["created_at"]),
  updatedAt: Number(row["updated_at"]),
});

const typeNo = (scope: TenantScope, code: string): SQL =>
  sql`(SELECT license_type_no FROM license_types WHERE tenant_no = ${scope.tenantNo} AND code = ${code})`;

/** Number of the configuration with this id, as the batch sees it. */
export const numberOf = (scope: TenantScope, id: string): SQL =>
  sql`(SELECT configuration_no FROM configurations WHERE tenant_no = ${scope.tenantNo} AND configuration_id = ${id})`;

/** Raises `gone` unless the configuration exists and is active. */
export const guardActive = (scope: TenantScope, id: string): SQL =>
  guard(
    "gone",
    sql`EXISTS (SELECT 1 FROM configurations WHERE tenant_no = ${scope.tenantNo}
      AND configuration_id = ${id} AND state = 'active')`,
  );

/** The directory row of a configuration is to agree with the shard again. */
export const enqueueDirectory = (scope: TenantScope, id: string): SQL =>
  enqueue(scope, "directory", sql`json_object('configuration', ${numberOf(scope, id)})`);

export async function listConfigurations(
  scope: TenantScope,
  after: number,
  limit: number,
): Promise<Configuration[]> {
  const [, rows = []] = await read(scope.shard, [
    tenantFence(scope),
    sql`SELECT ${columns} FROM configurations c WHERE c.tenant_no = ${scope.tenantNo}
      AND c.configuration_no > ${after} AND c.state = 'active' ORDER BY c.configuration_no LIMIT ${limit}`,
  ]);
  return rows.map(toConfiguration);
}

const selectConfiguration = (scope: TenantScope, id: string): SQL =>
  sql`SELECT ${columns} FROM configurations c
    WHERE c.tenant_no = ${scope.tenantNo} AND c.configuration_id = ${id} AND c.state = 'active'`;

export async function findConfiguration(scope: TenantScope, id: string): Promise<Configuration | undefined> {
  const [, [row] = []] = await read(scope.shard, [tenantFence(scope), selectConfiguration(scope, id)]);
  return row && toConfiguration(row);
}

export type NewConfiguration = {
  id: string;
  name: string;
  type: ConfigurationType;
  defaultLicenseType: string;
  clientId: string;
};

/**
 * @param firstSecret statement that inserts the secret, after the configuration
 * @throws GuardRaised `vaults_synchronize`, `too_many`, `no_license_type`; UniqueViolated when an active configuration has the name.
 */
export async function insertConfiguration(
  scope: TenantScope,
  entry: NewConfiguration,
  firstSecret: SQL,
): Promise<Row[][]> {
  const { tenantNo, now } = scope;
  const { id, name, type, defaultLicenseType, clientId } = entry;
  return commit(scope.shard, [
    tenantFence(scope),
    guardNoImports(scope),
    guard("no_license_type", sql`${typeNo(scope, defaultLicenseType)} IS NOT NULL`),
    guard(
      "too_many",
      sql`(SELECT COUNT(*) FROM configurations WHERE tenant_no = ${tenantNo} AND state = 'active')
        < ${CONFIGURATIONS_MAX}`,
    ),
    sql`INSERT INTO configurations (tenant_no, configuration_no, configuration_id, name, name_folded, type,
        default_license_type_no, state, client_id, created_at, updated_at)
      SELECT ${tenantNo}, (SELECT COALESCE(MAX(configuration_no), 0) + 1 FROM configurations
        WHERE tenant_no = ${tenantNo}), ${id}, ${name}, ${fold(name)}, ${type},
        ${typeNo(scope, defaultLicenseType)}, 'active', ${clientId}, ${now}, ${now}`,
    firstSecret,
    ...recordEvent(scope, {
      action: "configuration.created",
      subjectKind: "configuration",
      subjectNo: numberOf(scope, id),
      data: { name, type, defaultLicenseType },
    }),
    enqueueDirectory(scope, id),
  ]);
}

export type ConfigurationChange = {
  name: string;
  defaultLicenseType: string;
  /** Accounts provisioned earlier get the default too (A5): the allocator walks them. */
  applyToExisting: boolean;
};

/**
 * Writes name and default type. Groups of the configuration with a type below the new default raise
 * `groups_below` (I10).
 * @param guards further conditions of the caller
 * @throws GuardRaised `gone`, `no_license_type`, `groups_below`; UniqueViolated for the name.
 */
export async function updateConfiguration(
  scope: TenantScope,
  before: Configuration,
  after: ConfigurationChange,
  guards: readonly SQL[],
): Promise<Row[][]> {
  const { tenantNo, now } = scope;
  const rankOf = (code: string): SQL =>
    sql`(SELECT rank FROM license_types WHERE tenant_no = ${tenantNo} AND code = ${code})`;
  return commit(scope.shard, [
    tenantFence(scope),
    ...guards,
    guard("no_license_type", sql`${typeNo(scope, after.defaultLicenseType)} IS NOT NULL`),
    guard("groups_below", sql`NOT EXISTS (${groupsBelow(scope, before, after.defaultLicenseType)})`),
    sql`UPDATE configurations SET name = ${after.name}, name_folded = ${fold(after.name)},
        default_license_type_no = ${typeNo(scope, after.defaultLicenseType)}, updated_at = ${now}
      WHERE tenant_no = ${tenantNo} AND configuration_no = ${before.configurationNo} AND state = 'active'`,
    guardChangedOne("gone"),
    ...recordEvent(scope, {
      action: "configuration.changed",
      subjectKind: "configuration",
      subjectNo: before.configurationNo,
      data: {
        before: { name: before.name, defaultLicenseType: before.defaultLicenseType },
        after: { name: after.name, defaultLicenseType: after.defaultLicenseType },
        ...(after.applyToExisting ? { appliedToExisting: true } : {}),
      },
    }),
    ...(after.applyToExisting
      ? [
          enqueue(
            scope,
            "license",
            sql`json_object('configuration', latest.subject_no, 'after', '',
              'default', ${typeNo(scope, after.defaultLicenseType)}, 'lower',
              json(CASE WHEN ${rankOf(after.defaultLicenseType)} < ${rankOf(before.defaultLicenseType)}
                THEN 'true' ELSE 'false' END))`,
          ),
        ]
      : []),
  ]);
}

const groupsBelow = (scope: TenantScope, { configurationNo: no }: Configuration, code: string): SQL =>
  sql`SELECT g.display_name FROM groups g JOIN license_types l
      ON l.tenant_no = g.tenant_no AND l.license_type_no = g.license_type_no
    WHERE g.tenant_no = ${scope.tenantNo} AND g.license_type_no IS NOT NULL AND g.configuration_no = ${no}
      AND g.deleted_at IS NULL AND l.rank < (SELECT rank FROM license_types
        WHERE tenant_no = ${scope.tenantNo} AND code = ${code})
    ORDER BY g.group_no LIMIT ${NAMES_IN_REFUSAL_MAX}`;

/** Names of groups that stand in the way of a new default type, for the refusal. */
export async function listGroupsBelow(
  scope: TenantScope,
  configuration: Configuration,
  code: string,
): Promise<string[]> {
  const [rows = []] = await read(scope.shard, [groupsBelow(scope, configuration, code)]);
  return rows.map((row) => String(row["display_name"]));
}

/**
 * Ends a configuration: from this batch on every credential of it is refused (R7). Accounts and groups are let
 * go afterwards, through the outbox.
 * @throws GuardRaised `gone`.
 */
export async function markConfigurationDeleted(
  scope: TenantScope,
  { configurationNo: no, id, name }: Configuration,
  guards: readonly SQL[],
): Promise<Row[][]> {
  const { tenantNo, now } = scope;
  return commit(scope.shard, [
    tenantFence(scope),
    ...guards,
    sql`UPDATE configurations SET state = 'deleted', updated_at = ${now}
      WHERE tenant_no = ${tenantNo} AND configuration_no = ${no} AND state = 'active'`,
    guardChangedOne("gone"),
    sql`UPDATE credentials SET state = 'revoked' WHERE tenant_no = ${tenantNo}
      AND configuration_no = ${no} AND state <> 'revoked'`,
    ...recordEvent(scope, {
      action: "configuration.deleted",
      subjectKind: "configuration",
      subjectNo: no,
      data: { name },
    }),
    enqueueDirectory(scope, id),
    enqueue(scope, "configuration_cleanup", { configuration: no }),
  ]);
}
