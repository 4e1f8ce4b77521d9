/** One page of a configuration's users or groups, as the statements of one batch. */
import { type SQL, sql } from "drizzle-orm";
import { CURSOR_KEY_LENGTH_MAX, EXAMINED_VALUES_MAX, LISTED_MEMBERS_MAX } from "../domain/limits.ts";
import type { ResolvedFilter } from "../scim/filter/resolve.ts";
import type { ResolvedAttribute } from "../scim/resource-type.ts";
import type { Row } from "./database.ts";
import { type Access, accessOf, isUnique } from "./filter/access.ts";
import { compileFilter } from "./filter/compile.ts";
import { bindEach, leavesOf } from "./filter/literals.ts";
import { foundRows, type Owned, ownRows } from "./filter/look-up.ts";
import { sortValue } from "./filter/source.ts";
import { groupMembersColumn } from "./group-members.ts";
import { groupColumns } from "./groups.ts";
import { guard } from "./guard.ts";
import { userGroupsColumn } from "./user-groups.ts";
import { userColumns } from "./users.ts";

/** Where a page ended: the resource's numbers and the value it was sorted by, unless that is too long to carry. */
export type Position = { readonly no: number; readonly id: string; readonly key?: string | number | null };

export type PageQuery = Owned & {
  readonly baseUrl: string;
  readonly filter: ResolvedFilter | undefined;
  readonly sort: ResolvedAttribute | undefined;
  readonly descending: boolean;
  readonly start: { readonly offset: number } | { readonly after: Position | undefined };
  readonly count: number;
  /** Whether rows carry `groups` (of users) or `members` (of groups). */
  readonly withRelations: boolean;
};

/** A page as the statements that read it, and how to understand their results. */
export type PagePlan = { readonly statements: SQL[]; read(results: readonly Row[][]): Page };

export type Page = {
  readonly rows: readonly Row[];
  /** Matches in all; undefined when that was not counted. */
  readonly total: number | undefined;
  /** Where the next page begins, when there is one. */
  readonly next: Position | undefined;
};

type Names = {
  readonly table: SQL;
  readonly no: SQL;
  readonly id: SQL;
  readonly columns: SQL;
  readonly counter: SQL;
};

const names = ({ type }: Owned): Names =>
  type.name === "User"
    ? {
        table: sql.raw("users"),
        no: sql.raw("users.user_no"),
        id: sql.raw("users.scim_id"),
        columns: userColumns,
        counter: sql.raw("user_count"),
      }
    : {
        table: sql.raw("groups"),
        no: sql.raw("groups.group_no"),
        id: sql.raw("groups.scim_id"),
        columns: groupColumns,
        counter: sql.raw("group_count"),
      };

/** Resources of the configuration, from the counter that every create and delete keeps. */
const ownCount = (query: Owned): SQL =>
  sql`(SELECT ${names(query).counter} FROM configurations
    WHERE tenant_no = ${query.tenantNo} AND configuration_no = ${query.owner})`;

type Order = { readonly key: SQL | undefined; readonly id: SQL; readonly descending: boolean };

/** Missing values last when ascending, first when descending (RFC 7644 §3.4.2.3); ids decide between equals. */
function orderBy({ key, id, descending }: Order): SQL {
  const direction = sql.raw(descending ? " DESC" : "");
  return key === undefined
    ? sql`${id}${direction}`
    : sql`${key} IS NULL${direction}, ${key}${direction}, ${id}${direction}`;
}

/** Rows behind a position, in the given order. */
function behind({ key, id, descending }: Order, position: Position, looked: (no: number) => SQL): SQL {
  const past = sql.raw(descending ? "<" : ">");
  if (key === undefined) return sql`${id} ${past} ${position.id}`;
  if (position.key === null) {
    const sameGroup = sql`${key} IS NULL AND ${id} ${past} ${position.id}`;
    return descending ? sql`(${sameGroup} OR ${key} IS NOT NULL)` : sql`(${sameGroup})`;
  }
  const value = position.key === undefined ? looked(position.no) : sql`${position.key}`;
  const rest = sql`${key} ${past} ${value} OR ${key} = ${value} AND ${id} ${past} ${position.id}`;
  return descending ? sql`(${rest})` : sql`(${rest} OR ${key} IS NULL)`;
}

/** Own matches of the filter; `scanned` bounds how many rows are examined to find them. */
type Matches = { readonly condition: SQL; readonly access: Access | undefined };

function matchesOf(query: PageQuery): Matches {
  const { type, baseUrl, filter } = query;
  if (filter === undefined) return { condition: ownRows(query), access: undefined };
  const access = accessOf(type, filter);
  const rows = access === undefined ? ownRows(query) : foundRows(query, access);
  return { condition: sql`${rows} AND ${compileFilter(type, baseUrl, filter)}`, access };
}

function orderOf(query: PageQuery): Order {
  const { type, baseUrl, sort, descending } = query;
  const { id } = names(query);
  const isById = sort === undefined || (sort.schema === undefined && sort.attribute.name === "id");
  // Ascending is the default only where something is sorted by (RFC 7644 §3.4.2.3).
  if (isById) return { key: undefined, id, descending: sort !== undefined && descending };
  return { key: sortValue({ type, baseUrl, bind: bindEach }, sort), id, descending };
}

/** Raises `too_many` when more rows would be examined than one batch may hold the shard for. */
function guardExamined(query: PageQuery, access: Access | undefined): SQL {
  const perRow = 1 + (query.filter === undefined ? 0 : leavesOf(query.filter).length);
  const max = Math.floor(EXAMINED_VALUES_MAX / perRow);
  if (access === undefined) return guard("too_many", sql`${ownCount(query)} <= ${max}`);
  const { table } = names(query);
  return guard(
    "too_many",
    sql`(SELECT COUNT(*) FROM (SELECT 1 FROM ${table} WHERE ${foundRows(query, access)} LIMIT ${max + 1})) <= ${max}`,
  );
}

