/** Index look-ups as SQL: conditions over the table that one index serves, whatever else the statement says. */
import { type SQL, sql } from "drizzle-orm";
import type { ConfigurationNo, TenantNo } from "../../../domain/id.ts";
import { NESTED_GROUPS_MAX } from "../../../domain/limits.ts";
import type { ResourceType } from "../../../scim/resource-type.ts";
import type { Access, Key } from "./access.ts";

/** Whose resources, of which type. */
export type Owned = {
  readonly tenantNo: TenantNo;
  readonly owner: ConfigurationNo;
  readonly type: ResourceType;
};

const isAmong = (column: SQL, values: readonly string[]): SQL => {
  const [only] = values;
  return values.length === 1
    ? sql`${column} = ${only}`
    : sql`${column} IN (SELECT value FROM json_each(${JSON.stringify(values)}))`;
};

/** Live groups by id; one row read for each. */
const groupNumbers = ({ tenantNo, owner }: Owned, ids: readonly string[]): SQL =>
  sql`SELECT g.group_no FROM groups AS g WHERE g.tenant_no = ${tenantNo} AND g.configuration_no = ${owner}
    AND ${isAmong(sql.raw("g.scim_id"), ids)} AND g.deleted_at IS NULL`;

/** Users the groups hold, directly or through groups (A27). */
const usersInGroups = (owned: Owned, ids: readonly string[]): SQL =>
  sql`WITH RECURSIVE inside(group_no) AS (
      ${groupNumbers(owned, ids)}
      UNION
      SELECT m.member_no FROM inside AS i CROSS JOIN members AS m CROSS JOIN groups AS g
      WHERE m.tenant_no = ${owned.tenantNo} AND m.group_no = i.group_no AND m.member_kind = 1
        AND g.tenant_no = ${owned.tenantNo} AND g.group_no = m.member_no AND g.deleted_at IS NULL
      LIMIT ${sql.raw(String(NESTED_GROUPS_MAX))}
    ) SELECT m.member_no FROM inside AS i CROSS JOIN members AS m
      WHERE m.tenant_no = ${owned.tenantNo} AND m.group_no = i.group_no AND m.member_kind = 0`;

/** Groups that hold these users or groups themselves: `members` lists direct members only. */
const groupsOfMembers = (owned: Owned, ids: readonly string[]): SQL =>
  sql`SELECT m.group_no FROM members AS m WHERE m.tenant_no = ${owned.tenantNo} AND m.member_kind = 0
      AND m.member_no IN (SELECT u.user_no FROM users AS u WHERE u.tenant_no = ${owned.tenantNo}
        AND u.configuration_no = ${owned.owner} AND ${isAmong(sql.raw("u.scim_id"), ids)})
    UNION ALL SELECT m.group_no FROM members AS m WHERE m.tenant_no = ${owned.tenantNo} AND m.member_kind = 1
      AND m.member_no IN (${groupNumbers(owned, ids)})`;

const nameRange = (column: SQL, from: string | undefined, to: string | undefined): SQL =>
  sql.join(
    [
      ...(from === undefined ? [] : [sql`${column} >= ${from}`]),
      ...(to === undefined ? [] : [sql`${column} < ${to}`]),
    ],
    sql` AND `,
  );

const numberOf = ({ type }: Owned): SQL => sql.raw(type.name === "User" ? "user_no" : "group_no");

function conditionOf(owned: Owned, key: Key): SQL {
  const isUser = owned.type.name === "User";
  const name = sql.raw(isUser ? "users.user_name_folded" : "groups.display_name_folded");
  const row = sql.raw(isUser ? "users" : "groups");
  // The unary plus keeps the planner away from the index that begins with the configuration: any other is better.
  const anyIndex = sql`${row}.tenant_no = ${owned.tenantNo} AND +${row}.configuration_no = ${owned.owner}`;
  const ownIndex = sql`${row}.tenant_no = ${owned.tenantNo} AND ${row}.configuration_no = ${owned.owner}`;
  if (key.kind === "range")
    return sql`${isUser ? anyIndex : ownIndex} AND ${nameRange(name, key.from, key.to)}`;
  switch (key.name) {
    case "id":
      return sql`${ownIndex} AND ${isAmong(sql`${row}.scim_id`, key.values)}`;
    case "name":
      return sql`${isUser ? anyIndex : ownIndex} AND ${isAmong(name, key.values)}`;
    case "externalId":
      // Named as rows, for left alone the planner would rather read all of the tenant's.
      return sql`${anyIndex} AND ${row}.${numberOf(owned)} IN (SELECT x.${numberOf(owned)} FROM ${row} AS x
        INDEXED BY ${row}_by_external_id WHERE x.tenant_no = ${owned.tenantNo}
        AND ${isAmong(sql.raw("x.external_id"), key.values)})`;
    case "email":
      return sql`${anyIndex} AND users.user_no IN (SELECT a.user_no FROM user_emails AS a
        WHERE a.tenant_no = ${owned.tenantNo} AND ${isAmong(sql.raw("a.value_folded"), key.values)})`;
    case "group":
      return sql`${anyIndex} AND users.user_no IN (${usersInGroups(owned, key.values)})`;
    case "member":
      return sql`${anyIndex} AND groups.group_no IN (${groupsOfMembers(owned, key.values)})`;
  }
}

