/**
 * The fence: first statement of every batch that belongs to a tenant. CONTROL only routes; whether tenant,
 * configuration and credential are still valid is decided by the shard, in the same transaction as the work,
 * so a revocation takes effect on the very next request whatever an isolate has cached.
 *
 * A tenant that is about to move is `frozen`: read, not written (`database.ts` knows which batch does what).
 *
 * Words: `fenced` (the tenant is elsewhere: look it up again), `revoked` (configuration or credential is gone).
 */
import { type SQL, sql } from "drizzle-orm";
import type { ConfigurationNo, CredentialNo } from "../domain/id.ts";
import { passingStatus } from "./database.ts";
import type { TenantScope } from "./scope.ts";

const tenantHolds = ({ tenantNo, epoch }: Pick<TenantScope, "tenantNo" | "epoch">): SQL =>
  sql`EXISTS (SELECT 1 FROM tenants WHERE tenant_no = ${tenantNo}
    AND status IN ('active', ${passingStatus}) AND epoch = ${epoch})`;

/** For administrators: their key or session was read from CONTROL on this very request. */
export function tenantFence(scope: Pick<TenantScope, "tenantNo" | "epoch">): SQL {
  return sql`SELECT CASE WHEN ${tenantHolds(scope)} THEN 1 ELSE json_extract('{}', 'fenced') END AS passed`;
}

export type ClientIdentity = {
  configurationNo: ConfigurationNo;
  credentialNo: CredentialNo;
  /** `basic`: the secret itself was shown, so its expiry counts; `bearer`: the token lives to its own `exp`. */
  scheme: "basic" | "bearer";
};

/**
 * For SCIM clients. Rows read: 2. A deleted configuration needs no row of its own here: its deletion revokes
 * every credential it has in the same batch, and no secret can be added to it afterwards.
 */
export function clientFence(scope: TenantScope, client: ClientIdentity): SQL {
  const { tenantNo, now } = scope;
  const unexpired =
    client.scheme === "basic" ? sql`AND (expires_at IS NULL OR expires_at > ${now})` : sql.raw("");
  return sql`SELECT CASE
    WHEN NOT ${tenantHolds(scope)} THEN json_extract('{}', 'fenced')
    WHEN NOT EXISTS (SELECT 1 FROM credentials WHERE tenant_no = ${tenantNo}
      AND credential_no = ${client.credentialNo} AND configuration_no = ${client.configurationNo}
      AND state <> 'revoked' ${unexpired}) THEN json_extract('{}', 'revoked')
    ELSE 1 END AS passed`;
}
