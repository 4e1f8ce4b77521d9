/** Administrators and their one-time sign-in links and sessions, in CONTROL. */
import { type SQL, sql } from "drizzle-orm";
import { type TenantNo, tenantNo } from "../../domain/id.ts";
import {
  EXPIRED_ROWS_PER_VISIT,
  ORGANIZATIONS_PER_SIGN_IN,
  SIGN_IN_LINKS_LIVE_MAX,
} from "../../domain/limits.ts";
import { ROLES, type Role } from "../../domain/role.ts";
import { fold } from "../../scim/fold.ts";
import { commit, type Database } from "../database.ts";
import type * as schema from "../schema/control.ts";
import { columnsOf, select } from "../select.ts";

const administrators = columnsOf<typeof schema.administrators>("administrators");
const apiKeys = columnsOf<typeof schema.apiKeys>("api_keys");
const sessions = columnsOf<typeof schema.sessions>("sessions");
const tenants = columnsOf<typeof schema.tenants>("tenants");

/** Whoever a key or a session stands for, and where its tenant is. */
export type Caller = {
  kind: "session" | "key";
  id: string;
  name: string;
  role: Role;
  tenantNo: TenantNo;
  tenantId: string;
  tenantName: string;
  shard: string;
  epoch: number;
  lastUsedAt: number | null;
};

export const toRole = (value: unknown): Role => ROLES.find((role) => role === value) ?? "no_role";

const place = {
  tenantNo: tenants.tenantNo,
  tenantId: tenants.tenantId,
  tenantName: tenants.name,
  shard: tenants.shard,
  epoch: tenants.epoch,
};

export async function findKeyHolder(control: Database, keyHash: string): Promise<Caller | undefined> {
  const { apiKeyId: id, name, role, lastUsedAt } = apiKeys;
  const [row] = await select(
    control,
    { id, name, role, lastUsedAt, ...place },
    sql`FROM api_keys JOIN tenants ON ${tenants.tenantNo} = ${apiKeys.tenantNo}
      WHERE ${apiKeys.keyHash} = ${keyHash} AND ${apiKeys.revokedAt} IS NULL`,
  );
  return row && { ...row, kind: "key", tenantNo: tenantNo(row.tenantNo) };
}

export async function findSessionHolder(
  control: Database,
  tokenHash: string,
  now: number,
): Promise<Caller | undefined> {
  const { administratorId: id, email: name, role } = administrators;
  const [row] = await select(
    control,
    { id, name, role, ...place },
    sql`FROM sessions JOIN administrators ON ${id} = ${sessions.administratorId}
      JOIN tenants ON ${tenants.tenantNo} = ${sessions.tenantNo}
      WHERE ${sessions.tokenHash} = ${tokenHash} AND ${sessions.expiresAt} > ${now}`,
  );
  return row && { ...row, kind: "session", lastUsedAt: null, tenantNo: tenantNo(row.tenantNo) };
}

export type SignInCandidate = { administratorId: string; email: string; organization: string };

/** The organizations an address administers that may be sent one more link, newest first. */
export async function findSignInCandidates(
  control: Database,
  email: string,
  now: number,
): Promise<SignInCandidate[]> {
  const { administratorId, emailFolded } = administrators;
  const live = sql`(SELECT COUNT(*) FROM (SELECT 1 FROM sign_in_links l WHERE l.administrator_id = ${administratorId}
    AND l.expires_at > ${now} AND l.used_at IS NULL LIMIT ${SIGN_IN_LINKS_LIVE_MAX}))`;
  return select(
    control,
    { administratorId, email: administrators.email, organization: tenants.name },
    sql`FROM administrators JOIN tenants ON ${tenants.tenantNo} = ${administrators.tenantNo}
      WHERE ${emailFolded} = ${fold(email)} AND ${live} < ${SIGN_IN_LINKS_LIVE_MAX}
      ORDER BY ${administrators.tenantNo} DESC LIMIT ${ORGANIZATIONS_PER_SIGN_IN}`,
  );
}

export async function insertSignInLinks(
  control: Database,
  links: readonly { administratorId: string; tokenHash: string }[],
  times: { now: number; expiresAt: number },
): Promise<void> {
  const list = JSON.stringify(links);
  await commit(control, [
    sql`INSERT INTO sign_in_links (token_hash, administrator_id, expires_at)
      SELECT value ->> '$.tokenHash', value ->> '$.administratorId', ${times.expiresAt} FROM json_each(${list})
      WHERE true ON CONFLICT DO NOTHING`,
    sql`DELETE FROM sign_in_links WHERE token_hash IN (
      SELECT l.token_hash FROM json_each(${list}) j JOIN sign_in_links l
        ON l.administrator_id = j.value ->> '$.administratorId' AND l.expires_at < ${times.now}
      LIMIT ${EXPIRED_ROWS_PER_VISIT})`,
  ]);
}

export type SessionEntry = { tokenHash: string; now: number; expiresAt: number };

/**
 * Uses up a link and opens a session in one batch. Undefined when the link is unknown, expired, or was used for
 * another session than this.
 */
export async function redeemSignInLink(
  control: Database,
  linkHash: string,
  session: SessionEntry,
): Promise<{ administratorId: string } | undefined> {
  const { tokenHash, now, expiresAt } = session;
  const unused = sql`token_hash = ${linkHash} AND used_at IS NULL AND expires_at > ${now}`;
  const [, , , opened = []] = await commit(control, [
    sql`INSERT INTO sessions (token_hash, administrator_id, tenant_no, created_at, expires_at)
      SELECT ${tokenHash}, a.administrator_id, a.tenant_no, ${now}, ${expiresAt}
      FROM administrators a WHERE a.administrator_id = (SELECT administrator_id FROM sign_in_links WHERE ${unused})`,
    sql`DELETE FROM sessions WHERE token_hash IN (SELECT token_hash FROM sessions
      WHERE administrator_id = (SELECT administrator_id FROM sign_in_links WHERE ${unused})
      AND expires_at < ${now} LIMIT ${EXPIRED_ROWS_PER_VISIT})`,
    sql`UPDATE sign_in_links SET used_at = ${now} WHERE ${unused}`,
    sql`SELECT administrator_id FROM sessions WHERE token_hash = ${tokenHash}`,
  ]);
  const [row] = opened;
  return row && { administratorId: String(row["administrator_id"]) };
}

/** A first session, for whoever just confirmed a sign-up; doing it again changes nothing. */
export const insertSession = (
  administratorId: string,
  tenant: TenantNo,
  { tokenHash, now, expiresAt }: SessionEntry,
  when: SQL = sql`1`,
): SQL =>
  sql`INSERT INTO sessions (token_hash, administrator_id, tenant_no, created_at, expires_at)
    SELECT ${tokenHash}, ${administratorId}, ${tenant}, ${now}, ${expiresAt} WHERE ${when}
    ON CONFLICT (token_hash) DO NOTHING`;

export async function deleteSession(control: Database, tokenHash: string): Promise<void> {
  await commit(control, [sql`DELETE FROM sessions WHERE token_hash = ${tokenHash}`]);
}
