import { type AttributeDefinition, findAttribute } from "./attribute.ts";
import { parseDateTime } from "./date-time.ts";
import { quote } from "./error.ts";
import { booleanWord, managerObject } from "./idp/entra.ts";
import { listOfDictionary } from "./idp/onelogin.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";
import { ATTRIBUTES_MAX, RAW_PARTS_MAX, STRING_LENGTH_MAX, VALUES_PER_ATTRIBUTE_MAX } from "./limits.ts";
import { ok, type Result, refuse } from "./result.ts";

// Base64 of RFC 4648 §4 or §5, padded or not (RFC 7643 §2.3.6).
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

const invalid = (definition: AttributeDefinition, wanted: string): Result<never> =>
  refuse("invalidValue", `The attribute ${quote(definition.name)} must be ${wanted}.`);

/**
 * What a value leaves when null and [] are absent (RFC 7643 §2.5, design §5.6), under unknown names too.
 * Elements of lists stay: dropping one would change what the others mean.
 */
export const assigned = (value: Json): Json | undefined => {
  if (value === null || (Array.isArray(value) && value.length === 0)) return undefined;
  if (!isObject(value)) return value;
  const members = Object.entries(value).flatMap(([name, item]) => {
    const kept = assigned(item);
    return kept === undefined ? [] : [[name, kept] as const];
  });
  return members.length === 0 ? undefined : Object.fromEntries(members);
};

const partsOf = (value: Json): number => {
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce<number>((sum, item) => sum + partsOf(item), 1);
};

/** What no schema describes is kept as sent (R4), within bounds; undefined when it is absent. */
export const parseRaw = (name: string, value: Json): Result<Json | undefined> =>
  partsOf(value) > RAW_PARTS_MAX
    ? refuse("invalidValue", `The attribute ${quote(name)} has more than ${RAW_PARTS_MAX} parts.`)
    : ok(assigned(value));

const parseText = (definition: AttributeDefinition, value: Json): Result<string> => {
  if (typeof value !== "string") return invalid(definition, "a string");
  if (value.length > STRING_LENGTH_MAX) return invalid(definition, `at most ${STRING_LENGTH_MAX} characters`);
  return ok(value);
};

/** One simple value, of exactly the declared type; only booleans may come as words (R6). */
const parseSimple = (definition: AttributeDefinition, value: Json): Result<Json> => {
  switch (definition.type) {
    case "boolean": {
      const truth = typeof value === "string" ? booleanWord(value) : value;
      return typeof truth === "boolean" ? ok(truth) : invalid(definition, "true or false");
    }
    case "integer":
      return Number.isSafeInteger(value) ? ok(value) : invalid(definition, "an integer");
    case "decimal":
      return typeof value === "number" ? ok(value) : invalid(definition, "a number");
    case "dateTime": {
      const text = parseText(definition, value);
      if (!text.ok) return text;
      return parseDateTime(text.value) === undefined ? invalid(definition, "a dateTime") : text;
    }
    case "binary": {
      const text = parseText(definition, value);
      if (!text.ok) return text;
      return BASE64.test(text.value) ? text : invalid(definition, "binary data in base64");
    }
    default:
      return parseText(definition, value);
  }
};

const duplicate = (name: string): Result<never> =>
  refuse("invalidSyntax", `The attribute ${quote(name)} is given more than once, in different case.`);

/** Names are case-insensitive (RFC 7643 §2.1), so `Value` beside `value` are two values for one attribute. */
export const duplicateName = (object: JsonObject): Result<true> => {
  const seen = new Set<string>();
  for (const name of Object.keys(object)) {
    const lower = name.toLowerCase();
    if (seen.has(lower)) return duplicate(name);
    seen.add(lower);
  }
  return ok(true);
};

/** One object laid over another; what is kept raw must not let it grow without bound. */
export const overlay = (
  definition: AttributeDefinition,
  before: JsonObject,
  given: JsonObject,
): Result<JsonObject> => {
  const merged = { ...before, ...given };
  return Object.keys(merged).length > ATTRIBUTES_MAX
    ? invalid(definition, `an object of at most ${ATTRIBUTES_MAX} members`)
    : ok(merged);
};

