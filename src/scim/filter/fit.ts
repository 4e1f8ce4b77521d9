import type { AttributeDefinition } from "../attribute.ts";
import { parseDateTime } from "../date-time.ts";
import { quote } from "../error.ts";
import { booleanWord } from "../idp/entra.ts";
import { ok, type Result, refuse } from "../result.ts";
import type { CompareOperator, Literal } from "./ast.ts";

/** A comparison value that fits its attribute. */
export type ResolvedValue =
  | { readonly type: "string"; readonly text: string }
  | { readonly type: "boolean"; readonly value: boolean }
  | { readonly type: "number"; readonly value: number }
  | { readonly type: "dateTime"; readonly text: string; readonly epochMs: number };

const SUBSTRING: ReadonlySet<CompareOperator> = new Set(["co", "sw", "ew"]);
const ORDERING: ReadonlySet<CompareOperator> = new Set(["gt", "ge", "lt", "le"]);

export const misfit = (leaf: AttributeDefinition, what: string): Result<never> =>
  refuse(
    "invalidFilter",
    `The attribute ${quote(leaf.name)} is of type ${leaf.type} and cannot be compared with ${what}.`,
  );

/** RFC 7644 Table 3 forbids ordering booleans and binaries; a substring exists only in text. */
export const fits = (leaf: AttributeDefinition, operator: CompareOperator): boolean => {
  switch (leaf.type) {
    case "string":
    case "reference":
      return true;
    case "boolean":
    case "binary":
      return !ORDERING.has(operator) && !SUBSTRING.has(operator);
    case "dateTime":
    case "integer":
    case "decimal":
      return !SUBSTRING.has(operator);
    case "complex":
      return false;
  }
};

export const resolveValue = (
  leaf: AttributeDefinition,
  literal: Exclude<Literal, { kind: "null" }>,
): Result<ResolvedValue> => {
  switch (leaf.type) {
    case "string":
    case "reference":
    case "binary":
      // A number here is an identifier whose quotes were left out (design §5.2).
      return literal.kind === "boolean"
        ? misfit(leaf, "a boolean")
        : ok({ type: "string", text: literal.text });
    case "boolean": {
      const value = literal.kind === "boolean" ? literal.value : booleanWord(literal.text);
      return value === undefined
        ? misfit(leaf, "anything but true and false")
        : ok({ type: "boolean", value });
    }
    case "integer":
    case "decimal": {
      const value = literal.kind === "number" ? Number(literal.text) : Number.NaN;
      return Number.isFinite(value) ? ok({ type: "number", value }) : misfit(leaf, "anything but a number");
    }
    case "dateTime": {
      const text = literal.kind === "string" ? literal.text : "";
      const epochMs = parseDateTime(text);
      return epochMs === undefined
        ? misfit(leaf, 'anything but a dateTime such as "2011-05-13T04:42:34Z"')
        : ok({ type: "dateTime", text, epochMs });
    }
    case "complex":
      return misfit(leaf, "a value; name one of its sub-attributes");
  }
};
