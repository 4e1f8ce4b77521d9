/** User groups of a vault as they are pushed to its SCIM service, chunk by chunk. Functions return statements. */
import { type SQL, sql } from "drizzle-orm";
import type { Row } from "../database.ts";
import { isRow, type RowKey } from "../open-rows.ts";
import type { TenantScope } from "../scope.ts";

export type ConnectedGroup = { vaultGroupNo: number; name: string; remoteId: string | null };

export const connectedGroup = (row: Row): ConnectedGroup => ({
  vaultGroupNo: Number(row["vault_group_no"]),
  name: String(row["name"]),
  remoteId: row["remote_id"] === null ? null : String(row["remote_id"]),
});

export const selectConnectedGroup = ({ tenantNo }: TenantScope, vaultGroupNo: number): SQL =>
  sql`SELECT vault_group_no, name, remote_id FROM vault_groups
    WHERE tenant_no = ${tenantNo} AND vault_group_no = ${vaultGroupNo}`;

/** Those of the row's `$.groups` that belong to the vault and are still to be done; `full` per group. */
export const selectGroupsToPush = (scope: TenantScope, row: RowKey, vaultNo: number): SQL =>
  sql`SELECT g.vault_group_no, g.name, g.remote_id FROM outbox AS o
    CROSS JOIN json_each(COALESCE(json_extract(o.payload, '$.groups'), '[]')) AS named CROSS JOIN vault_groups AS g
    WHERE o.tenant_no = ${scope.tenantNo} AND o.kind = ${row.kind} AND o.seq = ${row.seq}
      AND g.tenant_no = ${scope.tenantNo} AND g.vault_group_no = named.value AND g.vault_no = ${vaultNo}
      AND g.built_in = 0 ORDER BY g.vault_group_no`;

/** Whether the group is to be compared from end to end, and the user number its push has come to. */
export const selectGroupProgress = (scope: TenantScope, row: RowKey, vaultGroupNo: number): SQL =>
  sql`SELECT EXISTS (SELECT 1 FROM json_each(COALESCE(json_extract(payload, '$.full'), '[]'))
      WHERE value = ${vaultGroupNo}) AS full,
    COALESCE(json_extract(payload, ${progressPath(vaultGroupNo)}), 0) AS after
    FROM outbox WHERE ${isRow(scope, row)}`;

const progressPath = (vaultGroupNo: number): string => `$.pushed.g${vaultGroupNo}`;

export const noteGroupProgress = (
  scope: TenantScope,
  row: RowKey,
  vaultGroupNo: number,
  after: number,
): SQL =>
  sql`UPDATE outbox SET payload = json_set(payload, ${progressPath(vaultGroupNo)}, CAST(${after} AS INTEGER))
    WHERE ${isRow(scope, row)}`;

export const forgetGroupProgress = (scope: TenantScope, row: RowKey): SQL =>
  sql`UPDATE outbox SET payload = json_remove(payload, '$.pushed') WHERE ${isRow(scope, row)}`;

/** The group's id at the service, found or lost: from there on it is compared from end to end. */
export const recordRemoteGroup = (
  scope: TenantScope,
  row: RowKey,
  vaultGroupNo: number,
  remoteId: string | null,
): SQL[] => [
  sql`UPDATE vault_groups SET remote_id = ${remoteId}
    WHERE tenant_no = ${scope.tenantNo} AND vault_group_no = ${vaultGroupNo}`,
  sql`UPDATE outbox SET payload = json_set(json_remove(payload, ${progressPath(vaultGroupNo)}), '$.full', json((
      SELECT json_group_array(no) FROM (
        SELECT value AS no FROM json_each(COALESCE(json_extract(outbox.payload, '$.full'), '[]'))
        UNION SELECT CAST(${vaultGroupNo} AS INTEGER)))))
    WHERE ${isRow(scope, row)}`,
];

/** Rows of user_no, remote_id, is_member, of the people named whom the service has, past the cursor. */
export const selectNamedMembers = (
  { tenantNo }: TenantScope,
  vaultNo: number,
  vaultGroupNo: number,
  named: { users: readonly number[]; after: number; limit: number },
): SQL =>
  sql`SELECT p.user_no, p.remote_id, EXISTS (SELECT 1 FROM vault_members AS m WHERE m.tenant_no = ${tenantNo}
      AND m.vault_group_no = ${vaultGroupNo} AND m.user_no = p.user_no) AS is_member
    FROM json_each(${JSON.stringify(named.users)}) AS given CROSS JOIN vault_users AS p
    WHERE p.tenant_no = ${tenantNo} AND p.vault_no = ${vaultNo} AND p.user_no = given.value
      AND p.user_no > ${named.after} AND p.remote_id > ''
    ORDER BY p.user_no LIMIT ${named.limit}`;

/** The same for every member of the group. */
export const selectAllMembers = (
  { tenantNo }: TenantScope,
  vaultNo: number,
  vaultGroupNo: number,
  { after, limit }: { after: number; limit: number },
): SQL =>
  sql`SELECT m.user_no, p.remote_id, 1 AS is_member FROM vault_members AS m CROSS JOIN vault_users AS p
    WHERE m.tenant_no = ${tenantNo} AND m.vault_group_no = ${vaultGroupNo} AND m.user_no > ${after}
      AND p.tenant_no = ${tenantNo} AND p.vault_no = ${vaultNo} AND p.user_no = m.user_no AND p.remote_id > ''
    ORDER BY m.user_no LIMIT ${limit}`;

/**
 * Of the ids that the service lists as members, those of people of this vault who are not in the group. Ids that
 * are nobody's here stay: whoever put them there is not ours to overrule.
 */
export const selectStrayMembers = (
  { tenantNo }: TenantScope,
  vaultNo: number,
  vaultGroupNo: number,
  remoteIds: readonly string[],
): SQL =>
  sql`SELECT p.remote_id FROM vault_users AS p WHERE p.tenant_no = ${tenantNo} AND p.vault_no = ${vaultNo}
    AND p.remote_id IN (SELECT value FROM json_each(${JSON.stringify(remoteIds)}))
    AND NOT EXISTS (SELECT 1 FROM vault_members AS m WHERE m.tenant_no = ${tenantNo}
      AND m.vault_group_no = ${vaultGroupNo} AND m.user_no = p.user_no) ORDER BY p.user_no`;

/** Links whose targets the row speaks of. */
export const selectLinksOfGroups = ({ tenantNo }: TenantScope, groups: readonly number[]): SQL =>
  sql`SELECT link_no, group_no, vault_no, vault_group_no FROM links WHERE tenant_no = ${tenantNo} AND state <> 'removed'
    AND vault_group_no IN (SELECT value FROM json_each(${JSON.stringify(groups)})) ORDER BY link_no`;
