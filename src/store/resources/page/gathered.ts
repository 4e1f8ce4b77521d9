/** Pages for which all matches must be found first: to sort them, to count them, or because no index leads to them. */
import { type SQL, sql } from "drizzle-orm";
import { EXAMINED_MICROSECONDS_MAX } from "../../../domain/limits.ts";
import { guard } from "../../guard.ts";
import { counted, lookUpCost, walkCost } from "./cost.ts";
import { behind, type Order, orderBy } from "./order.ts";
import { afterOf, offsetOf, type PagePlan, pageOf } from "./plan.ts";
import { type Matches, matchesOf, names, orderOf, type PageQuery, relations } from "./query.ts";

/** The rows are read once to find the matches; where that passes too many of others, own rows one by one. */
export function gathered(query: PageQuery): PagePlan {
  const matches = matchesOf(query, "table");
  if (matches.access !== undefined) return gather(query, matches, lookUpCost(query, matches.access));
  return {
    ...gather(query, matches, walkCost(query, "table")),
    otherwise: gather(query, matchesOf(query, "ownRows"), walkCost(query, "ownRows")),
  };
}

/** Matches are counted and sorted by number; only the rows of the page are read whole. */
function gather(query: PageQuery, { from, condition }: Matches, cost: SQL): PagePlan {
  const { table, columns, no, id } = names(query);
  const order = orderOf(query);
  const sorted: Order = { ...order, key: order.key && sql.raw("f.key"), id: sql.raw("f.id") };
  const position = afterOf(query);
  const after = position === undefined ? sql.raw("") : sql` WHERE ${behind(sorted, position)}`;
  return {
    statements: [
      guard("too_many", sql`${cost} <= ${EXAMINED_MICROSECONDS_MAX}`),
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
