import { define, type SchemaDefinition } from "../attribute.ts";
import { RESOURCE_TYPE } from "../urn.ts";

const fixed = { mutability: "readOnly" } as const;
const required = { ...fixed, required: true } as const;
const uri = { referenceTypes: ["uri"] } as const;

/** RFC 7643 §6 and §8.7.2. */
export const RESOURCE_TYPE_SCHEMA: SchemaDefinition = {
  id: RESOURCE_TYPE,
  name: "ResourceType",
  description: "A type of resource",
  attributes: [
    define("string", "id", "The identifier of the type, the same as its name.", fixed),
    define("string", "name", "The name of the type.", required),
    define("string", "description", "What the type is.", fixed),
    define("reference", "endpoint", "The endpoint of the type, relative to the base address.", {
      ...required,
      ...uri,
    }),
    define("reference", "schema", "The URN of the type's base schema.", {
      ...required,
      ...uri,
      caseExact: true,
    }),
    define("complex", "schemaExtensions", "The extensions of the type.", {
      ...fixed,
      multiValued: true,
      subAttributes: [
        define("reference", "schema", "The URN of an extension.", { ...required, ...uri }),
        define("boolean", "required", "Whether a resource must carry the extension.", required),
      ],
    }),
  ],
};
