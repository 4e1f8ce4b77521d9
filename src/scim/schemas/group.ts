import { define, type SchemaDefinition } from "../attribute.ts";
import { GROUP } from "../urn.ts";

const fixed = { mutability: "immutable" } as const;

/** RFC 7643 §4.2 and §8.7.1; `displayName` is required by §4.2, and §2.4 gives members a `display`. */
export const GROUP_SCHEMA: SchemaDefinition = {
  id: GROUP,
  name: "Group",
  description: "Group",
  attributes: [
    define("string", "displayName", "The name of the group.", { required: true }),
    define("complex", "members", "The members of the group.", {
      multiValued: true,
      subAttributes: [
        // Carries the id of a resource, and ids are case-exact (RFC 7643 §3.1).
        define("string", "value", "The id of the member.", { ...fixed, caseExact: true }),
        define("reference", "$ref", "The address of the member.", {
          ...fixed,
          referenceTypes: ["User", "Group"],
        }),
        define("string", "type", "Whether the member is a User or a Group.", {
          ...fixed,
          canonicalValues: ["User", "Group"],
        }),
        define("string", "display", "The name of the member.", fixed),
      ],
    }),
  ],
};
