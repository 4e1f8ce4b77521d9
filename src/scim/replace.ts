import type { AttributeDefinition } from "./attribute.ts";
import { findAttribute } from "./attribute.ts";
import { quote } from "./error.ts";
import { equalJson, isObject, type JsonObject, memberOf } from "./json.ts";
import { type ResourceType, resolveAttribute } from "./resource-type.ts";
import { ok, type Result, refuse } from "./result.ts";

/** RFC 7644 §3.5.1: an immutable attribute that has a value must be sent with that value. */
const checkImmutable = (
  definitions: readonly AttributeDefinition[],
  current: JsonObject,
  replacement: JsonObject,
): Result<true> => {
  for (const { name, mutability, subAttributes = [], multiValued } of definitions) {
    const before = memberOf(current, name);
    const after = memberOf(replacement, name);
    if (before === undefined || after === undefined) continue;
    if (mutability === "immutable" && !equalJson(before, after)) {
      return refuse("mutability", `The attribute ${quote(name)} is immutable and already has a value.`);
    }
    if (multiValued || !isObject(before) || !isObject(after)) continue;
    const inner = checkImmutable(subAttributes, before, after);
    if (!inner.ok) return inner;
  }
  return ok(true);
};

/** Members of the current object that no schema knows and the replacement omits (R25). */
const unknownOf = (
  current: JsonObject,
  replacement: JsonObject,
  isKnown: (name: string) => boolean,
): JsonObject => {
  const sent = new Set(Object.keys(replacement).map((name) => name.toLowerCase()));
  return Object.fromEntries(
    Object.entries(current).filter(([name]) => !isKnown(name) && !sent.has(name.toLowerCase())),
  );
};

const asObject = (document: JsonObject, name: string): JsonObject => {
  const value = memberOf(document, name);
  return isObject(value) ? value : {};
};

/** What a PUT keeps although the body omits it: `active`, and whatever is kept raw (design §5.4). */
const keptOf = (type: ResourceType, current: JsonObject, replacement: JsonObject): JsonObject => {
  const extensions = new Set(type.extensions.map(({ id }) => id));
  const isKnown = (name: string): boolean =>
    extensions.has(name) || resolveAttribute(type, { name }) !== undefined;
  const kept = unknownOf(current, replacement, isKnown);
  const active = memberOf(current, "active");
  return active === undefined || memberOf(replacement, "active") !== undefined ? kept : { ...kept, active };
};

/** PUT (RFC 7644 §3.5.1): the replacement as sent, and what an omission does not clear. */
export const mergeReplacement = (
  type: ResourceType,
  current: JsonObject,
  replacement: JsonObject,
): Result<JsonObject> => {
  let merged: JsonObject = { ...keptOf(type, current, replacement), ...replacement };
  const core = checkImmutable(type.schema.attributes, current, merged);
  if (!core.ok) return core;
  for (const { id, attributes } of type.extensions) {
    const before = asObject(current, id);
    const after = asObject(replacement, id);
    const kept = unknownOf(before, after, (name) => findAttribute(attributes, name) !== undefined);
    const container = { ...kept, ...after };
    if (Object.keys(container).length > 0) merged = { ...merged, [id]: container };
    const checked = checkImmutable(attributes, before, container);
    if (!checked.ok) return checked;
  }
  return ok(merged);
};