function relations(query: PageQuery): SQL {
  if (!query.withRelations) return sql.raw("");
  return query.type.name === "User"
    ? sql`, ${userGroupsColumn(query)} AS relations`
    : sql`, ${groupMembersColumn(query, membersInRow(query.count))} AS relations`;
}

/** Members a group may have to be listed with them at once; larger ones are read afterwards. */
const membersInRow = (count: number): number => Math.floor(LISTED_MEMBERS_MAX / Math.max(count, 1));

const positionOf = (row: Row, hasKey: boolean): Position => {
  const place = { no: Number(row["user_no"] ?? row["group_no"]), id: String(row["scim_id"]) };
  const key = row["sort_key"] ?? null;
  if (!hasKey) return place;
  return typeof key === "string" && [...key].length > CURSOR_KEY_LENGTH_MAX ? place : { ...place, key };
};

/** One row more than asked for tells whether there is a next page. */
function pageOf(rows: readonly Row[], count: number, hasKey: boolean): Pick<Page, "rows" | "next"> {
  const kept = rows.slice(0, count);
  const last = kept.at(-1);
  return {
    rows: kept,
    next: rows.length > count && last !== undefined ? positionOf(last, hasKey) : undefined,
  };
}

/** Rows come in the order of an index and end with the page. */
function streamed(query: PageQuery, { condition }: Matches, order: Order): PagePlan {
  const { table, columns } = names(query);
  const { start, count } = query;
  const skipped =
    "offset" in start && start.offset > 0
      ? // The index on ids alone is walked up to the page; the rows before it are not read.
        sql` AND ${order.id} ${sql.raw(order.descending ? "<=" : ">=")} (SELECT ${order.id} FROM ${table}
          WHERE ${condition} ORDER BY ${orderBy(order)} LIMIT 1 OFFSET ${start.offset})`
      : sql.raw("");
  const after =
    "after" in start && start.after !== undefined
      ? sql` AND ${behind(order, start.after, noKey)}`
      : sql.raw("");
  return {
    statements: [
      sql`SELECT ${columns}${relations(query)} FROM ${table} WHERE ${condition}${skipped}${after}
        ORDER BY ${orderBy(order)} LIMIT ${count + 1}`,
      sql`SELECT ${ownCount(query)} AS total`,
    ],
    read: ([rows = [], counted = []]) => ({
      ...pageOf(rows, count, false),
      total: Number(counted[0]?.["total"]),
    }),
  };
}

const noKey = (): SQL => sql`NULL`;

/** All matches are found, counted and sorted by number before the rows of the page are read. */
function gathered(query: PageQuery, { condition, access }: Matches, order: Order): PagePlan {
  const { table, columns, no, id } = names(query);
  const { start, count } = query;
  const key = order.key ?? sql`NULL`;
  const sorted: Order = {
    key: order.key && sql.raw("f.key"),
    id: sql.raw("f.id"),
    descending: order.descending,
  };
  const keyOf = (number: number): SQL =>
    sql`(SELECT ${key} FROM ${table} WHERE ${table}.tenant_no = ${query.tenantNo} AND ${no} = ${number})`;
  const after =
    "after" in start && start.after !== undefined
      ? sql` WHERE ${behind(sorted, start.after, keyOf)}`
      : sql.raw("");
  const offset = "offset" in start ? start.offset : 0;
  return {
    statements: [
      guardExamined(query, access),
      sql`WITH found AS MATERIALIZED (SELECT ${no} AS no, ${id} AS id, ${key} AS key FROM ${table} WHERE ${condition})
        SELECT t.total, p.key AS sort_key, ${columns}${relations(query)}
        FROM (SELECT COUNT(*) AS total FROM found) AS t
        LEFT JOIN (SELECT f.no, f.key, ROW_NUMBER() OVER (ORDER BY ${orderBy(sorted)}) AS place
          FROM found AS f${after} ORDER BY place LIMIT ${count + 1} OFFSET ${offset}) AS p
        LEFT JOIN ${table} ON ${table}.tenant_no = ${query.tenantNo} AND ${no} = p.no
        ORDER BY p.place`,
    ],
    read: ([, rows = []]) => ({
      ...pageOf(
        rows.filter((row) => row["scim_id"] !== null),
        count,
        order.key !== undefined,
      ),
      total: Number(rows[0]?.["total"]),
    }),
  };
}

/** A few rows at most: unique names and ids. Nothing needs counting apart. */
function lookedUp(query: PageQuery, { condition }: Matches, order: Order): PagePlan {
  const { table, columns } = names(query);
  return {
    statements: [
      sql`SELECT ${columns}${relations(query)} FROM ${table} WHERE ${condition} ORDER BY ${orderBy(order)}`,
    ],
    read: ([rows = []]) => ({ rows, next: undefined, total: rows.length }),
  };
}

/** How the page is read best. The statements raise `too_many` where the limits end. */
export function planPage(query: PageQuery): PagePlan {
  const matches = matchesOf(query);
  const order = orderOf(query);
  const isFirstPage = "offset" in query.start ? query.start.offset === 0 : query.start.after === undefined;
  if (matches.access?.every(isUnique) && isFirstPage && lookUpsOf(matches.access) <= query.count) {
    return lookedUp(query, matches, order);
  }
  if (query.filter === undefined && order.key === undefined) return streamed(query, matches, order);
  return gathered(query, matches, order);
}

const lookUpsOf = (access: Access): number =>
  access.reduce((sum, key) => sum + (key.kind === "values" ? key.values.length : 0), 0);
