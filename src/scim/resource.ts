import type { SchemaDefinition } from "./attribute.ts";
import { findAttribute } from "./attribute.ts";
import { quote } from "./error.ts";
import { isObject, type Json, type JsonObject, memberOf } from "./json.ts";
import { ATTRIBUTES_MAX, NAME_LENGTH_MAX } from "./limits.ts";
import { type MemberReference, parseMembers } from "./member.ts";
import {
  findExtension,
  isCoreUrn,
  parseAttributeName,
  type ResolvedAttribute,
  type ResourceType,
  resolveAttribute,
} from "./resource-type.ts";
import { ok, type Result, refuse } from "./result.ts";
import { assigned, duplicateName, parseRaw, parseValue } from "./value.ts";

export type { MemberReference } from "./member.ts";

/** A resource as a client wrote it; `members` only for groups, undefined when the body omitted them. */
export type ParsedResource = { attributes: JsonObject; members?: MemberReference[] };

/** The body's member under a name in any case. */
const bodyMember = (body: JsonObject, wanted: string): Json | undefined => {
  const name = Object.keys(body).find((key) => key.toLowerCase() === wanted);
  return name === undefined ? undefined : body[name];
};

/** RFC 7644 §3.3: `schemas` says what the body is; other URNs beside the type's own are accepted (design §5.7). */
const checkSchemas = (type: ResourceType, body: JsonObject): Result<true> => {
  const schemas = bodyMember(body, "schemas");
  const list = Array.isArray(schemas) ? schemas : [schemas];
  const isNamed = list.some((urn) => typeof urn === "string" && isCoreUrn(type, urn));
  return isNamed
    ? ok(true)
    : refuse("invalidSyntax", `The attribute 'schemas' must contain ${quote(type.schema.id)}.`);
};

/** Sent by clients and never stored from a body: made by the server, or kept elsewhere, or not kept at all. */
const isSetAside = ({ attribute }: ResolvedAttribute): boolean =>
  attribute.mutability === "readOnly" || attribute.mutability === "writeOnly" || attribute.name === "members";

type Entry = { schema?: string; name: string; value: Json };

const extensionEntries = (extension: SchemaDefinition, container: Json): Result<Entry[]> => {
  const kept = assigned(container);
  if (kept === undefined) return ok([]);
  if (!isObject(kept))
    return refuse("invalidValue", `The extension ${quote(extension.id)} must be an object.`);
  if (Object.keys(kept).length > ATTRIBUTES_MAX) {
    return refuse("invalidValue", `An extension may have at most ${ATTRIBUTES_MAX} attributes.`);
  }
  const unique = duplicateName(kept);
  if (!unique.ok) return unique;
  const entries: Entry[] = [];
  for (const [name, item] of Object.entries(kept)) {
    const attribute = findAttribute(extension.attributes, name);
    const parsed = attribute === undefined ? parseRaw(name, item) : parseValue(attribute, item);
    if (!parsed.ok) return parsed;
    if (parsed.value !== undefined) {
      entries.push({ schema: extension.id, name: attribute?.name ?? name, value: parsed.value });
    }
  }
  return ok(entries);
};

/** One top-level member of a body: an attribute, an extension's object, or something unknown, which stays raw. */
const entriesOf = (type: ResourceType, name: string, value: Json): Result<Entry[]> => {
  if (name.length > NAME_LENGTH_MAX) {
    return refuse(
      "invalidSyntax",
      `The attribute name ${quote(name)} is longer than ${NAME_LENGTH_MAX} characters.`,
    );
  }
  const extension = findExtension(type, name);
  if (extension !== undefined) return extensionEntries(extension, value);
  const parsedName = parseAttributeName(name);
  const target = parsedName && resolveAttribute(type, parsedName);
  if (target === undefined || target.subAttribute !== undefined) {
    const kept = parseRaw(name, value);
    if (!kept.ok) return kept;
    return ok(kept.value === undefined ? [] : [{ name, value: kept.value }]);
  }
  if (isSetAside(target)) return ok([]);
  const parsed = parseValue(target.attribute, value);
  if (!parsed.ok) return parsed;
  if (parsed.value === undefined) return ok([]);
  const entry = { name: target.attribute.name, value: parsed.value };
  return ok([target.schema === undefined ? entry : { ...entry, schema: target.schema }]);
};

const assemble = (entries: readonly Entry[]): Result<JsonObject> => {
  const document = new Map<string, Json>();
  const containers = new Map<string, Map<string, Json>>();
  for (const { schema, name, value } of entries) {
    const container = schema === undefined ? document : (containers.get(schema) ?? new Map<string, Json>());
    if (container.has(name)) {
      return refuse("invalidSyntax", `The attribute ${quote(name)} is given more than once.`);
    }
    container.set(name, value);
    if (schema !== undefined) containers.set(schema, container);
  }
  for (const [schema, container] of containers) document.set(schema, Object.fromEntries(container));
  return ok(Object.fromEntries(document));
};

/** RFC 7643 §2.2: required attributes must have a value, and an empty string is none. */
export const checkRequired = (type: ResourceType, attributes: JsonObject): Result<true> => {
  for (const { name, required } of type.schema.attributes) {
    const value = memberOf(attributes, name);
    if (required && (value === undefined || value === "")) {
      return refuse("invalidValue", `The attribute ${quote(name)} is required.`);
    }
  }
  return ok(true);
};

const tooManyAttributes = (): Result<never> =>
  refuse("invalidValue", `A resource may have at most ${ATTRIBUTES_MAX} attributes.`);

const parseAttributes = (type: ResourceType, body: JsonObject): Result<JsonObject> => {
  if (Object.keys(body).length > ATTRIBUTES_MAX) return tooManyAttributes();
  const unique = duplicateName(body);
  if (!unique.ok) return unique;
  const entries: Entry[] = [];
  for (const [name, value] of Object.entries(body)) {
    const parsed = entriesOf(type, name, value);
    if (!parsed.ok) return parsed;
    entries.push(...parsed.value);
  }
  return entries.length > ATTRIBUTES_MAX ? tooManyAttributes() : assemble(entries);
};

/** The body of a POST or PUT as a validated document (RFC 7644 §3.3, §3.5.1). */
export const parseResource = (type: ResourceType, body: Json): Result<ParsedResource> => {
  if (!isObject(body)) return refuse("invalidSyntax", "The body must be a JSON object.");
  const schemas = checkSchemas(type, body);
  if (!schemas.ok) return schemas;
  const attributes = parseAttributes(type, body);
  if (!attributes.ok) return attributes;
  const required = checkRequired(type, attributes.value);
  if (!required.ok) return required;
  const sent = type.name === "Group" ? bodyMember(body, "members") : undefined;
  if (sent === undefined) return ok({ attributes: attributes.value });
  const members = parseMembers(sent);
  return members.ok ? ok({ attributes: attributes.value, members: members.value }) : members;
};

/** A raw container of an extension no schema here defines: a URN with an object. */
const isForeignNamespace = (type: ResourceType, name: string, value: Json): boolean =>
  name.includes(":") && isObject(value) && findExtension(type, name) === undefined;

/** Exactly the namespaces whose attributes a document carries (RFC 7643 §3, design §5.7). */
export const schemasOf = (type: ResourceType, attributes: JsonObject): string[] => {
  const known = type.extensions
    .filter(({ id }) => memberOf(attributes, id) !== undefined)
    .map(({ id }) => id);
  const foreign = Object.entries(attributes)
    .filter(([name, value]) => isForeignNamespace(type, name, value))
    .map(([name]) => name);
  return [type.schema.id, ...known, ...foreign];
};
