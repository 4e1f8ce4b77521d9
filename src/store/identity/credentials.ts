/** Client secrets of a configuration. Of a secret only its SHA-256 is kept (I15). */
import { type SQL, sql } from "drizzle-orm";
import type { ConfigurationNo, CredentialNo } from "../../domain/id.ts";
import { LAST_USE_RESOLUTION_MS, SECRET_OVERLAP_MS, SECRETS_LIVE_MAX } from "../../domain/limits.ts";
import { commit, type Row, read } from "../database.ts";
import { recordEvent } from "../events.ts";
import { tenantFence } from "../fence.ts";
import { guard, guardChangedOne } from "../guard.ts";
import type { TenantScope } from "../scope.ts";
import { type Configuration, enqueueDirectory, guardActive, numberOf } from "./configurations.ts";

export type Secret = {
  id: string;
  state: "active" | "retiring";
  createdAt: number;
  expiresAt: number | null;
  lastUsedAt: number | null;
};

const live = ({ now }: TenantScope): SQL =>
  sql`state <> 'revoked' AND (expires_at IS NULL OR expires_at > ${now})`;

/** Inserts a secret for the configuration with this id, which may be made in the same batch. */
export const insertSecret = (
  scope: TenantScope,
  configurationId: string,
  { id, secretHash }: { id: string; secretHash: string },
): SQL =>
  sql`INSERT INTO credentials (tenant_no, credential_no, credential_id, configuration_no, secret_hash, state,
      created_at)
    SELECT ${scope.tenantNo}, (SELECT COALESCE(MAX(credential_no), 0) + 1 FROM credentials
      WHERE tenant_no = ${scope.tenantNo}), ${id}, ${numberOf(scope, configurationId)}, ${secretHash}, 'active',
      ${scope.now}`;

/** Secrets that still authenticate, by configuration number. */
export async function listSecrets(
  scope: TenantScope,
  configurations: readonly Configuration[],
): Promise<Map<number, Secret[]>> {
  const numbers = JSON.stringify(configurations.map(({ configurationNo }) => configurationNo));
  const [, rows = []] = await read(scope.shard, [
    tenantFence(scope),
    sql`SELECT configuration_no, credential_id, state, created_at, expires_at, last_used_at FROM credentials
      WHERE tenant_no = ${scope.tenantNo} AND configuration_no IN (SELECT value FROM json_each(${numbers}))
      AND ${live(scope)} ORDER BY credential_no`,
  ]);
  const secrets = new Map<number, Secret[]>();
  for (const row of rows) {
    const no = Number(row["configuration_no"]);
    secrets.set(no, [...(secrets.get(no) ?? []), toSecret(row)]);
  }
  return secrets;
}

const toSecret = (row: Row): Secret => ({
  id: String(row["credential_id"]),
  state: row["state"] === "retiring" ? "retiring" : "active",
  createdAt: Number(row["created_at"]),
  expiresAt: row["expires_at"] === null ? null : Number(row["expires_at"]),
  lastUsedAt: row["last_used_at"] === null ? null : Number(row["last_used_at"]),
});

/**
 * Adds a secret; the one before it retires and ends after the overlap.
 * @throws GuardRaised `gone`, `too_many`.
 */
export async function addSecret(
  scope: TenantScope,
  { id: configurationId, configurationNo }: Configuration,
  secret: { id: string; secretHash: string },
): Promise<Row[][]> {
  const { tenantNo, now } = scope;
  const ofConfiguration = sql`tenant_no = ${tenantNo} AND configuration_no = ${configurationNo}`;
  const older = sql`credential_id FROM credentials WHERE ${ofConfiguration} AND state = 'retiring'
    AND expires_at = ${now + SECRET_OVERLAP_MS}`;
  return commit(scope.shard, [
    tenantFence(scope),
    guardActive(scope, configurationId),
    guard(
      "too_many",
      sql`(SELECT COUNT(*) FROM credentials WHERE ${ofConfiguration} AND ${live(scope)}) < ${SECRETS_LIVE_MAX}`,
    ),
    sql`UPDATE credentials SET state = 'retiring', expires_at = ${now + SECRET_OVERLAP_MS}
      WHERE ${ofConfiguration} AND state = 'active'`,
    ...recordEvent(
      scope,
      {
        action: "secret.retired",
        subjectKind: "configuration",
        subjectNo: configurationNo,
        data: sql`json_object('secret', (SELECT ${older}))`,
      },
      sql`EXISTS (SELECT ${older})`,
    ),
    insertSecret(scope, configurationId, secret),
    ...recordEvent(scope, {
      action: "secret.created",
      subjectKind: "configuration",
      subjectNo: configurationNo,
      data: { secret: secret.id },
    }),
    enqueueDirectory(scope, configurationId),
  ]);
}

/**
 * Revokes a secret: it, and every token issued for it, is refused from the next request on.
 * @throws GuardRaised `gone` when the configuration has no such secret that still counts.
 */
export async function revokeSecret(
  scope: TenantScope,
  { id: configurationId, configurationNo }: Configuration,
  secretId: string,
): Promise<Row[][]> {
  return commit(scope.shard, [
    tenantFence(scope),
    sql`UPDATE credentials SET state = 'revoked' WHERE tenant_no = ${scope.tenantNo}
      AND configuration_no = ${configurationNo} AND credential_id = ${secretId} AND state <> 'revoked'`,
    guardChangedOne("gone"),
    ...recordEvent(scope, {
      action: "secret.revoked",
      subjectKind: "configuration",
      subjectNo: configurationNo,
      data: { secret: secretId },
    }),
    enqueueDirectory(scope, configurationId),
  ]);
}

export const selectCredentialState = ({ tenantNo }: TenantScope, credential: CredentialNo): SQL =>
  sql`SELECT state FROM credentials WHERE tenant_no = ${tenantNo} AND credential_no = ${credential}`;

/** Notes that the client called, unless that was noted within the hour. */
export async function noteContactInShard(
  { shard, tenantNo, now }: TenantScope,
  { configurationNo, credentialNo }: { configurationNo: ConfigurationNo; credentialNo: CredentialNo },
): Promise<void> {
  const since = now - LAST_USE_RESOLUTION_MS;
  await commit(shard, [
    sql`UPDATE configurations SET last_contact_at = ${now} WHERE tenant_no = ${tenantNo}
      AND configuration_no = ${configurationNo} AND (last_contact_at IS NULL OR last_contact_at < ${since})`,
    sql`UPDATE credentials SET last_used_at = ${now} WHERE tenant_no = ${tenantNo}
      AND credential_no = ${credentialNo} AND (last_used_at IS NULL OR last_used_at < ${since})`,
  ]);
}
