/** The directory in CONTROL: from a client id, or a tenant's number, to the shard that decides. */
import { type SQL, sql } from "drizzle-orm";
import {
  type ConfigurationNo,
  type CredentialNo,
  configurationNo,
  credentialNo,
  type TenantNo,
  tenantNo,
} from "../../domain/id.ts";
import { commit, type Database, read } from "../database.ts";
import { guard } from "../guard.ts";
import { closeOutboxRow } from "../outbox.ts";
import type * as schema from "../schema/control.ts";
import type { TenantScope } from "../scope.ts";
import { columnsOf, select } from "../select.ts";

const clientSecrets = columnsOf<typeof schema.clientSecrets>("client_secrets");
const tenants = columnsOf<typeof schema.tenants>("tenants");

export type TenantPlace = { shard: string; epoch: number };

export type DirectoryClient = TenantPlace & {
  tenantNo: TenantNo;
  configurationNo: ConfigurationNo;
  configurationId: string;
  configurationType: "entra_gallery" | "other_scim";
  credentialNo: CredentialNo;
  secretHash: string;
  state: "active" | "retiring";
  expiresAt: number | null;
};

export async function findDirectoryClients(control: Database, clientId: string): Promise<DirectoryClient[]> {
  const {
    credentialNo: no,
    configurationId,
    configurationType,
    secretHash,
    state,
    expiresAt,
  } = clientSecrets;
  const rows = await select(
    control,
    {
      ...{ no, configurationId, configurationType, secretHash, state, expiresAt },
      ...{ tenant: clientSecrets.tenantNo, configuration: clientSecrets.configurationNo },
      ...place,
    },
    sql`FROM client_secrets JOIN tenants ON ${tenants.tenantNo} = ${clientSecrets.tenantNo}
      WHERE ${clientSecrets.clientId} = ${clientId}`,
  );
  return rows.map(({ no: credential, tenant, configuration, ...row }) => ({
    ...row,
    tenantNo: tenantNo(tenant),
    configurationNo: configurationNo(configuration),
    credentialNo: credentialNo(credential),
  }));
}

const place = { shard: tenants.shard, epoch: tenants.epoch };

export async function findTenantPlace(control: Database, tenant: number): Promise<TenantPlace | undefined> {
  const [row] = await select(control, place, sql`FROM tenants WHERE ${tenants.tenantNo} = ${tenant}`);
  return row;
}

/** What CONTROL has to say about a configuration, as the shard has it, and the version of that. */
export type DirectoryTruth = {
  /** Number of the last event about the configuration: any change moves it. */
  version: number;
  clients: readonly {
    credentialNo: number;
    clientId: string;
    secretHash: string;
    configurationId: string;
    configurationType: string;
    state: string;
    expiresAt: number | null;
  }[];
};

type TenantShard = Pick<TenantScope, "shard" | "tenantNo">;

const version = (tenant: TenantNo, configuration: number): SQL =>
  sql`(SELECT MAX(seq) FROM event_subjects WHERE tenant_no = ${tenant} AND subject_kind = 'configuration'
    AND subject_no = ${configuration})`;

/** @throws GuardRaised `fenced` when the tenant does not live here: what a shard kept of it is no truth. */
export async function readDirectoryTruth(
  { shard, tenantNo: tenant }: TenantShard,
  configuration: number,
): Promise<DirectoryTruth> {
  const [, [row] = [], rows = []] = await read(shard, [
    guard("fenced", sql`EXISTS (SELECT 1 FROM tenants WHERE tenant_no = ${tenant} AND status = 'active')`),
    sql`SELECT ${version(tenant, configuration)} AS version`,
    sql`SELECT s.credential_no, c.client_id, s.secret_hash, c.configuration_id, c.type, s.state, s.expires_at
      FROM configurations c JOIN credentials s
        ON s.tenant_no = c.tenant_no AND s.configuration_no = c.configuration_no AND s.state <> 'revoked'
      WHERE c.tenant_no = ${tenant} AND c.configuration_no = ${configuration} AND c.state = 'active'`,
  ]);
  return {
    version: Number(row?.["version"] ?? 0),
    clients: rows.map((client) => ({
      credentialNo: Number(client["credential_no"]),
      clientId: String(client["client_id"]),
      secretHash: String(client["secret_hash"]),
      configurationId: String(client["configuration_id"]),
      configurationType: String(client["type"]),
      state: String(client["state"]),
      expiresAt: client["expires_at"] === null ? null : Number(client["expires_at"]),
    })),
  };
}

/** Makes CONTROL say exactly this about the configuration; doing it again changes nothing. */
export async function writeDirectory(
  control: Database,
  tenant: TenantNo,
  configuration: number,
  { clients }: DirectoryTruth,
): Promise<void> {
  const list = JSON.stringify(clients);
  await commit(control, [
    sql`DELETE FROM client_secrets WHERE tenant_no = ${tenant} AND configuration_no = ${configuration}
      AND credential_no NOT IN (SELECT value ->> '$.credentialNo' FROM json_each(${list}))`,
    sql`INSERT INTO client_secrets (tenant_no, credential_no, client_id, secret_hash, configuration_no,
        configuration_id, configuration_type, state, expires_at)
      SELECT ${tenant}, value ->> '$.credentialNo', value ->> '$.clientId', value ->> '$.secretHash',
        ${configuration}, value ->> '$.configurationId', value ->> '$.configurationType', value ->> '$.state',
        value ->> '$.expiresAt'
      FROM json_each(${list}) WHERE true
      ON CONFLICT (tenant_no, credential_no) DO UPDATE SET state = excluded.state, expires_at = excluded.expires_at
      WHERE state <> excluded.state OR expires_at IS NOT excluded.expires_at`,
  ]);
}

/**
 * Closes the outbox row if the configuration is still as it was read.
 * @throws GuardRaised `moved_on` when it changed meanwhile.
 */
export async function closeDirectoryRow(
  { shard, tenantNo: tenant }: TenantShard,
  configuration: number,
  truth: DirectoryTruth,
  seq: number,
): Promise<void> {
  await commit(shard, [
    guard("moved_on", sql`${version(tenant, configuration)} = ${truth.version}`),
    closeOutboxRow({ tenantNo: tenant }, "directory", seq),
  ]);
}
