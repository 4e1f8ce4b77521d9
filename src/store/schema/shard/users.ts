/** Login accounts. */
import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/**
 * Login accounts. `configuration_no` 0 means ownerless (made by an administrator, deprovisioned, or its
 * configuration was deleted): such accounts are invisible over SCIM.
 */
export const users = sqliteTable(
  "users",
  {
    tenantNo: integer("tenant_no").notNull(),
    userNo: integer("user_no").notNull(),
    configurationNo: integer("configuration_no").notNull(),
    /** UUIDv7: one index serves look-up, ownership and listing in order of creation. */
    scimId: text("scim_id").notNull(),
    userName: text("user_name").notNull(),
    userNameFolded: text("user_name_folded").notNull(),
    externalId: text("external_id"),
    active: integer("active").notNull(),
    adminDisabled: integer("admin_disabled").notNull().default(0),
    origin: text("origin", { enum: ["scim", "manual", "pull"] }).notNull(),
    deprovisionedAt: integer("deprovisioned_at"),
    version: integer("version").notNull(),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
    /** License facts, written by the allocator only. A fresh account has none until it is decided. */
    wantedTypeNo: integer("wanted_type_no"),
    heldTypeNo: integer("held_type_no"),
    /** Set exactly while the wanted type ranks above the held one (I4). */
    waitingSince: integer("waiting_since"),
    /** Wish of an administrator, beside what configuration and groups give. */
    manualTypeNo: integer("manual_type_no"),
    /** Default type of the configuration when it first provisioned the account: later changes do not touch it (A5). */
    defaultTypeNo: integer("default_type_no"),
    /** Served before others that wait (A4): the lowest number first, so priorities of groups stand here negated. */
    waitingPriority: integer("waiting_priority").notNull().default(0),
    /** Since when the account is inactive or disabled by an administrator while it holds a license (A8). */
    idleSince: integer("idle_since"),
    /** Set by first provisioning over an account that already held a license (R37); cleared when settled. */
    adoptionPending: integer("adoption_pending").notNull().default(0),
    /** Attributes as clients wrote them, as JSON; and the same with every string folded, for filters. */
    document: text("document").notNull(),
    folded: text("folded").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantNo, table.userNo] }),
    uniqueIndex("users_by_scim_id").on(table.tenantNo, table.configurationNo, table.scimId),
    uniqueIndex("users_by_user_name").on(table.tenantNo, table.userNameFolded),
    index("users_by_external_id").on(table.tenantNo, table.externalId).where(sql`external_id is not null`),
    index("users_waiting")
      .on(table.tenantNo, table.wantedTypeNo, table.waitingPriority, table.waitingSince, table.userNo)
      .where(sql`waiting_since is not null`),
    index("users_adoption_pending").on(table.tenantNo, table.userNo).where(sql`adoption_pending = 1`),
  ],
);

export const userEmails = sqliteTable(
  "user_emails",
  {
    tenantNo: integer("tenant_no").notNull(),
    valueFolded: text("value_folded").notNull(),
    userNo: integer("user_no").notNull(),
    /** Place in the array: the same address may stand twice, with other types. */
    position: integer("position").notNull(),
    typeFolded: text("type_folded"),
    isPrimary: integer("is_primary").notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantNo, table.valueFolded, table.userNo, table.position] })],
);
