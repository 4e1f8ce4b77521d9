/** Provisioning configurations and the secrets of their clients. */
import { sql } from "drizzle-orm";
import { integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

export const configurations = sqliteTable(
  "configurations",
  {
    tenantNo: integer("tenant_no").notNull(),
    configurationNo: integer("configuration_no").notNull(),
    configurationId: text("configuration_id").notNull(),
    name: text("name").notNull(),
    nameFolded: text("name_folded").notNull(),
    type: text("type", { enum: ["entra_gallery", "other_scim"] }).notNull(),
    defaultLicenseTypeNo: integer("default_license_type_no").notNull(),
    state: text("state", { enum: ["active", "deleted"] }).notNull(),
    clientId: text("client_id").notNull(),
    /** Maintained with each create and delete, so that an unfiltered `totalResults` never counts rows. */
    userCount: integer("user_count").notNull().default(0),
    groupCount: integer("group_count").notNull().default(0),
    /** Recorded at most hourly, outside the request's budget. */
    lastContactAt: integer("last_contact_at"),
    createdAt: integer("created_at").notNull(),
    updatedAt: integer("updated_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantNo, table.configurationNo] }),
    uniqueIndex("configurations_by_id").on(table.tenantNo, table.configurationId),
    uniqueIndex("configurations_by_name").on(table.tenantNo, table.nameFolded).where(sql`state = 'active'`),
  ],
);

export const credentials = sqliteTable(
  "credentials",
  {
    tenantNo: integer("tenant_no").notNull(),
    credentialNo: integer("credential_no").notNull(),
    credentialId: text("credential_id").notNull(),
    configurationNo: integer("configuration_no").notNull(),
    /** SHA-256, hexadecimal; the secret itself exists only in the answer that created it. */
    secretHash: text("secret_hash").notNull(),
    state: text("state", { enum: ["active", "retiring", "revoked"] }).notNull(),
    expiresAt: integer("expires_at"),
    lastUsedAt: integer("last_used_at"),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantNo, table.credentialNo] })],
);
