/** Accounts of people whom an import meets for the first time (R52). Functions return statements. */
import { type SQL, sql } from "drizzle-orm";
import { OWNERLESS } from "../../domain/id.ts";
import { fold } from "../../scim/fold.ts";
import type { JsonObject } from "../../scim/json.ts";
import { latestEvent, recordEvent } from "../events.ts";
import { enqueueIf } from "../outbox.ts";
import { foldedDocument } from "../resources/folded-document.ts";
import type { TenantScope } from "../scope.ts";
import { followAccounts } from "../vaults/connector-changes.ts";

/** With an id that was minted for it and is nobody else's. */
export type ImportedAccount = { scimId: string; attributes: JsonObject & { userName: string } };

/**
 * Creates an account for everybody in the list whose name no live account has; a deprovisioned one is revived, since
 * names are unique (I11). Whoever has one meanwhile is left alone (R53). The license type of the settings is the
 * account's own wish, as if an administrator had chosen it: the allocator decides (R45).
 */
export function createAccounts(
  scope: TenantScope,
  vaultNo: number,
  accounts: readonly ImportedAccount[],
): SQL[] {
  const { tenantNo, now } = scope;
  const list = JSON.stringify(
    accounts.map(({ scimId, attributes }) => [
      scimId,
      attributes.userName,
      fold(attributes.userName),
      attributes,
      JSON.parse(foldedDocument(attributes)) as JsonObject,
    ]),
  );
  const given = sql`json_each(${list}) AS given`;
  const typeNo = sql`(SELECT license_type_no FROM imports WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo})`;
  const ids = JSON.stringify(accounts.map(({ scimId }) => scimId));
  const mine = sql`u.tenant_no = ${tenantNo} AND u.configuration_no = ${OWNERLESS} AND u.scim_id = made.value`;
  const made = sql`FROM json_each(${ids}) AS made CROSS JOIN users AS u WHERE ${mine}`;
  const some = sql`EXISTS (SELECT 1 ${made})`;
  return [
    // Addresses go with what the account was before.
    sql`DELETE FROM user_emails WHERE tenant_no = ${tenantNo} AND (value_folded, user_no) IN (
      SELECT e.value ->> '$.value', u.user_no FROM ${given} CROSS JOIN users AS u CROSS JOIN json_each(u.folded, '$.emails') AS e
      WHERE u.tenant_no = ${tenantNo} AND u.user_name_folded = given.value ->> 2 AND u.deprovisioned_at IS NOT NULL)`,
    sql`UPDATE users SET configuration_no = ${OWNERLESS}, scim_id = given.value ->> 0, user_name = given.value ->> 1,
        external_id = NULL, active = 1, origin = 'pull', version = 1, deprovisioned_at = NULL, manual_type_no = ${typeNo},
        default_type_no = NULL, idle_since = CASE WHEN admin_disabled = 1 THEN COALESCE(idle_since, ${now}) END,
        created_at = ${now}, updated_at = ${now}, document = given.value -> 3, folded = given.value -> 4
      FROM ${given} WHERE users.tenant_no = ${tenantNo} AND users.user_name_folded = given.value ->> 2
        AND users.user_no IN (SELECT u.user_no FROM ${given} CROSS JOIN users AS u WHERE u.tenant_no = ${tenantNo}
          AND u.user_name_folded = given.value ->> 2 AND u.deprovisioned_at IS NOT NULL)`,
    sql`INSERT INTO users (tenant_no, user_no, configuration_no, scim_id, user_name, user_name_folded, active, origin,
        version, created_at, updated_at, manual_type_no, document, folded)
      SELECT ${tenantNo}, COALESCE((SELECT MAX(user_no) FROM users WHERE tenant_no = ${tenantNo}), 0)
          + row_number() OVER (ORDER BY given.key), ${OWNERLESS}, given.value ->> 0, given.value ->> 1, given.value ->> 2,
        1, 'pull', 1, ${now}, ${now}, ${typeNo}, given.value -> 3, given.value -> 4
      FROM ${given} WHERE NOT EXISTS (SELECT 1 FROM users AS u
        WHERE u.tenant_no = ${tenantNo} AND u.user_name_folded = given.value ->> 2)`,
    sql`INSERT INTO user_emails (tenant_no, value_folded, user_no, position, type_folded, is_primary)
      SELECT ${tenantNo}, e.value ->> '$.value', u.user_no, e.key, e.value ->> '$.type', e.value ->> '$.primary'
      FROM json_each(${ids}) AS made CROSS JOIN users AS u CROSS JOIN json_each(u.folded, '$.emails') AS e WHERE ${mine}`,
    ...recordEvent(
      scope,
      {
        action: "user.imported",
        subjectKind: "vault",
        subjectNo: vaultNo,
        data: sql`json_object('users', (SELECT json_group_array(u.user_no) ${made}))`,
      },
      some,
    ),
    sql`INSERT INTO event_subjects (tenant_no, subject_kind, subject_no, seq)
      SELECT ${tenantNo}, 'user', u.user_no, latest.seq FROM json_each(${ids}) AS made CROSS JOIN users AS u
        CROSS JOIN ${latestEvent(scope)} WHERE ${mine}`,
    ...enqueueIf(scope, "license", sql`json_object('users', json(latest.data -> '$.users'))`, some),
    ...followAccounts(scope, sql`(SELECT json_group_array(u.user_no) ${made})`),
    sql`UPDATE import_runs SET created = created + (SELECT COUNT(*) ${made})
      WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo} AND state = 'running'`,
  ];
}
