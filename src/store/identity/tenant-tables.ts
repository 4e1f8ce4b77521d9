/**
 * The tables of a shard that hold a tenant's rows, read off the schema: nobody has to remember them here, and
 * `test/worker/tenant-move.test.ts` compares them with the tables that a shard really has.
 */
import { is } from "drizzle-orm";
import { getTableConfig, SQLiteTable } from "drizzle-orm/sqlite-core";
import * as configurations from "../schema/shard/configurations.ts";
import * as events from "../schema/shard/events.ts";
import * as groups from "../schema/shard/groups.ts";
import * as imports from "../schema/shard/imports.ts";
import * as licenses from "../schema/shard/licenses.ts";
import * as links from "../schema/shard/links.ts";
import * as tenants from "../schema/shard/tenants.ts";
import * as users from "../schema/shard/users.ts";
import * as vaults from "../schema/shard/vaults.ts";

const schema = {
  ...configurations,
  ...events,
  ...groups,
  ...imports,
  ...licenses,
  ...links,
  ...tenants,
  ...users,
  ...vaults,
};

export type TenantTable = {
  name: string;
  columns: readonly string[];
  /** The primary key after `tenant_no`; empty when a tenant has one row. */
  key: readonly string[];
};

/** The outbox comes last: what it says is to be done is about rows that must be there by then. */
const order = (name: string): number => Number(name === "outbox");

/** All but `tenants` itself, whose row tells where the tenant is and is never copied as it stands. */
export const TENANT_TABLES: readonly TenantTable[] = Object.values(schema)
  .filter((table) => is(table, SQLiteTable) && table !== tenants.tenants)
  .map((table) => {
    const { name, columns, primaryKeys } = getTableConfig(table as SQLiteTable);
    const key = primaryKeys.flatMap((primary) => primary.columns).map((column) => column.name);
    return {
      name,
      columns: columns.map((column) => column.name),
      key: key.filter((column) => column !== "tenant_no"),
    };
  })
  .toSorted((left, right) => order(left.name) - order(right.name) || left.name.localeCompare(right.name));
