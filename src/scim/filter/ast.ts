import type { AttributeName } from "../resource-type.ts";

export type CompareOperator = "eq" | "ne" | "co" | "sw" | "ew" | "gt" | "ge" | "lt" | "le";

/** A comparison value as written. Numbers stay text: whether `4711` is a number is for the attribute to say. */
export type Literal =
  | { readonly kind: "string" | "number"; readonly text: string }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "null" };

/** A filter of RFC 7644 Figure 1 as written, before any schema is asked. */
export type Filter =
  | { readonly kind: "and" | "or"; readonly operands: readonly Filter[] }
  | { readonly kind: "not"; readonly operand: Filter }
  | { readonly kind: "present"; readonly name: AttributeName }
  | {
      readonly kind: "compare";
      readonly name: AttributeName;
      readonly operator: CompareOperator;
      readonly value: Literal;
    }
  | { readonly kind: "valuePath"; readonly name: AttributeName; readonly filter: Filter };
