/** Source groups as a SCIM client owns them; their members are in `members.ts`. Functions return statements. */
import { type SQL, sql } from "drizzle-orm";
import type { ConfigurationNo } from "../../domain/id.ts";
import { fold } from "../../scim/fold.ts";
import type { JsonObject } from "../../scim/json.ts";
import type { Row } from "../database.ts";
import { recordEvent } from "../events.ts";
import { guard, guardChangedOne } from "../guard.ts";
import { enqueue } from "../outbox.ts";
import type { TenantScope } from "../scope.ts";
import { foldedDocument } from "./folded-document.ts";

export type GroupRecord = {
  groupNo: number;
  scimId: string;
  version: number;
  attributesVersion: number;
  memberCount: number;
  createdAt: number;
  updatedAt: number;
  attributes: JsonObject;
};

export const groupColumns = sql.raw(
  "groups.group_no, groups.scim_id, groups.version, groups.attributes_version, groups.member_count, groups.created_at, groups.updated_at, groups.document",
);

export function groupRecord(row: Row): GroupRecord {
  return {
    groupNo: Number(row["group_no"]),
    scimId: String(row["scim_id"]),
    version: Number(row["version"]),
    attributesVersion: Number(row["attributes_version"]),
    memberCount: Number(row["member_count"]),
    createdAt: Number(row["created_at"]),
    updatedAt: Number(row["updated_at"]),
    attributes: JSON.parse(String(row["document"])) as JsonObject,
  };
}

/** Which group a batch is about, by the id the client used. */
export type GroupReference = { owner: ConfigurationNo; scimId: string };

/** Number of a live group the configuration owns, or NULL. One row read. */
export const groupNoOf = ({ tenantNo }: TenantScope, { owner, scimId }: GroupReference): SQL =>
  sql`(SELECT group_no FROM groups WHERE tenant_no = ${tenantNo} AND configuration_no = ${owner}
    AND scim_id = ${scimId} AND deleted_at IS NULL)`;

export function selectGroup({ tenantNo }: TenantScope, { owner, scimId }: GroupReference): SQL {
  return sql`SELECT ${groupColumns} FROM groups WHERE tenant_no = ${tenantNo} AND configuration_no = ${owner}
    AND scim_id = ${scimId} AND deleted_at IS NULL`;
}

function indexed(attributes: JsonObject) {
  const { displayName, externalId } = attributes as Record<string, unknown>;
  return {
    displayName: String(displayName),
    displayNameFolded: fold(String(displayName)),
    externalId: typeof externalId === "string" ? externalId : null,
    document: JSON.stringify(attributes),
    folded: foldedDocument(attributes),
  };
}

/** A new group without members. A taken displayName violates `groups_by_display_name`. */
export function insertGroup(
  scope: TenantScope,
  { owner, scimId }: GroupReference,
  attributes: JsonObject,
): SQL[] {
  const { tenantNo, now } = scope;
  const column = indexed(attributes);
  return [
    sql`INSERT INTO groups (tenant_no, group_no, configuration_no, scim_id, display_name, display_name_folded,
        external_id, version, attributes_version, created_at, updated_at, document, folded)
      VALUES (${tenantNo}, (SELECT COALESCE(MAX(group_no), 0) + 1 FROM groups WHERE tenant_no = ${tenantNo}),
        ${owner}, ${scimId}, ${column.displayName}, ${column.displayNameFolded}, ${column.externalId}, 1, 1,
        ${now}, ${now}, ${column.document}, ${column.folded})`,
    sql`UPDATE configurations SET group_count = group_count + 1
      WHERE tenant_no = ${tenantNo} AND configuration_no = ${owner}`,
    ...recordEvent(scope, {
      action: "group.created",
      subjectKind: "group",
      subjectNo: groupNoOf(scope, { owner, scimId }),
      data: { displayName: column.displayName, scimId },
    }),
  ];
}

/** Replaces the attributes if nobody else has since they were read; else raises `stale`. */
export function updateGroup(scope: TenantScope, before: GroupRecord, after: JsonObject): SQL[] {
  const { tenantNo, now } = scope;
  const column = indexed(after);
  return [
    sql`UPDATE groups SET display_name = ${column.displayName}, display_name_folded = ${column.displayNameFolded},
        external_id = ${column.externalId}, document = ${column.document}, folded = ${column.folded},
        version = version + 1, attributes_version = attributes_version + 1, updated_at = ${now}
      WHERE tenant_no = ${tenantNo} AND group_no = ${before.groupNo} AND deleted_at IS NULL
        AND attributes_version = ${before.attributesVersion}`,
    guardChangedOne("stale"),
    ...recordEvent(scope, {
      action: "group.changed",
      subjectKind: "group",
      subjectNo: before.groupNo,
      data: { displayName: column.displayName, before: String(before.attributes["displayName"]) },
    }),
  ];
}

