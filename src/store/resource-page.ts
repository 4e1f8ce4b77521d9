/** One page of a configuration's users or groups, as the statements of one batch. */
import { type SQL, sql } from "drizzle-orm";
import { EXAMINED_VALUES_MAX } from "../domain/limits.ts";
import type { Row } from "./database.ts";
import { effectiveMembersPage, nestedGroups } from "./effective-membership.ts";
import { type Access, isUnique, type Key } from "./filter/access.ts";
import { nameRows } from "./filter/look-up.ts";
import { guard } from "./guard.ts";
import { behind, type Order, orderBy, type Position, positionOf } from "./page/order.ts";
import {
  examined,
  isByName,
  type Matches,
  matchesOf,
  names,
  orderOf,
  ownCount,
  type PageQuery,
  relations,
} from "./page/query.ts";

export { hasTooManyDerived } from "./filter/compile.ts";
export type { Position } from "./page/order.ts";
export type { PageQuery } from "./page/query.ts";

export type Page = {
  readonly rows: readonly Row[];
  /** Matches in all; undefined when the page does not tell, see `count`. */
  readonly total: number | undefined;
  readonly hasMore: boolean;
  /** Of the row at this place on the page. */
  positionAt(index: number): Position;
};

/** The statements that read a page, and how to understand their results. They raise `too_many` at the limits. */
export type PagePlan = {
  readonly statements: SQL[];
  read(results: readonly Row[][]): Page;
  /** Yields `total` when the page could not tell. */
  readonly count: SQL;
};

const offsetOf = ({ start }: PageQuery): number => ("offset" in start ? start.offset : 0);
const afterOf = ({ start }: PageQuery): Position | undefined => ("after" in start ? start.after : undefined);
const isFirstPage = (query: PageQuery): boolean => offsetOf(query) === 0 && afterOf(query) === undefined;

/** One row more than asked for tells whether there is a next page. */
function pageOf(rows: readonly Row[], { count }: PageQuery, order: Order, total: number | undefined): Page {
  return {
    rows: rows.slice(0, count),
    total,
    hasMore: rows.length > count,
    positionAt: (index) => positionOf(rows[index] ?? {}, order),
  };
}

type Stream = {
  readonly from: SQL;
  readonly condition: SQL;
  readonly order: Order;
  readonly guards?: readonly SQL[];
  /** Matches in all, where knowing them is cheap. */
  readonly total?: SQL;
};

/** Rows come in the order of an index and end with the page. */
function streamed(query: PageQuery, { from, condition, order, guards = [], total }: Stream): PagePlan {
  const { columns } = names(query);
  const key = order.key ?? order.id;
  const skipped =
    offsetOf(query) > 0
      ? // The index alone is walked up to the page where it can be; the rows before it are not read.
        sql` AND ${key} ${sql.raw(order.descending ? "<=" : ">=")} (SELECT ${key} FROM ${from}
          WHERE ${condition} ORDER BY ${orderBy(order)} LIMIT 1 OFFSET ${offsetOf(query)})`
      : sql.raw("");
  const position = afterOf(query);
  const after = position === undefined ? sql.raw("") : sql` AND ${behind(order, position)}`;
  const sortKey = order.key === undefined ? sql.raw("") : sql`, ${order.key} AS sort_key`;
  const page = sql`SELECT ${columns}${sortKey}${relations(query)} FROM ${from} WHERE ${condition}${skipped}${after}
    ORDER BY ${orderBy(order)} LIMIT ${query.count + 1}`;
  return {
    statements: [...guards, page, ...(total === undefined ? [] : [sql`SELECT ${total} AS total`])],
    read: (results) => readStream(query, order, results.slice(guards.length), total !== undefined),
    count: sql`SELECT ${total ?? counted(sql`SELECT 1 FROM ${from} WHERE ${condition}`)} AS total`,
  };
}

