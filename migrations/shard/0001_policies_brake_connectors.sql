CREATE TABLE `policies` (
	`tenant_no` integer PRIMARY KEY NOT NULL,
	`recompute_on_leave` integer DEFAULT 0 NOT NULL,
	`strict_adoption` integer DEFAULT 0 NOT NULL,
	`idle_release_days` integer,
	`brake_percent` integer DEFAULT 25 NOT NULL,
	`brake_floor` integer DEFAULT 20 NOT NULL,
	`brake_absolute` integer DEFAULT 500 NOT NULL
) STRICT;
--> statement-breakpoint
CREATE TABLE `staged_effects` (
	`tenant_no` integer NOT NULL,
	`staged_no` integer NOT NULL,
	`staged_id` text NOT NULL,
	`vault_no` integer NOT NULL,
	`link_no` integer NOT NULL,
	`state` text NOT NULL,
	`users` text NOT NULL,
	`reason` text NOT NULL,
	`decided_by` text,
	`decided_at` integer,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`tenant_no`, `staged_no`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `staged_effects_by_id` ON `staged_effects` (`tenant_no`,`staged_id`);--> statement-breakpoint
CREATE INDEX `staged_effects_open` ON `staged_effects` (`tenant_no`,`vault_no`) WHERE state = 'staged';--> statement-breakpoint
DROP INDEX `users_waiting`;--> statement-breakpoint
ALTER TABLE `users` ADD `default_type_no` integer;--> statement-breakpoint
ALTER TABLE `users` ADD `waiting_priority` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `users` ADD `idle_since` integer;--> statement-breakpoint
CREATE INDEX `users_waiting` ON `users` (`tenant_no`,`wanted_type_no`,`waiting_priority`,`waiting_since`,`user_no`) WHERE waiting_since is not null;--> statement-breakpoint
ALTER TABLE `groups` ADD `waiting_priority` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `vault_groups` ADD `remote_id` text;--> statement-breakpoint
ALTER TABLE `vault_users` ADD `remote_id` text;--> statement-breakpoint
ALTER TABLE `vault_users` ADD `remote_digest` text;--> statement-breakpoint
ALTER TABLE `vaults` ADD `connector_settings` text;--> statement-breakpoint
ALTER TABLE `vaults` ADD `connector_secret` text;--> statement-breakpoint
ALTER TABLE `vaults` ADD `brake_window_at` integer;--> statement-breakpoint
ALTER TABLE `vaults` ADD `brake_window_count` integer DEFAULT 0 NOT NULL;