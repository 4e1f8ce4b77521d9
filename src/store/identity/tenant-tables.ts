/**
 * The tables of a shard that hold a tenant's rows. The compiler knows their names from the schema, and
 * `test/worker/tenant-move.test.ts` compares them with the tables that a shard really has.
 */
import type { Table } from "drizzle-orm";
import type * as configurations from "../schema/shard/configurations.ts";
import type * as events from "../schema/shard/events.ts";
import type * as groups from "../schema/shard/groups.ts";
import type * as imports from "../schema/shard/imports.ts";
import type * as licenses from "../schema/shard/licenses.ts";
import type * as links from "../schema/shard/links.ts";
import type * as tenants from "../schema/shard/tenants.ts";
import type * as users from "../schema/shard/users.ts";
import type * as vaults from "../schema/shard/vaults.ts";

type Schema = typeof configurations &
  typeof events &
  typeof groups &
  typeof imports &
  typeof licenses &
  typeof links &
  typeof tenants &
  typeof users &
  typeof vaults;

type TableName = {
  [Name in keyof Schema]: Schema[Name] extends Table ? Schema[Name]["_"]["name"] : never;
}[keyof Schema];

/**
 * The primary key of each after `tenant_no`; empty when a tenant has one row. `tenants` itself is not here: its row
 * tells where the tenant is and is never copied as it stands. The outbox comes last: what it says is to be done
 * is about rows that must be there by then.
 */
const keys: { readonly [Name in Exclude<TableName, "tenants">]: readonly string[] } = {
  configurations: ["configuration_no"],
  credentials: ["credential_no"],
  event_subjects: ["subject_kind", "subject_no", "seq"],
  events: ["seq"],
  groups: ["group_no"],
  import_groups: ["vault_no", "group_no"],
  import_pages: ["vault_no", "page_no"],
  import_runs: ["vault_no", "run_no"],
  imports: ["vault_no"],
  license_types: ["license_type_no"],
  links: ["link_no"],
  members: ["group_no", "member_kind", "member_no"],
  policies: [],
  staged_effects: ["staged_no"],
  user_emails: ["value_folded", "user_no", "position"],
  users: ["user_no"],
  vault_groups: ["vault_group_no"],
  vault_members: ["vault_group_no", "user_no"],
  vault_users: ["vault_no", "user_no"],
  vaults: ["vault_no"],
  outbox: ["kind", "seq"],
};

export type TenantTable = { name: string; key: readonly string[] };

export const TENANT_TABLES: readonly TenantTable[] = Object.entries(keys).map(([name, key]) => ({
  name,
  key,
}));
