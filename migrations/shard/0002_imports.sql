CREATE TABLE `import_groups` (
	`tenant_no` integer NOT NULL,
	`vault_no` integer NOT NULL,
	`group_no` integer NOT NULL,
	`vault_group_no` integer NOT NULL,
	`remote_id` text NOT NULL,
	PRIMARY KEY(`tenant_no`, `vault_no`, `group_no`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `import_groups_by_remote_id` ON `import_groups` (`tenant_no`,`vault_no`,`remote_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `import_groups_by_target` ON `import_groups` (`tenant_no`,`vault_group_no`);--> statement-breakpoint
CREATE TABLE `import_pages` (
	`tenant_no` integer NOT NULL,
	`vault_no` integer NOT NULL,
	`page_no` integer NOT NULL,
	`group_no` integer NOT NULL,
	`people` text NOT NULL,
	`users` text,
	PRIMARY KEY(`tenant_no`, `vault_no`, `page_no`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `import_runs` (
	`tenant_no` integer NOT NULL,
	`vault_no` integer NOT NULL,
	`run_no` integer NOT NULL,
	`run_id` text NOT NULL,
	`state` text NOT NULL,
	`scheduled_for` integer NOT NULL,
	`started_at` integer,
	`finished_at` integer,
	`read` integer DEFAULT 0 NOT NULL,
	`created` integer DEFAULT 0 NOT NULL,
	`added` integer DEFAULT 0 NOT NULL,
	`removed` integer DEFAULT 0 NOT NULL,
	`enabled` integer DEFAULT 0 NOT NULL,
	`skipped` integer DEFAULT 0 NOT NULL,
	`error` text,
	PRIMARY KEY(`tenant_no`, `vault_no`, `run_no`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `import_runs_by_id` ON `import_runs` (`tenant_no`,`run_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `import_runs_open` ON `import_runs` (`tenant_no`,`vault_no`) WHERE finished_at is null;--> statement-breakpoint
CREATE INDEX `import_runs_scheduled` ON `import_runs` (`tenant_no`,`scheduled_for`) WHERE state = 'scheduled';--> statement-breakpoint
CREATE TABLE `imports` (
	`tenant_no` integer NOT NULL,
	`vault_no` integer NOT NULL,
	`provider` text NOT NULL,
	`connection` text NOT NULL,
	`secret` text NOT NULL,
	`first_import_minutes` integer NOT NULL,
	`first_import_at` integer NOT NULL,
	`interval_minutes` integer NOT NULL,
	`license_type_no` integer NOT NULL,
	`enable_disabled` integer DEFAULT 0 NOT NULL,
	`include_nested` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`tenant_no`, `vault_no`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `vaults_connected` ON `vaults` (`tenant_no`,`vault_no`) WHERE connector = 'scim';