/**
 * The sub-attributes a client sent, in declared case; unknown ones stay raw (R4), read-only ones are ignored
 * (RFC 7644 §3.5.1). With `clears` a null stays as null, for PATCH to clear what was there.
 */
export const parseSubAttributes = (
  definition: AttributeDefinition,
  value: JsonObject,
  clears = false,
): Result<JsonObject> => {
  const unique = duplicateName(value);
  if (!unique.ok) return unique;
  if (Object.keys(value).length > ATTRIBUTES_MAX) {
    return invalid(definition, `an object of at most ${ATTRIBUTES_MAX} members`);
  }
  const members: [string, Json][] = [];
  for (const [name, item] of Object.entries(value)) {
    const subAttribute = findAttribute(definition.subAttributes, name);
    if (subAttribute?.mutability === "readOnly") continue;
    const parsed = subAttribute === undefined ? parseRaw(name, item) : parseSingle(subAttribute, item);
    if (!parsed.ok) return parsed;
    if (parsed.value !== undefined) members.push([subAttribute?.name ?? name, parsed.value]);
    else if (clears) members.push([subAttribute?.name ?? name, null]);
  }
  return ok(Object.fromEntries(members));
};

/** A single value; undefined when it is absent. "" is a value of text and no value of any other type. */
export const parseSingle = (definition: AttributeDefinition, value: Json): Result<Json | undefined> => {
  const kept = assigned(value);
  if (kept === undefined) {
    // Of an object nothing may be left; where none belongs it is a mistake and must not clear what is there.
    return isObject(value) && definition.type !== "complex" ? parseSimple(definition, value) : ok(undefined);
  }
  if (definition.type !== "complex") {
    const isText = definition.type === "string" || definition.type === "reference";
    return kept === "" && !isText ? ok(undefined) : parseSimple(definition, kept);
  }
  const object = managerObject(definition, kept);
  if (object === undefined || object === "") return ok(undefined);
  if (!isObject(object)) return invalid(definition, "an object");
  const parsed = parseSubAttributes(definition, object);
  return parsed.ok && Object.keys(parsed.value).length === 0 ? ok(undefined) : parsed;
};

const atMostOnePrimary = (definition: AttributeDefinition, values: readonly Json[]): Result<true> => {
  const primaries = values.filter((value) => isObject(value) && value["primary"] === true);
  // RFC 7643 §2.4: 'The primary attribute value "true" MUST appear no more than once.'
  return primaries.length > 1
    ? refuse("invalidValue", `The attribute ${quote(definition.name)} has more than one primary value.`)
    : ok(true);
};

/** All values of a multi-valued attribute; an empty list when it is absent. */
export const parsePlural = (definition: AttributeDefinition, value: Json): Result<Json[]> => {
  const list = listOfDictionary(value);
  if (list === undefined)
    return definition.type === "complex"
      ? invalid(definition, "a list of objects")
      : invalid(definition, "a list");
  if (list.length > VALUES_PER_ATTRIBUTE_MAX) {
    return invalid(definition, `at most ${VALUES_PER_ATTRIBUTE_MAX} values`);
  }
  const values: Json[] = [];
  for (const item of list) {
    const parsed = parseSingle(definition, item);
    if (!parsed.ok) return parsed;
    if (parsed.value !== undefined) values.push(parsed.value);
  }
  const primary = atMostOnePrimary(definition, values);
  return primary.ok ? ok(values) : primary;
};

/** The value of an attribute as it is stored: validated, declared case of names, otherwise as sent (R36). */
export const parseValue = (definition: AttributeDefinition, value: Json): Result<Json | undefined> => {
  if (!definition.multiValued) return parseSingle(definition, value);
  const values = parsePlural(definition, value);
  if (!values.ok) return values;
  return ok(values.value.length === 0 ? undefined : values.value);
};
