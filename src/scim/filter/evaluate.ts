import type { AttributeDefinition } from "../attribute.ts";
import { parseDateTime } from "../date-time.ts";
import { fold } from "../fold.ts";
import { isObject, type Json, type JsonObject } from "../json.ts";
import { leafOf, type ResolvedAttribute } from "../resource-type.ts";
import type { CompareOperator } from "./ast.ts";
import type { ResolvedFilter, ResolvedValue } from "./resolve.ts";

const listOf = (value: Json | undefined): Json[] => {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
};

const attributeValues = (resource: JsonObject, { schema, attribute }: ResolvedAttribute): Json[] => {
  const container = schema === undefined ? resource : resource[schema];
  return isObject(container) ? listOf(container[attribute.name]) : [];
};

/** All values a leaf speaks of: of the resource, or of the one element under examination. */
const leafValues = (subject: Subject, target: ResolvedAttribute): Json[] => {
  const { subAttribute } = target;
  if (subAttribute === undefined) return attributeValues(subject.value, target);
  const parents = subject.isElement ? [subject.value] : attributeValues(subject.value, target);
  return parents.flatMap((parent) => (isObject(parent) ? listOf(parent[subAttribute.name]) : []));
};

/** RFC 7644 Table 3, `pr`: "a non-empty or non-null value, or … a non-empty node for complex attributes". */
const isPresent = (value: Json): boolean => {
  if (value === null || value === "") return false;
  if (Array.isArray(value)) return value.some(isPresent);
  return isObject(value) ? Object.values(value).some(isPresent) : true;
};

/** Code point order, which is also the byte order of UTF-8 in which SQLite compares; `<` compares UTF-16 units. */
export const compareText = (left: string, right: string): number => {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at += 1) {
    if (left.charCodeAt(at) === right.charCodeAt(at)) continue;
    // A trail surrogate differs only behind an equal lead, so comparing the pairs' second halves is right too.
    const [one, two] = [left.codePointAt(at) ?? 0, right.codePointAt(at) ?? 0];
    return one - two;
  }
  return left.length - right.length;
};

const compareStrings = (
  leaf: AttributeDefinition,
  operator: CompareOperator,
  left: string,
  right: string,
): boolean => {
  const value = leaf.caseExact ? left : fold(left);
  const wanted = leaf.caseExact ? right : fold(right);
  switch (operator) {
    case "eq":
      return value === wanted;
    case "ne":
      return value !== wanted;
    case "co":
      return value.includes(wanted);
    case "sw":
      return value.startsWith(wanted);
    case "ew":
      return value.endsWith(wanted);
    default:
      return ordered(operator, compareText(value, wanted));
  }
};

const ordered = (operator: CompareOperator, difference: number): boolean => {
  switch (operator) {
    case "eq":
      return difference === 0;
    case "ne":
      return difference !== 0;
    case "gt":
      return difference > 0;
    case "ge":
      return difference >= 0;
    case "lt":
      return difference < 0;
    case "le":
      return difference <= 0;
    case "co":
    case "sw":
    case "ew":
      // resolveFilter refuses these for types without substrings.
      return false;
  }
};

const compareOne = (
  leaf: AttributeDefinition,
  operator: CompareOperator,
  value: Json,
  wanted: ResolvedValue,
): boolean => {
  switch (wanted.type) {
    case "string":
      return typeof value === "string" && compareStrings(leaf, operator, value, wanted.text);
    case "boolean":
      return typeof value === "boolean" && (value === wanted.value) === (operator === "eq");
    case "number":
      return typeof value === "number" && ordered(operator, value - wanted.value);
    case "dateTime": {
      const instant = typeof value === "string" ? parseDateTime(value) : undefined;
      return instant !== undefined && ordered(operator, instant - wanted.epochMs);
    }
  }
};

/**
 * RFC 7644 §3.4.2.2: a multi-valued attribute matches "if any of the values … match the specified criterion", `ne`
 * included: `emails.value ne "a"` holds when some address differs from "a". Without any value the attribute is
 * unassigned, which is null (RFC 7643 §2.5), and null is not identical to the operator's value: `ne` holds, all
 * other operators do not.
 */
const compare = (
  subject: Subject,
  target: ResolvedAttribute,
  operator: CompareOperator,
  wanted: ResolvedValue,
): boolean => {
  const values = leafValues(subject, target);
  if (values.length === 0) return operator === "ne";
  return values.some((value) => compareOne(leafOf(target), operator, value, wanted));
};

type Subject = { readonly value: JsonObject; readonly isElement: boolean };

const evaluate = (filter: ResolvedFilter, subject: Subject): boolean => {
  switch (filter.kind) {
    case "and":
      return filter.operands.every((operand) => evaluate(operand, subject));
    case "or":
      return filter.operands.some((operand) => evaluate(operand, subject));
    case "not":
      return !evaluate(filter.operand, subject);
    case "present":
      return leafValues(subject, filter.target).some(isPresent);
    case "compare":
      return compare(subject, filter.target, filter.operator, filter.value);
    case "element":
      return attributeValues(subject.value, filter.target).some(
        (element) => isObject(element) && evaluateElement(filter.filter, element),
      );
    case "constant":
      return filter.matches;
  }
};

/** Whether a resource, in the names of its schemas, matches. */
export const evaluateFilter = (filter: ResolvedFilter, resource: JsonObject): boolean =>
  evaluate(filter, { value: resource, isElement: false });

/** Whether one value of a multi-valued attribute matches the filter in brackets of a PATCH path. */
export const evaluateElement = (filter: ResolvedFilter, element: JsonObject): boolean =>
  evaluate(filter, { value: element, isElement: true });
