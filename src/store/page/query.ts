/** What a list asks for, and which rows can be on it. */
import { type SQL, sql } from "drizzle-orm";
import { EXAMINED_VALUES_MAX, LISTED_MEMBERS_MAX } from "../../domain/limits.ts";
import type { ResolvedFilter } from "../../scim/filter/resolve.ts";
import type { ResolvedAttribute } from "../../scim/resource-type.ts";
import { type Access, accessOf } from "../filter/access.ts";
import { compileFilter } from "../filter/compile.ts";
import { bindEach, leavesOf, mentions } from "../filter/literals.ts";
import { foundRows, type Owned, ownRows } from "../filter/look-up.ts";
import { sortValue } from "../filter/source.ts";
import { groupMembersColumn } from "../group-members.ts";
import { groupColumns } from "../groups.ts";
import { userGroupsColumn } from "../user-groups.ts";
import { userColumns } from "../users.ts";
import { carried, type Order, type Position } from "./order.ts";

export type PageQuery = Owned & {
  readonly baseUrl: string;
  readonly filter: ResolvedFilter | undefined;
  /** `lacking`: another type of the same query has the attribute, this one does not. */
  readonly sort: ResolvedAttribute | "lacking" | undefined;
  readonly descending: boolean;
  readonly start: { readonly offset: number } | { readonly after: Position | undefined };
  readonly count: number;
  /** Whether rows carry `groups` (of users) or `members` (of groups). */
  readonly withRelations: boolean;
};

type Names = {
  readonly table: SQL;
  readonly no: SQL;
  readonly id: SQL;
  readonly name: SQL;
  readonly columns: SQL;
};

export const names = ({ type }: Owned): Names =>
  type.name === "User"
    ? {
        table: sql.raw("users"),
        no: sql.raw("users.user_no"),
        id: sql.raw("users.scim_id"),
        name: sql.raw("users.user_name_folded"),
        columns: sql`users.user_no AS no, ${userColumns}`,
      }
    : {
        table: sql.raw("groups"),
        no: sql.raw("groups.group_no"),
        id: sql.raw("groups.scim_id"),
        name: sql.raw("groups.display_name_folded"),
        columns: sql`groups.group_no AS no, ${groupColumns}`,
      };

/** Resources of the configuration, from the counter that every create and delete keeps. */
export const ownCount = ({ type, tenantNo, owner }: Owned): SQL =>
  sql`(SELECT ${sql.raw(type.name === "User" ? "user_count" : "group_count")} FROM configurations
    WHERE tenant_no = ${tenantNo} AND configuration_no = ${owner})`;

/** Own rows that match the filter: what to read from, and which rows of it; `access` when an index finds them. */
export type Matches = { readonly from: SQL; readonly condition: SQL; readonly access: Access | undefined };

export function matchesOf(query: PageQuery): Matches {
  const { type, baseUrl, filter } = query;
  const { table } = names(query);
  if (filter === undefined) return { from: table, condition: ownRows(query), access: undefined };
  const access = accessOf(type, filter);
  const rows = access === undefined ? ownRows(query) : foundRows(query, access);
  // A single comparison is what the index finds; anything else is a part of it.
  if (access !== undefined && filter.kind === "compare") return { from: table, condition: rows, access };
  const { joins, condition } = compileFilter(type, baseUrl, filter);
  return { from: sql`${table}${joins}`, condition: sql`${rows} AND ${condition}`, access };
}

const isCore = (sort: ResolvedAttribute, name: string): boolean =>
  sort.schema === undefined && sort.attribute.name === name;

/** Whether the sort value is the column on which names are indexed. */
export const isByName = ({ type, sort }: PageQuery): boolean =>
  sort !== undefined && sort !== "lacking" && isCore(sort, type.name === "User" ? "userName" : "displayName");

export function orderOf(query: PageQuery): Order {
  const { type, baseUrl, sort, descending } = query;
  const { id } = names(query);
  if (sort === undefined) return { key: undefined, id, descending: false, isUnique: true };
  if (sort === "lacking") return { key: sql.raw("NULL"), id, descending, isUnique: false };
  if (isCore(sort, "id")) return { key: undefined, id, descending, isUnique: true };
  const key = carried(sortValue({ type, baseUrl, bind: bindEach }, sort));
  return { key, id, descending, isUnique: false };
}

/** The groups of users, or the members of groups, as a column `relations`. */
export function relations(query: PageQuery): SQL {
  if (!query.withRelations) return sql.raw("");
  if (query.type.name === "User") return sql`, ${userGroupsColumn(query)} AS relations`;
  // Each group its share of what a page may carry; larger ones are read afterwards.
  const share = Math.floor(LISTED_MEMBERS_MAX / Math.max(query.count, 1));
  return sql`, ${groupMembersColumn(query, share)} AS relations`;
}

/** Comparisons that one row costs; finding the groups of a user costs as much as several. */
const weightOf = ({ filter, sort }: PageQuery): number =>
  1 +
  (filter === undefined ? 0 : leavesOf(filter).length) +
  (sort === undefined ? 0 : 1) +
  (filter !== undefined && mentions(filter, "groups") ? 10 : 0);

/** Memberships of the configuration's groups, as far as they can be added up. */
const memberships = (query: PageQuery): SQL => {
  const groups: Owned = { ...query, type: { ...query.type, name: "Group" } };
  return sql`CASE WHEN ${ownCount(groups)} > ${EXAMINED_VALUES_MAX} THEN ${EXAMINED_VALUES_MAX} + 1
    ELSE (SELECT COALESCE(SUM(groups.member_count), 0) FROM groups WHERE ${ownRows(groups)}) END`;
};

/** Work of finding all matches, in values examined: a number in SQL, past the limit no longer exact. */
export function examined(query: PageQuery, access: Access | undefined): SQL {
  const weight = weightOf(query);
  const most = Math.floor(EXAMINED_VALUES_MAX / weight) + 1;
  const rows =
    access === undefined
      ? ownCount(query)
      : sql`(SELECT COUNT(*) FROM (SELECT 1 FROM ${names(query).table} WHERE ${foundRows(query, access)} LIMIT ${most}))`;
  const walksMembers = query.filter !== undefined && mentions(query.filter, "members", "groups");
  const more = walksMembers && access === undefined ? sql` + ${memberships(query)}` : sql.raw("");
  return sql`${rows} * ${weight}${more}`;
}
