/** The tenant's own row, which is its fence, and what the subscription has chosen. */
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

export const tenants = sqliteTable("tenants", {
  tenantNo: integer("tenant_no").primaryKey(),
  tenantId: text("tenant_id").notNull(),
  subscriptionId: text("subscription_id").notNull(),
  name: text("name").notNull(),
  /**
   * `active`, or `moved` when another shard holds the tenant: the fence row stays behind. While it moves:
   * `frozen` where it may be read and not written, `arriving` where its last rows are compared.
   */
  status: text("status", { enum: ["active", "frozen", "arriving", "moved"] }).notNull(),
  epoch: integer("epoch").notNull(),
  /** Bumped by every batch that may change what the license allocator read (serializes doubled allocators). */
  allocationVersion: integer("allocation_version").notNull().default(0),
  createdAt: integer("created_at").notNull(),
});

/** What the subscription has chosen where the rules leave a choice; a missing row is every default. */
export const policies = sqliteTable("policies", {
  tenantNo: integer("tenant_no").primaryKey(),
  /** Leaving a licensed group takes the license back (A7); off by default. */
  recomputeOnLeave: integer("recompute_on_leave").notNull().default(0),
  /** First provisioning may leave an account waiting without the license it held (A3 strict); off by default. */
  strictAdoption: integer("strict_adoption").notNull().default(0),
  /** Days after which an idle account gives its license back (A8); NULL is never. */
  idleReleaseDays: integer("idle_release_days"),
  /** The brake (A21): share of a vault's users, floor, and absolute number within one window. */
  brakePercent: integer("brake_percent").notNull().default(25),
  brakeFloor: integer("brake_floor").notNull().default(20),
  brakeAbsolute: integer("brake_absolute").notNull().default(500),
});
