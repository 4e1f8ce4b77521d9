/** Values of a request reach SQL as bound parameters only; past D1's number of parameters, as one JSON list. */
import { sql } from "drizzle-orm";
import type { ResolvedFilter } from "../../../scim/filter/resolve.ts";
import type { Bind } from "./value.ts";

/** Each value a parameter of its own, which the planner can use for an index. */
export const bindEach: Bind = (value) => sql`${value}`;

/** Values that a row `given(literals)` holds together; equal ones stand there once. */
export function bindTogether(): { bind: Bind; json(): string } {
  const places = new Map<string | number, number>();
  return {
    bind(value) {
      const place = places.get(value) ?? places.size;
      places.set(value, place);
      return sql.raw(`json_extract(given.literals, '$[${place}]')`);
    },
    json: () => JSON.stringify([...places.keys()]),
  };
}

/** Comparisons a filter makes. */
export function leavesOf(
  filter: ResolvedFilter,
): Exclude<ResolvedFilter, { kind: "and" | "or" | "not" | "element" }>[] {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.operands.flatMap(leavesOf);
    case "not":
      return leavesOf(filter.operand);
    case "element":
      return leavesOf(filter.filter);
    default:
      return [filter];
  }
}

/** Whether a comparison speaks of the core attribute of this name. */
export const mentions = (filter: ResolvedFilter, ...attributes: readonly string[]): boolean =>
  mentionsOf(filter, ...attributes) > 0;

/** How many do. */
export const mentionsOf = (filter: ResolvedFilter, ...attributes: readonly string[]): number =>
  leavesOf(filter).filter(
    (leaf) => leaf.kind !== "constant" && attributes.includes(leaf.target.attribute.name),
  ).length;
