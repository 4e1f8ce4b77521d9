import { quote } from "./error.ts";
import type { JsonObject } from "./json.ts";
import { CURSOR_LENGTH_MAX, NAME_LENGTH_MAX, PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX } from "./limits.ts";
import {
  defaultToValue,
  leafOf,
  parseAttributeName,
  type ResolvedAttribute,
  type ResourceType,
  resolveAttribute,
} from "./resource-type.ts";
import { ok, type Result, refuse } from "./result.ts";
import { LIST_RESPONSE } from "./urn.ts";

export type Paging =
  | { readonly method: "index"; readonly startIndex: number; readonly count: number }
  /** An empty cursor asks for the first page (RFC 9865 §2). */
  | {
      readonly method: "cursor";
      readonly cursor: string;
      readonly count: number;
      /** Whether the request named the count, or left it to the first request of the walk. */
      readonly isCountGiven: boolean;
    };

export type ListQuery = {
  readonly filter?: string;
  readonly sortBy?: string;
  readonly sortOrder: "ascending" | "descending";
  readonly paging: Paging;
};

type Parameters = Readonly<Record<string, string | undefined>>;

// RFC 3986 §2.3, the unreserved characters: RFC 9865 §2 allows no others in a cursor.
const CURSOR = /^[A-Za-z0-9\-._~]*$/;

const given = (parameters: Parameters, name: string): string | undefined => {
  const text = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
  return text === undefined || text.trim() === "" ? undefined : text.trim();
};

const integer = (text: string | undefined, otherwise: number): number | undefined => {
  if (text === undefined) return otherwise;
  return /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
};

const clamp = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most);

/** RFC 7644 Table 6 and RFC 9865 Table 1: a negative count is 0; more than a page holds gives a full page. */
const parseCount = (parameters: Parameters, kind: "invalidValue" | "invalidCount"): Result<number> => {
  const text = given(parameters, "count");
  const count = integer(text, PAGE_SIZE_DEFAULT);
  return count === undefined
    ? refuse(kind, `The parameter 'count' must be an integer and not ${quote(text ?? "")}.`)
    : ok(clamp(count, 0, PAGE_SIZE_MAX));
};

const parseCursorPaging = (parameters: Parameters, cursor: string): Result<Paging> => {
  if (cursor.length > CURSOR_LENGTH_MAX || !CURSOR.test(cursor)) {
    return refuse("invalidCursor", "The parameter 'cursor' is not a cursor of this service.");
  }
  const count = parseCount(parameters, "invalidCount");
  const isCountGiven = given(parameters, "count") !== undefined;
  return count.ok ? ok({ method: "cursor", cursor, count: count.value, isCountGiven }) : count;
};

const parseIndexPaging = (parameters: Parameters): Result<Paging> => {
  const text = given(parameters, "startIndex");
  const startIndex = integer(text, 1);
  if (startIndex === undefined) {
    return refuse(
      "invalidValue",
      `The parameter 'startIndex' must be an integer and not ${quote(text ?? "")}.`,
    );
  }
  const count = parseCount(parameters, "invalidValue");
  if (!count.ok) return count;
  const first = clamp(startIndex, 1, Number.MAX_SAFE_INTEGER);
  return ok({ method: "index", startIndex: first, count: count.value });
};

const parseSortOrder = (parameters: Parameters): Result<"ascending" | "descending"> => {
  const order = given(parameters, "sortOrder")?.toLowerCase() ?? "ascending";
  return order === "ascending" || order === "descending"
    ? ok(order)
    : refuse("invalidValue", "The parameter 'sortOrder' must be 'ascending' or 'descending'.");
};

/** The query parameters of RFC 7644 §3.4.2; others, like Entra's aadOptscim062020, are none of our business. */
export const parseListQuery = (parameters: Parameters): Result<ListQuery> => {
  const cursor = Object.hasOwn(parameters, "cursor") ? parameters["cursor"] : undefined;
  const paging =
    cursor === undefined ? parseIndexPaging(parameters) : parseCursorPaging(parameters, cursor.trim());
  if (!paging.ok) return paging;
  const sortOrder = parseSortOrder(parameters);
  if (!sortOrder.ok) return sortOrder;
  const sortBy = given(parameters, "sortBy");
  if (sortBy !== undefined && sortBy.length > NAME_LENGTH_MAX) {
    return refuse("invalidValue", `${quote(sortBy)} is not an attribute to sort by.`);
  }
  // An empty filter is kept, to be refused by the parser: the unfiltered list is not what was asked for (R13).
  const filter = Object.hasOwn(parameters, "filter") ? parameters["filter"] : undefined;
  return ok({
    ...(filter === undefined ? {} : { filter }),
    ...(sortBy === undefined ? {} : { sortBy }),
    sortOrder: sortOrder.value,
    paging: paging.value,
  });
};

/** The attribute to sort by (RFC 7644 §3.4.2.3); a complex one means its `value`, where it has one. */
export const resolveSort = (sortBy: string, type: ResourceType): Result<ResolvedAttribute> => {
  const name = parseAttributeName(sortBy);
  const found = name && resolveAttribute(type, name);
  const target = found && defaultToValue(found);
  return target === undefined || leafOf(target).returned === "never"
    ? refuse(
        "invalidValue",
        `${quote(sortBy)} is not an attribute that ${type.name} resources can be sorted by.`,
      )
    : ok(target);
};

export type ListAnswer = {
  readonly totalResults?: number;
  readonly startIndex?: number;
  readonly itemsPerPage: number;
  readonly resources: readonly JsonObject[];
  readonly nextCursor?: string;
  readonly previousCursor?: string;
};

/** The ListResponse of RFC 7644 §3.4.2 and RFC 9865 §2; `Resources` is there even when empty, as clients expect. */
export const listResponse = ({ resources, ...numbers }: ListAnswer): JsonObject => {
  const { totalResults, startIndex, itemsPerPage, nextCursor, previousCursor } = numbers;
  return {
    schemas: [LIST_RESPONSE],
    ...(totalResults === undefined ? {} : { totalResults }),
    ...(startIndex === undefined ? {} : { startIndex }),
    itemsPerPage,
    ...(previousCursor === undefined ? {} : { previousCursor }),
    ...(nextCursor === undefined ? {} : { nextCursor }),
    Resources: [...resources],
  };
};