/** A row when the group exists under this SCIM id, which is minted once and never given again. */
export const selectGroupExists = ({ tenantNo }: TenantScope, { owner, scimId }: GroupReference): SQL =>
  sql`SELECT 1 FROM groups WHERE tenant_no = ${tenantNo} AND configuration_no = ${owner}
    AND scim_id = ${scimId} AND deleted_at IS NULL`;

/** A row when the attributes are as this change leaves them, and nothing has changed them since. */
export const selectGroupWritten = ({ tenantNo }: TenantScope, before: GroupRecord, after: JsonObject): SQL =>
  sql`SELECT 1 FROM groups WHERE tenant_no = ${tenantNo} AND group_no = ${before.groupNo}
    AND attributes_version = ${before.attributesVersion + 1} AND document = ${JSON.stringify(after)}`;

/** A row when this operation was the last to change the members. */
export const selectMembersChanged = (
  { tenantNo }: TenantScope,
  { owner, scimId }: GroupReference,
  operation: string,
): SQL =>
  sql`SELECT 1 FROM groups WHERE tenant_no = ${tenantNo} AND configuration_no = ${owner}
    AND scim_id = ${scimId} AND deleted_at IS NULL AND last_operation = ${operation}`;

/**
 * A row when the group was deleted at this very time. No index leads to deleted groups: one pass over the
 * tenant's groups, for a request whose first answer was lost.
 */
export const selectGroupDeleted = ({ tenantNo, now }: TenantScope, { owner, scimId }: GroupReference): SQL =>
  sql`SELECT 1 FROM groups WHERE tenant_no = ${tenantNo} AND configuration_no = ${owner}
    AND scim_id = ${scimId} AND deleted_at = ${now}`;

/** Raises `precondition` unless the group is at one of these versions (If-Match, RFC 7644 §3.14). */
export function guardGroupVersion(
  scope: TenantScope,
  group: GroupReference,
  versions: readonly number[],
): SQL {
  return guard(
    "precondition",
    sql`(SELECT version FROM groups WHERE tenant_no = ${scope.tenantNo} AND group_no = ${groupNoOf(scope, group)}) IN (SELECT value FROM json_each(${JSON.stringify(versions)}))`,
  );
}

/** Raises `not_found` unless the configuration owns a live group of this id. */
export const guardGroupExists = (scope: TenantScope, group: GroupReference): SQL =>
  guard("not_found", sql`${groupNoOf(scope, group)} IS NOT NULL`);

/**
 * Marks the group deleted: from this batch on no read sees it and it gives no license and no access.
 * Its member rows are cleared in chunks afterwards. Raises `not_found`.
 */
export function markGroupDeleted(scope: TenantScope, group: GroupReference): SQL[] {
  const { tenantNo, now } = scope;
  const groupNo = groupNoOf(scope, group);
  return [
    guardGroupExists(scope, group),
    ...recordEvent(scope, {
      action: "group.deleted",
      subjectKind: "group",
      subjectNo: groupNo,
      data: { scimId: group.scimId },
    }),
    enqueue(scope, "group_cleanup", sql`json_object('group', latest.subject_no)`),
    enqueue(
      scope,
      "membership",
      sql`json_object('group', latest.subject_no, 'all', json('true'))`,
      sql`EXISTS (SELECT 1 FROM links WHERE tenant_no = ${tenantNo} AND state <> 'removed')`,
    ),
    enqueue(
      scope,
      "license",
      sql`json_object('group', latest.subject_no, 'after', 0)`,
      sql`EXISTS (SELECT 1 FROM groups INDEXED BY groups_licensed
        WHERE tenant_no = ${tenantNo} AND license_type_no IS NOT NULL)`,
    ),
    sql`UPDATE configurations SET group_count = group_count - 1
      WHERE tenant_no = ${tenantNo} AND configuration_no = ${group.owner}`,
    sql`UPDATE groups SET deleted_at = ${now}, updated_at = ${now}, version = version + 1
      WHERE tenant_no = ${tenantNo} AND configuration_no = ${group.owner} AND scim_id = ${group.scimId}
        AND deleted_at IS NULL`,
  ];
}