/** Rows of the index that a look-up passes, of other configurations too; undefined where its values bound them. */
export function entriesOf(owned: Owned, key: Key): SQL | undefined {
  const isUser = owned.type.name === "User";
  const row = sql.raw(isUser ? "users" : "groups");
  if (key.kind === "range") {
    const name = sql.raw(isUser ? "users.user_name_folded" : "groups.display_name_folded");
    const own = isUser ? sql`users.tenant_no = ${owned.tenantNo}` : ownRows(owned);
    return sql`SELECT 1 FROM ${row} WHERE ${own} AND ${nameRange(name, key.from, key.to)}`;
  }
  switch (key.name) {
    case "id":
    case "name":
      return undefined;
    case "externalId":
      return sql`SELECT 1 FROM ${row} WHERE ${row}.tenant_no = ${owned.tenantNo}
        AND ${isAmong(sql`${row}.external_id`, key.values)}`;
    case "email":
      return sql`SELECT 1 FROM user_emails AS a WHERE a.tenant_no = ${owned.tenantNo}
        AND ${isAmong(sql.raw("a.value_folded"), key.values)}`;
    case "group":
      return usersInGroups(owned, key.values);
    case "member":
      return sql`SELECT 1 FROM (${groupsOfMembers(owned, key.values)})`;
  }
}

const isLive = ({ type }: Owned): SQL =>
  sql.raw(type.name === "User" ? "" : " AND groups.deleted_at IS NULL");

/** Every row of the owner: the one place that says what a configuration may see. */
export function ownRows(owned: Owned): SQL {
  const row = sql.raw(owned.type.name === "User" ? "users" : "groups");
  return sql`${row}.tenant_no = ${owned.tenantNo} AND ${row}.configuration_no = ${owned.owner}${isLive(owned)}`;
}

/** The same rows, kept from the index that begins with the configuration. */
const anyIndexRows = (owned: Owned): SQL => {
  const row = sql.raw(owned.type.name === "User" ? "users" : "groups");
  return sql`${row}.tenant_no = ${owned.tenantNo} AND +${row}.configuration_no = ${owned.owner}${isLive(owned)}`;
};

/** Every row of the owner, to be read in the order of names. */
export const nameRows = (owned: Owned): SQL =>
  owned.type.name === "User" ? anyIndexRows(owned) : ownRows(owned);

/** Rows of the owner with this externalId, to be read in the order of numbers. */
export const externalIdRows = (owned: Owned, values: readonly string[]): SQL =>
  sql`${anyIndexRows(owned)} AND ${isAmong(sql`${sql.raw(owned.type.name === "User" ? "users" : "groups")}.external_id`, values)}`;

/** Every row of the owner, by reading the tenant's part of the table or through the index on ids. */
export const walkedRows = (owned: Owned, walk: "table" | "ownRows"): SQL =>
  walk === "table" ? anyIndexRows(owned) : ownRows(owned);

/** Own rows that the access finds. */
export function foundRows(owned: Owned, access: Access): SQL {
  const [only] = access;
  if (access.length === 1 && only !== undefined) return sql`${conditionOf(owned, only)}${isLive(owned)}`;
  const number = numberOf(owned);
  const row = sql.raw(owned.type.name === "User" ? "users" : "groups");
  const each = access.map(
    (key) => sql`SELECT ${number} FROM ${row} WHERE ${conditionOf(owned, key)}${isLive(owned)}`,
  );
  return sql`${row}.tenant_no = ${owned.tenantNo} AND ${row}.${number} IN (${sql.join(each, sql` UNION ALL `)})`;
}
