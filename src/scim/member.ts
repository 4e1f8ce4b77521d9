import { quote } from "./error.ts";
import { listOfDictionary } from "./idp/onelogin.ts";
import { isObject, type Json } from "./json.ts";
import { MEMBERS_MAX, NAME_LENGTH_MAX } from "./limits.ts";
import { ok, type Result, refuse } from "./result.ts";
import { duplicateName } from "./value.ts";

/** A member of a group (RFC 7643 §4.2); `$ref` and `display` follow from the id and are not kept. */
export type MemberReference = { value: string; type?: "User" | "Group" };

const memberType = (value: Json | undefined): "User" | "Group" | undefined => {
  const word = typeof value === "string" ? value.toLowerCase() : undefined;
  return word === "user" ? "User" : word === "group" ? "Group" : undefined;
};

const parseMember = (item: Json): Result<MemberReference> => {
  if (!isObject(item)) return refuse("invalidValue", "A member must be an object with a 'value'.");
  const unique = duplicateName(item);
  if (!unique.ok) return unique;
  // Entra sends `"$ref":null` beside the value; only value and type are read.
  const entries = new Map(Object.entries(item).map(([name, one]) => [name.toLowerCase(), one]));
  const value = entries.get("value");
  if (typeof value !== "string" || value === "") {
    return refuse("invalidValue", "A member must have a 'value' with the id of a User or a Group.");
  }
  if (value.length > NAME_LENGTH_MAX)
    return refuse("invalidValue", `${quote(value)} is not the id of a member.`);
  const type = memberType(entries.get("type"));
  return ok(type === undefined ? { value } : { value, type });
};

/** A list of members, each once; null and [] are the empty list. */
export const parseMembers = (value: Json): Result<MemberReference[]> => {
  const list = listOfDictionary(value);
  if (list === undefined) return refuse("invalidValue", "The attribute 'members' must be a list of objects.");
  if (list.length > MEMBERS_MAX) {
    return refuse("payloadTooLarge", `A request may name at most ${MEMBERS_MAX} members.`);
  }
  const members = new Map<string, MemberReference>();
  for (const item of list) {
    const member = parseMember(item);
    if (!member.ok) return member;
    members.set(member.value.value, member.value);
  }
  return ok([...members.values()]);
};
