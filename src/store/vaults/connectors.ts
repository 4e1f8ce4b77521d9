/**
 * Vaults with a SCIM service of their own, as the consumer that pushes to them sees them. Functions return statements.
 *
 * One consumer at a time works on a vault, under a lease in the vault's row: two of them could otherwise write an
 * older state of a person over a newer one. Before anything is sent the digest of what was last written is taken
 * away, and put back once the service has answered, so that a lost answer never looks like a state that was reached.
 */
import { type SQL, sql } from "drizzle-orm";
import type { ConnectorSettings } from "../../domain/connector.ts";
import type { JsonObject } from "../../scim/json.ts";
import type { Row } from "../database.ts";
import { guard, guardChangedOne } from "../guard.ts";
import { isRow, type RowKey } from "../open-rows.ts";
import type { TenantScope } from "../scope.ts";

export type Lease = { vaultNo: number; holder: string };

export type ConnectorRecord = { vaultId: string; settings: ConnectorSettings; sealed: string };

export const connectorRecord = (row: Row): ConnectorRecord => ({
  vaultId: String(row["vault_id"]),
  settings: JSON.parse(String(row["connector_settings"])) as ConnectorSettings,
  sealed: String(row["connector_secret"]),
});

/** A person to push: what the account is now, and what the service is known to hold. */
export type PendingUser = {
  userNo: number;
  userName: string;
  attributes: JsonObject;
  access: boolean;
  /** Enabled in the vault: the service is to have such a person, and not only to disable whom it has. */
  belongs: boolean;
  /** Null for somebody who is still to be looked for. */
  remoteId: string | null;
  /** What `remote_digest` will be once this state is there. */
  digest: string;
};

export const pendingUser = (row: Row): PendingUser => ({
  userNo: Number(row["user_no"]),
  userName: String(row["user_name"]),
  attributes: JSON.parse(String(row["document"])) as JsonObject,
  access: Number(row["access"]) === 1,
  belongs: Number(row["belongs"]) === 1,
  remoteId: row["remote_id"] === null || row["remote_id"] === "" ? null : String(row["remote_id"]),
  digest: String(row["digest"]),
});

export const isVault = ({ tenantNo }: TenantScope, vaultNo: number): SQL =>
  sql`tenant_no = ${tenantNo} AND vault_no = ${vaultNo} AND connector = 'scim'`;

const leaseEnds = sql`COALESCE(json_extract(connector_settings, '$.lease.until'), 0)`;
const holds = (holder: string): SQL => sql`json_extract(connector_settings, '$.lease.holder') = ${holder}`;

export const selectConnector = (scope: TenantScope, vaultNo: number): SQL =>
  sql`SELECT vault_id, connector_settings, connector_secret FROM vaults WHERE ${isVault(scope, vaultNo)}`;

/** Takes the lease; raises `busy` while another holds it. The last statement returns the connector, or no row. */
export function takeLease(scope: TenantScope, { vaultNo, holder }: Lease, until: number): SQL[] {
  const vault = isVault(scope, vaultNo);
  return [
    sql`UPDATE vaults SET connector_settings = json_set(connector_settings, '$.lease',
        json_object('holder', ${holder}, 'until', CAST(${until} AS INTEGER)))
      WHERE ${vault} AND ${leaseEnds} <= ${scope.now}`,
    guard("busy", sql`NOT EXISTS (SELECT 1 FROM vaults WHERE ${vault} AND NOT ${holds(holder)})`),
    selectConnector(scope, vaultNo),
  ];
}

/** Raises `busy` when the lease was lost: whoever took it over starts from what is stored. */
export const keepLease = (scope: TenantScope, { vaultNo, holder }: Lease, until: number): SQL[] => [
  sql`UPDATE vaults SET connector_settings = json_set(connector_settings, '$.lease.until', CAST(${until} AS INTEGER))
    WHERE ${isVault(scope, vaultNo)} AND ${holds(holder)}`,
  guardChangedOne("busy"),
];

export type Outcome = "succeeded" | { error: string; throttledUntil: number } | undefined;

/** Ends the lease, with what the service was like; undefined when there is nothing new to tell. */
export function endLease(scope: TenantScope, { vaultNo, holder }: Lease, outcome: Outcome): SQL {
  return sql`UPDATE vaults SET connector_settings = ${withHealth(scope, outcome)}
    WHERE ${isVault(scope, vaultNo)} AND ${holds(holder)}`;
}

function withHealth({ now }: TenantScope, outcome: Outcome): SQL {
  const free = sql`json_remove(connector_settings, '$.lease')`;
  if (outcome === undefined) return free;
  const health = sql`COALESCE(json_extract(connector_settings, '$.health'), '{}')`;
  const at = sql`CAST(${now} AS INTEGER)`;
  if (outcome === "succeeded") {
    return sql`json_set(${free}, '$.health',
      json(json_set(json_remove(${health}, '$.error', '$.throttledUntil'), '$.succeededAt', ${at})))`;
  }
  const { error, throttledUntil } = outcome;
  return sql`json_set(${free}, '$.health', json(json_set(${health}, '$.failedAt', ${at}, '$.error', ${error},
    '$.throttledUntil', CAST(${throttledUntil} AS INTEGER))))`;
}

