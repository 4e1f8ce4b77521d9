/** Tables of CONTROL, the directory. It routes; what is valid is decided by the shard. */
import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

export const shards = sqliteTable("shards", {
  shard: text("shard").primaryKey(),
  status: text("status", { enum: ["open", "full"] }).notNull(),
  tenantCount: integer("tenant_count").notNull(),
});

export const tenants = sqliteTable(
  "tenants",
  {
    tenantNo: integer("tenant_no").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    name: text("name").notNull(),
    shard: text("shard").notNull(),
    epoch: integer("epoch").notNull(),
    /** `moving`: from the first copy until the tenant is active on its new shard; or until that is given up. */
    status: text("status", { enum: ["active", "moving"] })
      .notNull()
      .default("active"),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [uniqueIndex("tenants_by_id").on(table.tenantId)],
);

/**
 * Sign-ups. The number becomes the tenant's number, so that both halves of a creation (shard, then CONTROL)
 * carry a key minted before either.
 */
export const signUps = sqliteTable(
  "sign_ups",
  {
    signUpNo: integer("sign_up_no").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    administratorId: text("administrator_id").notNull(),
    organization: text("organization").notNull(),
    email: text("email").notNull(),
    emailFolded: text("email_folded").notNull(),
    tokenHash: text("token_hash").notNull(),
    createdAt: integer("created_at").notNull(),
    expiresAt: integer("expires_at").notNull(),
    /** Set first: the tenant's creation has begun on `shard`. */
    confirmedAt: integer("confirmed_at"),
    shard: text("shard"),
    completedAt: integer("completed_at"),
  },
  (table) => [
    uniqueIndex("sign_ups_by_token").on(table.tokenHash),
    index("sign_ups_by_email").on(table.emailFolded, table.createdAt),
    /** Links nobody followed, to be forgotten; and creations that stopped halfway, to be completed. */
    index("sign_ups_unconfirmed").on(table.expiresAt).where(sql`confirmed_at is null`),
    index("sign_ups_incomplete")
      .on(table.confirmedAt)
      .where(sql`confirmed_at is not null and completed_at is null`),
  ],
);

export const administrators = sqliteTable(
  "administrators",
  {
    administratorId: text("administrator_id").primaryKey(),
    tenantNo: integer("tenant_no").notNull(),
    email: text("email").notNull(),
    emailFolded: text("email_folded").notNull(),
    role: text("role", {
      enum: ["subscription_admin", "access_admin", "billing_admin", "no_role"],
    }).notNull(),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [uniqueIndex("administrators_by_email").on(table.emailFolded, table.tenantNo)],
);

export const signInLinks = sqliteTable(
  "sign_in_links",
  {
    tokenHash: text("token_hash").primaryKey(),
    administratorId: text("administrator_id").notNull(),
    expiresAt: integer("expires_at").notNull(),
    usedAt: integer("used_at"),
  },
  (table) => [index("sign_in_links_by_administrator").on(table.administratorId, table.expiresAt)],
);

export const sessions = sqliteTable(
  "sessions",
  {
    tokenHash: text("token_hash").primaryKey(),
    administratorId: text("administrator_id").notNull(),
    tenantNo: integer("tenant_no").notNull(),
    createdAt: integer("created_at").notNull(),
    expiresAt: integer("expires_at").notNull(),
  },
  (table) => [index("sessions_by_administrator").on(table.administratorId, table.expiresAt)],
);

export const apiKeys = sqliteTable(
  "api_keys",
  {
    keyHash: text("key_hash").primaryKey(),
    apiKeyId: text("api_key_id").notNull(),
    tenantNo: integer("tenant_no").notNull(),
    name: text("name").notNull(),
    role: text("role", {
      enum: ["subscription_admin", "access_admin", "billing_admin", "no_role"],
    }).notNull(),
    createdAt: integer("created_at").notNull(),
    lastUsedAt: integer("last_used_at"),
    revokedAt: integer("revoked_at"),
  },
  (table) => [uniqueIndex("api_keys_by_tenant").on(table.tenantNo, table.apiKeyId)],
);

/** Directory of client secrets: from a client id to its tenant, shard and configuration. */
export const clientSecrets = sqliteTable(
  "client_secrets",
  {
    tenantNo: integer("tenant_no").notNull(),
    credentialNo: integer("credential_no").notNull(),
    clientId: text("client_id").notNull(),
    secretHash: text("secret_hash").notNull(),
    configurationNo: integer("configuration_no").notNull(),
    configurationId: text("configuration_id").notNull(),
    configurationType: text("configuration_type", { enum: ["entra_gallery", "other_scim"] }).notNull(),
    state: text("state", { enum: ["active", "retiring"] }).notNull(),
    expiresAt: integer("expires_at"),
  },
  (table) => [
    primaryKey({ columns: [table.tenantNo, table.credentialNo] }),
    index("client_secrets_by_client").on(table.clientId),
  ],
);
