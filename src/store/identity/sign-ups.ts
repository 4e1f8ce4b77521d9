/** Sign-ups and the birth of a tenant: a row in CONTROL first, then the shard, then CONTROL again. */
import { type SQL, sql } from "drizzle-orm";
import { DEFAULT_LICENSE_TYPES } from "../../domain/default-license-types.ts";
import { type TenantNo, tenantNo } from "../../domain/id.ts";
import {
  EXPIRED_ROWS_PER_VISIT,
  SIGN_UPS_PER_EMAIL_PER_HOUR,
  SIGN_UPS_PER_SWEEP,
} from "../../domain/limits.ts";
import { fold } from "../../scim/fold.ts";
import { commit, type Database, type Row, read } from "../database.ts";
import { recordEvent } from "../events.ts";
import { guard } from "../guard.ts";
import type { TenantScope } from "../scope.ts";
import { insertSession, type SessionEntry } from "./administrators.ts";
import { type ApiKeyEntry, insertApiKey } from "./api-keys.ts";

export type SignUp = {
  /** The sign-up's number becomes the tenant's. */
  tenantNo: TenantNo;
  tenantId: string;
  administratorId: string;
  organization: string;
  email: string;
  expiresAt: number;
  confirmedAt: number | null;
  shard: string | null;
  completedAt: number | null;
};

const toSignUp = (row: Row): SignUp => ({
  tenantNo: tenantNo(Number(row["sign_up_no"])),
  tenantId: String(row["tenant_id"]),
  administratorId: String(row["administrator_id"]),
  organization: String(row["organization"]),
  email: String(row["email"]),
  expiresAt: Number(row["expires_at"]),
  confirmedAt: row["confirmed_at"] === null ? null : Number(row["confirmed_at"]),
  shard: row["shard"] === null ? null : String(row["shard"]),
  completedAt: row["completed_at"] === null ? null : Number(row["completed_at"]),
});

const hourMs = 3_600_000;

/**
 * Records a sign-up whose link is still to be followed, and forgets a few that nobody followed. Doing it again
 * changes nothing.
 * @throws GuardRaised `too_many` when the address had its share of this hour.
 */
export async function insertSignUp(
  control: Database,
  signUp: Pick<SignUp, "tenantId" | "administratorId" | "organization" | "email" | "expiresAt"> & {
    tokenHash: string;
    now: number;
  },
): Promise<void> {
  const { tenantId, administratorId, organization, email, expiresAt, tokenHash, now } = signUp;
  const emailFolded = fold(email);
  await commit(control, [
    guard(
      "too_many",
      sql`(SELECT COUNT(*) FROM (SELECT 1 FROM sign_ups WHERE email_folded = ${emailFolded} AND token_hash <> ${tokenHash}
        AND created_at > ${now - hourMs} LIMIT ${SIGN_UPS_PER_EMAIL_PER_HOUR})) < ${SIGN_UPS_PER_EMAIL_PER_HOUR}`,
    ),
    sql`INSERT INTO sign_ups (tenant_id, administrator_id, organization, email, email_folded, token_hash,
        created_at, expires_at)
      VALUES (${tenantId}, ${administratorId}, ${organization}, ${email}, ${emailFolded}, ${tokenHash},
        ${now}, ${expiresAt}) ON CONFLICT DO NOTHING`,
    // A day later, so that no clock that is behind still finds the link alive.
    sql`DELETE FROM sign_ups WHERE sign_up_no IN (SELECT sign_up_no FROM sign_ups
      WHERE confirmed_at IS NULL AND expires_at < ${now - 24 * hourMs} LIMIT ${EXPIRED_ROWS_PER_VISIT})`,
  ]);
}

/**
 * Marks the sign-up confirmed and gives it the least occupied open shard, if that is still to be done.
 * Returns the row as it then stands, and whether this call did it; undefined when no link has that token.
 */
export async function claimSignUp(
  control: Database,
  shardNames: readonly string[],
  tokenHash: string,
  now: number,
): Promise<{ signUp: SignUp; claimed: boolean } | undefined> {
  const names = JSON.stringify(shardNames);
  const [, claims = [], [row] = []] = await commit(control, [
    sql`INSERT INTO shards (shard, status, tenant_count)
      SELECT value, 'open', 0 FROM json_each(${names}) WHERE true ON CONFLICT DO NOTHING`,
    sql`UPDATE sign_ups SET confirmed_at = ${now}, shard = (
        SELECT shard FROM shards WHERE status = 'open' AND shard IN (SELECT value FROM json_each(${names}))
        ORDER BY tenant_count, shard LIMIT 1)
      WHERE token_hash = ${tokenHash} AND confirmed_at IS NULL AND expires_at > ${now} RETURNING sign_up_no`,
    sql`SELECT * FROM sign_ups WHERE token_hash = ${tokenHash}`,
  ]);
  return row && { signUp: toSignUp(row), claimed: claims.length === 1 };
}

