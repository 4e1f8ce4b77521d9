// Reading and writing one attribute of a document, wherever its schema puts it.

import { isObject, type Json, type JsonObject, memberOf, withMember } from "../json.ts";
import type { ResolvedAttribute } from "../resource-type.ts";

const containerOf = (document: JsonObject, schema: string | undefined): JsonObject => {
  const container = schema === undefined ? document : memberOf(document, schema);
  return isObject(container) ? container : {};
};

export const readMember = (
  document: JsonObject,
  schema: string | undefined,
  name: string,
): Json | undefined => memberOf(containerOf(document, schema), name);

/** An extension that loses its last attribute goes with it (RFC 7644 §3.5.2: `schemas` follows the attributes). */
export const writeMember = (
  document: JsonObject,
  schema: string | undefined,
  name: string,
  value: Json | undefined,
): JsonObject => {
  const container = withMember(containerOf(document, schema), name, value);
  if (schema === undefined) return container;
  return withMember(document, schema, Object.keys(container).length === 0 ? undefined : container);
};

export const read = (document: JsonObject, { schema, attribute }: ResolvedAttribute): Json | undefined =>
  readMember(document, schema, attribute.name);

export const write = (
  document: JsonObject,
  { schema, attribute }: ResolvedAttribute,
  value: Json | undefined,
): JsonObject => writeMember(document, schema, attribute.name, value);

/** Nothing, null, "" and [] all clear a single-valued attribute in a PATCH (R11, RFC 7643 §2.5). */
export const clears = (value: Json | undefined): boolean =>
  value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);

export const orNothing = (object: JsonObject): JsonObject | undefined =>
  Object.keys(object).length === 0 ? undefined : object;
