import { quote } from "../error.ts";
import { FILTER_DEPTH_MAX, FILTER_LENGTH_MAX, FILTER_NODES_MAX } from "../limits.ts";
import { type AttributeName, parseAttributeName } from "../resource-type.ts";
import { ok, type Result, refuse } from "../result.ts";
import type { CompareOperator, Filter, Literal } from "./ast.ts";
import { lex, type Token } from "./lex.ts";

const OPERATORS: ReadonlySet<string> = new Set(["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"]);
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

const isOperator = (word: string): word is CompareOperator => OPERATORS.has(word);

type Cursor = { readonly tokens: readonly Token[]; next: number; nodes: number };

const peek = (cursor: Cursor): Token | undefined => cursor.tokens[cursor.next];

const wordAt = (token: Token | undefined): string | undefined =>
  token?.kind === "word" ? token.text.toLowerCase() : undefined;

const unexpected = (token: Token | undefined, wanted: string): Result<never> => {
  if (token === undefined) return refuse("invalidFilter", `The filter ends where ${wanted} is expected.`);
  const found = token.kind === "word" || token.kind === "string" ? quote(token.text) : quote(token.kind);
  return refuse("invalidFilter", `Found ${found} at position ${token.at + 1} where ${wanted} is expected.`);
};

const count = (cursor: Cursor): Result<true> => {
  cursor.nodes += 1;
  return cursor.nodes > FILTER_NODES_MAX
    ? refuse("invalidFilter", `The filter has more than ${FILTER_NODES_MAX} expressions.`)
    : ok(true);
};

/** `or` binds weaker than `and` (RFC 7644 §3.4.2.2); a run of one operator is one node, so runs cost no depth. */
const chain = (
  cursor: Cursor,
  operator: "and" | "or",
  depth: number,
  operand: (cursor: Cursor, depth: number) => Result<Filter>,
): Result<Filter> => {
  const first = operand(cursor, depth);
  if (!first.ok) return first;
  const operands = [first.value];
  for (let token = peek(cursor); wordAt(token) === operator; token = peek(cursor)) {
    if (token?.spaced !== true) return unexpected(token, "white space");
    cursor.next += 1;
    if (peek(cursor)?.spaced === false) return unexpected(peek(cursor), "white space");
    const following = operand(cursor, depth);
    if (!following.ok) return following;
    operands.push(following.value);
  }
  return operands.length === 1 ? first : ok({ kind: operator, operands });
};

const disjunction = (cursor: Cursor, depth: number): Result<Filter> => {
  if (depth > FILTER_DEPTH_MAX) {
    return refuse("invalidFilter", `The filter is nested deeper than ${FILTER_DEPTH_MAX} levels.`);
  }
  return chain(cursor, "or", depth, conjunction);
};

const conjunction = (cursor: Cursor, depth: number): Result<Filter> => chain(cursor, "and", depth, operand);

const operand = (cursor: Cursor, depth: number): Result<Filter> => {
  const token = peek(cursor);
  if (token?.kind === "(") return enclosed(cursor, ")", depth);
  const following = cursor.tokens[cursor.next + 1];
  if (wordAt(token) === "not" && following?.kind === "(") {
    const counted = count(cursor);
    if (!counted.ok) return counted;
    cursor.next += 1;
    const inner = enclosed(cursor, ")", depth);
    return inner.ok ? ok({ kind: "not", operand: inner.value }) : inner;
  }
  return expression(cursor, depth);
};

const enclosed = (cursor: Cursor, close: ")" | "]", depth: number): Result<Filter> => {
  cursor.next += 1;
  const inner = disjunction(cursor, depth + 1);
  if (!inner.ok) return inner;
  if (peek(cursor)?.kind !== close) return unexpected(peek(cursor), quote(close));
  cursor.next += 1;
  return inner;
};

const expression = (cursor: Cursor, depth: number): Result<Filter> => {
  const counted = count(cursor);
  if (!counted.ok) return counted;
  const token = peek(cursor);
  if (token?.kind !== "word") return unexpected(token, "an attribute name");
  const name = parseAttributeName(token.text);
  if (name === undefined) return unexpected(token, "an attribute name");
  cursor.next += 1;
  const open = peek(cursor);
  return open?.kind === "[" && !open.spaced
    ? valuePath(cursor, name, depth)
    : attributeExpression(cursor, name);
};

/** Entra and Rippling match by `emails[type eq "work"].value eq "x"`: a criterion more on the same element. */
const valuePath = (cursor: Cursor, name: AttributeName, depth: number): Result<Filter> => {
  const inner = enclosed(cursor, "]", depth);
  if (!inner.ok) return inner;
  const token = peek(cursor);
  if (token?.kind !== "word" || token.spaced || !token.text.startsWith(".")) {
    return ok({ kind: "valuePath", name, filter: inner.value });
  }
  const subName = parseAttributeName(token.text.slice(1));
  if (subName === undefined || subName.uri !== undefined || subName.subAttribute !== undefined) {
    return unexpected(token, "a sub-attribute");
  }
  const counted = count(cursor);
  if (!counted.ok) return counted;
  cursor.next += 1;
  const tail = attributeExpression(cursor, subName);
  if (!tail.ok) return tail;
  return ok({ kind: "valuePath", name, filter: { kind: "and", operands: [inner.value, tail.value] } });
};

const attributeExpression = (cursor: Cursor, name: AttributeName): Result<Filter> => {
  const token = peek(cursor);
  const operator = wordAt(token);
  if (token === undefined || operator === undefined || !token.spaced) {
    return unexpected(token, "an operator after white space");
  }
  cursor.next += 1;
  if (operator === "pr") return ok({ kind: "present", name });
  if (!isOperator(operator)) {
    return refuse("invalidFilter", `The operator ${quote(operator)} is not supported.`);
  }
  const value = literal(peek(cursor));
  if (!value.ok) return value;
  cursor.next += 1;
  return ok({ kind: "compare", name, operator, value: value.value });
};

/** The literals of JSON, or an unquoted word, read as a string (design §5.2). */
const literal = (token: Token | undefined): Result<Literal> => {
  // RFC 7644 §3.5.2.2 itself prints `value eq"2819c223"`, without the space.
  if (token?.kind === "string") return ok({ kind: "string", text: token.text });
  if (token?.kind !== "word") return unexpected(token, "a value");
  const { text } = token;
  if (text === "true" || text === "false") return ok({ kind: "boolean", value: text === "true" });
  if (text === "null") return ok({ kind: "null" });
  if (NUMBER.test(text)) return ok({ kind: "number", text });
  // A word in single quotes was meant to be quoted; taken literally it would match nothing, in silence.
  if (text.startsWith("'")) return unexpected(token, "a value in double quotes");
  return ok({ kind: "string", text });
};

export const parseFilter = (text: string): Result<Filter> => {
  if (text.length > FILTER_LENGTH_MAX) {
    return refuse("invalidFilter", `The filter is longer than ${FILTER_LENGTH_MAX} characters.`);
  }
  if (!text.isWellFormed()) return refuse("invalidFilter", "The filter contains half of a surrogate pair.");
  const tokens = lex(text);
  if (!tokens.ok) return tokens;
  const cursor: Cursor = { tokens: tokens.value, next: 0, nodes: 0 };
  const filter = disjunction(cursor, 1);
  if (!filter.ok) return filter;
  const rest = peek(cursor);
  return rest === undefined ? filter : unexpected(rest, "'and', 'or' or the end of the filter");
};
