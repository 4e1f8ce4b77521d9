/** Pages in the order of names: `userName` of users, `displayName` of groups. */
import { type SQL, sql } from "drizzle-orm";
import { EXAMINED_MICROSECONDS_MAX } from "../../../domain/limits.ts";
import { guard } from "../../guard.ts";
import type { Key } from "../filter/access.ts";
import { entriesOf, nameRows } from "../filter/look-up.ts";
import { counted, indexedRowCost, ownCount, tenantCount } from "./cost.ts";
import { type Order, orderBy } from "./order.ts";
import { offsetOf, type PagePlan } from "./plan.ts";
import { names, type PageQuery } from "./query.ts";
import { streamed } from "./streamed.ts";

/** `keyOf` serves names too long for a cursor. */
function orderOf(query: PageQuery): Order {
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

const most = Math.floor(EXAMINED_MICROSECONDS_MAX / indexedRowCost);

/** All resources of the configuration, in the order of names. */
export function planByName(query: PageQuery): PagePlan {
  const { table } = names(query);
  const condition = nameRows(query);
  const order = orderOf(query);
  const total = ownCount(query);
  if (query.type.name === "Group") return streamed(query, { from: table, condition, order, total });
  const everyone = sql`users.tenant_no = ${query.tenantNo}`;
  return streamed(query, {
    from: table,
    condition,
    order,
    total,
    guards: guardForeign(query, undefined),
    keyAt: keyAt(query, order, everyone, condition),
  });
}

/** Those whose name lies in a range. */
export function planNameRange(query: PageQuery, range: Key, condition: SQL): PagePlan {
  const { table } = names(query);
  const order = orderOf(query);
  const own = sql`SELECT 1 FROM ${table} WHERE ${condition}`;
  const entries = entriesOf(query, range) ?? own;
  const isCounted = "offset" in query.start;
  if (query.type.name === "Group") {
    return streamed(query, { from: table, condition, order, ...(isCounted ? { total: counted(own) } : {}) });
  }
  const total = sql`CASE WHEN ${isAlone(query)} THEN ${counted(entries)} ELSE ${counted(own, most)} END`;
  return streamed(query, {
    from: table,
    condition,
    order,
    guards: guardForeign(query, entries),
    ...(isCounted ? { total } : {}),
  });
}

/** Accounts of the tenant that are not the configuration's. */
const foreign = (query: PageQuery): SQL => sql`(${tenantCount(query)} - ${ownCount(query)})`;

const isAlone = (query: PageQuery): SQL => sql`${foreign(query)} = 0`;

/**
 * User names are indexed for the whole tenant, so a walk also passes the accounts of others, and must look at each
 * row to tell. It goes on where they are few, or the names in question are, and the page is not far.
 */
function guardForeign(query: PageQuery, entries: SQL | undefined): SQL[] {
  const few = sql`${foreign(query)} + ${offsetOf(query)} <= ${most}`;
  const narrow =
    entries === undefined ? sql`0` : sql`(SELECT COUNT(*) FROM (${entries} LIMIT ${most + 1})) <= ${most}`;
  return [guard("too_many", sql`CASE WHEN ${isAlone(query)} THEN 1 WHEN ${few} THEN 1 ELSE ${narrow} END`)];
}

/** Where nobody else has accounts the index alone leads to the page. */
function keyAt(query: PageQuery, order: Order, everyone: SQL, condition: SQL): SQL {
  const at = (rows: SQL): SQL =>
    sql`(SELECT ${order.key} FROM users WHERE ${rows} ORDER BY ${orderBy(order)} LIMIT 1 OFFSET ${offsetOf(query)})`;
  return sql`CASE WHEN ${isAlone(query)} THEN ${at(everyone)} ELSE ${at(condition)} END`;
}
