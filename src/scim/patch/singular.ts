import type { AttributeDefinition } from "../attribute.ts";
import { quote } from "../error.ts";
import { managerObject } from "../idp/entra.ts";
import { isObject, type Json, type JsonObject, memberOf, withMember } from "../json.ts";
import { ok, type Result, refuse } from "../result.ts";
import { overlay, parseSingle, parseSubAttributes } from "../value.ts";
import { clears, orNothing } from "./document.ts";

/** A `$ref` belongs to its `value`; kept beside another one it would point to the wrong resource. */
const withoutStaleReference = (before: JsonObject, after: JsonObject): JsonObject => {
  const isMoved = memberOf(before, "value") !== memberOf(after, "value");
  const isKept = memberOf(before, "$ref") === memberOf(after, "$ref");
  return isMoved && isKept ? withMember(after, "$ref", undefined) : after;
};

/** One sub-attribute set or cleared. */
export const setSubAttribute = (
  element: JsonObject,
  subAttribute: AttributeDefinition,
  value: Json | undefined,
): Result<JsonObject> => {
  const parsed = value === undefined || clears(value) ? ok(undefined) : parseSingle(subAttribute, value);
  if (!parsed.ok) return parsed;
  return ok(withoutStaleReference(element, withMember(element, subAttribute.name, parsed.value)));
};

/** Sub-attributes that are not given stay as they are (RFC 7644 §3.5.2.3); a given null or "" clears (R7, R11). */
export const mergeObject = (
  definition: AttributeDefinition,
  before: JsonObject,
  value: JsonObject,
): Result<JsonObject> => {
  const parsed = parseSubAttributes(definition, value, true);
  if (!parsed.ok) return parsed;
  const isCleared = (name: string): boolean => {
    const given = memberOf(parsed.value, name);
    return given !== undefined && clears(given);
  };
  const whole = overlay(definition, before, parsed.value);
  if (!whole.ok) return whole;
  const kept = Object.entries(whole.value).filter(([name]) => !isCleared(name));
  const merged: JsonObject = Object.fromEntries(kept);
  return ok(withoutStaleReference(before, merged));
};

/** The new value of a single-valued attribute; for those, add and replace are the same (RFC 7644 §3.5.2.1). */
export const setSingle = (
  definition: AttributeDefinition,
  before: Json | undefined,
  value: Json | undefined,
): Result<Json | undefined> => {
  if (value === undefined || clears(value)) return ok(undefined);
  if (definition.type !== "complex") return parseSingle(definition, value);
  const object = managerObject(definition, value);
  if (object === undefined) return ok(undefined);
  if (!isObject(object)) {
    return refuse("invalidValue", `The attribute ${quote(definition.name)} must be an object.`);
  }
  const merged = mergeObject(definition, isObject(before) ? before : {}, object);
  return merged.ok ? ok(orNothing(merged.value)) : merged;
};
