/**
 * A page of a query on the root (RFC 7644 §3.4.2.1): users and groups in one order. The first trip finds which
 * resources are on the page, the second reads them.
 */
import { type SQL, sql } from "drizzle-orm";
import { EXAMINED_MICROSECONDS_MAX } from "../../domain/limits.ts";
import type { Row } from "../database.ts";
import { guard } from "../guard.ts";
import { ownRows } from "./filter/look-up.ts";
import { lookUpCost, ownCount, walkCost } from "./page/cost.ts";
import { behind, type Order, orderBy, type Position, positionOf } from "./page/order.ts";
import { matchesOf, names, orderOf, type PageQuery, relations } from "./page/query.ts";

/** What is on the page, of each type in the order of the parts. */
export type RootPage = {
  readonly entries: readonly { readonly part: number; readonly no: number }[];
  readonly total: number;
  readonly hasMore: boolean;
  positionAt(index: number): Position;
};

export type RootPlan = { readonly statements: SQL[]; read(results: readonly Row[][]): RootPage };

/** How far a page without filter and sort value reaches into each type. */
const reachOf = ({ start, count }: PageQuery): number => count + 1 + ("offset" in start ? start.offset : 0);

/** Candidates of one type; without filter and sort value only as many as the page can reach. */
function candidates(part: PageQuery, index: number): SQL {
  const { no, id } = names(part);
  const { from, condition } = matchesOf(part, isPlain(part) ? "ownRows" : "table");
  const order = orderOf(part);
  const columns = sql`SELECT ${sql.raw(String(index))} AS part, ${no} AS no, ${id} AS id, ${order.key ?? sql`NULL`} AS key`;
  if (!isPlain(part)) return sql`${columns} FROM ${from} WHERE ${condition}`;
  const { start } = part;
  const after =
    "after" in start && start.after !== undefined ? sql` AND ${behind(order, start.after)}` : sql.raw("");
  return sql`SELECT * FROM (${columns} FROM ${from} WHERE ${condition}${after} ORDER BY ${orderBy(order)} LIMIT ${reachOf(part)})`;
}

function workOf(part: PageQuery): SQL {
  if (isPlain(part)) return sql`${reachOf(part)}`;
  const { access } = matchesOf(part);
  return access === undefined ? walkCost(part, "table") : lookUpCost(part, access);
}

const isPlain = (part: PageQuery): boolean => part.filter === undefined && orderOf(part).key === undefined;

/** @param parts the same page of each type; they differ in type, filter and what is sorted by */
export function planRootPage(parts: readonly PageQuery[]): RootPlan {
  const [first] = parts;
  if (first === undefined) throw new RangeError("a query on the root needs a resource type");
  const { start, count } = first;
  const hasKey = parts.some((part) => orderOf(part).key !== undefined);
  const order: Order = {
    key: hasKey ? sql.raw("f.key") : undefined,
    id: sql.raw("f.id"),
    descending: orderOf(first).descending,
    isUnique: false,
  };
  const after =
    "after" in start && start.after !== undefined ? sql` WHERE ${behind(order, start.after)}` : sql.raw("");
  const total = parts.every(isPlain)
    ? sql.join(parts.map(ownCount), sql` + `)
    : sql`(SELECT COUNT(*) FROM found)`;
  return {
    statements: [
      guard("too_many", sql`${sql.join(parts.map(workOf), sql` + `)} <= ${EXAMINED_MICROSECONDS_MAX}`),
      sql`WITH found AS MATERIALIZED (${sql.join(parts.map(candidates), sql` UNION ALL `)})
        SELECT t.total, p.part, p.no, p.id AS scim_id, p.key AS sort_key FROM (SELECT ${total} AS total) AS t
        LEFT JOIN (SELECT f.*, ROW_NUMBER() OVER (ORDER BY ${orderBy(order)}) AS place FROM found AS f${after}
          ORDER BY place LIMIT ${count + 1} OFFSET ${"offset" in start ? start.offset : 0}) AS p
        ORDER BY p.place`,
    ],
    read([, rows = []]) {
      const onPage = rows.filter((row) => row["no"] !== null);
      return {
        entries: onPage.slice(0, count).map((row) => ({ part: Number(row["part"]), no: Number(row["no"]) })),
        total: Number(rows[0]?.["total"]),
        hasMore: onPage.length > count,
        positionAt: (index) => positionOf(onPage[index] ?? {}, order),
      };
    },
  };
}

/** The rows behind the numbers, those that are still the configuration's; in no particular order. */
export function selectByNumber(part: PageQuery, numbers: readonly number[]): SQL {
  const { table, no, columns } = names(part);
  return sql`SELECT ${columns}${relations(part)} FROM json_each(${JSON.stringify(numbers)}) AS j CROSS JOIN ${table}
    WHERE ${no} = j.value AND ${ownRows(part)}`;
}
