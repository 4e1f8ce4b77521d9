/** The judges of the transcripts must be able to say no. */
import { describe, expect, it } from "vitest";
import type { Answer } from "../support/gateway.ts";
import { type Json, mismatches } from "../support/json-subset.ts";
import { breaches } from "../support/transcript.ts";

describe("an expectation", () => {
  const actual: Json = { a: 1, b: [{ c: "x", d: 2 }, { c: "y" }], e: "text" };

  it.each([
    [{ a: 1 }],
    [{ b: [{ c: "x" }, { c: "y" }] }],
    [{ b: { $length: 2, $contains: [{ c: "y" }], $without: [{ c: "z" }] } }],
    [{ f: { $absent: true }, a: { $any: true, $integer: 1 } }],
    [{ e: { $matches: "^te", $not: "other" } }],
    [{ b: { $exact: [{ d: 2, c: "x" }, { c: "y" }] } }],
  ] as Json[][])("holds: %j", (expected = null) => {
    expect(mismatches(expected, actual)).toEqual([]);
  });

  it.each([
    [{ a: 2 }],
    [{ a: "1" }],
    [{ f: 1 }],
    [{ b: [] }],
    [{ b: [{ c: "x" }] }],
    [{ b: [{ c: "y" }, { c: "x" }] }],
    [{ b: { $length: 3 } }],
    [{ b: { $contains: [{ c: "z" }] } }],
    [{ b: { $without: [{ c: "y" }] } }],
    [{ b: { $exact: [{ c: "x" }, { c: "y" }] } }],
    [{ a: { $absent: true } }],
    [{ f: { $any: true } }],
    [{ a: { $integer: 2 } }],
    [{ e: { $matches: "^ext" } }],
    [{ e: { $not: "text" } }],
    [{ toString: { $any: true } }],
    [{ constructor: {} }],
  ] as Json[][])("does not hold: %j", (expected = null) => {
    expect(mismatches(expected, actual)).not.toEqual([]);
  });
});

describe("an answer", () => {
  const type = { "content-type": "application/scim+json" };
  const answer = (status: number, body: Json, headers: Record<string, string> = type): Answer => ({
    status,
    headers: new Headers(headers),
    body,
    text: JSON.stringify(body),
  });
  const error = {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"],
    status: "404",
    detail: "Nobody.",
  };
  const list = {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
    totalResults: 0,
    startIndex: 1,
  };
  const created = { schemas: ["x"], id: "1", meta: { location: "here", version: 'W/"1"' } };

  it("of SCIM is accepted", () => {
    expect(breaches(answer(404, error))).toEqual([]);
    expect(breaches(answer(200, { ...list, itemsPerPage: 0, Resources: [] }))).toEqual([]);
    expect(breaches(answer(201, created, { ...type, location: "here", etag: 'W/"1"' }))).toEqual([]);
  });

  it.each([
    ["a server error", answer(500, { ...error, status: "500" })],
    ["plain JSON", answer(404, error, { "content-type": "application/json" })],
    ["another status in the body", answer(400, error)],
    ["no detail", answer(404, { ...error, detail: "" })],
    ["no challenge", answer(401, { ...error, status: "401" })],
    ["a null", answer(200, { schemas: ["x"], title: null })],
    ["a password", answer(200, { schemas: ["x"], password: "p" })],
    ["no schemas", answer(200, { id: "1" })],
    ["no Location", answer(201, created)],
    ["no Resources", answer(200, { ...list, itemsPerPage: 0 })],
    ["a wrong itemsPerPage", answer(200, { ...list, itemsPerPage: 20, Resources: [] })],
    ["a total as text", answer(200, { ...list, totalResults: "0", itemsPerPage: 0, Resources: [] })],
    ["a resource without schemas", answer(200, { ...list, itemsPerPage: 1, Resources: [{ id: "1" }] })],
    ["a body of a 204", answer(204, {})],
  ])("with %s is not", (_, wrong) => {
    expect(breaches(wrong)).not.toEqual([]);
  });
});
