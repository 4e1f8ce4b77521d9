import { type AttributeDefinition, define, type SchemaDefinition } from "../attribute.ts";
import { SCHEMA } from "../urn.ts";

const fixed = { mutability: "readOnly" } as const;
const required = { ...fixed, required: true } as const;

const one = (name: string, description: string, canonicalValues: readonly string[]): AttributeDefinition =>
  define("string", name, description, { ...fixed, caseExact: true, canonicalValues });

const characteristics: readonly AttributeDefinition[] = [
  define("string", "name", "The name of the attribute.", { ...required, caseExact: true }),
  define("string", "type", "The type of the attribute's values.", {
    ...required,
    canonicalValues: [
      "string",
      "complex",
      "boolean",
      "decimal",
      "integer",
      "dateTime",
      "binary",
      "reference",
    ],
  }),
  define("boolean", "multiValued", "Whether the attribute may have several values.", required),
  define("string", "description", "What the attribute is.", { ...fixed, caseExact: true }),
  define("boolean", "required", "Whether the attribute must have a value.", fixed),
  define("string", "canonicalValues", "Values that clients should use.", {
    ...fixed,
    multiValued: true,
    caseExact: true,
  }),
  define("boolean", "caseExact", "Whether the case of values matters.", fixed),
  one("mutability", "Who may change the attribute.", ["readOnly", "readWrite", "immutable", "writeOnly"]),
  one("returned", "When the attribute is returned.", ["always", "never", "default", "request"]),
  one("uniqueness", "Where values must be unique.", ["none", "server", "global"]),
  define("string", "referenceTypes", "What a reference may refer to.", {
    ...fixed,
    multiValued: true,
    caseExact: true,
  }),
];

/** RFC 7643 §7 and §8.7.2. */
export const SCHEMA_SCHEMA: SchemaDefinition = {
  id: SCHEMA,
  name: "Schema",
  description: "A schema of resources",
  attributes: [
    define("string", "id", "The URN of the schema.", required),
    define("string", "name", "The name of the schema.", required),
    define("string", "description", "What the schema describes.", fixed),
    define("complex", "attributes", "The attributes of the schema.", {
      ...required,
      multiValued: true,
      subAttributes: [
        ...characteristics,
        define("complex", "subAttributes", "The sub-attributes of a complex attribute.", {
          ...fixed,
          multiValued: true,
          subAttributes: characteristics,
        }),
      ],
    }),
  ],
};
