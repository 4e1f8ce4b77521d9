/** Writing login accounts as a SCIM client owns them; every function returns statements. */
import { type SQL, sql } from "drizzle-orm";
import type { ConfigurationNo } from "../../domain/id.ts";
import { fold } from "../../scim/fold.ts";
import type { JsonObject } from "../../scim/json.ts";
import { recordEvent } from "../events.ts";
import { guard, guardChangedOne } from "../guard.ts";
import { enqueue, enqueueIf, enqueueLicense } from "../outbox.ts";
import type { TenantScope } from "../scope.ts";
import { followAccounts } from "../vaults/connector-changes.ts";
import { foldedDocument } from "./folded-document.ts";
import { deleteEmails, deleteStoredEmails, insertEmails } from "./user-emails.ts";
import type { UserRecord } from "./user-records.ts";

/** A row when the account is as this change leaves it, and nothing has changed it since. */
export const selectUserWritten = ({ tenantNo }: TenantScope, { before, after }: UserChange): SQL =>
  sql`SELECT 1 FROM users WHERE tenant_no = ${tenantNo} AND user_no = ${before.userNo}
    AND scim_id = ${before.scimId} AND version = ${before.version + 1} AND document = ${JSON.stringify(after)}`;

/** Columns that repeat what the document says, so that indexes can serve it. */
function indexed(attributes: JsonObject) {
  const { userName, externalId, active } = attributes as Record<string, unknown>;
  return {
    userName: String(userName),
    userNameFolded: fold(String(userName)),
    externalId: typeof externalId === "string" ? externalId : null,
    active: active === false ? 0 : 1,
    document: JSON.stringify(attributes),
    folded: foldedDocument(attributes),
  };
}

/**
 * `POST /Users` of a free name: a new account. A taken name violates `users_by_user_name`; whether its holder
 * may be taken over is then for `adoptUser` to decide.
 */
export function insertUser(
  scope: TenantScope,
  owner: ConfigurationNo,
  scimId: string,
  attributes: JsonObject,
): SQL[] {
  const { tenantNo, now } = scope;
  const column = indexed(attributes);
  const userNo = sql`(SELECT MAX(user_no) FROM users WHERE tenant_no = ${tenantNo})`;
  return [
    sql`INSERT INTO users (tenant_no, user_no, configuration_no, scim_id, user_name, user_name_folded, external_id,
        active, origin, version, created_at, updated_at, idle_since, default_type_no, document, folded)
      VALUES (${tenantNo}, COALESCE(${userNo}, 0) + 1, ${owner}, ${scimId}, ${column.userName},
        ${column.userNameFolded}, ${column.externalId}, ${column.active}, 'scim', 1, ${now}, ${now},
        ${column.active === 1 ? null : now}, ${defaultTypeNo(scope, owner)}, ${column.document}, ${column.folded})`,
    ...insertEmails(scope, userNo, attributes),
    ...countUser(scope, owner, "+"),
    ...recordEvent(scope, {
      action: "user.created",
      subjectKind: "user",
      subjectNo: userNo,
      data: { userName: column.userName, scimId },
    }),
    reconsiderLicense(scope),
  ];
}

/** Default of the configuration as it is now: later ones count for later accounts only (A5). */
const defaultTypeNo = ({ tenantNo }: TenantScope, owner: ConfigurationNo): SQL =>
  sql`(SELECT default_license_type_no FROM configurations
    WHERE tenant_no = ${tenantNo} AND configuration_no = ${owner})`;

/** Since when the account is idle: inactive, or disabled by an administrator (A8). */
const idleSince = ({ now }: TenantScope, active: number): SQL =>
  active === 1
    ? sql`CASE WHEN admin_disabled = 1 THEN COALESCE(idle_since, ${now}) END`
    : sql`COALESCE(idle_since, ${now})`;

/**
 * `POST /Users` of a taken name (A9, R37): an account that no live configuration owns, or that was
 * deprovisioned, is taken over under the new SCIM id with the attributes of the body. Otherwise the guard
 * raises `uniqueness`.
 */
export function adoptUser(
  scope: TenantScope,
  owner: ConfigurationNo,
  scimId: string,
  attributes: JsonObject,
): SQL[] {
  const { tenantNo, now } = scope;
  const column = indexed(attributes);
  const named = sql`FROM users u WHERE u.tenant_no = ${tenantNo} AND u.user_name_folded = ${column.userNameFolded}`;
  const userNo = sql`(SELECT u.user_no ${named})`;
  return [
    // Before the account is taken over: what it was decides what happened, and its addresses go with it.
    ...recordEvent(scope, {
      action: sql`(SELECT CASE WHEN u.deprovisioned_at IS NULL THEN 'user.adopted' ELSE 'user.revived' END ${named})`,
      subjectKind: "user",
      subjectNo: userNo,
      data: { userName: column.userName, scimId },
    }),
    deleteStoredEmails(scope, userNo),
    sql`UPDATE users SET configuration_no = ${owner}, scim_id = ${scimId}, user_name = ${column.userName},
        external_id = ${column.externalId}, active = ${column.active}, version = 1, origin = 'scim',
        idle_since = ${idleSince(scope, column.active)}, default_type_no = ${defaultTypeNo(scope, owner)},
        adoption_pending = 1, manual_type_no = NULL, deprovisioned_at = NULL, created_at = ${now}, updated_at = ${now},
        document = ${column.document}, folded = ${column.folded}
      WHERE tenant_no = ${tenantNo} AND user_name_folded = ${column.userNameFolded}
        AND NOT EXISTS (SELECT 1 FROM configurations c WHERE c.tenant_no = users.tenant_no
          AND c.configuration_no = users.configuration_no AND c.state = 'active')`,
    guardChangedOne("uniqueness"),
    ...insertEmails(scope, userNo, attributes),
    ...countUser(scope, owner, "+"),
    reconsiderLicense(scope),
    ...followAccount(scope, userNo),
  ];
}

