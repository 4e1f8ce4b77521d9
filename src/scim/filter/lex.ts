import { ok, type Result, refuse } from "../result.ts";

/** `spaced` tells whether white space stood before: the grammar demands it around operators. */
export type Token =
  | { readonly kind: "(" | ")" | "[" | "]"; readonly at: number; readonly spaced: boolean }
  | {
      readonly kind: "word" | "string";
      readonly text: string;
      readonly at: number;
      readonly spaced: boolean;
    };

const SPACE = /\s/;
// What ends a word (design §5.2). "(" and "[" too, so that `not(` and `emails[` come apart.
const WORD_END = /[\s()[\]"]/;

const stringEnd = (text: string, start: number): number | undefined => {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === '"') return at + 1;
  }
  return undefined;
};

/** Strings follow JSON (RFC 7644 §3.4.2.2), so JSON decides about escapes and control characters. */
const decode = (raw: string): string | undefined => {
  try {
    const value: unknown = JSON.parse(raw);
    return typeof value === "string" && value.isWellFormed() ? value : undefined;
  } catch {
    return undefined;
  }
};

const wordEnd = (text: string, start: number): number => {
  let at = start;
  while (at < text.length && !WORD_END.test(text[at] ?? "")) at += 1;
  return at;
};

export const lex = (text: string): Result<readonly Token[]> => {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const start = at;
    while (at < text.length && SPACE.test(text[at] ?? "")) at += 1;
    const spaced = at > start;
    const character = text[at];
    if (character === undefined) break;
    if (character === "(" || character === ")" || character === "[" || character === "]") {
      tokens.push({ kind: character, at, spaced });
      at += 1;
    } else if (character === '"') {
      const end = stringEnd(text, at);
      if (end === undefined)
        return refuse("invalidFilter", `The string at position ${at + 1} is not closed.`);
      const value = decode(text.slice(at, end));
      if (value === undefined) {
        return refuse("invalidFilter", `The string at position ${at + 1} is not a valid JSON string.`);
      }
      tokens.push({ kind: "string", text: value, at, spaced });
      at = end;
    } else {
      const end = wordEnd(text, at);
      tokens.push({ kind: "word", text: text.slice(at, end), at, spaced });
      at = end;
    }
  }
  return ok(tokens);
};
