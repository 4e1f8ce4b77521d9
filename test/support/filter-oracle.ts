/**
 * What a filter means, once more: written from RFC 7644 §3.4.2.2 alone, over its own form of filters, for
 * comparison with the evaluator and the SQL of the gateway. Slow and plain on purpose.
 */
import type { Json, JsonObject } from "../../src/scim/json.ts";

export type Comparison = "eq" | "ne" | "co" | "sw" | "ew" | "gt" | "ge" | "lt" | "le";

/** An attribute as the tests name it: where it stands in the representation, and how its values compare. */
export type Attribute = {
  /** Steps into the representation; lists are walked through. */
  readonly path: readonly string[];
  /** Where `pr` and `null` look, for complex attributes that stand for their `value` in comparisons only. */
  readonly whole?: readonly string[];
  /** As a filter writes it. */
  readonly text: string;
  readonly kind: "folded" | "exact" | "boolean" | "instant" | "binary";
};

export type Question =
  | { readonly and: readonly Question[] }
  | { readonly or: readonly Question[] }
  | { readonly not: Question }
  | { readonly present: Attribute }
  | { readonly attribute: Attribute; readonly comparison: Comparison; readonly wanted: string | boolean }
  | { readonly isNull: Attribute; readonly negated: boolean }
  /** `attributes` inside have paths relative to one element of `list`. */
  | { readonly list: Attribute; readonly element: Question };

const steps = (from: Json | undefined, path: readonly string[]): Json[] => {
  if (from === undefined || from === null) return [];
  if (Array.isArray(from)) return from.flatMap((item) => steps(item, path));
  const [first, ...rest] = path;
  if (first === undefined) return [from];
  return typeof from === "object" ? steps(from[first], rest) : [];
};

const folded = (text: string): string => text.normalize("NFKC").toLowerCase();

/** UTF-8 order is code point order. */
const isBefore = (one: string, other: string): boolean => {
  const encoder = new TextEncoder();
  const [left, right] = [encoder.encode(one), encoder.encode(other)];
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    if (left[at] !== right[at]) return (left[at] ?? 0) < (right[at] ?? 0);
  }
  return left.length < right.length;
};

const compares = (
  kind: Attribute["kind"],
  comparison: Comparison,
  held: Json,
  wanted: string | boolean,
): boolean => {
  if (kind === "boolean") return (held === wanted) === (comparison === "eq");
  if (kind === "instant") {
    const [one, other] = [Date.parse(String(held)), Date.parse(String(wanted))];
    return {
      eq: one === other,
      ne: one !== other,
      gt: one > other,
      ge: one >= other,
      lt: one < other,
      le: one <= other,
    }[comparison as "eq" | "ne" | "gt" | "ge" | "lt" | "le"];
  }
  const one = kind === "folded" ? folded(String(held)) : String(held);
  const other = kind === "folded" ? folded(String(wanted)) : String(wanted);
  switch (comparison) {
    case "eq":
      return one === other;
    case "ne":
      return one !== other;
    case "co":
      return one.split(other).length > 1 || other === "";
    case "sw":
      return one.slice(0, other.length) === other;
    case "ew":
      return other === "" || one.slice(-other.length) === other;
    case "gt":
      return isBefore(other, one);
    case "ge":
      return !isBefore(one, other);
    case "lt":
      return isBefore(one, other);
    case "le":
      return !isBefore(other, one);
  }
};

const isSomething = (value: Json): boolean => {
  if (value === null || value === "") return false;
  return typeof value === "object" ? Object.values(value).some(isSomething) : true;
};

const wholeOf = ({ path, whole = path }: Attribute): readonly string[] => whole;

export const answers = (question: Question, resource: JsonObject): boolean => {
  if ("and" in question) return !question.and.some((part) => !answers(part, resource));
  if ("or" in question) return question.or.some((part) => answers(part, resource));
  if ("not" in question) return !answers(question.not, resource);
  if ("present" in question) return steps(resource, wholeOf(question.present)).some(isSomething);
  if ("isNull" in question)
    return steps(resource, wholeOf(question.isNull)).some(isSomething) === question.negated;
  if ("list" in question) {
    return steps(resource, question.list.path).some((item) => answers(question.element, item as JsonObject));
  }
  const { attribute, comparison, wanted } = question;
  const held = steps(resource, attribute.path);
  // Unassigned is null (RFC 7643 §2.5), and null differs from every value.
  if (held.length === 0) return comparison === "ne";
  return held.some((value) => compares(attribute.kind, comparison, value, wanted));
};

/** The filter as a client would write it. */
export const written = (question: Question): string => {
  if ("and" in question) return question.and.map(grouped).join(" and ");
  if ("or" in question) return question.or.map(grouped).join(" or ");
  if ("not" in question) return `not (${written(question.not)})`;
  if ("present" in question) return `${question.present.text} pr`;
  if ("isNull" in question) return `${question.isNull.text} ${question.negated ? "ne" : "eq"} null`;
  if ("list" in question) return `${question.list.text}[${written(question.element)}]`;
  return `${question.attribute.text} ${question.comparison} ${JSON.stringify(question.wanted)}`;
};

const grouped = (question: Question): string =>
  "and" in question || "or" in question ? `(${written(question)})` : written(question);
