/** The directory in CONTROL: from a client id, or a tenant's number, to the shard that decides. */
import { sql } from "drizzle-orm";
import {
  type ConfigurationNo,
  type CredentialNo,
  configurationNo,
  credentialNo,
  type TenantNo,
  tenantNo,
} from "../domain/id.ts";
import { type Database, read } from "./database.ts";

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
  const [rows = []] = await read(control, [
    sql`SELECT c.*, t.shard, t.epoch FROM client_secrets c JOIN tenants t ON t.tenant_no = c.tenant_no
      WHERE c.client_id = ${clientId}`,
  ]);
  return rows.map((row) => ({
    tenantNo: tenantNo(Number(row["tenant_no"])),
    shard: String(row["shard"]),
    epoch: Number(row["epoch"]),
    configurationNo: configurationNo(Number(row["configuration_no"])),
    configurationId: String(row["configuration_id"]),
    configurationType: row["configuration_type"] === "entra_gallery" ? "entra_gallery" : "other_scim",
    credentialNo: credentialNo(Number(row["credential_no"])),
    secretHash: String(row["secret_hash"]),
    state: row["state"] === "retiring" ? "retiring" : "active",
    expiresAt: row["expires_at"] === null ? null : Number(row["expires_at"]),
  }));
}

export async function findTenantPlace(control: Database, tenant: number): Promise<TenantPlace | undefined> {
  const [[row] = []] = await read(control, [
    sql`SELECT shard, epoch FROM tenants WHERE tenant_no = ${tenant}`,
  ]);
  return row && { shard: String(row["shard"]), epoch: Number(row["epoch"]) };
}
