/** Accounts that administrators make by hand, and the flag by which they shut one out. */
import { type SQL, sql } from "drizzle-orm";
import { OWNERLESS } from "../../domain/id.ts";
import { fold } from "../../scim/fold.ts";
import type { JsonObject } from "../../scim/json.ts";
import { recordEvent } from "../events.ts";
import { tenantFence } from "../fence.ts";
import { guard } from "../guard.ts";
import { enqueue } from "../outbox.ts";
import { foldedDocument } from "../resources/folded-document.ts";
import { liveUserNo } from "../resources/subject.ts";
import { insertEmails } from "../resources/user-emails.ts";
import { reconsiderReleased } from "../resources/users.ts";
import type { TenantScope } from "../scope.ts";
import { followAccounts } from "../vaults/connector-changes.ts";

export type NewAccount = {
  id: string;
  userName: string;
  /** Code of the license type it is entitled to, or none. */
  licenseType: string | null;
  attributes: JsonObject;
};

/** Raises `unknown_type`; violates the unique index of user names when the name is taken (I11). */
export function insertAccount(scope: TenantScope, account: NewAccount): SQL[] {
  const { tenantNo, now } = scope;
  const { id, userName, licenseType, attributes } = account;
  const typeNo = sql`(SELECT license_type_no FROM license_types WHERE tenant_no = ${tenantNo} AND code = ${licenseType})`;
  const userNo = sql`(SELECT user_no FROM users
    WHERE tenant_no = ${tenantNo} AND configuration_no = ${OWNERLESS} AND scim_id = ${id})`;
  return [
    tenantFence(scope),
    ...(licenseType === null ? [] : [guard("unknown_type", sql`${typeNo} IS NOT NULL`)]),
    sql`INSERT INTO users (tenant_no, user_no, configuration_no, scim_id, user_name, user_name_folded, active, origin,
        version, created_at, updated_at, manual_type_no, document, folded)
      SELECT ${tenantNo}, COALESCE(MAX(user_no), 0) + 1, ${OWNERLESS}, ${id}, ${userName}, ${fold(userName)}, 1,
        'manual', 1, ${now}, ${now}, ${typeNo}, ${JSON.stringify(attributes)}, ${foldedDocument(attributes)}
      FROM users WHERE tenant_no = ${tenantNo}`,
    ...insertEmails(scope, userNo, attributes),
    ...recordEvent(scope, {
      action: "user.created",
      subjectKind: "user",
      subjectNo: userNo,
      data: { userName, licenseType },
    }),
    enqueue(scope, "license", sql`json_object('users', json_array(${userNo}))`),
  ];
}

/** Sets the administrator's own flag; what the identity provider says in `active` stays untouched (A26). */
export function setAdminDisabled(scope: TenantScope, userId: string, disabled: boolean): SQL[] {
  const { tenantNo, now } = scope;
  const userNo = liveUserNo(scope, userId);
  const flag = disabled ? 1 : 0;
  return [
    tenantFence(scope),
    guard("not_found", sql`${userNo} IS NOT NULL`),
    ...recordEvent(
      scope,
      {
        action: disabled ? "user.disabled_by_admin" : "user.enabled_by_admin",
        subjectKind: "user",
        subjectNo: userNo,
        data: {},
      },
      sql`EXISTS (SELECT 1 FROM users
        WHERE tenant_no = ${tenantNo} AND user_no = ${userNo} AND admin_disabled <> ${flag})`,
    ),
    ...followAccounts(
      scope,
      sql`(SELECT json_group_array(user_no) FROM users
      WHERE tenant_no = ${tenantNo} AND user_no = ${userNo} AND admin_disabled <> ${flag})`,
    ),
    sql`UPDATE users SET admin_disabled = ${flag}, idle_since = CASE
        WHEN ${flag} = 1 OR active = 0 THEN COALESCE(idle_since, ${now}) END
      WHERE tenant_no = ${tenantNo} AND user_no = ${userNo} AND admin_disabled <> ${flag}`,
    ...(disabled ? [] : reconsiderReleased(scope, userNo, sql`changes() > 0`)),
  ];
}
