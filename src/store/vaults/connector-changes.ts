/**
 * What tells a vault's own SCIM service of a change: an outbox row of kind `connector`, in the batch of the change
 * and keyed by its event. It names people and user groups, never what became of them: the consumer pushes what is
 * true when it gets there. Tenants without such a vault pay for the look at their vaults, and nothing else.
 *
 * Payload: `{vault?, users, groups?, full?}`. Without `vault`, every vault with a service that knows one of the
 * users; `full`, user groups to compare from end to end; `all`, everybody in the vault instead of `users`.
 */
import { type SQL, sql } from "drizzle-orm";
import { payloadAt, type RowKey } from "../open-rows.ts";
import { enqueueIf } from "../outbox.ts";
import type { TenantScope } from "../scope.ts";

const isConnected = ({ tenantNo }: TenantScope, vaultNo: number | SQL): SQL =>
  sql`EXISTS (SELECT 1 FROM vaults WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo} AND connector = 'scim')`;

/** Vaults with a service of their own, as `v`, that know any of the users (a JSON array). */
const connectedVaults = ({ tenantNo }: TenantScope, users: SQL): SQL =>
  sql`FROM vaults AS v INDEXED BY vaults_connected WHERE v.tenant_no = ${tenantNo} AND v.connector = 'scim' AND EXISTS (
    SELECT 1 FROM json_each(${users}) AS given CROSS JOIN vault_users AS p
    WHERE p.tenant_no = ${tenantNo} AND p.vault_no = v.vault_no AND p.user_no = given.value)`;

/** Accounts changed: attributes, whether they are active, or whether they hold a license. */
export const followAccounts = (scope: TenantScope, users: SQL): SQL[] =>
  enqueueIf(
    scope,
    "connector",
    sql`json_object('users', json(${users}))`,
    sql`EXISTS (SELECT 1 ${connectedVaults(scope, users)})`,
  );

export const selectConnectedVaults = (scope: TenantScope, users: readonly number[]): SQL =>
  sql`SELECT v.vault_no ${connectedVaults(scope, sql`${JSON.stringify(users)}`)} ORDER BY v.vault_no`;

const changed = ["created", "enabled", "disabled", "added", "removed"];

/** People whom the plan in the row's payload changes, in one vault and perhaps one user group of it. */
export function followPlan(
  scope: TenantScope,
  row: RowKey,
  vaultNo: number,
  groups: readonly number[],
): SQL[] {
  const people = sql.join(
    changed.map(
      (list) =>
        sql`SELECT CAST(value AS INTEGER) AS user_no FROM json_each(${payloadAt(scope, row, `$.plan.${list}`)})`,
    ),
    sql` UNION `,
  );
  return enqueueIf(
    scope,
    "connector",
    sql`json_object('vault', CAST(${vaultNo} AS INTEGER), 'groups', json(${JSON.stringify(groups)}),
      'users', (SELECT json_group_array(user_no) FROM (${people})))`,
    // A CASE, lest SQLite gathers the people of every vault that has no service.
    sql`CASE WHEN ${isConnected(scope, vaultNo)} THEN EXISTS (SELECT 1 FROM (${people})) ELSE 0 END`,
  );
}

/** An administrator acted on one person of the vault; before the memberships go, which go with a tombstone. */
export function followVaultUser(scope: TenantScope, vaultNo: number, userNo: number): SQL[] {
  const { tenantNo } = scope;
  return enqueueIf(
    scope,
    "connector",
    sql`json_object('vault', CAST(${vaultNo} AS INTEGER), 'users', json_array(CAST(${userNo} AS INTEGER)), 'groups', (
      SELECT json_group_array(g.vault_group_no) FROM vault_groups AS g CROSS JOIN vault_members AS m
      WHERE g.tenant_no = ${tenantNo} AND g.vault_no = ${vaultNo} AND m.tenant_no = ${tenantNo}
        AND m.vault_group_no = g.vault_group_no AND m.user_no = ${userNo}))`,
    isConnected(scope, vaultNo),
  );
}

/** A new user group: the service is to have it even before anybody is in. */
export const followVaultGroup = (scope: TenantScope, vaultNo: number, vaultGroupNo: SQL): SQL[] =>
  enqueueIf(
    scope,
    "connector",
    sql`json_object('vault', CAST(${vaultNo} AS INTEGER), 'users', json('[]'), 'groups', json_array(${vaultGroupNo}))`,
    isConnected(scope, vaultNo),
  );

/** One person came into a user group or left it, by an administrator's act. */
export const followVaultMember = (
  scope: TenantScope,
  vaultNo: number,
  vaultGroupNo: number,
  userNo: SQL,
): SQL[] =>
  enqueueIf(
    scope,
    "connector",
    sql`json_object('vault', CAST(${vaultNo} AS INTEGER), 'users', json_array(CAST(${userNo} AS INTEGER)),
      'groups', json_array(CAST(${vaultGroupNo} AS INTEGER)))`,
    isConnected(scope, vaultNo),
  );

/**
 * Nothing is believed of what the service holds: of these people, or of the whole vault, everything is pushed again
 * (`all`: everybody in it). Groups of named people get or lose these people; of the whole vault, they are compared.
 */
export function pushAgain(scope: TenantScope, vaultNo: number, users: readonly number[] | "all"): SQL[] {
  const { tenantNo } = scope;
  const named = JSON.stringify(users === "all" ? [] : users);
  const groups = sql`(SELECT json_group_array(vault_group_no) FROM vault_groups
    WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo} AND built_in = 0)`;
  const connected = isConnected(scope, vaultNo);
  const among = users === "all" ? sql`1` : sql`user_no IN (SELECT value FROM json_each(${named}))`;
  const whole = users === "all" ? sql`, 'all', json('true'), 'full', ${groups}` : sql``;
  return [
    sql`UPDATE vault_users SET remote_digest = NULL WHERE ${connected} AND tenant_no = ${tenantNo}
      AND vault_no = ${vaultNo} AND ${among} AND remote_digest IS NOT NULL`,
    ...enqueueIf(
      scope,
      "connector",
      sql`json_object('vault', CAST(${vaultNo} AS INTEGER), 'users', json(${named}), 'groups', ${groups}${whole})`,
      connected,
    ),
  ];
}
