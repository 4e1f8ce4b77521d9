/**
 * Tables of a shard: everything of a tenant but its place in the directory.
 *
 * `tenant_no` leads every key, so that a tenant can be moved and no statement can cross tenants by accident.
 * Numbers (`*_no`) are internal surrogate keys, dense per tenant; ids (`*_id`) are opaque and leave the gateway.
 * Times are milliseconds since the epoch. STRICT and WITHOUT ROWID are added by hand to the generated
 * migration (drizzle-kit writes neither); `test/worker/schema.test.ts` reads `sqlite_schema` for them.
 */
import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

export const tenants = sqliteTable("tenants", {
  tenantNo: integer("tenant_no").primaryKey(),
  tenantId: text("tenant_id").notNull(),
  subscriptionId: text("subscription_id").notNull(),
  name: text("name").notNull(),
  /** `active`, or `moved` when another shard holds the tenant: the fence row stays behind. */
  status: text("status", { enum: ["active", "moved"] }).notNull(),
  epoch: integer("epoch").notNull(),
  /** Bumped by every batch that may change what the license allocator read (serializes doubled allocators). */
  allocationVersion: integer("allocation_version").notNull().default(0),
  createdAt: integer("created_at").notNull(),
});

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
    origin: text("origin", { enum: ["scim", "manual"] }).notNull(),
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

/** Source groups, owned by the identity provider. */
export const groups = sqliteTable(
  "groups",
  {
    tenantNo: integer("tenant_no").notNull(),
    groupNo: integer("group_no").notNull(),
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

/** Provisioning events: append-only, one per change, numbered per tenant. */
export const events = sqliteTable(
  "events",
  {
    tenantNo: integer("tenant_no").notNull(),
    seq: integer("seq").notNull(),
    at: integer("at").notNull(),
    /** `idp:<configuration id>`, `admin:<id>`, `key:<id>` or `system`. */
    actor: text("actor").notNull(),
    action: text("action").notNull(),
    subjectKind: text("subject_kind").notNull(),
    subjectNo: integer("subject_no").notNull(),
    reason: text("reason"),
    correlationId: text("correlation_id").notNull(),
    /** What changed, as JSON: before and after, names, lists of user numbers for set-based effects. */
    data: text("data").notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantNo, table.seq] })],
);

/** Which events speak of a subject; a set-based effect names each person it touched. */
export const eventSubjects = sqliteTable(
  "event_subjects",
  {
    tenantNo: integer("tenant_no").notNull(),
    subjectKind: text("subject_kind").notNull(),
    subjectNo: integer("subject_no").notNull(),
    seq: integer("seq").notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantNo, table.subjectKind, table.subjectNo, table.seq] })],
);

/**
 * What follows from a change and is still to be done. Keyed by the event of the change: event numbers are
 * never reused, so a late repetition of a message can never close another row.
 */
export const outbox = sqliteTable(
  "outbox",
  {
    tenantNo: integer("tenant_no").notNull(),
    kind: text("kind").notNull(),
    seq: integer("seq").notNull(),
    payload: text("payload").notNull(),
    correlationId: text("correlation_id").notNull(),
    /** The sweeper hands the row out (again) from this time on. */
    availableAt: integer("available_at").notNull(),
    attempts: integer("attempts").notNull().default(0),
    error: text("error"),
    /** Set when the row came back from the dead-letter queue; an administrator redrives it. */
    deadAt: integer("dead_at"),
  },
  (table) => [primaryKey({ columns: [table.tenantNo, table.kind, table.seq] })],
);
