import type { AttributeDefinition } from "./attribute.ts";
import { findAttribute } from "./attribute.ts";
import { isObject, type Json, type JsonObject, memberOf } from "./json.ts";
import { NAME_LENGTH_MAX, PROJECTION_NAMES_MAX } from "./limits.ts";
import { schemasOf } from "./resource.ts";
import {
  findExtension,
  isCoreUrn,
  parseAttributeName,
  type ResourceType,
  resolveAttribute,
} from "./resource-type.ts";
import { ok, type Result, refuse } from "./result.ts";

/** One requested name: an attribute, a sub-attribute of one, a whole schema, or something kept raw. All lower case. */
type Selection = { readonly schema?: string; readonly name?: string; readonly subAttribute?: string };

/** Which attributes a client wants (RFC 7644 §3.9); `default` when it did not say. */
export type Projection =
  | { readonly kind: "default" }
  | { readonly kind: "only" | "except"; readonly selections: readonly Selection[] };

const select = (type: ResourceType, text: string): Selection => {
  const extension = findExtension(type, text);
  if (extension !== undefined) return { schema: extension.id };
  if (isCoreUrn(type, text)) return {};
  const parsed = parseAttributeName(text);
  const target = parsed && resolveAttribute(type, parsed);
  // Unknown names match what is kept raw under them, and otherwise nothing.
  if (target === undefined) return { name: text.toLowerCase() };
  return {
    ...(target.schema === undefined ? {} : { schema: target.schema }),
    name: target.attribute.name.toLowerCase(),
    ...(target.subAttribute === undefined ? {} : { subAttribute: target.subAttribute.name }),
  };
};

const namesIn = (list: string | undefined): string[] =>
  (list ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");

export const parseProjection = (
  attributes: string | undefined,
  excludedAttributes: string | undefined,
  type: ResourceType,
): Result<Projection> => {
  const wanted = namesIn(attributes);
  const unwanted = namesIn(excludedAttributes);
  if (wanted.length > 0 && unwanted.length > 0) {
    // RFC 7644 §3.9: "mutually exclusive URL query parameters".
    return refuse("invalidValue", "Use either 'attributes' or 'excludedAttributes', not both.");
  }
  const names = wanted.length > 0 ? wanted : unwanted;
  if (names.length === 0) return ok({ kind: "default" });
  if (names.length > PROJECTION_NAMES_MAX || names.some((name) => name.length > NAME_LENGTH_MAX)) {
    return refuse("invalidValue", `At most ${PROJECTION_NAMES_MAX} attribute names can be given.`);
  }
  const selections = names.map((name) => select(type, name));
  return ok({ kind: wanted.length > 0 ? "only" : "except", selections });
};

type Place = { readonly schema: string | undefined; readonly name: string };

const selectionsOf = (selections: readonly Selection[], { schema, name }: Place): Selection[] =>
  selections.filter(
    (selection) =>
      selection.schema === schema && (selection.name === undefined || selection.name === name.toLowerCase()),
  );

const isWhole = (selection: Selection): boolean => selection.subAttribute === undefined;

/** RFC 7643 §7, "returned": always and never do not ask the client, default and request do. */
const isReturned = (
  definition: AttributeDefinition | undefined,
  projection: Projection,
  mentioned: readonly Selection[],
): boolean => {
  const returned = definition?.returned ?? "default";
  if (returned === "always") return true;
  if (returned === "never") return false;
  switch (projection.kind) {
    case "default":
      return returned === "default";
    case "only":
      return mentioned.length > 0;
    case "except":
      return returned === "default" && !mentioned.some(isWhole);
  }
};

const projectObject = (
  definition: AttributeDefinition,
  value: JsonObject,
  projection: Projection,
  mentioned: readonly Selection[],
): JsonObject => {
  const named = new Set(mentioned.map(({ subAttribute }) => subAttribute));
  const inner: Projection = named.has(undefined) ? { kind: "default" } : projection;
  const kept = Object.entries(value).filter(([name]) => {
    const subAttribute = findAttribute(definition.subAttributes, name);
    const selections = mentioned.filter((selection) => selection.subAttribute === subAttribute?.name);
    if (inner.kind === "except") return isReturned(subAttribute, inner, selections.length > 0 ? [{}] : []);
    return isReturned(subAttribute, inner, selections);
  });
  return Object.fromEntries(kept);
};

const projectValue = (
  definition: AttributeDefinition | undefined,
  value: Json,
  projection: Projection,
  mentioned: readonly Selection[],
): Json | undefined => {
  if (definition?.type !== "complex") return value;
  if (isObject(value)) {
    const kept = projectObject(definition, value, projection, mentioned);
    return Object.keys(kept).length === 0 ? undefined : kept;
  }
  if (!Array.isArray(value)) return value;
  const values = value.flatMap((item) => projectValue(definition, item, projection, mentioned) ?? []);
  return values.length === 0 && value.length > 0 ? undefined : values;
};

const projectMember = (
  type: ResourceType,
  place: Place,
  value: Json,
  projection: Projection,
): Json | undefined => {
  const definition =
    place.schema === undefined
      ? resolveAttribute(type, { name: place.name })?.attribute
      : findAttribute(findExtension(type, place.schema)?.attributes, place.name);
  const selections = projection.kind === "default" ? [] : projection.selections;
  const mentioned = selectionsOf(selections, place);
  if (!isReturned(definition, projection, mentioned)) return undefined;
  return definition?.returned === "always" ? value : projectValue(definition, value, projection, mentioned);
};

const projectExtension = (
  type: ResourceType,
  schema: string,
  container: JsonObject,
  projection: Projection,
): JsonObject | undefined => {
  const kept = Object.entries(container).flatMap(([name, value]) => {
    const projected = projectMember(type, { schema, name }, value, projection);
    return projected === undefined ? [] : [[name, projected] as const];
  });
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
};

/** The part of a representation that is returned; its `schemas` names what is left (design §5.7). */
export const project = (type: ResourceType, resource: JsonObject, projection: Projection): JsonObject => {
  const entries = Object.entries(resource).flatMap(([name, value]) => {
    const isExtension = findExtension(type, name) !== undefined && isObject(value);
    const projected = isExtension
      ? projectExtension(type, name, value, projection)
      : projectMember(type, { schema: undefined, name }, value, projection);
    return projected === undefined ? [] : [[name, projected] as const];
  });
  const projected: JsonObject = Object.fromEntries(entries);
  return memberOf(projected, "schemas") === undefined
    ? projected
    : { ...projected, schemas: schemasOf(type, projected) };
};

/** Whether an attribute that costs a read of its own will be returned at all (R16). */
export const wantsAttribute = (projection: Projection, name: "members" | "groups"): boolean => {
  if (projection.kind === "default") return true;
  const mentioned = selectionsOf(projection.selections, { schema: undefined, name });
  return projection.kind === "only" ? mentioned.length > 0 : !mentioned.some(isWhole);
};
