CREATE TABLE `configurations` (
	`tenant_no` integer NOT NULL,
	`configuration_no` integer NOT NULL,
	`configuration_id` text NOT NULL,
	`name` text NOT NULL,
	`name_folded` text NOT NULL,
	`type` text NOT NULL,
	`default_license_type_no` integer NOT NULL,
	`state` text NOT NULL,
	`client_id` text NOT NULL,
	`user_count` integer DEFAULT 0 NOT NULL,
	`group_count` integer DEFAULT 0 NOT NULL,
	`last_contact_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`tenant_no`, `configuration_no`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `configurations_by_id` ON `configurations` (`tenant_no`,`configuration_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `configurations_by_name` ON `configurations` (`tenant_no`,`name_folded`) WHERE state = 'active';--> statement-breakpoint
CREATE TABLE `credentials` (
	`tenant_no` integer NOT NULL,
	`credential_no` integer NOT NULL,
	`credential_id` text NOT NULL,
	`configuration_no` integer NOT NULL,
	`secret_hash` text NOT NULL,
	`state` text NOT NULL,
	`expires_at` integer,
	`last_used_at` integer,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`tenant_no`, `credential_no`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `event_subjects` (
	`tenant_no` integer NOT NULL,
	`subject_kind` text NOT NULL,
	`subject_no` integer NOT NULL,
	`seq` integer NOT NULL,
	PRIMARY KEY(`tenant_no`, `subject_kind`, `subject_no`, `seq`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `events` (
	`tenant_no` integer NOT NULL,
	`seq` integer NOT NULL,
	`at` integer NOT NULL,
	`actor` text NOT NULL,
	`action` text NOT NULL,
	`subject_kind` text NOT NULL,
	`subject_no` integer NOT NULL,
	`reason` text,
	`correlation_id` text NOT NULL,
	`data` text NOT NULL,
	PRIMARY KEY(`tenant_no`, `seq`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `groups` (
	`tenant_no` integer NOT NULL,
	`group_no` integer NOT NULL,
	`configuration_no` integer NOT NULL,
	`scim_id` text NOT NULL,
	`display_name` text NOT NULL,
	`display_name_folded` text NOT NULL,
	`external_id` text,
	`license_type_no` integer,
	`member_count` integer DEFAULT 0 NOT NULL,
	`version` integer NOT NULL,
	`attributes_version` integer NOT NULL,
	`last_operation` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`deleted_at` integer,
	`document` text NOT NULL,
	`folded` text NOT NULL,
	PRIMARY KEY(`tenant_no`, `group_no`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `groups_by_scim_id` ON `groups` (`tenant_no`,`configuration_no`,`scim_id`) WHERE deleted_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX `groups_by_display_name` ON `groups` (`tenant_no`,`configuration_no`,`display_name_folded`) WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX `groups_by_external_id` ON `groups` (`tenant_no`,`external_id`) WHERE external_id is not null;--> statement-breakpoint
CREATE INDEX `groups_licensed` ON `groups` (`tenant_no`,`group_no`) WHERE license_type_no is not null;--> statement-breakpoint
CREATE TABLE `license_types` (
	`tenant_no` integer NOT NULL,
	`license_type_no` integer NOT NULL,
	`code` text NOT NULL,
	`name` text NOT NULL,
	`rank` integer NOT NULL,
	`purchased` integer DEFAULT 0 NOT NULL,
	`assignable_percent` integer DEFAULT 100 NOT NULL,
	`assigned` integer DEFAULT 0 NOT NULL,
	`waiting_unlicensed` integer DEFAULT 0 NOT NULL,
	`waiting_upgrade` integer DEFAULT 0 NOT NULL,
	PRIMARY KEY(`tenant_no`, `license_type_no`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `license_types_by_code` ON `license_types` (`tenant_no`,`code`);--> statement-breakpoint
CREATE UNIQUE INDEX `license_types_by_rank` ON `license_types` (`tenant_no`,`rank`);--> statement-breakpoint
CREATE TABLE `links` (
	`tenant_no` integer NOT NULL,
	`link_no` integer NOT NULL,
	`link_id` text NOT NULL,
	`group_no` integer NOT NULL,
	`vault_no` integer NOT NULL,
	`vault_group_no` integer NOT NULL,
	`state` text NOT NULL,
	`generation` integer NOT NULL,
	`done` integer DEFAULT 0 NOT NULL,
	`total` integer DEFAULT 0 NOT NULL,
	`error` text,
	`last_synced_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`tenant_no`, `link_no`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `links_by_id` ON `links` (`tenant_no`,`link_id`);--> statement-breakpoint
CREATE INDEX `links_by_group` ON `links` (`tenant_no`,`group_no`) WHERE state <> 'removed';--> statement-breakpoint
CREATE INDEX `links_by_vault` ON `links` (`tenant_no`,`vault_no`) WHERE state <> 'removed';--> statement-breakpoint
CREATE UNIQUE INDEX `links_by_target` ON `links` (`tenant_no`,`vault_group_no`) WHERE state <> 'removed';--> statement-breakpoint
CREATE TABLE `members` (
	`tenant_no` integer NOT NULL,
	`group_no` integer NOT NULL,
	`member_kind` integer NOT NULL,
	`member_no` integer NOT NULL,
	PRIMARY KEY(`tenant_no`, `group_no`, `member_kind`, `member_no`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `members_by_member` ON `members` (`tenant_no`,`member_kind`,`member_no`,`group_no`);--> statement-breakpoint
CREATE TABLE `outbox` (
	`tenant_no` integer NOT NULL,
	`kind` text NOT NULL,
	`seq` integer NOT NULL,
	`payload` text NOT NULL,
	`correlation_id` text NOT NULL,
	`available_at` integer NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`error` text,
	`dead_at` integer,
	PRIMARY KEY(`tenant_no`, `kind`, `seq`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `tenants` (
	`tenant_no` integer PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`subscription_id` text NOT NULL,
	`name` text NOT NULL,
	`status` text NOT NULL,
	`epoch` integer NOT NULL,
	`allocation_version` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE `user_emails` (
	`tenant_no` integer NOT NULL,
	`value_folded` text NOT NULL,
	`user_no` integer NOT NULL,
	`position` integer NOT NULL,
	`type_folded` text,
	`is_primary` integer NOT NULL,
	PRIMARY KEY(`tenant_no`, `value_folded`, `user_no`, `position`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `users` (
	`tenant_no` integer NOT NULL,
	`user_no` integer NOT NULL,
	`configuration_no` integer NOT NULL,
	`scim_id` text NOT NULL,
	`user_name` text NOT NULL,
	`user_name_folded` text NOT NULL,
	`external_id` text,
	`active` integer NOT NULL,
	`admin_disabled` integer DEFAULT 0 NOT NULL,
	`origin` text NOT NULL,
	`deprovisioned_at` integer,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`wanted_type_no` integer,
	`held_type_no` integer,
	`waiting_since` integer,
	`manual_type_no` integer,
	`adoption_pending` integer DEFAULT 0 NOT NULL,
	`document` text NOT NULL,
	`folded` text NOT NULL,
	PRIMARY KEY(`tenant_no`, `user_no`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `users_by_scim_id` ON `users` (`tenant_no`,`configuration_no`,`scim_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `users_by_user_name` ON `users` (`tenant_no`,`user_name_folded`);--> statement-breakpoint
CREATE INDEX `users_by_external_id` ON `users` (`tenant_no`,`external_id`) WHERE external_id is not null;--> statement-breakpoint
CREATE INDEX `users_waiting` ON `users` (`tenant_no`,`wanted_type_no`,`waiting_since`,`user_no`) WHERE waiting_since is not null;--> statement-breakpoint
CREATE INDEX `users_adoption_pending` ON `users` (`tenant_no`,`user_no`) WHERE adoption_pending = 1;--> statement-breakpoint
CREATE TABLE `vault_groups` (
	`tenant_no` integer NOT NULL,
	`vault_group_no` integer NOT NULL,
	`vault_group_id` text NOT NULL,
	`vault_no` integer NOT NULL,
	`name` text NOT NULL,
	`name_folded` text NOT NULL,
	`built_in` integer DEFAULT 0 NOT NULL,
	`member_count` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`tenant_no`, `vault_group_no`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `vault_groups_by_id` ON `vault_groups` (`tenant_no`,`vault_group_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `vault_groups_by_name` ON `vault_groups` (`tenant_no`,`vault_no`,`name_folded`);--> statement-breakpoint
CREATE TABLE `vault_members` (
	`tenant_no` integer NOT NULL,
	`vault_group_no` integer NOT NULL,
	`user_no` integer NOT NULL,
	PRIMARY KEY(`tenant_no`, `vault_group_no`, `user_no`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `vault_users` (
	`tenant_no` integer NOT NULL,
	`vault_no` integer NOT NULL,
	`user_no` integer NOT NULL,
	`state` text NOT NULL,
	`disabled_by` text,
	`origin` text NOT NULL,
	`pinned` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`tenant_no`, `vault_no`, `user_no`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `vaults` (
	`tenant_no` integer NOT NULL,
	`vault_no` integer NOT NULL,
	`vault_id` text NOT NULL,
	`name` text NOT NULL,
	`name_folded` text NOT NULL,
	`connector` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`tenant_no`, `vault_no`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `vaults_by_id` ON `vaults` (`tenant_no`,`vault_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `vaults_by_name` ON `vaults` (`tenant_no`,`name_folded`);