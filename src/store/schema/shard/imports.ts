/** Synchronization of vaults by pulling: settings, what a run has read so far, and the runs. */
import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/** A row is a vault that synchronizes by itself (R62); turning it off deletes the row. */
export const imports = sqliteTable(
  "imports",
  {
    tenantNo: integer("tenant_no").notNull(),
    vaultNo: integer("vault_no").notNull(),
    provider: text("provider", { enum: ["entra", "okta", "scim"] }).notNull(),
    /** Addresses and names of the client, as JSON; the credential is sealed. */
    connection: text("connection").notNull(),
    secret: text("secret").notNull(),
    /** Minutes from the start of the schedule to the first import (A24), and when that is. */
    firstImportMinutes: integer("first_import_minutes").notNull(),
    firstImportAt: integer("first_import_at").notNull(),
    intervalMinutes: integer("interval_minutes").notNull(),
    /** Of accounts that an import creates (R52). */
    licenseTypeNo: integer("license_type_no").notNull(),
    /** People whom an administrator disabled come back with an import (R59). */
    enableDisabled: integer("enable_disabled").notNull().default(0),
    includeNested: integer("include_nested").notNull().default(0),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantNo, table.vaultNo] })],
);

/** Groups that an import reads: each fills a source group of the vault's own, and that a user group, by a link. */
export const importGroups = sqliteTable(
  "import_groups",
  {
    tenantNo: integer("tenant_no").notNull(),
    vaultNo: integer("vault_no").notNull(),
    groupNo: integer("group_no").notNull(),
    vaultGroupNo: integer("vault_group_no").notNull(),
    /** Id of the group at the provider. */
    remoteId: text("remote_id").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantNo, table.vaultNo, table.groupNo] }),
    uniqueIndex("import_groups_by_remote_id").on(table.tenantNo, table.vaultNo, table.remoteId),
    uniqueIndex("import_groups_by_target").on(table.tenantNo, table.vaultGroupNo),
  ],
);

/** What the running import has read, a row per page. Nothing of it takes effect before everything is here. */
export const importPages = sqliteTable(
  "import_pages",
  {
    tenantNo: integer("tenant_no").notNull(),
    vaultNo: integer("vault_no").notNull(),
    pageNo: integer("page_no").notNull(),
    groupNo: integer("group_no").notNull(),
    /** People as the provider describes them, as a JSON array. */
    people: text("people").notNull(),
    /** Numbers of their accounts, as a JSON array, once every one of them has one. */
    users: text("users"),
  },
  (table) => [primaryKey({ columns: [table.tenantNo, table.vaultNo, table.pageNo] })],
);

/** Imports of a vault: at most one is open, which is the next one or the one at work. */
export const importRuns = sqliteTable(
  "import_runs",
  {
    tenantNo: integer("tenant_no").notNull(),
    vaultNo: integer("vault_no").notNull(),
    runNo: integer("run_no").notNull(),
    runId: text("run_id").notNull(),
    state: text("state", { enum: ["scheduled", "running", "succeeded", "failed"] }).notNull(),
    scheduledFor: integer("scheduled_for").notNull(),
    startedAt: integer("started_at"),
    finishedAt: integer("finished_at"),
    /** People read, accounts created, members that came and left, vault users enabled, people left out. */
    read: integer("read").notNull().default(0),
    created: integer("created").notNull().default(0),
    added: integer("added").notNull().default(0),
    removed: integer("removed").notNull().default(0),
    enabled: integer("enabled").notNull().default(0),
    skipped: integer("skipped").notNull().default(0),
    error: text("error"),
  },
  (table) => [
    primaryKey({ columns: [table.tenantNo, table.vaultNo, table.runNo] }),
    uniqueIndex("import_runs_by_id").on(table.tenantNo, table.runId),
    uniqueIndex("import_runs_open").on(table.tenantNo, table.vaultNo).where(sql`finished_at is null`),
    index("import_runs_scheduled").on(table.tenantNo, table.scheduledFor).where(sql`state = 'scheduled'`),
  ],
);
