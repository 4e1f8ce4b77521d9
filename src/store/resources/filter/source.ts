/**
 * Where the attributes of a representation live in a shard: columns, the two JSON documents, other tables. It says
 * of each attribute what `scim-representation.ts` would put under its name; values are SQL expressions over a row
 * of `users` or `groups`, NULL where there is none.
 */
import { type SQL, sql } from "drizzle-orm";
import { leafOf, type ResolvedAttribute, type ResourceType } from "../../../scim/resource-type.ts";
import { memberSource, schemaSource, userGroupSource } from "./derived-source.ts";
import { type Bind, type Element, type Source, same, table, type Value } from "./value.ts";

/** What a filter is compiled for. */
export type Place = {
  readonly type: ResourceType;
  /** Of the addresses in `meta.location` and `$ref`. */
  readonly baseUrl: string;
  readonly bind: Bind;
};

/** A step of a JSON path. Names come from schemas, never from a request. */
const step = (name: string): string => `."${name}"`;

const attributePath = ({ schema, attribute }: ResolvedAttribute): string =>
  `$${schema === undefined ? "" : step(schema)}${step(attribute.name)}`;

const textLiteral = (text: string): SQL => sql.raw(`'${text.replaceAll("'", "''")}'`);

const inDocument = (type: ResourceType, path: SQL): Value => ({
  exact: sql`json_extract(${table(type)}.document, ${path})`,
  folded: sql`json_extract(${table(type)}.folded, ${path})`,
});

/** Attributes that columns repeat; reading those spares parsing the document. */
function columnValue(type: ResourceType, { schema, attribute }: ResolvedAttribute): Value | undefined {
  if (schema !== undefined) return undefined;
  switch (`${type.name}.${attribute.name}`) {
    case "User.id":
      return same(sql.raw("users.scim_id"));
    case "User.externalId":
      return same(sql.raw("users.external_id"));
    case "User.userName":
      return { exact: sql.raw("users.user_name"), folded: sql.raw("users.user_name_folded") };
    case "Group.id":
      return same(sql.raw("groups.scim_id"));
    case "Group.externalId":
      return same(sql.raw("groups.external_id"));
    case "Group.displayName":
      return { exact: sql.raw("groups.display_name"), folded: sql.raw("groups.display_name_folded") };
    default:
      return undefined;
  }
}

const metaElement = ({ type, baseUrl, bind }: Place): Element => ({
  valueOf({ name }) {
    const row = table(type);
    switch (name) {
      case "resourceType":
        return same(textLiteral(type.name));
      case "created":
        return same(sql`${row}.created_at`);
      case "lastModified":
        return same(sql`${row}.updated_at`);
      case "location":
        return same(sql`(${bind(`${baseUrl}${type.endpoint}/`)} || ${row}.scim_id)`);
      case "version":
        return same(sql`('W/"' || ${row}.version || '"')`);
      default:
        return same(sql.raw("NULL"));
    }
  },
});

/** `pr` of an object or a list: some value in it is not empty (RFC 7644 Table 3). */
const anythingIn = (type: ResourceType, path: string): SQL =>
  sql`EXISTS (SELECT 1 FROM json_tree(${table(type)}.document, '${sql.raw(path)}') AS t
    WHERE t.atom IS NOT NULL AND t.atom <> '')`;

/** The elements of a list in the document; both copies of it have them in the same order. */
function listSource(type: ResourceType, path: string): Source {
  const element: Element = {
    valueOf: ({ name }) => inDocument(type, sql`('${sql.raw(path)}[' || e.key || ']${sql.raw(step(name))}')`),
  };
  const elements = sql`json_each(${table(type)}.document, '${sql.raw(path)}') AS e`;
  const isPrimary = sql`json_extract(${table(type)}.document, '${sql.raw(path)}[' || e.key || '].primary')`;
  return {
    kind: "several",
    isPresent: anythingIn(type, path),
    some: (holds) => sql`EXISTS (SELECT 1 FROM ${elements} WHERE ${holds(element)})`,
    first: (pick) => sql`(SELECT ${pick(element)} FROM ${elements} WHERE ${pick(element)} IS NOT NULL
      ORDER BY ${isPrimary} IS NOT 1, e.key LIMIT 1)`,
  };
}

function complexSource(place: Place, target: ResolvedAttribute): Source {
  const { type } = place;
  const path = attributePath(target);
  const element: Element = {
    valueOf: ({ name }) => inDocument(type, sql`'${sql.raw(path)}${sql.raw(step(name))}'`),
  };
  const exists = sql`json_type(${table(type)}.document, '${sql.raw(path)}') IS NOT NULL`;
  return { kind: "single", element, exists, isPresent: anythingIn(type, path) };
}

/** Where the values of an attribute, or the objects that hold its sub-attributes, come from. */
export function sourceOf(place: Place, target: ResolvedAttribute): Source {
  const { type } = place;
  const { schema, attribute } = target;
  if (schema === undefined && attribute.name === "meta") {
    return { kind: "single", element: metaElement(place), exists: sql`1`, isPresent: sql`1` };
  }
  if (schema === undefined && attribute.name === "schemas") return schemaSource(type);
  if (schema === undefined && attribute.name === "groups") return userGroupSource(place.baseUrl, place.bind);
  if (schema === undefined && attribute.name === "members") return memberSource(place.baseUrl, place.bind);
  const path = attributePath(target);
  if (attribute.multiValued) return listSource(type, path);
  if (attribute.type === "complex") return complexSource(place, target);
  const value = columnValue(type, target) ?? inDocument(type, sql`'${sql.raw(path)}'`);
  return { kind: "single", element: { valueOf: () => value }, exists: sql`1`, isPresent: undefined };
}

/** The value resources are sorted by, folded unless case matters; NULL where there is none. */
export function sortValue(place: Place, target: ResolvedAttribute): SQL {
  const source = sourceOf(place, target);
  const leaf = leafOf(target);
  const isFolded = !leaf.caseExact && (leaf.type === "string" || leaf.type === "reference");
  const pick = (element: Element): SQL => element.valueOf(leaf)[isFolded ? "folded" : "exact"];
  return source.kind === "single" ? pick(source.element) : source.first(pick);
}