function readStream(
  query: PageQuery,
  order: Order,
  [rows = [], totals]: readonly Row[][],
  isCounted: boolean,
): Page {
  const page = pageOf(rows, query, order, undefined);
  if (isCounted) return { ...page, total: Number(totals?.[0]?.["total"]) };
  return isFirstPage(query) && !page.hasMore ? { ...page, total: rows.length } : page;
}

/** How many rows a SELECT yields; raises `too_many` instead of counting on for ever. */
const counted = (select: SQL): SQL =>
  sql`(SELECT CASE WHEN n <= ${EXAMINED_VALUES_MAX} THEN n ELSE json_extract('{}', 'too_many') END
    FROM (SELECT COUNT(*) AS n FROM (${select} LIMIT ${EXAMINED_VALUES_MAX + 1})))`;

/** Users in a group, in order of their numbers: each page reads what it shows, however large the group. */
function streamedMembers(query: PageQuery, groupId: string): PagePlan {
  const { tenantNo, owner, count } = query;
  const { columns } = names(query);
  const rootNo = sql`(SELECT g.group_no FROM groups AS g WHERE g.tenant_no = ${tenantNo}
    AND g.configuration_no = ${owner} AND g.scim_id = ${groupId} AND g.deleted_at IS NULL)`;
  const inside = nestedGroups(tenantNo, rootNo);
  const reach = offsetOf(query) + count + 1;
  const order: Order = { key: undefined, id: sql.raw("users.user_no"), descending: false, isUnique: true };
  const all = sql`SELECT DISTINCT m.member_no FROM nested_groups AS n CROSS JOIN members AS m
    WHERE m.tenant_no = ${tenantNo} AND m.group_no = n.group_no AND m.member_kind = 0`;
  const total = sql`WITH RECURSIVE ${inside} SELECT ${counted(all)} AS total`;
  const isCounted = "offset" in query.start;
  return {
    statements: [
      sql`WITH RECURSIVE ${inside}, page(user_no) AS MATERIALIZED (
          ${effectiveMembersPage(tenantNo, afterOf(query)?.no ?? 0, reach)})
        SELECT ${columns}${relations(query)} FROM page CROSS JOIN users
        WHERE users.tenant_no = ${tenantNo} AND users.user_no = page.user_no AND +users.configuration_no = ${owner}
        ORDER BY page.user_no LIMIT ${count + 1} OFFSET ${offsetOf(query)}`,
      ...(isCounted ? [total] : []),
    ],
    read: (results) => readStream(query, order, results, isCounted),
    count: total,
  };
}

/** All matches are found, counted and sorted by number before the rows of the page are read. */
function gathered(query: PageQuery, { from, condition, access }: Matches): PagePlan {
  const { table, columns, no, id } = names(query);
  const order = orderOf(query);
  const sorted: Order = { ...order, key: order.key && sql.raw("f.key"), id: sql.raw("f.id") };
  const position = afterOf(query);
  const after = position === undefined ? sql.raw("") : sql` WHERE ${behind(sorted, position)}`;
  return {
    statements: [
      guard("too_many", sql`${examined(query, access)} <= ${EXAMINED_VALUES_MAX}`),
      sql`WITH found AS MATERIALIZED (
          SELECT ${no} AS no, ${id} AS id, ${order.key ?? sql`NULL`} AS key FROM ${from} WHERE ${condition})
        SELECT t.total, p.key AS sort_key, ${columns}${relations(query)}
        FROM (SELECT COUNT(*) AS total FROM found) AS t
        LEFT JOIN (SELECT f.no, f.key, ROW_NUMBER() OVER (ORDER BY ${orderBy(sorted)}) AS place
          FROM found AS f${after} ORDER BY place LIMIT ${query.count + 1} OFFSET ${offsetOf(query)}) AS p
        LEFT JOIN ${table} ON ${table}.tenant_no = ${query.tenantNo} AND ${no} = p.no
        ORDER BY p.place`,
    ],
    read: ([, rows = []]) => {
      const onPage = rows.filter((row) => row["no"] !== null);
      return pageOf(onPage, query, order, Number(rows[0]?.["total"]));
    },
    count: sql`SELECT ${counted(sql`SELECT 1 FROM ${from} WHERE ${condition}`)} AS total`,
  };
}

