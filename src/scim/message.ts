import { quote, refuse } from "./error.ts";
import type { Json } from "./json.ts";
import { ok, type Result } from "./result.ts";

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