const countUser = ({ tenantNo }: TenantScope, owner: ConfigurationNo, sign: "+" | "-"): SQL[] => [
  sql`UPDATE configurations SET user_count = user_count ${sql.raw(sign)} 1
    WHERE tenant_no = ${tenantNo} AND configuration_no = ${owner}`,
];

/** The allocator is to look at the user whom the event just recorded is about. */
const reconsiderLicense = (scope: TenantScope): SQL =>
  enqueueLicense(scope, sql`json_object('users', json_array(latest.subject_no))`);

const followAccount = (scope: TenantScope, userNo: number | SQL): SQL[] =>
  followAccounts(scope, sql`json_array(CAST(${userNo} AS INTEGER))`);

/** What a change of attributes knows of the account it read. */
export type UserChange = { before: UserRecord; after: JsonObject };

/** Replaces the attributes if the account is still at the version that was read; else raises `stale`. */
export function updateUser(scope: TenantScope, { before, after }: UserChange): SQL[] {
  const { tenantNo, now } = scope;
  const column = indexed(after);
  const wasActive = before.attributes["active"] !== false;
  return [
    sql`UPDATE users SET user_name = ${column.userName}, user_name_folded = ${column.userNameFolded},
        external_id = ${column.externalId}, active = ${column.active}, version = version + 1, updated_at = ${now},
        idle_since = ${idleSince(scope, column.active)}, document = ${column.document}, folded = ${column.folded}
      WHERE tenant_no = ${tenantNo} AND user_no = ${before.userNo} AND scim_id = ${before.scimId}
        AND version = ${before.version}`,
    guardChangedOne("stale"),
    ...deleteEmails(scope, before.userNo, before.attributes, after),
    ...insertEmails(scope, sql`${before.userNo}`, after, before.attributes),
    ...recordEvent(scope, {
      action:
        wasActive === (column.active === 1)
          ? "user.changed"
          : column.active === 1
            ? "user.reactivated"
            : "user.deactivated",
      subjectKind: "user",
      subjectNo: before.userNo,
      data: { changed: changedNames(before.attributes, after) },
    }),
    ...(column.active === 1 && !wasActive ? reconsiderReleased(scope, before.userNo) : []),
    ...followAccount(scope, before.userNo),
  ];
}

/** Whoever comes back and lost the license while idle gets a place in the queue again (A8). */
export const reconsiderReleased = (scope: TenantScope, userNo: number | SQL, when = sql`1`): SQL[] =>
  enqueueIf(
    scope,
    "license",
    sql`json_object('users', json_array(latest.subject_no))`,
    sql`${when} AND EXISTS (SELECT 1 FROM users WHERE tenant_no = ${scope.tenantNo} AND user_no = ${userNo}
      AND held_type_no IS NULL AND waiting_since IS NULL)`,
  );

const changedNames = (before: JsonObject, after: JsonObject): string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );

/**
 * `DELETE /Users/{id}` (A9): the SCIM id is gone for good, the account stays behind, deprovisioned, for its
 * history. Memberships end; license and vaults follow through the outbox. Raises `not_found`.
 */
export function deprovisionUser(
  scope: TenantScope,
  owner: ConfigurationNo,
  scimId: string,
  retiredId: string,
  ifVersions?: readonly number[],
): SQL[] {
  const { tenantNo, now } = scope;
  const userNo = sql`(SELECT user_no FROM users
    WHERE tenant_no = ${tenantNo} AND configuration_no = ${owner} AND scim_id = ${scimId})`;
  const retiredNo = sql`(SELECT user_no FROM users
    WHERE tenant_no = ${tenantNo} AND configuration_no = 0 AND scim_id = ${retiredId})`;
  return [
    guard("not_found", sql`${userNo} IS NOT NULL`),
    ...(ifVersions === undefined
      ? []
      : [
          guard(
            "precondition",
            sql`(SELECT version FROM users WHERE tenant_no = ${tenantNo} AND user_no = ${userNo})
              IN (SELECT value FROM json_each(${JSON.stringify(ifVersions)}))`,
          ),
        ]),
    ...recordEvent(scope, {
      action: "user.deprovisioned",
      subjectKind: "user",
      subjectNo: userNo,
      data: { scimId },
    }),
    enqueue(
      scope,
      "membership",
      sql`json_object('users', json_array(latest.subject_no), 'deprovisioned', json('true'))`,
      // Whom a link brought in is still in the vault when the link was taken off and its members kept.
      sql`EXISTS (SELECT 1 FROM links WHERE tenant_no = ${tenantNo})`,
    ),
    reconsiderLicense(scope),
    ...followAccount(scope, userNo),
    sql`UPDATE groups SET version = version + 1, member_count = member_count - 1, updated_at = ${now}
      WHERE tenant_no = ${tenantNo} AND group_no IN (SELECT group_no FROM members
        WHERE tenant_no = ${tenantNo} AND member_kind = 0 AND member_no = ${userNo})`,
    sql`DELETE FROM members WHERE tenant_no = ${tenantNo} AND member_kind = 0 AND member_no = ${userNo}`,
    deleteStoredEmails(scope, userNo),
    ...countUser(scope, owner, "-"),
    sql`UPDATE users SET configuration_no = 0, scim_id = ${retiredId}, external_id = NULL, active = 0,
        version = version + 1, updated_at = ${now}, deprovisioned_at = ${now}, idle_since = NULL
      WHERE tenant_no = ${tenantNo} AND configuration_no = ${owner} AND scim_id = ${scimId}`,
    guard("not_found", sql`${retiredNo} IS NOT NULL`),
  ];
}
