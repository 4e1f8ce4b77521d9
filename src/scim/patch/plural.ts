import type { AttributeDefinition } from "../attribute.ts";
import { quote, refuse } from "../error.ts";
import { equalJson, isObject, type Json, type JsonObject, memberOf } from "../json.ts";
import { VALUES_PER_ATTRIBUTE_MAX } from "../limits.ts";
import { ok, type Result } from "../result.ts";
import { parsePlural } from "../value.ts";

/** The values of a multi-valued attribute, and which of them an operation wrote. */
export type Values = { readonly values: readonly Json[]; readonly written: ReadonlySet<number> };

const isPrimary = (value: Json | undefined): boolean => isObject(value) && value["primary"] === true;

/**
 * RFC 7644 §3.5.2: setting `primary` to true on one value sets it to false on all others.
 * An attribute without values is unassigned (§3.5.2.2).
 */
export const settle = (
  definition: AttributeDefinition,
  { values, written }: Values,
): Result<Json | undefined> => {
  if (values.length > VALUES_PER_ATTRIBUTE_MAX) {
    return refuse(
      "invalidValue",
      `The attribute ${quote(definition.name)} may have at most ${VALUES_PER_ATTRIBUTE_MAX} values.`,
    );
  }
  if (values.length === 0) return ok(undefined);
  const primaries = [...written].filter((index) => isPrimary(values[index]));
  if (primaries.length > 1) {
    return refuse(
      "invalidValue",
      `The attribute ${quote(definition.name)} would have more than one primary value.`,
    );
  }
  const [primary] = primaries;
  if (primary === undefined) return ok([...values]);
  return ok(
    values.map((value, index) =>
      index !== primary && isObject(value) && isPrimary(value) ? { ...value, primary: false } : value,
    ),
  );
};

/** RFC 7643 §2.4: a (type, value) pair should occur once, so that pair is what makes two values the same. */
const isSameValue = (left: Json, right: Json): boolean => {
  if (equalJson(left, right)) return true;
  if (!isObject(left) || !isObject(right)) return false;
  const value = memberOf(left, "value");
  return (
    value !== undefined &&
    value === memberOf(right, "value") &&
    memberOf(left, "type") === memberOf(right, "type")
  );
};

/** Adding a value that is there changes nothing (RFC 7644 §3.5.2.1) but what it says anew about it. */
export const addValues = (
  definition: AttributeDefinition,
  current: readonly Json[],
  value: Json,
): Result<Values> => {
  const parsed = parsePlural(definition, value);
  if (!parsed.ok) return parsed;
  const values = [...current];
  const written = new Set<number>();
  for (const item of parsed.value) {
    const found = values.findIndex((existing) => isSameValue(existing, item));
    const existing = values[found];
    if (existing === undefined) {
      written.add(values.push(item) - 1);
    } else {
      values[found] = isObject(existing) && isObject(item) ? { ...existing, ...item } : existing;
      if (isPrimary(item)) written.add(found);
    }
  }
  return ok({ values, written });
};

export const replaceValues = (definition: AttributeDefinition, value: Json): Result<Values> => {
  const parsed = parsePlural(definition, value);
  return parsed.ok ? ok({ values: parsed.value, written: new Set() }) : parsed;
};

const covers = (pattern: Json, value: Json): boolean => {
  if (!isObject(pattern) || !isObject(value)) return equalJson(pattern, value);
  return Object.entries(pattern).every(([name, item]) => {
    const other = memberOf(value, name);
    return other !== undefined && equalJson(item, other);
  });
};

/**
 * Entra removes with the values beside the path, `{"op":"Remove","path":"members","value":[{"value":"…"}]}` (R9); read
 * as RFC 7644 §3.5.2.2 without a filter, that would remove what the client wants to keep. A value goes when it carries
 * everything the operation says of it.
 */
export const removeValues = (
  definition: AttributeDefinition,
  current: readonly Json[],
  value: Json | undefined,
): Result<Values> => {
  const written: ReadonlySet<number> = new Set();
  if (value === undefined || value === null || value === "") return ok({ values: [], written });
  const patterns = parsePlural(definition, value);
  if (!patterns.ok) return patterns;
  const values = current.filter((item) => !patterns.value.some((pattern) => covers(pattern, item)));
  return ok({ values, written });
};

export const objectsOf = (value: Json | undefined): JsonObject[] =>
  Array.isArray(value) ? value.filter(isObject) : [];
