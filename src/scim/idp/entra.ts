// What Microsoft Entra ID's provisioning client sends beside the letter of the RFCs.

import type { AttributeDefinition } from "../attribute.ts";
import { isObject, type Json, memberOf } from "../json.ts";
import { ENTERPRISE_USER } from "../urn.ts";

/**
 * Microsoft's tutorial adds a manager by the bare name, and asks for it so in filters:
 * `{"op":"Add","path":"manager","value":[{"$ref":"…/Users/<id>","value":"<id>"}]}`.
 * Answers the extension in which a name may be meant although its URN is missing.
 */
export const unprefixedHome = (name: string): string | undefined =>
  name.toLowerCase() === "manager" ? ENTERPRISE_USER : undefined;

/**
 * Without the aadOptscim062020 flag booleans arrive as words: `{"op":"Replace","path":"active","value":"False"}`,
 * and role assignments are matched by `roles[primary eq "True"]`. Only for booleans; text is never coerced.
 */
export const booleanWord = (text: string): boolean | undefined => {
  const word = text.toLowerCase();
  return word === "true" ? true : word === "false" ? false : undefined;
};

/**
 * A manager arrives as `"<id>"`, `{"value":"<id>"}` or `[{"$ref":"…","value":"<id>"}]`, and leaves as `""`, alone or
 * as the value (R11). Any other complex attribute must be what its schema says.
 */
export const managerObject = (definition: AttributeDefinition, value: Json): Json | undefined => {
  if (definition.name !== "manager") return value;
  const single = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (typeof single === "string") return single === "" ? undefined : { value: single };
  return isObject(single) && memberOf(single, "value") === "" ? undefined : single;
};
