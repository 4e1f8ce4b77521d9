import type { AttributeDefinition } from "./attribute.ts";
import { findAttribute } from "./attribute.ts";
import { quote } from "./error.ts";
import { parseFilter } from "./filter/parse.ts";
import { type ResolvedFilter, resolveElementFilter } from "./filter/resolve.ts";
import { FILTER_LENGTH_MAX } from "./limits.ts";
import {
  findExtension,
  parseAttributeName,
  type ResolvedAttribute,
  type ResourceType,
  resolveAttribute,
} from "./resource-type.ts";
import { ok, type Result, refuse } from "./result.ts";

/** The target of a PATCH operation (RFC 7644 Figure 7), or a whole extension (design §5.3). */
export type AttributePath =
  | { readonly kind: "attribute"; readonly target: ResolvedAttribute }
  | {
      readonly kind: "element";
      readonly target: ResolvedAttribute;
      readonly filter: ResolvedFilter;
      readonly subAttribute?: AttributeDefinition;
    }
  | { readonly kind: "extension"; readonly schema: string };

const malformed = (text: string): Result<never> =>
  refuse("invalidPath", `The path ${quote(text)} is not an attribute path.`);

const attributeNamed = (text: string, type: ResourceType): Result<ResolvedAttribute> => {
  const name = parseAttributeName(text);
  if (name === undefined) return malformed(text);
  const target = resolveAttribute(type, name);
  if (target === undefined) {
    return refuse("invalidPath", `No schema of ${type.name} defines the attribute ${quote(text)}.`);
  }
  return ok(target);
};

/** `attr[filter]` and `attr[filter].sub`; the closing bracket is the last one, since strings may hold others. */
const parseElementPath = (text: string, open: number, type: ResourceType): Result<AttributePath> => {
  const close = text.lastIndexOf("]");
  const tail = text.slice(close + 1);
  if (close < open || (tail !== "" && !tail.startsWith("."))) return malformed(text);
  const target = attributeNamed(text.slice(0, open), type);
  if (!target.ok) return target;
  const { attribute } = target.value;
  if (target.value.subAttribute !== undefined || !attribute.multiValued || attribute.type !== "complex") {
    return refuse("invalidPath", `${quote(text.slice(0, open))} has no values to select by a filter.`);
  }
  const filter = parseFilter(text.slice(open + 1, close));
  if (!filter.ok) return filter;
  const resolved = resolveElementFilter(target.value, filter.value);
  if (!resolved.ok) return resolved;
  const element = { kind: "element", target: target.value, filter: resolved.value } as const;
  if (tail === "") return ok(element);
  const subAttribute = findAttribute(attribute.subAttributes, tail.slice(1));
  if (subAttribute === undefined) {
    return refuse("invalidPath", `${quote(attribute.name)} has no sub-attribute ${quote(tail.slice(1))}.`);
  }
  return ok({ ...element, subAttribute });
};

export const parsePath = (text: string, type: ResourceType): Result<AttributePath> => {
  if (text.length > FILTER_LENGTH_MAX) {
    return refuse("invalidPath", `The path is longer than ${FILTER_LENGTH_MAX} characters.`);
  }
  const open = text.indexOf("[");
  if (open >= 0) return parseElementPath(text, open, type);
  const extension = findExtension(type, text);
  if (extension !== undefined) return ok({ kind: "extension", schema: extension.id });
  const target = attributeNamed(text, type);
  return target.ok ? ok({ kind: "attribute", target: target.value }) : target;
};
