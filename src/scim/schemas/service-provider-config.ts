import { type AttributeDefinition, define, type SchemaDefinition } from "../attribute.ts";
import { SERVICE_PROVIDER_CONFIG } from "../urn.ts";

const fixed = { mutability: "readOnly" } as const;
const required = { ...fixed, required: true } as const;

const feature = (
  name: string,
  description: string,
  more: readonly AttributeDefinition[] = [],
): AttributeDefinition =>
  define("complex", name, description, {
    ...required,
    subAttributes: [define("boolean", "supported", "Whether it is supported.", required), ...more],
  });

const number = (name: string, description: string, changes = required): AttributeDefinition =>
  define("integer", name, description, changes);

/** RFC 7643 §5 and §8.7.2, with `pagination` of RFC 9865 §4. */
export const SERVICE_PROVIDER_CONFIG_SCHEMA: SchemaDefinition = {
  id: SERVICE_PROVIDER_CONFIG,
  name: "ServiceProviderConfig",
  description: "What this service provider supports",
  attributes: [
    define("reference", "documentationUri", "Where the service is documented.", {
      ...fixed,
      referenceTypes: ["external"],
    }),
    feature("patch", "PATCH requests."),
    feature("bulk", "Bulk requests.", [
      number("maxOperations", "The most operations in one request."),
      number("maxPayloadSize", "The most bytes in one request."),
    ]),
    feature("filter", "Filters.", [number("maxResults", "The most resources in one answer.")]),
    feature("changePassword", "Changes of a password."),
    feature("sort", "Sorting."),
    feature("etag", "Entity tags."),
    define("complex", "authenticationSchemes", "How clients authenticate.", {
      ...required,
      multiValued: true,
      subAttributes: [
        define("string", "type", "The kind of scheme.", {
          ...required,
          canonicalValues: ["oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"],
        }),
        define("string", "name", "The name of the scheme.", required),
        define("string", "description", "What the scheme is.", required),
        define("reference", "specUri", "Where the scheme is specified.", {
          ...fixed,
          referenceTypes: ["external"],
        }),
        define("reference", "documentationUri", "Where its use is documented.", {
          ...fixed,
          referenceTypes: ["external"],
        }),
        define("boolean", "primary", "Whether this is the preferred scheme.", fixed),
      ],
    }),
    define("complex", "pagination", "How lists are paged.", {
      ...fixed,
      subAttributes: [
        define("boolean", "cursor", "Whether pages can be asked for by cursor.", required),
        define("boolean", "index", "Whether pages can be asked for by index.", required),
        define("string", "defaultPaginationMethod", "The method when a request names none.", {
          ...fixed,
          canonicalValues: ["cursor", "index"],
        }),
        define("integer", "defaultPageSize", "The size of a page when a request names none.", fixed),
        define("integer", "maxPageSize", "The size of the largest page.", fixed),
        define("integer", "cursorTimeout", "For how many seconds a cursor is valid.", fixed),
      ],
    }),
  ],
};
