/** Facts that access to a vault depends on, read as one snapshot. */
import { type SQL, sql } from "drizzle-orm";
import { COVERING_STATES } from "../../domain/link.ts";
import type { AccessFacts, VaultUserState } from "../../domain/vault.ts";
import type { Row } from "../database.ts";
import { effectiveGroups } from "../resources/effective-membership.ts";
import type { TenantScope } from "../scope.ts";
import { oneOf } from "./link-facts.ts";
import { userNoOf } from "./vault-users.ts";

export type CoveringLink = { id: string; group: string; target: string };

/** Two statements: the account with its vault user, and the links that cover it. */
export function selectAccess(scope: TenantScope, vaultNo: number, userId: string): SQL[] {
  const { tenantNo } = scope;
  const userNo = userNoOf(scope, userId);
  return [
    sql`SELECT u.user_name, u.active, u.admin_disabled, u.held_type_no, u.waiting_since, u.deprovisioned_at, p.state,
        p.disabled_by FROM users AS u LEFT JOIN vault_users AS p
          ON p.tenant_no = ${tenantNo} AND p.vault_no = ${vaultNo} AND p.user_no = u.user_no
      WHERE u.tenant_no = ${tenantNo} AND u.user_no = ${userNo}`,
    sql`WITH RECURSIVE ${effectiveGroups(tenantNo, sql`(SELECT json_array(${userNo}))`)}
      SELECT l.link_id, g.display_name, t.name FROM effective_groups AS e CROSS JOIN links AS l
      JOIN groups AS g ON g.tenant_no = ${tenantNo} AND g.group_no = l.group_no
      JOIN vault_groups AS t ON t.tenant_no = ${tenantNo} AND t.vault_group_no = l.vault_group_no
      WHERE l.tenant_no = ${tenantNo} AND l.group_no = e.group_no AND l.state <> 'removed'
        AND l.state IN (${oneOf(COVERING_STATES)}) AND l.vault_no = ${vaultNo} ORDER BY l.link_no`,
  ];
}

export const accessFacts = (
  row: Row,
  links: readonly Row[],
): AccessFacts & { userName: string; deprovisioned: boolean; waiting: boolean; links: CoveringLink[] } => ({
  userName: String(row["user_name"]),
  active: Number(row["active"]) === 1,
  adminDisabled: Number(row["admin_disabled"]) === 1,
  holdsLicense: row["held_type_no"] !== null,
  waiting: row["waiting_since"] !== null,
  deprovisioned: row["deprovisioned_at"] !== null,
  vaultUser:
    row["state"] === null
      ? undefined
      : {
          state: String(row["state"]) as VaultUserState,
          disabledBy: row["disabled_by"] as "sync" | "admin" | null,
        },
  links: links.map((link) => ({
    id: String(link["link_id"]),
    group: String(link["display_name"]),
    target: String(link["name"]),
  })),
});