/** The order of the index on names; `keyOf` serves names too long for a cursor. */
function byName(query: PageQuery): Order {
  const { table, no, id, name } = names(query);
  return {
    key: name,
    id,
    descending: query.descending && query.sort !== undefined,
    isUnique: true,
    keyOf: (number) =>
      sql`(SELECT ${name} FROM ${table} WHERE ${table}.tenant_no = ${query.tenantNo} AND ${no} = ${number})`,
  };
}

/**
 * User names are indexed for the whole tenant, so a walk also passes the accounts of others: those are few, or
 * the names in question are. Numbers are dense, the highest tells how many accounts there are.
 */
function guardForeign(query: PageQuery, range: SQL | undefined): SQL[] {
  if (query.type.name === "Group") return [];
  const foreign = sql`(SELECT MAX(user_no) FROM users WHERE tenant_no = ${query.tenantNo}) - ${ownCount(query)}`;
  const few =
    range === undefined
      ? sql`0`
      : sql`(SELECT COUNT(*) FROM (SELECT 1 FROM users WHERE ${range}
    LIMIT ${EXAMINED_VALUES_MAX + 1})) <= ${EXAMINED_VALUES_MAX}`;
  return [guard("too_many", sql`COALESCE(${foreign}, 0) <= ${EXAMINED_VALUES_MAX} OR ${few}`)];
}

/** How the page is read best. */
export function planPage(query: PageQuery): PagePlan {
  const matches = matchesOf(query);
  const { from, condition, access } = matches;
  const order = orderOf(query);
  if (query.filter === undefined) {
    if (order.key === undefined) return streamed(query, { from, condition, order, total: ownCount(query) });
    if (!isByName(query)) return gathered(query, matches);
    const stream = { from, condition: nameRows(query), order: byName(query), total: ownCount(query) };
    return streamed(query, { ...stream, guards: guardForeign(query, undefined) });
  }
  if (access?.every(isUnique) === true && isFirstPage(query) && lookUpsOf(access) <= query.count) {
    return streamed(query, { from, condition, order });
  }
  const [key] = query.filter.kind === "compare" ? (access ?? []) : [];
  return (key && planByKey(query, key, matches)) ?? gathered(query, matches);
}

/** A single comparison by an index that has a useful order of its own. */
function planByKey(query: PageQuery, key: Key, { from, condition }: Matches): PagePlan | undefined {
  if (key.kind === "range" && (query.sort === undefined || isByName(query))) {
    const isCounted = "offset" in query.start;
    return streamed(query, {
      from,
      condition,
      order: byName(query),
      guards: guardForeign(query, condition),
      ...(isCounted ? { total: counted(sql`SELECT 1 FROM ${from} WHERE ${condition}`) } : {}),
    });
  }
  if (query.sort !== undefined || key.kind === "range") return undefined;
  if (key.name === "group" && key.values[0] !== undefined) return streamedMembers(query, key.values[0]);
  if (key.name !== "externalId") return undefined;
  const { no, id, table } = names(query);
  // Left alone the planner walks all accounts by number, in the hope that the page fills soon.
  const byIndex = sql`${table} INDEXED BY ${sql.raw(query.type.name === "User" ? "users" : "groups")}_by_external_id`;
  return streamed(query, {
    from: byIndex,
    condition,
    order: { key: no, id, descending: false, isUnique: true },
  });
}

const lookUpsOf = (access: Access): number =>
  access.reduce((sum, key) => sum + (key.kind === "values" ? key.values.length : 0), 0);
