import type { AttributeDefinition } from "../attribute.ts";
import { quote } from "../error.ts";
import { equalJson, isObject, type Json, type JsonObject, memberOf } from "../json.ts";
import { VALUES_PER_ATTRIBUTE_MAX } from "../limits.ts";
import { ok, type Result, refuse } from "../result.ts";
import { overlay, parsePlural } from "../value.ts";

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

const sorted = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const names = Object.keys(value).sort();
  return names.map((name) => [name, sorted(value[name] ?? null)]);
};

/**
 * RFC 7643 §2.4: a (type, value) pair should occur once, so that pair is what makes two values the same; a value
 * without `value`, such as an address, is the same only as its equal.
 */
const identityOf = (item: Json): string => {
  const value = isObject(item) ? memberOf(item, "value") : undefined;
  const type = isObject(item) ? memberOf(item, "type") : undefined;
  return JSON.stringify(value === undefined ? { all: sorted(item) } : [type ?? null, sorted(value)]);
};

const sayAnew = (definition: AttributeDefinition, existing: Json, item: Json): Result<Json> =>
  isObject(existing) && isObject(item) ? overlay(definition, existing, item) : ok(existing);

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
  const indexes = new Map(current.map((item, index) => [identityOf(item), index]));
  for (const item of parsed.value) {
    const identity = identityOf(item);
    const found = indexes.get(identity);
    if (found === undefined) {
      const index = values.push(item) - 1;
      indexes.set(identity, index);
      written.add(index);
    } else {
      const merged = sayAnew(definition, values[found] ?? null, item);
      if (!merged.ok) return merged;
      values[found] = merged.value;
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
