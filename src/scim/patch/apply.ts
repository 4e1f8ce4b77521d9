import { type AttributeDefinition, findAttribute } from "../attribute.ts";
import { quote } from "../error.ts";
import { equalJson, isObject, type Json, type JsonObject, memberOf } from "../json.ts";
import { ATTRIBUTES_MAX } from "../limits.ts";
import { leafOf, type ResolvedAttribute, type ResourceType } from "../resource-type.ts";
import { ok, type Result, refuse } from "../result.ts";
import { parseRaw } from "../value.ts";
import { clears, orNothing, read, readMember, write, writeMember } from "./document.ts";
import { applyElement, type ElementPath } from "./element.ts";
import type { PatchOperation, RawTarget } from "./operation.ts";
import { addValues, objectsOf, removeValues, replaceValues, settle, type Values } from "./plural.ts";
import { setSingle, setSubAttribute } from "./singular.ts";

type Context = { readonly type: ResourceType; readonly serverMade: JsonObject };

/** RFC 7644 §3.5.2 lets clients name in `schemas` what the resource may carry anyway; it follows the attributes. */
const isKnownSchema = (type: ResourceType, urn: Json): boolean =>
  typeof urn === "string" &&
  [type.schema, ...type.extensions].some(({ id }) => id.toLowerCase() === urn.toLowerCase());

/** A path to what only the server sets: telling it what it is changes nothing, anything else is refused. */
const applyReadOnly = (
  { type, serverMade }: Context,
  { op, path, value }: PatchOperation,
  { attribute, subAttribute }: ResolvedAttribute,
): Result<true> => {
  const whole = memberOf(serverMade, attribute.name);
  const current = subAttribute !== undefined && isObject(whole) ? memberOf(whole, subAttribute.name) : whole;
  const isSame = value !== undefined && current !== undefined && equalJson(value, current);
  const isSchemas =
    attribute.name === "schemas" && Array.isArray(value) && value.every((urn) => isKnownSchema(type, urn));
  if (op !== "remove" && (isSame || isSchemas)) return ok(true);
  return refuse("mutability", `The attribute ${quote(path)} is readOnly.`);
};

const applyValues = (
  { op, value }: PatchOperation,
  attribute: AttributeDefinition,
  current: Json | undefined,
): Result<Values> => {
  const values = Array.isArray(current) ? current : [];
  switch (op) {
    case "add":
      return addValues(attribute, values, value ?? null);
    case "replace":
      return replaceValues(attribute, value ?? null);
    case "remove":
      return removeValues(attribute, values, value);
  }
};

/** `emails.value` without a filter speaks of every value (RFC 7644 §3.5.2.2, "no filter is specified"). */
const applyToAll = (
  operation: PatchOperation,
  subAttribute: AttributeDefinition,
  current: Json | undefined,
): Result<Values> => {
  const value = operation.op === "remove" ? undefined : operation.value;
  const elements = objectsOf(current);
  const starting = elements.length === 0 && !clears(value) ? [{}] : elements;
  const values: Json[] = [];
  for (const element of starting) {
    const changed = setSubAttribute(element, subAttribute, value);
    if (!changed.ok) return changed;
    const kept = orNothing(changed.value);
    if (kept !== undefined) values.push(kept);
  }
  return ok({ values, written: new Set(values.keys()) });
};

const newValue = (
  operation: PatchOperation,
  { attribute, subAttribute }: ResolvedAttribute,
  current: Json | undefined,
): Result<Json | undefined> => {
  if (attribute.multiValued) {
    const values =
      subAttribute === undefined
        ? applyValues(operation, attribute, current)
        : applyToAll(operation, subAttribute, current);
    return values.ok ? settle(attribute, values.value) : values;
  }
  const value = operation.op === "remove" ? undefined : operation.value;
  if (subAttribute === undefined) return setSingle(attribute, current, value);
  const changed = setSubAttribute(isObject(current) ? current : {}, subAttribute, value);
  return changed.ok ? ok(orNothing(changed.value)) : changed;
};

