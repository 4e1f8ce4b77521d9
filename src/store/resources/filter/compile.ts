/**
 * Filters as SQL conditions over a row of `users` or `groups`, with the meaning `scim/filter/evaluate.ts` gives
 * them over the representation. Conditions are never NULL, so that `NOT` means what it says.
 */
import { type SQL, sql } from "drizzle-orm";
import { DERIVED_COMPARISONS_MAX } from "../../../domain/limits.ts";
import type { ResolvedFilter } from "../../../scim/filter/resolve.ts";
import { leafOf, type ResourceType } from "../../../scim/resource-type.ts";
import { balanced, type Tree } from "./balance.ts";
import { providedUserGroups } from "./derived-source.ts";
import { bindEach, bindTogether, leavesOf, mentions, mentionsOf } from "./literals.ts";
import { type Place, sourceOf } from "./source.ts";
import { comparison, type Element, presence } from "./value.ts";

type Compare = Extract<ResolvedFilter, { kind: "compare" }>;
type Present = Extract<ResolvedFilter, { kind: "present" }>;

const leaf = (condition: SQL): Tree => ({ condition, height: 1 });

/** Inside brackets there is one object, and each leaf has one value or none. */
function compareOne({ target, operator, value }: Compare, element: Element, place: Place): SQL {
  const definition = leafOf(target);
  const held = element.valueOf(definition);
  const compared = comparison(definition, operator, value, held, place.bind);
  // Without a value the attribute is unassigned, and that is unequal to every value.
  return operator === "ne" ? sql`COALESCE(${compared}, 1)` : sql`COALESCE(${compared}, 0)`;
}

function compare(filter: Compare, place: Place): SQL {
  const source = sourceOf(place, filter.target);
  if (source.kind === "single") return compareOne(filter, source.element, place);
  const definition = leafOf(filter.target);
  const { operator, value } = filter;
  const some = source.some((element) =>
    comparison(definition, operator, value, element.valueOf(definition), place.bind),
  );
  if (operator !== "ne") return some;
  return sql`(${some} OR NOT ${source.some((element) => sql`${element.valueOf(definition).exact} IS NOT NULL`)})`;
}

function present({ target }: Present, place: Place): SQL {
  const source = sourceOf(place, target);
  const definition = leafOf(target);
  if (definition.type === "complex" && source.isPresent !== undefined) return source.isPresent;
  return source.kind === "single"
    ? presence(source.element.valueOf(definition))
    : source.some((element) => presence(element.valueOf(definition)));
}

/** @param element the object under examination, inside brackets */
function compile(filter: ResolvedFilter, place: Place, element: Element | undefined): Tree {
  switch (filter.kind) {
    case "and":
    case "or":
      return balanced(
        filter.kind,
        filter.operands.map((operand) => compile(operand, place, element)),
      );
    case "not": {
      const { condition, height } = compile(filter.operand, place, element);
      return { condition: sql`NOT ${condition}`, height: height + 1 };
    }
    case "compare":
      return leaf(element === undefined ? compare(filter, place) : compareOne(filter, element, place));
    case "present":
      return leaf(
        element === undefined ? present(filter, place) : presence(element.valueOf(leafOf(filter.target))),
      );
    case "element":
      return compileElement(filter, place);
    case "constant":
      return leaf(filter.matches ? sql`1` : sql`0`);
  }
}

function compileElement(
  { target, filter }: Extract<ResolvedFilter, { kind: "element" }>,
  place: Place,
): Tree {
  const source = sourceOf(place, target);
  let height = 0;
  const holds = (element: Element): SQL => {
    const inner = compile(filter, place, element);
    height = inner.height + 1;
    return inner.condition;
  };
  const condition =
    source.kind === "several" ? source.some(holds) : sql`(${source.exists} AND ${holds(source.element)})`;
  return { condition, height: height + 1 };
}

/** How a filter looks at rows: `joins` goes behind the table in FROM, and adds no rows. */
export type Compiled = { readonly joins: SQL; readonly condition: SQL };

/** Comparisons up to which each value is a parameter of its own: each takes up to six of the 100. */
const parametersOfTheirOwnMax = 10;

/**
 * The condition that a row of the type's table satisfies the filter; at most 60 bound parameters. What it shares
 * between comparisons stands beside the table and not around the condition: SQLite adds up the depth of nested
 * SELECTs.
 */
export function compileFilter(type: ResourceType, baseUrl: string, filter: ResolvedFilter): Compiled {
  const joins: SQL[] = [];
  if (mentions(filter, "groups")) joins.push(providedUserGroups);
  const isShort = leavesOf(filter).length <= parametersOfTheirOwnMax;
  const together = bindTogether();
  const bind = isShort ? bindEach : together.bind;
  const { condition } = compile(filter, { type, baseUrl, bind }, undefined);
  if (!isShort) joins.push(sql` CROSS JOIN (SELECT ${together.json()} AS literals) AS given`);
  // The unary plus hides a run of ANDs from the planner, which would make a chain as deep as the run is long.
  return { joins: sql.join(joins), condition: sql`+(${condition})` };
}

/** Comparisons with what no document holds are long in SQL, and D1 takes 100 KB of it. */
export const hasTooManyDerived = (filter: ResolvedFilter): boolean =>
  mentionsOf(filter, "members", "schemas") > DERIVED_COMPARISONS_MAX;
