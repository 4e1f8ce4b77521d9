import { findAttribute } from "../attribute.ts";
import { quote } from "../error.ts";
import {
  type AttributeName,
  defaultToValue,
  leafOf,
  printAttributeName,
  type ResolvedAttribute,
  type ResourceType,
  resolveAttribute,
} from "../resource-type.ts";
import { ok, type Result, refuse } from "../result.ts";
import type { CompareOperator, Filter, Literal } from "./ast.ts";
import { fits, misfit, type ResolvedValue, resolveValue } from "./fit.ts";

export type { ResolvedValue } from "./fit.ts";

/**
 * A filter whose names are definitions and whose values fit them; every switch over it is exhaustive.
 * Inside `element` all leaves speak of one and the same value of the element's attribute, and carry the whole chain.
 * `constant` stands for an attribute that a resource type lacks, in a query over several types (design §5.5).
 */
export type ResolvedFilter =
  | { readonly kind: "and" | "or"; readonly operands: readonly ResolvedFilter[] }
  | { readonly kind: "not"; readonly operand: ResolvedFilter }
  | { readonly kind: "present"; readonly target: ResolvedAttribute }
  | {
      readonly kind: "compare";
      readonly target: ResolvedAttribute;
      readonly operator: CompareOperator;
      readonly value: ResolvedValue;
    }
  | { readonly kind: "element"; readonly target: ResolvedAttribute; readonly filter: ResolvedFilter }
  | { readonly kind: "constant"; readonly matches: boolean };

type Lookup = (name: AttributeName) => Result<ResolvedAttribute | "lacking">;

const unknown = (name: AttributeName): Result<never> =>
  refuse(
    "invalidFilter",
    `The attribute ${quote(printAttributeName(name))} is not known and cannot be filtered by.`,
  );

const lookupIn =
  (type: ResourceType): Lookup =>
  (name) => {
    const target = resolveAttribute(type, name);
    if (target === undefined) return unknown(name);
    if (target.attribute.returned === "never") {
      return refuse("invalidFilter", `The attribute ${quote(name.name)} cannot be filtered by.`);
    }
    return ok(target);
  };

/** Inside brackets names are sub-attributes of the attribute before them (RFC 7644 Figure 1). */
const lookupWithin =
  (target: ResolvedAttribute): Lookup =>
  (name) => {
    const subAttribute = findAttribute(target.attribute.subAttributes, name.name);
    if (subAttribute === undefined || name.uri !== undefined || name.subAttribute !== undefined) {
      return refuse(
        "invalidFilter",
        `${quote(printAttributeName(name))} is not a sub-attribute of ${quote(target.attribute.name)}.`,
      );
    }
    return ok({ ...target, subAttribute });
  };

const resolveCompare = (
  found: ResolvedAttribute,
  operator: CompareOperator,
  literal: Literal,
): Result<ResolvedFilter> => {
  if (literal.kind === "null") {
    // RFC 7643 §2.5: null and unassigned are the same.
    if (operator === "eq") return ok({ kind: "not", operand: { kind: "present", target: found } });
    if (operator === "ne") return ok({ kind: "present", target: found });
    return misfit(leafOf(found), `null by ${quote(operator)}`);
  }
  const target = defaultToValue(found);
  if (target === undefined) return misfit(leafOf(found), "a value; name one of its sub-attributes");
  const leaf = leafOf(target);
  if (!fits(leaf, operator)) {
    return refuse(
      "invalidFilter",
      `The operator ${quote(operator)} does not fit ${quote(leaf.name)} of type ${leaf.type}.`,
    );
  }
  const value = resolveValue(leaf, literal);
  return value.ok ? ok({ kind: "compare", target, operator, value: value.value }) : value;
};

/** An attribute the type lacks has no value there: it is unequal to every value and equal to null. */
const resolveLacking = (filter: Filter): ResolvedFilter => {
  if (filter.kind !== "compare") return { kind: "constant", matches: false };
  const isNull = filter.value.kind === "null";
  return { kind: "constant", matches: filter.operator === (isNull ? "eq" : "ne") };
};

const resolveAll = (filters: readonly Filter[], lookup: Lookup): Result<ResolvedFilter[]> => {
  const resolved: ResolvedFilter[] = [];
  for (const filter of filters) {
    const one = resolve(filter, lookup);
    if (!one.ok) return one;
    resolved.push(one.value);
  }
  return ok(resolved);
};

type NamedFilter = Exclude<Filter, { operands: unknown } | { operand: unknown }>;

const resolveNamed = (filter: NamedFilter, lookup: Lookup): Result<ResolvedFilter> => {
  const found = lookup(filter.name);
  if (!found.ok) return found;
  if (found.value === "lacking") return ok(resolveLacking(filter));
  switch (filter.kind) {
    case "present":
      return ok({ kind: "present", target: found.value });
    case "compare":
      return resolveCompare(found.value, filter.operator, filter.value);
    case "valuePath":
      return resolveElement(found.value, filter.filter);
  }
};

const resolve = (filter: Filter, lookup: Lookup): Result<ResolvedFilter> => {
  switch (filter.kind) {
    case "and":
    case "or": {
      const operands = resolveAll(filter.operands, lookup);
      return operands.ok ? ok({ kind: filter.kind, operands: operands.value }) : operands;
    }
    case "not": {
      const operand = resolve(filter.operand, lookup);
      return operand.ok ? ok({ kind: "not", operand: operand.value }) : operand;
    }
    default:
      return resolveNamed(filter, lookup);
  }
};

/** The filter in brackets after an attribute, also as a PATCH path carries it. */
export const resolveElementFilter = (target: ResolvedAttribute, filter: Filter): Result<ResolvedFilter> =>
  resolve(filter, lookupWithin(target));

const resolveElement = (target: ResolvedAttribute, filter: Filter): Result<ResolvedFilter> => {
  if (leafOf(target).type !== "complex" || target.subAttribute !== undefined) {
    return refuse(
      "invalidFilter",
      `${quote(leafOf(target).name)} has no sub-attributes to filter by in brackets.`,
    );
  }
  const inner = resolveElementFilter(target, filter);
  return inner.ok ? ok({ kind: "element", target, filter: inner.value }) : inner;
};

export const resolveFilter = (filter: Filter, type: ResourceType): Result<ResolvedFilter> =>
  resolve(filter, lookupIn(type));

/**
 * One filter for each type of a query on the root (RFC 7644 §3.4.2.1). An attribute that only some types have is
 * without value in the others (design §5.5); one that none has is unknown.
 */
export const resolveRootFilter = (
  filter: Filter,
  types: readonly ResourceType[],
): Result<readonly ResolvedFilter[]> => {
  const resolved: ResolvedFilter[] = [];
  for (const type of types) {
    const own = lookupIn(type);
    const one = resolve(filter, (name) => {
      const isElsewhere = types.some((other) => resolveAttribute(other, name) !== undefined);
      return isElsewhere && resolveAttribute(type, name) === undefined ? ok("lacking") : own(name);
    });
    if (!one.ok) return one;
    resolved.push(one.value);
  }
  return ok(resolved);
};