const applyTarget = (
  context: Context,
  document: JsonObject,
  operation: PatchOperation,
  target: ResolvedAttribute,
  change: (current: Json | undefined) => Result<Json | undefined>,
): Result<JsonObject> => {
  const { attribute } = target;
  const leaf = leafOf(target);
  if (attribute.mutability === "readOnly" || leaf.mutability === "readOnly") {
    const allowed = applyReadOnly(context, operation, target);
    return allowed.ok ? ok(document) : allowed;
  }
  // A password is accepted and never stored.
  if (attribute.mutability === "writeOnly") return ok(document);
  const current = read(document, target);
  const changed = change(current);
  if (!changed.ok) return changed;
  const isFixed = leaf.mutability === "immutable" && current !== undefined;
  if (isFixed && (changed.value === undefined || !equalJson(current, changed.value))) {
    return refuse(
      "mutability",
      `The attribute ${quote(operation.path)} is immutable and already has a value.`,
    );
  }
  return ok(write(document, target, changed.value));
};

const applyRaw = (
  document: JsonObject,
  { value = null, path }: PatchOperation,
  target: RawTarget,
): Result<JsonObject> => {
  const container = target.schema === undefined ? document : memberOf(document, target.schema);
  const names = isObject(container) ? Object.keys(container) : [];
  const name = names.find((one) => one.toLowerCase() === target.name.toLowerCase()) ?? target.name;
  if (names.length >= ATTRIBUTES_MAX && !names.includes(name)) {
    return refuse("invalidValue", `A resource may have at most ${ATTRIBUTES_MAX} attributes.`);
  }
  const before = readMember(document, target.schema, name);
  const merged = isObject(before) && isObject(value) ? { ...before, ...value } : value;
  const after = parseRaw(path, merged);
  return after.ok ? ok(writeMember(document, target.schema, name, after.value)) : after;
};

const applyOne = (context: Context, document: JsonObject, operation: PatchOperation): Result<JsonObject> => {
  const path = operation.target;
  switch (path.kind) {
    case "raw":
      return applyRaw(document, operation, path);
    case "extension":
      return ok(writeMember(document, undefined, path.schema, undefined));
    case "attribute":
      return applyTarget(context, document, operation, path.target, (current) =>
        newValue(operation, path.target, current),
      );
    case "element":
      return applyTarget(context, document, operation, elementTarget(path), (current) => {
        const values = applyElement(operation, path, objectsOf(current));
        return values.ok ? settle(path.target.attribute, values.value) : values;
      });
  }
};

const elementTarget = ({ target, subAttribute }: ElementPath): ResolvedAttribute =>
  subAttribute === undefined ? target : { ...target, subAttribute };

/**
 * Looked at once all operations are done, so that a client may remove and add a required attribute in one request.
 * RFC 7644 §3.5.2.2 names `mutability` for a removal; a value that is none is an `invalidValue` (Table 9).
 */
const checkRequired = (
  type: ResourceType,
  document: JsonObject,
  operations: readonly PatchOperation[],
): Result<true> => {
  for (const operation of operations) {
    const { target } = operation;
    if (target.kind !== "attribute" || target.target.schema !== undefined) continue;
    const { name } = target.target.attribute;
    if (findAttribute(type.schema.attributes, name)?.required !== true || !clears(memberOf(document, name))) {
      continue;
    }
    const kind = operation.op === "remove" ? "mutability" : "invalidValue";
    return refuse(kind, `The attribute ${quote(name)} is required and cannot be removed.`);
  }
  return ok(true);
};

/**
 * The document after all operations in order, or the first error and no change at all (RFC 7644 §3.5.2: atomic).
 * `serverMade` are the read-only attributes (id, meta, groups) for operations that name them with the value they have.
 */
export const applyPatch = (
  type: ResourceType,
  current: JsonObject,
  operations: readonly PatchOperation[],
  serverMade: JsonObject = {},
): Result<JsonObject> => {
  let document = current;
  for (const operation of operations) {
    const applied = applyOne({ type, serverMade }, document, operation);
    if (!applied.ok) return applied;
    document = applied.value;
  }
  const required = checkRequired(type, document, operations);
  return required.ok ? ok(document) : required;
};
