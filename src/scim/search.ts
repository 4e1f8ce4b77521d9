import { isObject, type Json } from "./json.ts";
import { checkMessage } from "./message.ts";
import { ok, type Result, refuse } from "./result.ts";
import { SEARCH_REQUEST } from "./urn.ts";
import { duplicateName } from "./value.ts";

const PARAMETERS: ReadonlyMap<string, string> = new Map(
  ["attributes", "excludedAttributes", "filter", "sortBy", "sortOrder", "startIndex", "count", "cursor"].map(
    (name) => [name.toLowerCase(), name],
  ),
);

const asText = (value: Json): string | undefined => {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  const isNames = Array.isArray(value) && value.every((item) => typeof item === "string");
  return isNames ? value.join(",") : undefined;
};

/** A SearchRequest (RFC 7644 §3.4.3) as the query parameters it stands for; members it does not define are ignored. */
export const parseSearchRequest = (body: Json): Result<Record<string, string>> => {
  if (!isObject(body)) return refuse("invalidSyntax", "The body must be a JSON object.");
  const unique = duplicateName(body);
  if (!unique.ok) return unique;
  const schemas = Object.entries(body).find(([name]) => name.toLowerCase() === "schemas")?.[1];
  const message = checkMessage(schemas, SEARCH_REQUEST);
  if (!message.ok) return message;
  const parameters: [string, string][] = [];
  for (const [name, value] of Object.entries(body)) {
    const parameter = PARAMETERS.get(name.toLowerCase());
    if (parameter === undefined || value === null) continue;
    const text = asText(value);
    if (text === undefined)
      return refuse("invalidSyntax", `The attribute '${parameter}' has a value of a wrong type.`);
    parameters.push([parameter, text]);
  }
  return ok(Object.fromEntries(parameters));
};
