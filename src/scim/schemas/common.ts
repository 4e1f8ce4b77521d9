import { type AttributeDefinition, define } from "../attribute.ts";

const serverMade = { mutability: "readOnly" } as const;

/** The attributes every resource has without a schema listing them (RFC 7643 §3 and §3.1). */
export const COMMON_ATTRIBUTES: readonly AttributeDefinition[] = [
  define("reference", "schemas", "The schemas whose attributes the resource carries.", {
    ...serverMade,
    multiValued: true,
    caseExact: false,
    returned: "always",
    referenceTypes: ["uri"],
  }),
  define("string", "id", "The identifier the service gave the resource.", {
    ...serverMade,
    caseExact: true,
    returned: "always",
    uniqueness: "server",
  }),
  define("string", "externalId", "The identifier the client gave the resource.", { caseExact: true }),
  define("complex", "meta", "What the service records about the resource.", {
    ...serverMade,
    subAttributes: [
      define("string", "resourceType", "The name of the resource's type.", {
        ...serverMade,
        caseExact: true,
      }),
      define("dateTime", "created", "When the resource was created.", serverMade),
      define("dateTime", "lastModified", "When the resource last changed.", serverMade),
      define("reference", "location", "The address of the resource.", {
        ...serverMade,
        referenceTypes: ["uri"],
      }),
      define("string", "version", "The version of the resource, as in its ETag.", {
        ...serverMade,
        caseExact: true,
      }),
    ],
  }),
];
