CREATE TABLE `administrators` (
	`administrator_id` text PRIMARY KEY NOT NULL,
	`tenant_no` integer NOT NULL,
	`email` text NOT NULL,
	`email_folded` text NOT NULL,
	`role` text NOT NULL,
	`created_at` integer NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `administrators_by_email` ON `administrators` (`email_folded`,`tenant_no`);--> statement-breakpoint
CREATE TABLE `api_keys` (
	`key_hash` text PRIMARY KEY NOT NULL,
	`api_key_id` text NOT NULL,
	`tenant_no` integer NOT NULL,
	`name` text NOT NULL,
	`role` text NOT NULL,
	`created_at` integer NOT NULL,
	`last_used_at` integer,
	`revoked_at` integer
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_by_tenant` ON `api_keys` (`tenant_no`,`api_key_id`);--> statement-breakpoint
CREATE TABLE `client_secrets` (
	`tenant_no` integer NOT NULL,
	`credential_no` integer NOT NULL,
	`client_id` text NOT NULL,
	`secret_hash` text NOT NULL,
	`configuration_no` integer NOT NULL,
	`configuration_id` text NOT NULL,
	`configuration_type` text NOT NULL,
	`state` text NOT NULL,
	`expires_at` integer,
	PRIMARY KEY(`tenant_no`, `credential_no`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `client_secrets_by_client` ON `client_secrets` (`client_id`);--> statement-breakpoint
CREATE TABLE `sessions` (
	`token_hash` text PRIMARY KEY NOT NULL,
	`administrator_id` text NOT NULL,
	`tenant_no` integer NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `sessions_by_administrator` ON `sessions` (`administrator_id`,`expires_at`);--> statement-breakpoint
CREATE TABLE `shards` (
	`shard` text PRIMARY KEY NOT NULL,
	`status` text NOT NULL,
	`tenant_count` integer NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `sign_in_links` (
	`token_hash` text PRIMARY KEY NOT NULL,
	`administrator_id` text NOT NULL,
	`expires_at` integer NOT NULL,
	`used_at` integer
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `sign_in_links_by_administrator` ON `sign_in_links` (`administrator_id`,`expires_at`);--> statement-breakpoint
CREATE TABLE `sign_ups` (
	`sign_up_no` integer PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`administrator_id` text NOT NULL,
	`organization` text NOT NULL,
	`email` text NOT NULL,
	`email_folded` text NOT NULL,
	`token_hash` text NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`confirmed_at` integer,
	`shard` text,
	`completed_at` integer
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `sign_ups_by_token` ON `sign_ups` (`token_hash`);--> statement-breakpoint
CREATE INDEX `sign_ups_by_email` ON `sign_ups` (`email_folded`,`created_at`);--> statement-breakpoint
CREATE INDEX `sign_ups_unconfirmed` ON `sign_ups` (`expires_at`) WHERE confirmed_at is null;--> statement-breakpoint
CREATE INDEX `sign_ups_incomplete` ON `sign_ups` (`confirmed_at`) WHERE confirmed_at is not null and completed_at is null;--> statement-breakpoint
CREATE TABLE `tenants` (
	`tenant_no` integer PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`name` text NOT NULL,
	`shard` text NOT NULL,
	`epoch` integer NOT NULL,
	`created_at` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `tenants_by_id` ON `tenants` (`tenant_id`);