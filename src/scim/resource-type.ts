import { type AttributeDefinition, findAttribute, type SchemaDefinition } from "./attribute.ts";
import { unprefixedHome } from "./idp/entra.ts";
import { COMMON_ATTRIBUTES } from "./schemas/common.ts";
import { ENTERPRISE_USER_SCHEMA } from "./schemas/enterprise-user.ts";
import { GROUP_SCHEMA } from "./schemas/group.ts";
import { INFO_USER_SCHEMA } from "./schemas/info-user.ts";
import { USER_SCHEMA } from "./schemas/user.ts";

export type ResourceType = {
  readonly name: "User" | "Group";
  readonly endpoint: "/Users" | "/Groups";
  readonly description: string;
  readonly schema: SchemaDefinition;
  readonly extensions: readonly SchemaDefinition[];
};

export const USER_TYPE: ResourceType = {
  name: "User",
  endpoint: "/Users",
  description: "User Account",
  schema: USER_SCHEMA,
  extensions: [ENTERPRISE_USER_SCHEMA, INFO_USER_SCHEMA],
};

export const GROUP_TYPE: ResourceType = {
  name: "Group",
  endpoint: "/Groups",
  description: "Group",
  schema: GROUP_SCHEMA,
  extensions: [],
};

/** `[URI ":"] ATTRNAME *1subAttr` of RFC 7644 Figure 1, not yet looked up in any schema. */
export type AttributeName = {
  readonly uri?: string;
  readonly name: string;
  readonly subAttribute?: string;
};

/** Where an attribute lives. `schema` is the URN of the extension that holds it; core and common ones have none. */
export type ResolvedAttribute = {
  readonly schema: string | undefined;
  readonly attribute: AttributeDefinition;
  readonly subAttribute?: AttributeDefinition;
};

// "$ref" (RFC 7643 §2.4) is a sub-attribute that the ABNF of ATTRNAME forgot; in brackets it stands alone.
const NAME = /^\$?[A-Za-z][A-Za-z0-9_-]*$/;
const URI = /^[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9\-._~:/?#@!$&'*+,;=%]+$/;

/** A URI may hold dots and colons, an ATTRNAME neither: the last colon is where the URI ends (RFC 7644 §3.10). */
export const parseAttributeName = (text: string): AttributeName | undefined => {
  const colon = text.lastIndexOf(":");
  const uri = colon < 0 ? undefined : text.slice(0, colon);
  const [name = "", subAttribute, ...rest] = text.slice(colon + 1).split(".");
  if (rest.length > 0 || !NAME.test(name)) return undefined;
  if (subAttribute !== undefined && !NAME.test(subAttribute)) return undefined;
  if (uri !== undefined && !URI.test(uri)) return undefined;
  return {
    ...(uri === undefined ? {} : { uri }),
    name,
    ...(subAttribute === undefined ? {} : { subAttribute }),
  };
};

export const printAttributeName = ({ uri, name, subAttribute }: AttributeName): string =>
  `${uri === undefined ? "" : `${uri}:`}${name}${subAttribute === undefined ? "" : `.${subAttribute}`}`;

/** The extension of this type with this URN; URNs are case-insensitive (RFC 7644 §3.10). */
export const findExtension = (type: ResourceType, urn: string): SchemaDefinition | undefined => {
  const wanted = urn.toLowerCase();
  return type.extensions.find((extension) => extension.id.toLowerCase() === wanted);
};

export const isCoreUrn = (type: ResourceType, urn: string): boolean =>
  type.schema.id.toLowerCase() === urn.toLowerCase();

type Home = { schema: string | undefined; attribute: AttributeDefinition };

const core = (type: ResourceType, name: string): Home | undefined => {
  const attribute = findAttribute(type.schema.attributes, name) ?? findAttribute(COMMON_ATTRIBUTES, name);
  return attribute && { schema: undefined, attribute };
};

const extended = (type: ResourceType, uri: string, name: string): Home | undefined => {
  const extension = findExtension(type, uri);
  const attribute = findAttribute(extension?.attributes, name);
  return extension && attribute && { schema: extension.id, attribute };
};

const homeOf = (type: ResourceType, { uri, name }: AttributeName): Home | undefined => {
  if (uri !== undefined) return isCoreUrn(type, uri) ? core(type, name) : extended(type, uri, name);
  const home = unprefixedHome(name);
  return core(type, name) ?? (home === undefined ? undefined : extended(type, home, name));
};

/** The definition behind a name, whatever its case and with or without its schema's URN. */
export const resolveAttribute = (type: ResourceType, name: AttributeName): ResolvedAttribute | undefined => {
  const home = homeOf(type, name);
  if (home === undefined || name.subAttribute === undefined) return home;
  const subAttribute = findAttribute(home.attribute.subAttributes, name.subAttribute);
  return subAttribute && { ...home, subAttribute };
};

/** The definition that says how a resolved attribute's values compare. */
export const leafOf = ({ attribute, subAttribute }: ResolvedAttribute): AttributeDefinition =>
  subAttribute ?? attribute;

/** A complex attribute without sub-attribute stands for its `value` (emails, roles, members, manager, …). */
export const defaultToValue = (target: ResolvedAttribute): ResolvedAttribute | undefined => {
  if (leafOf(target).type !== "complex") return target;
  const subAttribute = findAttribute(target.attribute.subAttributes, "value");
  return subAttribute && { ...target, subAttribute };
};
