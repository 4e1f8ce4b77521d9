/** Source groups and their members. */
import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/** Source groups, owned by the identity provider. */
export const groups = sqliteTable(
  "groups",
  {
    tenantNo: integer("tenant_no").notNull(),
    groupNo: integer("group_no").notNull(),
    /** Negative: the group is read by the import of that vault, and invisible over SCIM (`domain/import.ts`). */
    configurationNo: integer("configuration_no").notNull(),
    scimId: text("scim_id").notNull(),
    displayName: text("display_name").notNull(),
    displayNameFolded: text("display_name_folded").notNull(),
    externalId: text("external_id"),
    licenseTypeNo: integer("license_type_no"),
    /** Priority in the queue for a license that this group gives its members; higher is served first (A4). */
    waitingPriority: integer("waiting_priority").notNull().default(0),
    memberCount: integer("member_count").notNull().default(0),
    /** ETag: any change. `attributes_version` moves with attributes only, so member deltas never collide. */
    version: integer("version").notNull(),
    attributesVersion: integer("attributes_version").notNull(),
    /** Operation that last changed the members: lets later statements of the same batch see that it did. */
    lastOperation: text("last_operation"),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
    deletedAt: integer("deleted_at"),
    document: text("document").notNull(),
    folded: text("folded").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantNo, table.groupNo] }),
    uniqueIndex("groups_by_scim_id")
      .on(table.tenantNo, table.configurationNo, table.scimId)
      .where(sql`deleted_at is null`),
    uniqueIndex("groups_by_display_name")
      .on(table.tenantNo, table.configurationNo, table.displayNameFolded)
      .where(sql`deleted_at is null`),
    index("groups_by_external_id").on(table.tenantNo, table.externalId).where(sql`external_id is not null`),
    index("groups_licensed").on(table.tenantNo, table.groupNo).where(sql`license_type_no is not null`),
  ],
);

export const members = sqliteTable(
  "members",
  {
    tenantNo: integer("tenant_no").notNull(),
    groupNo: integer("group_no").notNull(),
    /** 0: `member_no` is a user; 1: it is a group (RFC 7643 §4.2 allows both). */
    memberKind: integer("member_kind").notNull(),
    memberNo: integer("member_no").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantNo, table.groupNo, table.memberKind, table.memberNo] }),
    uniqueIndex("members_by_member").on(table.tenantNo, table.memberKind, table.memberNo, table.groupNo),
  ],
);
