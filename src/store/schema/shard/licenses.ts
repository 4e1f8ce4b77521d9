/** License types, each with its pool. */
import { integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/** A license type of the subscription together with its pool. */
export const licenseTypes = sqliteTable(
  "license_types",
  {
    tenantNo: integer("tenant_no").notNull(),
    licenseTypeNo: integer("license_type_no").notNull(),
    code: text("code").notNull(),
    name: text("name").notNull(),
    /** Higher rank is the higher license; no two types share one. */
    rank: integer("rank").notNull(),
    purchased: integer("purchased").notNull().default(0),
    /** Assignable seats per hundred purchased (oversubscription, A23). */
    assignablePercent: integer("assignable_percent").notNull().default(100),
    assigned: integer("assigned").notNull().default(0),
    /** Accounts waiting for this type that hold none, and those that hold a lower one. */
    waitingUnlicensed: integer("waiting_unlicensed").notNull().default(0),
    waitingUpgrade: integer("waiting_upgrade").notNull().default(0),
  },
  (table) => [
    primaryKey({ columns: [table.tenantNo, table.licenseTypeNo] }),
    uniqueIndex("license_types_by_code").on(table.tenantNo, table.code),
    uniqueIndex("license_types_by_rank").on(table.tenantNo, table.rank),
  ],
);
