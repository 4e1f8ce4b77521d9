// An operation without a path names its targets as the keys of its value (RFC 7644 §3.5.2.1, §3.5.2.3).

import { findAttribute } from "../attribute.ts";
import { quote } from "../error.ts";
import { isObject, type Json, type JsonObject } from "../json.ts";
import { ATTRIBUTES_MAX, NAME_LENGTH_MAX } from "../limits.ts";
import { parsePath } from "../path.ts";
import {
  findExtension,
  isCoreUrn,
  leafOf,
  parseAttributeName,
  type ResolvedAttribute,
  type ResourceType,
  resolveAttribute,
} from "../resource-type.ts";
import { ok, type Result, refuse } from "../result.ts";
import { duplicateName } from "../value.ts";
import { clears } from "./document.ts";
import type { PatchOperation } from "./operation.ts";

type Op = "add" | "replace";

const rawOperation = (op: Op, name: string, value: Json, schema?: string): PatchOperation => ({
  op,
  path: name,
  target: { kind: "raw", name, ...(schema === undefined ? {} : { schema }) },
  value,
});

const checkSize = (value: JsonObject): Result<true> =>
  Object.keys(value).length > ATTRIBUTES_MAX
    ? refuse("invalidValue", `An operation may name at most ${ATTRIBUTES_MAX} attributes.`)
    : ok(true);

/** The object of an extension merges into what is there (design §5.3). */
export const expandExtension = (
  type: ResourceType,
  op: Op,
  schema: string,
  value: Json,
): Result<PatchOperation[]> => {
  if (clears(value)) {
    return ok([{ op: "remove", path: schema, target: { kind: "extension", schema } }]);
  }
  if (!isObject(value)) return refuse("invalidValue", `The extension ${quote(schema)} must be an object.`);
  const unique = duplicateName(value);
  if (!unique.ok) return unique;
  const size = checkSize(value);
  if (!size.ok) return size;
  const definitions = findExtension(type, schema)?.attributes;
  const operations = Object.entries(value).map(([name, item]): PatchOperation => {
    const attribute = findAttribute(definitions, name);
    if (attribute === undefined) return rawOperation(op, name, item, schema);
    const target = { kind: "attribute", target: { schema, attribute } } as const;
    return { op, path: `${schema}:${attribute.name}`, target, value: item };
  });
  return ok(operations);
};

/** Okta sends `id` beside `displayName`; what only the server sets is ignored inside a value (design §5.3). */
const isIgnored = (target: ResolvedAttribute): boolean =>
  target.attribute.mutability === "readOnly" || leafOf(target).mutability === "readOnly";

/**
 * A name no schema defines is kept raw like one in a POST (R4), whole foreign extensions included; something that can
 * only be meant as a path must lead somewhere.
 */
const expandUnknown = (op: Op, name: string, value: Json): Result<PatchOperation[]> => {
  const parsed = parseAttributeName(name);
  const isPlain = parsed !== undefined && parsed.uri === undefined && parsed.subAttribute === undefined;
  const isContainer = name.includes(":") && (isObject(value) || value === null);
  if (name.length > NAME_LENGTH_MAX || !(isPlain || isContainer)) {
    return refuse("invalidPath", `No schema of this resource defines the attribute ${quote(name)}.`);
  }
  return ok([rawOperation(op, name, value)]);
};

const expandMember = (type: ResourceType, op: Op, name: string, value: Json): Result<PatchOperation[]> => {
  const extension = findExtension(type, name);
  if (extension !== undefined) return expandExtension(type, op, extension.id, value);
  if (isCoreUrn(type, name) && isObject(value)) return expandResource(type, op, value);
  if (name.includes("[")) {
    const target = parsePath(name, type);
    return target.ok ? ok([{ op, path: name, target: target.value, value }]) : target;
  }
  const parsed = parseAttributeName(name);
  const target = parsed && resolveAttribute(type, parsed);
  if (target === undefined) return expandUnknown(op, name, value);
  if (isIgnored(target)) return ok([]);
  return ok([{ op, path: name, target: { kind: "attribute", target }, value }]);
};

export const expandResource = (type: ResourceType, op: Op, value: JsonObject): Result<PatchOperation[]> => {
  const unique = duplicateName(value);
  if (!unique.ok) return unique;
  const size = checkSize(value);
  if (!size.ok) return size;
  const operations: PatchOperation[] = [];
  for (const [name, item] of Object.entries(value)) {
    const expanded = expandMember(type, op, name, item);
    if (!expanded.ok) return expanded;
    operations.push(...expanded.value);
  }
  return ok(operations);
};
