/** JSON text of a client, read strictly. */
import { refusal, type ScimError } from "./error.ts";
import type { Json } from "./json.ts";
import { JSON_DEPTH_MAX } from "./limits.ts";
import { err, ok, type Result, refuse } from "./result.ts";

/** The closing quote of the JSON string that opens at `start`, or the end of the text. */
const endOfString = (text: string, start: number): number => {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at;
};

const decodeKey = (raw: string): string => {
  if (!raw.includes("\\")) return raw.slice(1, -1);
  try {
    return String(JSON.parse(raw));
  } catch {
    return raw;
  }
};

/**
 * One linear pass before JSON.parse, which keeps the last of two equal names in silence (RFC 8259 §4 leaves that
 * open): which of two `userName` members a client meant is not ours to guess. The pass need not judge the grammar.
 */
const scan = (text: string): ScimError | undefined => {
  const open: (Set<string> | undefined)[] = [];
  let expectsName = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === "{" || character === "[") {
      if (open.length >= JSON_DEPTH_MAX) {
        return refusal("invalidSyntax", `The body is nested deeper than ${JSON_DEPTH_MAX} levels.`);
      }
      open.push(character === "{" ? new Set() : undefined);
      expectsName = character === "{";
    } else if (character === "}" || character === "]") {
      open.pop();
      expectsName = false;
    } else if (character === ",") {
      expectsName = open.at(-1) !== undefined;
    } else if (character === '"') {
      const end = endOfString(text, at);
      if (expectsName) {
        const name = decodeKey(text.slice(at, end + 1));
        const names = open.at(-1);
        if (names?.has(name))
          return refusal("invalidSyntax", `The body has two members with one name: ${name}.`);
        names?.add(name);
        if (name === "__proto__") return refusal("invalidSyntax", "A member may not be named __proto__.");
        expectsName = false;
      }
      at = end;
    }
  }
  return undefined;
};

/** Text and numbers that could not be stored and given back as they came. */
const unstorable = (value: Json): string | undefined => {
  if (typeof value === "string") {
    return value.isWellFormed() ? undefined : "The body contains half of a surrogate pair.";
  }
  if (typeof value === "number") {
    return Number.isFinite(value) ? undefined : "The body contains a number out of range.";
  }
  if (typeof value !== "object" || value === null) return undefined;
  for (const [name, item] of Object.entries(value)) {
    const reason = unstorable(name) ?? unstorable(item);
    if (reason !== undefined) return reason;
  }
  return undefined;
};

export const parseJson = (text: string): Result<Json> => {
  const refused = scan(text);
  if (refused !== undefined) return err(refused);
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return refuse("invalidSyntax", "The body is not valid JSON.");
  }
  const reason = unstorable(value);
  return reason === undefined ? ok(value) : refuse("invalidSyntax", reason);
};
