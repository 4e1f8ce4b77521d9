import { define, type SchemaDefinition } from "../attribute.ts";
import { INFO_USER } from "../urn.ts";

/** Our own extension: two free texts that an administrator may map to anything. */
export const INFO_USER_SCHEMA: SchemaDefinition = {
  id: INFO_USER,
  name: "InfoUser",
  description: "Additional information about a user",
  attributes: [
    define("string", "info1", "Additional information 1"),
    define("string", "info2", "Additional information 2"),
  ],
};
