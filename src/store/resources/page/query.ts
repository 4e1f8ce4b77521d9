/** What a list asks for, and which rows can be on it. */
import { type SQL, sql } from "drizzle-orm";
import { LISTED_MEMBERS_MAX } from "../../../domain/limits.ts";
import type { ResolvedFilter } from "../../../scim/filter/resolve.ts";
import type { ResolvedAttribute } from "../../../scim/resource-type.ts";
import { type Access, accessOf } from "../filter/access.ts";
import { compileFilter } from "../filter/compile.ts";
import { bindEach } from "../filter/literals.ts";
import { foundRows, type Owned, walkedRows } from "../filter/look-up.ts";
import { sortValue } from "../filter/source.ts";
import { groupMembersColumn } from "../group-members.ts";
import { groupColumns } from "../groups.ts";
import { userGroupsColumn } from "../user-groups.ts";
import { userColumns } from "../user-records.ts";
import type { Walk } from "./cost.ts";
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

/** Own rows that match the filter: what to read from, and which rows of it; `access` when an index finds them. */
export type Matches = { readonly from: SQL; readonly condition: SQL; readonly access: Access | undefined };

export function matchesOf(query: PageQuery, walk: Walk = "table"): Matches {
  const { type, baseUrl, filter } = query;
  const { table } = names(query);
  const access = filter && accessOf(type, filter);
  // Left alone the planner decides by guesses about how many own rows there are.
  const indexed = walk === "ownRows" ? sql` INDEXED BY ${table}_by_scim_id` : sql.raw("");
  const rows = access === undefined ? walkedRows(query, walk) : foundRows(query, access);
  if (filter === undefined) return { from: sql`${table}${indexed}`, condition: rows, access };
  // A single comparison is what the index finds; anything else is a part of it.
  if (access !== undefined && filter.kind === "compare") return { from: table, condition: rows, access };
  const { joins, condition } = compileFilter(type, baseUrl, filter);
  const from = access === undefined ? sql`${table}${indexed}${joins}` : sql`${table}${joins}`;
  return { from, condition: sql`${rows} AND ${condition}`, access };
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
