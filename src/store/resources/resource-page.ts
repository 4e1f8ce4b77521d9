/** One page of a configuration's users or groups, as the statements of one batch. */
import { sql } from "drizzle-orm";
import { type Access, isUnique, type Key } from "./filter/access.ts";
import { externalIdRows } from "./filter/look-up.ts";
import { planByName, planNameRange } from "./page/by-name.ts";
import { ownCount, walksMembers } from "./page/cost.ts";
import { gathered } from "./page/gathered.ts";
import { isFirstPage, type PagePlan } from "./page/plan.ts";
import { isByName, type Matches, matchesOf, names, orderOf, type PageQuery } from "./page/query.ts";
import { streamed, streamedMembers } from "./page/streamed.ts";

export { hasTooManyDerived } from "./filter/compile.ts";
export type { Position } from "./page/order.ts";
export type { Page, PagePlan } from "./page/plan.ts";
export type { PageQuery } from "./page/query.ts";

/** How the page is read best: in the order of an index where there is one, else from all matches. */
export function planPage(query: PageQuery): PagePlan {
  const order = orderOf(query);
  if (query.filter === undefined) {
    if (order.key === undefined) {
      return streamed(query, { ...matchesOf(query, "ownRows"), order, total: ownCount(query) });
    }
    return isByName(query) ? planByName(query) : gathered(query);
  }
  const matches = matchesOf(query);
  const { from, condition, access } = matches;
  const isFew = access?.every(isUnique) === true && lookUpsOf(access) <= query.count;
  if (isFew && isFirstPage(query) && !walksMembers(query.filter)) {
    return streamed(query, { from, condition, order });
  }
  const [key] = query.filter.kind === "compare" ? (access ?? []) : [];
  return (key && planByKey(query, key, matches)) ?? gathered(query);
}

const lookUpsOf = (access: Access): number =>
  access.reduce((sum, key) => sum + (key.kind === "values" ? key.values.length : 0), 0);

/** A single comparison by an index that has a useful order of its own. */
function planByKey(query: PageQuery, key: Key, { condition }: Matches): PagePlan | undefined {
  if (key.kind === "range") {
    return query.sort === undefined || isByName(query) ? planNameRange(query, key, condition) : undefined;
  }
  if (query.sort !== undefined) return undefined;
  if (key.name === "group" && key.values[0] !== undefined) return streamedMembers(query, key.values[0]);
  if (key.name !== "externalId") return undefined;
  const { no, id, table } = names(query);
  // Left alone the planner walks all accounts by number, in the hope that the page fills soon.
  const from = sql`${table} INDEXED BY ${sql.raw(query.type.name === "User" ? "users" : "groups")}_by_external_id`;
  const rows = externalIdRows(query, key.values);
  return streamed(query, {
    from,
    condition: rows,
    order: { key: no, id, descending: false, isUnique: true },
  });
}
