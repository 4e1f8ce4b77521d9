import { describe, expect, it } from "vitest";
import type { Json } from "../../src/scim/json.ts";
import { PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX } from "../../src/scim/limits.ts";
import { listResponse, type Paging, parseListQuery, resolveSort } from "../../src/scim/list.ts";
import { USER_TYPE } from "../../src/scim/resource-type.ts";
import { parseSearchRequest } from "../../src/scim/search.ts";
import { BULK_REQUEST, LIST_RESPONSE, SEARCH_REQUEST } from "../../src/scim/urn.ts";
import { failed, succeeded } from "./outcome.ts";

const index = (startIndex: number, count: number): Paging => ({ method: "index", startIndex, count });
const cursor = (text: string, count: number, isCountGiven = count !== PAGE_SIZE_DEFAULT): Paging => ({
  method: "cursor",
  cursor: text,
  count,
  isCountGiven,
});

describe("parseListQuery", () => {
  it.each<[Record<string, string>, Paging]>([
    [{}, index(1, PAGE_SIZE_DEFAULT)],
    [{ startIndex: "1", count: "5" }, index(1, 5)],
    [{ startIndex: "11", count: "0" }, index(11, 0)],
    [{ startIndex: "0", count: "-3" }, index(1, 0)],
    [{ startIndex: "-5", count: "1000000" }, index(1, PAGE_SIZE_MAX)],
    [{ startIndex: "", count: "" }, index(1, PAGE_SIZE_DEFAULT)],
    [{ startIndex: "99999999999999999999" }, index(Number.MAX_SAFE_INTEGER, PAGE_SIZE_DEFAULT)],
    [{ cursor: "" }, cursor("", PAGE_SIZE_DEFAULT)],
    [{ cursor: "aZ09-._~", count: "10" }, cursor("aZ09-._~", 10)],
    [{ cursor: "a", startIndex: "7", count: "-1" }, cursor("a", 0)],
    [{ aadOptscim062020: "" }, index(1, PAGE_SIZE_DEFAULT)],
  ])("pages %j", (parameters, paging) => {
    expect(succeeded(parseListQuery(parameters)).paging).toEqual(paging);
  });

  it("reads filter and sort", () => {
    const parameters = { filter: "a pr", sortBy: "name.givenName", sortOrder: "Descending" };
    expect(succeeded(parseListQuery(parameters))).toMatchObject({ ...parameters, sortOrder: "descending" });
    expect(succeeded(parseListQuery({ sortBy: "x" })).sortOrder).toBe("ascending");
  });

  it("keeps an empty filter, for the parser to refuse", () => {
    expect(succeeded(parseListQuery({ filter: "" })).filter).toBe("");
    expect(succeeded(parseListQuery({}))).not.toHaveProperty("filter");
  });

  it.each<[Record<string, string>, string]>([
    [{ count: "ten" }, "invalidValue"],
    [{ count: "1.5" }, "invalidValue"],
    [{ count: "1e3" }, "invalidValue"],
    [{ startIndex: "x" }, "invalidValue"],
    [{ sortOrder: "up" }, "invalidValue"],
    [{ sortBy: "x".repeat(600) }, "invalidValue"],
    [{ cursor: "", count: "ten" }, "invalidCount"],
    [{ cursor: "a b" }, "invalidCursor"],
    [{ cursor: "a=" }, "invalidCursor"],
    [{ cursor: "x".repeat(5_000) }, "invalidCursor"],
  ])("refuses %j", (parameters, kind) => {
    expect(failed(parseListQuery(parameters))).toBe(kind);
  });
});

describe("resolveSort", () => {
  it.each([
    ["userName", "userName", undefined],
    ["name.givenName", "name", "givenName"],
    ["emails", "emails", "value"],
    ["META.lastmodified", "meta", "lastModified"],
  ])("%s", (text, attribute, subAttribute) => {
    const target = succeeded(resolveSort(text, USER_TYPE));
    expect([target.attribute.name, target.subAttribute?.name]).toEqual([attribute, subAttribute]);
  });

  it.each(["nope", "name", "addresses", "password", "a b", ""])("refuses %j", (text) => {
    expect(failed(resolveSort(text, USER_TYPE))).toBe("invalidValue");
  });
});

describe("listResponse", () => {
  it("of index paging", () => {
    const answer = listResponse({ totalResults: 0, startIndex: 1, itemsPerPage: 0, resources: [] });
    expect(answer).toEqual({
      schemas: [LIST_RESPONSE],
      totalResults: 0,
      startIndex: 1,
      itemsPerPage: 0,
      Resources: [],
    });
  });

  it("of cursor paging", () => {
    const answer = listResponse({
      itemsPerPage: 1,
      resources: [{ id: "x" }],
      nextCursor: "n",
      previousCursor: "p",
    });
    expect(answer).toEqual({
      schemas: [LIST_RESPONSE],
      itemsPerPage: 1,
      nextCursor: "n",
      previousCursor: "p",
      Resources: [{ id: "x" }],
    });
  });
});

describe("parseSearchRequest", () => {
  it("gives the parameters of a query", () => {
    const body = {
      schemas: [SEARCH_REQUEST],
      attributes: ["displayName", "userName"],
      filter: 'displayName sw "smith"',
      startIndex: 1,
      COUNT: 10,
      cursor: "",
      sortBy: null,
      other: {},
    };
    expect(succeeded(parseSearchRequest(body))).toEqual({
      attributes: "displayName,userName",
      filter: 'displayName sw "smith"',
      startIndex: "1",
      count: "10",
      cursor: "",
    });
  });

  it.each<[string, Json]>([
    ["another message", { schemas: [BULK_REQUEST] }],
    ["a list", []],
    ["a filter that is an object", { filter: {} }],
    ["names that are numbers", { attributes: [1] }],
    ["one name in two cases", { count: 1, Count: 2 }],
  ])("refuses %s", (_, body) => {
    expect(failed(parseSearchRequest(body))).toBe("invalidSyntax");
  });
});
