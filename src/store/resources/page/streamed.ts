/** Pages whose rows come in the order of an index: they read what they show, however much matches. */
import { type SQL, sql } from "drizzle-orm";
import type { Row } from "../../database.ts";
import { effectiveMembersPage, nestedGroups } from "../effective-membership.ts";
import { counted } from "./cost.ts";
import { behind, type Order, orderBy } from "./order.ts";
import { afterOf, isFirstPage, offsetOf, type Page, type PagePlan, pageOf } from "./plan.ts";
import { names, type PageQuery, relations } from "./query.ts";

export type Stream = {
  readonly from: SQL;
  readonly condition: SQL;
  readonly order: Order;
  readonly guards?: readonly SQL[];
  /** Matches in all, where knowing them is cheap. */
  readonly total?: SQL;
  /** The sort value of the row so many places on, when there is a cheaper way to it than to read up to there. */
  readonly keyAt?: SQL;
};

export function streamed(query: PageQuery, stream: Stream): PagePlan {
  const { from, condition, order, guards = [], total } = stream;
  const { columns } = names(query);
  const key = order.key ?? order.id;
  const keyAt =
    stream.keyAt ??
    sql`(SELECT ${key} FROM ${from} WHERE ${condition} ORDER BY ${orderBy(order)} LIMIT 1 OFFSET ${offsetOf(query)})`;
  // The index is walked up to the page; the rows before it are not read.
  const skipped =
    offsetOf(query) === 0
      ? sql.raw("")
      : sql` AND ${key} ${sql.raw(order.descending ? "<=" : ">=")} ${keyAt}`;
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

/** Users in a group, directly or through groups, in order of their numbers. */
export function streamedMembers(query: PageQuery, groupId: string): PagePlan {
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
