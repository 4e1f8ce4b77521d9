import type { AttributeDefinition } from "../attribute.ts";
import { quote } from "../error.ts";
import { evaluateElement } from "../filter/evaluate.ts";
import type { ResolvedFilter } from "../filter/resolve.ts";
import { equalJson, isObject, type Json, type JsonObject } from "../json.ts";
import type { AttributePath } from "../path.ts";
import { leafOf } from "../resource-type.ts";
import { ok, type Result, refuse } from "../result.ts";
import { parsePlural } from "../value.ts";
import { clears, orNothing } from "./document.ts";
import type { PatchOperation } from "./operation.ts";
import type { Values } from "./plural.ts";
import { mergeObject, setSubAttribute } from "./singular.ts";

export type ElementPath = Extract<AttributePath, { kind: "element" }>;

const noTarget = (path: string): Result<never> =>
  refuse("noTarget", `No value matches the path ${quote(path)}.`);

/** The sub-attributes a conjunction of equalities names; undefined when the filter says anything else. */
const equalities = (filter: ResolvedFilter): (readonly [string, Json])[] | undefined => {
  if (filter.kind === "and") {
    const lists = filter.operands.map(equalities);
    return lists.every((list) => list !== undefined) ? lists.flat() : undefined;
  }
  if (filter.kind !== "compare" || filter.operator !== "eq") return undefined;
  const { value } = filter;
  const plain = value.type === "boolean" || value.type === "number" ? value.value : value.text;
  return [[leafOf(filter.target).name, plain]];
};

/** The one value a filter describes, if it describes one without contradiction. */
const describedBy = (filter: ResolvedFilter): JsonObject | undefined => {
  const described = new Map<string, Json>();
  for (const [name, value] of equalities(filter) ?? []) {
    const other = described.get(name);
    if (other !== undefined && !equalJson(other, value)) return undefined;
    described.set(name, value);
  }
  return described.size === 0 ? undefined : Object.fromEntries(described);
};

const all = (values: readonly JsonObject[]): Values => ({ values, written: new Set() });

const mapMatching = (
  elements: readonly JsonObject[],
  matching: ReadonlySet<number>,
  change: (element: JsonObject) => Result<JsonObject | undefined>,
): Result<Values> => {
  const values: Json[] = [];
  const written = new Set<number>();
  for (const [index, element] of elements.entries()) {
    if (!matching.has(index)) {
      values.push(element);
      continue;
    }
    const changed = change(element);
    if (!changed.ok) return changed;
    if (changed.value !== undefined) written.add(values.push(changed.value) - 1);
  }
  return ok({ values, written });
};

/**
 * Entra adds and replaces `emails[type eq "work"].value` before any such value exists, and meant RFC 7644's `noTarget`
 * (§3.5.2.3) ends its job: the value is created from the filter's equalities (R8). Clearing what is absent is done.
 */
const createAbsent = (
  operation: PatchOperation,
  { filter }: ElementPath,
  subAttribute: AttributeDefinition,
  elements: readonly JsonObject[],
): Result<Values> => {
  if (operation.op === "remove" || clears(operation.value)) return ok(all(elements));
  const described = describedBy(filter);
  if (described === undefined) return noTarget(operation.path);
  const created = setSubAttribute(described, subAttribute, operation.value);
  if (!created.ok) return created;
  // The value given contradicts the filter: the client meant to change a value that it believes to be there.
  if (!evaluateElement(filter, created.value)) return noTarget(operation.path);
  return ok({ values: [...elements, created.value], written: new Set([elements.length]) });
};

const single = (definition: AttributeDefinition, value: Json): Result<Json> => {
  const parsed = parsePlural(definition, value);
  if (!parsed.ok) return parsed;
  const [item, ...others] = parsed.value;
  return item === undefined || others.length > 0
    ? refuse("invalidValue", `A value of ${quote(definition.name)} must be one object.`)
    : ok(item);
};

const applyToElements = (
  { op, path, value }: PatchOperation,
  definition: AttributeDefinition,
  elements: readonly JsonObject[],
  matching: ReadonlySet<number>,
): Result<Values> => {
  // Removing what is not there is done (RFC 7644 §3.5.2.2 says so of members).
  if (op === "remove") return ok(all(elements.filter((_, index) => !matching.has(index))));
  if (matching.size === 0) return noTarget(path);
  if (value === undefined || clears(value)) {
    return ok(all(elements.filter((_, index) => !matching.has(index))));
  }
  const given = single(definition, value);
  if (!given.ok) return given;
  const object = isObject(given.value) ? given.value : {};
  return mapMatching(elements, matching, (element) =>
    op === "add" ? mergeObject(definition, element, object) : ok(object),
  );
};

/** `attr[filter]` and `attr[filter].sub` (RFC 7644 Figure 7). */
export const applyElement = (
  operation: PatchOperation,
  path: ElementPath,
  elements: readonly JsonObject[],
): Result<Values> => {
  const matching = new Set(
    elements.flatMap((element, index) => (evaluateElement(path.filter, element) ? [index] : [])),
  );
  const { subAttribute } = path;
  if (subAttribute === undefined)
    return applyToElements(operation, path.target.attribute, elements, matching);
  if (matching.size === 0) return createAbsent(operation, path, subAttribute, elements);
  const value = operation.op === "remove" ? undefined : operation.value;
  return mapMatching(elements, matching, (element) => {
    const changed = setSubAttribute(element, subAttribute, value);
    return changed.ok ? ok(orNothing(changed.value)) : changed;
  });
};
