/** API keys, in CONTROL. Of a key only its SHA-256 is kept. */
import { type SQL, sql } from "drizzle-orm";
import type { TenantNo } from "../../domain/id.ts";
import { API_KEYS_MAX, LAST_USE_RESOLUTION_MS } from "../../domain/limits.ts";
import type { Role } from "../../domain/role.ts";
import { commit, type Database, type Row } from "../database.ts";
import { recordEvent } from "../events.ts";
import { tenantFence } from "../fence.ts";
import { guard } from "../guard.ts";
import type * as schema from "../schema/control.ts";
import type { TenantScope } from "../scope.ts";
import { columnsOf, select } from "../select.ts";
import { toRole } from "./administrators.ts";

const apiKeys = columnsOf<typeof schema.apiKeys>("api_keys");

export type ApiKey = {
  id: string;
  name: string;
  role: Role;
  createdAt: number;
  lastUsedAt: number | null;
};

export type ApiKeyEntry = { id: string; name: string; role: Role; keyHash: string; createdAt: number };

/** Doing it again changes nothing: the hash is of 256 random bits. */
export const insertApiKey = (tenantNo: TenantNo, key: ApiKeyEntry, when: SQL = sql`1`): SQL =>
  sql`INSERT INTO api_keys (key_hash, api_key_id, tenant_no, name, role, created_at)
    SELECT ${key.keyHash}, ${key.id}, ${tenantNo}, ${key.name}, ${key.role}, ${key.createdAt} WHERE ${when}
    ON CONFLICT (key_hash) DO NOTHING`;

/** Doing it again changes nothing. @throws GuardRaised `too_many` at the limit of live keys. */
export async function addApiKey(control: Database, tenantNo: TenantNo, key: ApiKeyEntry): Promise<void> {
  const live = sql`(SELECT COUNT(*) FROM api_keys
    WHERE tenant_no = ${tenantNo} AND revoked_at IS NULL AND key_hash <> ${key.keyHash})`;
  await commit(control, [guard("too_many", sql`${live} < ${API_KEYS_MAX}`), insertApiKey(tenantNo, key)]);
}

/** Live keys in order of creation. */
export async function listApiKeys(
  control: Database,
  tenantNo: TenantNo,
  after: string,
  limit: number,
): Promise<ApiKey[]> {
  const { apiKeyId: id, name, role, createdAt, lastUsedAt } = apiKeys;
  return select(
    control,
    { id, name, role, createdAt, lastUsedAt },
    sql`FROM api_keys WHERE ${apiKeys.tenantNo} = ${tenantNo} AND ${id} > ${after} AND ${apiKeys.revokedAt} IS NULL
      ORDER BY ${id} LIMIT ${limit}`,
  );
}

/**
 * Returns the key's name and role, or undefined when no live key has that id.
 * @param times `again`: this revocation may have been committed before, at the same time
 */
export async function revokeApiKey(
  control: Database,
  tenantNo: TenantNo,
  id: string,
  { now, again }: { now: number; again: boolean },
): Promise<{ name: string; role: Role } | undefined> {
  const own = again ? sql`OR revoked_at = ${now}` : sql.raw("");
  const [[row] = []] = await commit(control, [
    sql`UPDATE api_keys SET revoked_at = ${now}
      WHERE tenant_no = ${tenantNo} AND api_key_id = ${id} AND (revoked_at IS NULL ${own}) RETURNING name, role`,
  ]);
  return row && { name: String(row["name"]), role: toRole(row["role"]) };
}

export async function touchApiKey(
  control: Database,
  tenantNo: TenantNo,
  id: string,
  now: number,
): Promise<void> {
  await commit(control, [
    sql`UPDATE api_keys SET last_used_at = ${now} WHERE tenant_no = ${tenantNo} AND api_key_id = ${id}
      AND (last_used_at IS NULL OR last_used_at < ${now - LAST_USE_RESOLUTION_MS})`,
  ]);
}

/**
 * Tells the tenant's history, which is in its shard, what happened to a key in CONTROL: the event follows the
 * fact, and a crash between the two leaves the key without its event.
 */
export async function recordKeyEvent(
  scope: TenantScope,
  action: "api_key.created" | "api_key.revoked",
  apiKey: { id: string; name: string; role: Role },
): Promise<Row[][]> {
  const entry = { action, subjectKind: "tenant", subjectNo: scope.tenantNo, data: { apiKey } } as const;
  return commit(scope.shard, [tenantFence(scope), ...recordEvent(scope, entry)]);
}
