import { printAttributeName } from "../resource-type.ts";
import type { Filter, Literal } from "./ast.ts";

const printLiteral = (literal: Literal): string => {
  switch (literal.kind) {
    case "string":
      return JSON.stringify(literal.text);
    case "number":
      return literal.text;
    case "boolean":
      return String(literal.value);
    case "null":
      return "null";
  }
};

const grouped = (filter: Filter): string =>
  filter.kind === "and" || filter.kind === "or" ? `(${printFilter(filter)})` : printFilter(filter);

/** The canonical text of a filter: parsing it gives the same filter back. */
export const printFilter = (filter: Filter): string => {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.operands.map(grouped).join(` ${filter.kind} `);
    case "not":
      return `not (${printFilter(filter.operand)})`;
    case "present":
      return `${printAttributeName(filter.name)} pr`;
    case "compare":
      return `${printAttributeName(filter.name)} ${filter.operator} ${printLiteral(filter.value)}`;
    case "valuePath":
      return `${printAttributeName(filter.name)}[${printFilter(filter.filter)}]`;
  }
};