/** Until when the service asked to be left alone, and whether the vault is taken: `throttled_until`, `busy`. */
export const selectPause = (scope: TenantScope, vaultNo: number): SQL =>
  sql`SELECT COALESCE(json_extract(connector_settings, '$.health.throttledUntil'), 0) AS throttled_until,
    ${leaseEnds} > ${scope.now} AS busy FROM vaults WHERE ${isVault(scope, vaultNo)}`;

/** Whether the person has access to the vault (I22), of `p` and `u`; `domain/vault.ts` `hasVaultAccess`, in SQL. */
const access = sql`(p.state = 'enabled' AND u.active = 1 AND u.admin_disabled = 0 AND u.held_type_no IS NOT NULL)`;

const belongs = sql`(p.state = 'enabled' AND u.deprovisioned_at IS NULL)`;

/** Changes with everything that is pushed: the account's SCIM life, its version in it, and access. */
const digest = sql`(u.scim_id || '/' || u.version || '/' || ${access})`;

/**
 * People of the list whose state the service is not known to hold. Somebody whom the service has never had is
 * given to it when enabled, licensed or not (A22); a person who is already out is not created to be disabled, but
 * looked for when an earlier service had them: their id is empty then.
 */
export function selectPendingUsers(
  { tenantNo }: TenantScope,
  vaultNo: number,
  users: readonly number[] | "all",
  after: number,
  limit: number,
): SQL {
  const people =
    users === "all"
      ? sql`vault_users AS p CROSS JOIN users AS u WHERE 1`
      : sql`json_each(${JSON.stringify(users)}) AS given CROSS JOIN vault_users AS p CROSS JOIN users AS u
        WHERE p.user_no = given.value`;
  return sql`SELECT p.user_no, u.user_name, u.document, p.remote_id, ${access} AS access, ${belongs} AS belongs, ${digest} AS digest
    FROM ${people} AND p.tenant_no = ${tenantNo} AND p.vault_no = ${vaultNo} AND p.user_no > ${after}
      AND u.tenant_no = ${tenantNo} AND u.user_no = p.user_no AND p.remote_digest IS NOT ${digest}
      AND (p.remote_id IS NOT NULL OR ${belongs})
    ORDER BY p.user_no LIMIT ${limit}`;
}

/** From here on nobody knows what the service holds of them. */
export const markInDoubt = ({ tenantNo }: TenantScope, vaultNo: number, users: readonly number[]): SQL =>
  sql`UPDATE vault_users SET remote_digest = NULL WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo}
    AND user_no IN (SELECT value FROM json_each(${JSON.stringify(users)})) AND remote_digest IS NOT NULL`;

/** Both null for somebody who is out of the vault and was not found at the service. */
export type PushedUser = { userNo: number; remoteId: string | null; digest: string | null };

export const recordPushed = (
  { tenantNo }: TenantScope,
  vaultNo: number,
  pushed: readonly PushedUser[],
): SQL =>
  sql`WITH pushed(tenant_no, vault_no, user_no, remote_id, digest) AS MATERIALIZED (
      SELECT ${tenantNo}, ${vaultNo}, value ->> 0, value ->> 1, value ->> 2
      FROM json_each(${JSON.stringify(pushed.map(({ userNo, remoteId, digest: d }) => [userNo, remoteId, d]))}))
    UPDATE vault_users SET remote_id = pushed.remote_id, remote_digest = pushed.digest FROM pushed
    WHERE vault_users.tenant_no = pushed.tenant_no AND vault_users.vault_no = pushed.vault_no
      AND vault_users.user_no = pushed.user_no`;

/** People who were found again under another id are missing from their groups there: those are pushed as well. */
export const addGroupsOf = (
  scope: TenantScope,
  row: RowKey,
  vaultNo: number,
  users: readonly number[],
): SQL => {
  const { tenantNo } = scope;
  return sql`UPDATE outbox SET payload = json_set(payload, '$.groups', json((SELECT json_group_array(no) FROM (
      SELECT value AS no FROM json_each(COALESCE(json_extract(outbox.payload, '$.groups'), '[]'))
      UNION SELECT g.vault_group_no FROM vault_groups AS g WHERE g.tenant_no = ${tenantNo} AND g.vault_no = ${vaultNo}
        AND EXISTS (SELECT 1 FROM json_each(${JSON.stringify(users)}) AS given CROSS JOIN vault_members AS m
          WHERE m.tenant_no = ${tenantNo} AND m.vault_group_no = g.vault_group_no AND m.user_no = given.value)))))
    WHERE ${isRow(scope, row)}`;
};

/** Which of these ids at the service are somebody else's already, as rows of `remote_id`. */
export const selectTakenRemoteId = ({ tenantNo }: TenantScope, vaultNo: number, remoteId: string): SQL =>
  sql`SELECT user_no FROM vault_users WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo} AND remote_id = ${remoteId}`;

/** What the gateway knows of these people at the service: rows of user_no, remote_id, access. */
export const selectRemoteUsers = (
  { tenantNo }: TenantScope,
  vaultNo: number,
  users: readonly number[],
): SQL =>
  sql`SELECT p.user_no, NULLIF(p.remote_id, '') AS remote_id, ${access} AS access
    FROM json_each(${JSON.stringify(users)}) AS given CROSS JOIN vault_users AS p CROSS JOIN users AS u
    WHERE p.tenant_no = ${tenantNo} AND p.vault_no = ${vaultNo} AND p.user_no = given.value
      AND u.tenant_no = ${tenantNo} AND u.user_no = p.user_no`;
