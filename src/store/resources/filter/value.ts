/** Values of attributes as SQL expressions, and what can be asked of them. */
import { type SQL, sql } from "drizzle-orm";
import type { AttributeDefinition } from "../../../scim/attribute.ts";
import type { CompareOperator } from "../../../scim/filter/ast.ts";
import type { ResolvedValue } from "../../../scim/filter/resolve.ts";
import { fold } from "../../../scim/fold.ts";
import type { ResourceType } from "../../../scim/resource-type.ts";

export const table = ({ name }: ResourceType): SQL => sql.raw(name === "User" ? "users" : "groups");

/** As written, and folded for comparisons that ignore case. NULL when the attribute has no value. */
export type Value = { readonly exact: SQL; readonly folded: SQL };

export const same = (expression: SQL): Value => ({ exact: expression, folded: expression });

/** What holds the leaves: the resource itself, or one object of it. */
export type Element = { valueOf(leaf: AttributeDefinition): Value };

export type Source =
  /** At most one. `exists` tells whether the object is there; `isPresent` whether anything in it is. */
  | {
      readonly kind: "single";
      readonly element: Element;
      readonly exists: SQL;
      readonly isPresent: SQL | undefined;
    }
  /** Any number; `some` is the condition that one of them satisfies another. */
  | {
      readonly kind: "several";
      readonly isPresent: SQL;
      some(holds: (element: Element) => SQL): SQL;
      /** The value to sort by: of the primary element, or the first there is (RFC 7644 §3.4.2.3). */
      first(pick: (element: Element) => SQL): SQL;
    };

/** Puts a value from the request into the statement, as (part of) a bound parameter. */
export type Bind = (value: string | number) => SQL;

const byteLength = (text: string): number => new TextEncoder().encode(text).length;

const textCondition = (operator: CompareOperator, value: SQL, wanted: string, bind: Bind): SQL => {
  const bound = bind(wanted);
  switch (operator) {
    case "eq":
      return sql`${value} = ${bound}`;
    case "ne":
      return sql`${value} <> ${bound}`;
    case "co":
      return sql`instr(${value}, ${bound}) > 0`;
    // Never LIKE: D1 refuses patterns longer than 50 bytes, and it would fold ASCII.
    case "sw":
      return sql`instr(${value}, ${bound}) = 1`;
    case "ew":
      // Of text, substr sees only what stands before a U+0000; bytes end alike where characters do.
      return wanted === ""
        ? sql`${value} IS NOT NULL`
        : sql`substr(CAST(${value} AS BLOB), -${sql.raw(String(byteLength(wanted)))}) = CAST(${bound} AS BLOB)`;
    default:
      return order(operator, value, bound);
  }
};

const order = (operator: CompareOperator, value: SQL, bound: SQL): SQL => {
  switch (operator) {
    case "eq":
      return sql`${value} = ${bound}`;
    case "ne":
      return sql`${value} <> ${bound}`;
    case "gt":
      return sql`${value} > ${bound}`;
    case "ge":
      return sql`${value} >= ${bound}`;
    case "lt":
      return sql`${value} < ${bound}`;
    case "le":
      return sql`${value} <= ${bound}`;
    case "co":
    case "sw":
    case "ew":
      // resolveFilter refuses these for types without substrings.
      return sql`0`;
  }
};

/** Whether one value compares; NULL when there is none. */
export const comparison = (
  leaf: AttributeDefinition,
  operator: CompareOperator,
  wanted: ResolvedValue,
  { exact, folded }: Value,
  bind: Bind,
): SQL => {
  switch (wanted.type) {
    case "string":
      return leaf.caseExact
        ? textCondition(operator, exact, wanted.text, bind)
        : textCondition(operator, folded, fold(wanted.text), bind);
    case "boolean":
      return sql`${exact} ${sql.raw(operator === "eq" ? "=" : "<>")} ${sql.raw(wanted.value ? "1" : "0")}`;
    case "number":
      return order(operator, exact, bind(wanted.value));
    case "dateTime":
      return order(operator, exact, bind(wanted.epochMs));
  }
};

/** `pr` of a simple value: "" is none (RFC 7644 Table 3). Never NULL. */
export const presence = ({ exact }: Value): SQL => sql`COALESCE(${exact} <> '', 0)`;
