/** The folded copy of a document: what case-insensitive filters compare with (design: one fold everywhere). */
import { fold } from "../../scim/fold.ts";
import type { Json, JsonObject } from "../../scim/json.ts";

/** JSON text of the attributes with every string folded; names stay as they are, unless SQL could not fold them. */
export const foldedDocument = (attributes: JsonObject): string => JSON.stringify(foldStrings(attributes));

function foldStrings(value: Json): Json {
  if (typeof value === "string") return fold(value);
  if (Array.isArray(value)) return value.map(foldStrings);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [foldName(name), foldStrings(inner)]),
  );
}

/** Names of raw namespaces are values of `schemas`; SQL folds ASCII itself, and schemas' own names are ASCII. */
const foldName = (name: string): string => (/[^\u0020-\u007e]/.test(name) ? fold(name) : name);
