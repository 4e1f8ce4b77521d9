/**
 * How an index finds a superset of what a filter matches. The allow-list of indexed attributes stands in `keyOf`;
 * an index is a row written on every create, so each further one needs a reason.
 */

import type { ResolvedFilter } from "../../../scim/filter/resolve.ts";
import { fold } from "../../../scim/fold.ts";
import { leafOf, type ResolvedAttribute, type ResourceType } from "../../../scim/resource-type.ts";

export type KeyName = "id" | "name" | "externalId" | "email" | "group" | "member";

/** A look-up of values, or a range of names: `from` inclusive, `to` exclusive; both may be open. */
export type Key =
  | { readonly kind: "values"; readonly name: KeyName; readonly values: readonly string[] }
  | { readonly kind: "range"; readonly from: string | undefined; readonly to: string | undefined };

/** All matches are among what these look-ups find together. */
export type Access = readonly Key[];

/** Names are unique among the resources one look-up can find, ids anyway. */
export const isUnique = (key: Key): boolean =>
  key.kind === "values" && (key.name === "id" || key.name === "name");

type Compare = Extract<ResolvedFilter, { kind: "compare" }>;

function keyName(
  type: ResourceType,
  { schema, attribute, subAttribute }: ResolvedAttribute,
): KeyName | undefined {
  if (schema !== undefined) return undefined;
  const path = subAttribute === undefined ? attribute.name : `${attribute.name}.${subAttribute.name}`;
  switch (`${type.name}.${path}`) {
    case "User.id":
    case "Group.id":
      return "id";
    case "User.userName":
    case "Group.displayName":
      return "name";
    case "User.externalId":
    case "Group.externalId":
      return "externalId";
    case "User.emails.value":
      return "email";
    case "User.groups.value":
      return "group";
    case "Group.members.value":
      return "member";
    default:
      return undefined;
  }
}

/** The least text greater than every text that starts with `prefix`, in code point order; undefined if there is none. */
export function prefixEnd(prefix: string): string | undefined {
  const points = [...prefix].map((character) => character.codePointAt(0) ?? 0);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last === 0x10ffff) continue;
    // U+D800–U+DFFF are no characters, so U+E000 follows U+D7FF.
    return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
  }
  return undefined;
}

function rangeOf({ operator }: Compare, wanted: string): Key | undefined {
  switch (operator) {
    case "sw":
      return wanted === "" ? undefined : { kind: "range", from: wanted, to: prefixEnd(wanted) };
    case "ge":
      return { kind: "range", from: wanted, to: undefined };
    case "gt":
      // Nothing lies between a text and the same text followed by U+0000.
      return { kind: "range", from: `${wanted}\u0000`, to: undefined };
    case "lt":
      return { kind: "range", from: undefined, to: wanted };
    case "le":
      return { kind: "range", from: undefined, to: `${wanted}\u0000` };
    default:
      return undefined;
  }
}

function keyOf(type: ResourceType, filter: Compare): Key | undefined {
  const name = keyName(type, filter.target);
  if (name === undefined || filter.value.type !== "string") return undefined;
  const wanted = leafOf(filter.target).caseExact ? filter.value.text : fold(filter.value.text);
  if (filter.operator === "eq") return { kind: "values", name, values: [wanted] };
  return name === "name" ? rangeOf(filter, wanted) : undefined;
}

/** Few expected rows first. */
const cost = (access: Access): number => {
  const order: readonly KeyName[] = ["id", "name", "externalId", "email", "member", "group"];
  return Math.max(...access.map((key) => (key.kind === "range" ? order.length : order.indexOf(key.name))));
};

/** Look-ups of one kind become one, so that `id eq "a" or id eq "b" or …` is one list. */
function merged(keys: readonly Key[]): Access {
  const lists = new Map<KeyName, Set<string>>();
  const ranges: Key[] = [];
  for (const key of keys) {
    if (key.kind === "range") ranges.push(key);
    else lists.set(key.name, new Set([...(lists.get(key.name) ?? []), ...key.values]));
  }
  const values = [...lists].map(([name, list]): Key => ({ kind: "values", name, values: [...list] }));
  return [...values, ...ranges];
}

/** Undefined when no index helps. */
export function accessOf(type: ResourceType, filter: ResolvedFilter): Access | undefined {
  switch (filter.kind) {
    case "compare": {
      const key = keyOf(type, filter);
      return key && [key];
    }
    case "element":
      // One element that satisfies several criteria satisfies each: any of them may find it.
      return accessOf(type, filter.filter);
    case "and": {
      const found = filter.operands.flatMap((operand) => {
        const access = accessOf(type, operand);
        return access === undefined ? [] : [access];
      });
      return found.sort((one, other) => cost(one) - cost(other))[0];
    }
    case "or": {
      const keys: Key[] = [];
      for (const operand of filter.operands) {
        const access = accessOf(type, operand);
        if (access === undefined) return undefined;
        keys.push(...access);
      }
      const access = merged(keys);
      return access.length > alternativesMax ? undefined : access;
    }
    case "not":
    case "present":
    case "constant":
      return undefined;
  }
}

/** D1 joins at most five SELECTs by UNION; more alternatives than this are no real filter. */
const alternativesMax = 5;