/** Creations that were begun before `confirmedBefore` and did not reach their end. */
export async function listIncompleteSignUps(control: Database, confirmedBefore: number): Promise<SignUp[]> {
  const [rows = []] = await read(control, [
    sql`SELECT * FROM sign_ups WHERE confirmed_at IS NOT NULL AND completed_at IS NULL
      AND confirmed_at < ${confirmedBefore} ORDER BY confirmed_at LIMIT ${SIGN_UPS_PER_SWEEP}`,
  ]);
  return rows.map(toSignUp);
}

/** The shard's half of a tenant; every statement does nothing the second time. Returns the subscription's id. */
export async function createTenantInShard(
  scope: TenantScope,
  tenant: { tenantId: string; subscriptionId: string; name: string },
): Promise<string> {
  const { shard, tenantNo: no, now, epoch } = scope;
  const types = JSON.stringify(DEFAULT_LICENSE_TYPES);
  const unrecorded = sql`NOT EXISTS (SELECT 1 FROM event_subjects WHERE tenant_no = ${no})`;
  const results = await commit(shard, [
    sql`INSERT INTO tenants (tenant_no, tenant_id, subscription_id, name, status, epoch, created_at)
      VALUES (${no}, ${tenant.tenantId}, ${tenant.subscriptionId}, ${tenant.name}, 'active', ${epoch}, ${now})
      ON CONFLICT DO NOTHING`,
    sql`INSERT INTO license_types (tenant_no, license_type_no, code, name, rank)
      SELECT ${no}, value ->> '$.licenseTypeNo', value ->> '$.code', value ->> '$.name', value ->> '$.rank'
      FROM json_each(${types}) WHERE true ON CONFLICT DO NOTHING`,
    ...recordEvent(
      scope,
      { action: "tenant.created", subjectKind: "tenant", subjectNo: no, data: { name: tenant.name } },
      unrecorded,
    ),
    sql`SELECT subscription_id FROM tenants WHERE tenant_no = ${no}`,
  ]);
  return String(results.at(-1)?.[0]?.["subscription_id"]);
}

/** What the one who completes a sign-up receives: a first API key, or a session. */
export type FirstCredential = { kind: "key"; key: ApiKeyEntry } | { kind: "session"; session: SessionEntry };

const insertCredential = (signUp: SignUp, credential: FirstCredential, when?: SQL): SQL =>
  credential.kind === "key"
    ? insertApiKey(signUp.tenantNo, credential.key, when)
    : insertSession(signUp.administratorId, signUp.tenantNo, credential.session, when);

/**
 * The directory's half, which completes the sign-up. The credential is written only if this call completes it;
 * returns whether it did.
 */
export async function completeSignUp(
  control: Database,
  signUp: SignUp & { shard: string },
  place: { epoch: number; now: number },
  credential: FirstCredential | undefined,
): Promise<boolean> {
  const { tenantNo: no } = signUp;
  const incomplete = sql`EXISTS (SELECT 1 FROM sign_ups WHERE sign_up_no = ${no} AND completed_at IS NULL)`;
  const results = await commit(control, [
    sql`INSERT INTO tenants (tenant_no, tenant_id, name, shard, epoch, created_at)
      VALUES (${no}, ${signUp.tenantId}, ${signUp.organization}, ${signUp.shard}, ${place.epoch}, ${place.now})
      ON CONFLICT DO NOTHING`,
    sql`INSERT INTO administrators (administrator_id, tenant_no, email, email_folded, role, created_at)
      VALUES (${signUp.administratorId}, ${no}, ${signUp.email}, ${fold(signUp.email)},
        'subscription_admin', ${place.now}) ON CONFLICT DO NOTHING`,
    sql`UPDATE shards SET tenant_count = tenant_count + 1 WHERE shard = ${signUp.shard} AND ${incomplete}`,
    ...(credential === undefined ? [] : [insertCredential(signUp, credential, incomplete)]),
    sql`UPDATE sign_ups SET completed_at = ${place.now} WHERE sign_up_no = ${no} AND completed_at IS NULL
      RETURNING sign_up_no`,
  ]);
  return results.at(-1)?.length === 1;
}

/** For the one who confirmed, when the sweeper was faster to complete. */
export async function giveCredential(
  control: Database,
  signUp: SignUp,
  credential: FirstCredential,
): Promise<void> {
  await commit(control, [insertCredential(signUp, credential)]);
}
