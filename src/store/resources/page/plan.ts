/** A page as the statements that read it. */
import type { SQL } from "drizzle-orm";
import type { Row } from "../../database.ts";
import { type Order, type Position, positionOf } from "./order.ts";
import type { PageQuery } from "./query.ts";

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
  /** Another way to the same page, when this one raises `too_many`. */
  readonly otherwise?: PagePlan;
};

export const offsetOf = ({ start }: PageQuery): number => ("offset" in start ? start.offset : 0);

export const afterOf = ({ start }: PageQuery): Position | undefined =>
  "after" in start ? start.after : undefined;

export const isFirstPage = (query: PageQuery): boolean =>
  offsetOf(query) === 0 && afterOf(query) === undefined;

/** One row more than asked for tells whether there is a next page. */
export function pageOf(
  rows: readonly Row[],
  { count }: PageQuery,
  order: Order,
  total: number | undefined,
): Page {
  return {
    rows: rows.slice(0, count),
    total,
    hasMore: rows.length > count,
    positionAt: (index) => positionOf(rows[index] ?? {}, order),
  };
}
