// The documents of RFC 7644 §4, generated from the same data that validates.

import type { AttributeDefinition, SchemaDefinition } from "./attribute.ts";
import { findAttribute } from "./attribute.ts";
import { quote } from "./error.ts";
import type { Json, JsonObject } from "./json.ts";
import { PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX } from "./limits.ts";
import { GROUP_TYPE, type ResourceType, USER_TYPE } from "./resource-type.ts";
import { ok, type Result, refuse } from "./result.ts";
import { COMMON_ATTRIBUTES } from "./schemas/common.ts";
import { RESOURCE_TYPE_SCHEMA } from "./schemas/resource-type.ts";
import { SCHEMA_SCHEMA } from "./schemas/schema.ts";
import { SERVICE_PROVIDER_CONFIG_SCHEMA } from "./schemas/service-provider-config.ts";
import { RESOURCE_TYPE, SCHEMA, SERVICE_PROVIDER_CONFIG } from "./urn.ts";

export type AuthenticationScheme = {
  readonly type: "oauth" | "oauth2" | "oauthbearertoken" | "httpbasic" | "httpdigest";
  readonly name: string;
  readonly description: string;
  readonly specUri?: string;
  readonly documentationUri?: string;
  readonly primary?: boolean;
};

export type ServiceFacts = {
  readonly baseUrl: string;
  readonly bulk: {
    readonly supported: boolean;
    readonly maxOperations: number;
    readonly maxPayloadSize: number;
  };
  readonly authenticationSchemes: readonly AuthenticationScheme[];
  readonly documentationUri?: string;
  readonly cursorTimeoutSeconds?: number;
};

const TYPES: readonly ResourceType[] = [USER_TYPE, GROUP_TYPE];

const META_SCHEMAS = [SERVICE_PROVIDER_CONFIG_SCHEMA, RESOURCE_TYPE_SCHEMA, SCHEMA_SCHEMA];

export const serviceProviderConfig = (facts: ServiceFacts): JsonObject => ({
  schemas: [SERVICE_PROVIDER_CONFIG],
  ...(facts.documentationUri === undefined ? {} : { documentationUri: facts.documentationUri }),
  patch: { supported: true },
  bulk: { ...facts.bulk },
  filter: { supported: true, maxResults: PAGE_SIZE_MAX },
  changePassword: { supported: false },
  sort: { supported: true },
  etag: { supported: true },
  authenticationSchemes: facts.authenticationSchemes.map((scheme) => ({ ...scheme })),
  pagination: {
    cursor: true,
    index: true,
    defaultPaginationMethod: "index",
    defaultPageSize: PAGE_SIZE_DEFAULT,
    maxPageSize: PAGE_SIZE_MAX,
    ...(facts.cursorTimeoutSeconds === undefined ? {} : { cursorTimeout: facts.cursorTimeoutSeconds }),
  },
  meta: {
    resourceType: "ServiceProviderConfig",
    location: `${facts.baseUrl}/ServiceProviderConfig`,
  },
});

const resourceTypeDocument = (baseUrl: string, type: ResourceType): JsonObject => ({
  schemas: [RESOURCE_TYPE],
  id: type.name,
  name: type.name,
  description: type.description,
  endpoint: type.endpoint,
  schema: type.schema.id,
  ...(type.extensions.length === 0
    ? {}
    : { schemaExtensions: type.extensions.map(({ id }) => ({ schema: id, required: false })) }),
  meta: { resourceType: "ResourceType", location: `${baseUrl}/ResourceTypes/${type.name}` },
});

export const resourceTypes = (baseUrl: string): JsonObject[] =>
  TYPES.map((type) => resourceTypeDocument(baseUrl, type));

export const resourceType = (baseUrl: string, name: string): Result<JsonObject> => {
  const type = TYPES.find((one) => one.name === name);
  return type === undefined
    ? refuse("notFound", `There is no resource type ${quote(name)}.`)
    : ok(resourceTypeDocument(baseUrl, type));
};

const attributeDocument = ({
  subAttributes,
  canonicalValues,
  referenceTypes,
  ...rest
}: AttributeDefinition): JsonObject => {
  const { name, type, multiValued, description, required, caseExact, mutability, returned, uniqueness } =
    rest;
  // Case and uniqueness mean nothing for booleans and complex attributes, and RFC 7643 §8.7.1 omits the former there.
  const isText = type !== "boolean" && type !== "complex";
  return {
    name,
    type,
    multiValued,
    description,
    required,
    ...(isText ? { caseExact } : {}),
    mutability,
    returned,
    uniqueness,
    ...(canonicalValues === undefined ? {} : { canonicalValues: [...canonicalValues] }),
    ...(referenceTypes === undefined ? {} : { referenceTypes: [...referenceTypes] }),
    ...(subAttributes === undefined ? {} : { subAttributes: subAttributes.map(attributeDocument) }),
  };
};

/**
 * RFC 7643 §3.1 lets a schema list common attributes. Entra's Schema_Discoverability looks for every attribute it maps,
 * and `externalId` is among its defaults.
 */
const listedAttributes = (schema: SchemaDefinition): readonly AttributeDefinition[] => {
  const externalId = findAttribute(COMMON_ATTRIBUTES, "externalId");
  const isBase = TYPES.some((type) => type.schema === schema);
  return isBase && externalId !== undefined ? [externalId, ...schema.attributes] : schema.attributes;
};

const schemaDocument = (baseUrl: string, schema: SchemaDefinition): JsonObject => {
  const attributes: Json[] = listedAttributes(schema).map(attributeDocument);
  return {
    schemas: [SCHEMA],
    id: schema.id,
    name: schema.name,
    description: schema.description,
    attributes,
    meta: { resourceType: "Schema", location: `${baseUrl}/Schemas/${schema.id}` },
  };
};

const allSchemas = (): readonly SchemaDefinition[] => [
  ...TYPES.flatMap((type) => [type.schema, ...type.extensions]),
  ...META_SCHEMAS,
];

export const schemas = (baseUrl: string): JsonObject[] =>
  allSchemas().map((schema) => schemaDocument(baseUrl, schema));

/** URNs are case-insensitive (RFC 8141 §3.1 for the namespace, RFC 7644 §3.10 for the rest). */
export const schema = (baseUrl: string, id: string): Result<JsonObject> => {
  const found = allSchemas().find((one) => one.id.toLowerCase() === id.toLowerCase());
  return found === undefined
    ? refuse("notFound", `There is no schema ${quote(id)}.`)
    : ok(schemaDocument(baseUrl, found));
};
