import { quote } from "./error.ts";
import type { Json, JsonObject } from "./json.ts";
import { ok, type Result, refuse } from "./result.ts";
import { duplicateName } from "./value.ts";

/**
 * What a request body says it is (RFC 7644 §3.5.2, §3.4.3, §3.7). A message may omit `schemas`, as clients do (R5), but
 * not name another message (design §5.3).
 */
export const checkMessage = (schemas: Json | undefined, urn: string): Result<true> => {
  if (schemas === undefined || schemas === null) return ok(true);
  const list = Array.isArray(schemas) ? schemas : [schemas];
  const isNamed = list.some((one) => typeof one === "string" && one.toLowerCase() === urn.toLowerCase());
  return list.length === 0 || isNamed
    ? ok(true)
    : refuse("invalidSyntax", `The attribute 'schemas' of this request must be [${quote(urn)}].`);
};

/** The members of a message by lower-cased name: clients write `operations` and `Op` too (R5, RFC 7643 §2.1). */
export const messageMembers = (message: JsonObject): Result<ReadonlyMap<string, Json>> => {
  const unique = duplicateName(message);
  if (!unique.ok) return unique;
  return ok(new Map(Object.entries(message).map(([name, value]) => [name.toLowerCase(), value])));
};
