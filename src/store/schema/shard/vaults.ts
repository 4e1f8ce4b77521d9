/** Vaults, their user groups and their users. */
import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

export const vaults = sqliteTable(
  "vaults",
  {
    tenantNo: integer("tenant_no").notNull(),
    vaultNo: integer("vault_no").notNull(),
    vaultId: text("vault_id").notNull(),
    name: text("name").notNull(),
    nameFolded: text("name_folded").notNull(),
    connector: text("connector", { enum: ["internal", "scim"] }).notNull(),
    /** Address and kind of authentication of the vault's own SCIM service, as JSON; its credential is sealed. */
    connectorSettings: text("connector_settings"),
    connectorSecret: text("connector_secret"),
    /** The brake on accidents (A21): people removed or disabled in the current window, and when it began. */
    brakeWindowAt: integer("brake_window_at"),
    brakeWindowCount: integer("brake_window_count").notNull().default(0),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantNo, table.vaultNo] }),
    uniqueIndex("vaults_by_id").on(table.tenantNo, table.vaultId),
    uniqueIndex("vaults_by_name").on(table.tenantNo, table.nameFolded),
    index("vaults_connected").on(table.tenantNo, table.vaultNo).where(sql`connector = 'scim'`),
  ],
);

/** User groups of a vault: the targets of links. */
export const vaultGroups = sqliteTable(
  "vault_groups",
  {
    tenantNo: integer("tenant_no").notNull(),
    vaultGroupNo: integer("vault_group_no").notNull(),
    vaultGroupId: text("vault_group_id").notNull(),
    vaultNo: integer("vault_no").notNull(),
    name: text("name").notNull(),
    nameFolded: text("name_folded").notNull(),
    /** Built-in groups (all users of the vault) can never be linked. */
    builtIn: integer("built_in").notNull().default(0),
    memberCount: integer("member_count").notNull().default(0),
    /** Id of the group at the vault's own SCIM service. */
    remoteId: text("remote_id"),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantNo, table.vaultGroupNo] }),
    uniqueIndex("vault_groups_by_id").on(table.tenantNo, table.vaultGroupId),
    uniqueIndex("vault_groups_by_name").on(table.tenantNo, table.vaultNo, table.nameFolded),
  ],
);

export const vaultUsers = sqliteTable(
  "vault_users",
  {
    tenantNo: integer("tenant_no").notNull(),
    vaultNo: integer("vault_no").notNull(),
    userNo: integer("user_no").notNull(),
    /** `deleted` is a tombstone: synchronization never brings the person back (R60). */
    state: text("state", { enum: ["enabled", "disabled", "deleted"] }).notNull(),
    disabledBy: text("disabled_by", { enum: ["sync", "admin"] }),
    origin: text("origin", { enum: ["sync", "manual"] }).notNull(),
    /** A pinned person stays enabled when the last link lets go (A14). */
    pinned: integer("pinned").notNull().default(0),
    /** Id of the person at the vault's own SCIM service, and a digest of what was last written there. */
    remoteId: text("remote_id"),
    remoteDigest: text("remote_digest"),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantNo, table.vaultNo, table.userNo] })],
);

export const vaultMembers = sqliteTable(
  "vault_members",
  {
    tenantNo: integer("tenant_no").notNull(),
    vaultGroupNo: integer("vault_group_no").notNull(),
    userNo: integer("user_no").notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantNo, table.vaultGroupNo, table.userNo] })],
);
