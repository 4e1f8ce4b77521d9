/** Links from source groups to user groups of vaults. */
import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/** Link of a source group to one user group of one vault. */
export const links = sqliteTable(
  "links",
  {
    tenantNo: integer("tenant_no").notNull(),
    linkNo: integer("link_no").notNull(),
    linkId: text("link_id").notNull(),
    groupNo: integer("group_no").notNull(),
    vaultNo: integer("vault_no").notNull(),
    vaultGroupNo: integer("vault_group_no").notNull(),
    state: text("state", {
      enum: ["pending", "propagating", "active", "error", "paused", "unlinking", "removed", "source_deleted"],
    }).notNull(),
    /** Changes only by acts of an administrator: traffic never restarts a long run. */
    generation: integer("generation").notNull(),
    /** Progress of the current run over source and target members. */
    done: integer("done").notNull().default(0),
    total: integer("total").notNull().default(0),
    error: text("error"),
    lastSyncedAt: integer("last_synced_at"),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantNo, table.linkNo] }),
    uniqueIndex("links_by_id").on(table.tenantNo, table.linkId),
    index("links_by_group").on(table.tenantNo, table.groupNo).where(sql`state <> 'removed'`),
    index("links_by_vault").on(table.tenantNo, table.vaultNo).where(sql`state <> 'removed'`),
    uniqueIndex("links_by_target").on(table.tenantNo, table.vaultGroupNo).where(sql`state <> 'removed'`),
  ],
);

/** Effects on a vault that the brake held back until an administrator approves or discards them (A21). */
export const stagedEffects = sqliteTable(
  "staged_effects",
  {
    tenantNo: integer("tenant_no").notNull(),
    stagedNo: integer("staged_no").notNull(),
    stagedId: text("staged_id").notNull(),
    vaultNo: integer("vault_no").notNull(),
    linkNo: integer("link_no").notNull(),
    state: text("state", { enum: ["staged", "approved", "discarded"] }).notNull(),
    /** User numbers, as a JSON array. */
    users: text("users").notNull(),
    reason: text("reason").notNull(),
    decidedBy: text("decided_by"),
    decidedAt: integer("decided_at"),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantNo, table.stagedNo] }),
    uniqueIndex("staged_effects_by_id").on(table.tenantNo, table.stagedId),
    index("staged_effects_open").on(table.tenantNo, table.vaultNo).where(sql`state = 'staged'`),
  ],
);
