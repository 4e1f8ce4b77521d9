import { describe, expect, it } from "vitest";
import { etag, matches } from "../../src/scim/version.ts";

describe("matches", () => {
  it.each([
    ['W/"12"', true],
    ['"12"', true],
    ["*", true],
    [" * ", true],
    ['W/"11", W/"12"', true],
    ['"a,b","12" ', true],
    ['W/"1"', false],
    ['W/"112"', false],
    ['"a""12"', false],
    ["12", false],
    ["W/12", false],
    ['w/"12"', false],
    ['"12', false],
    ['"12",*', false],
    ["", false],
    [",", false],
    [`${'"1",'.repeat(2_000)}"12"`, false],
  ])("%j names version 12: %s", (header, expected) => {
    expect(matches(header, 12)).toBe(expected);
  });

  it("the tag of the same version and of no other", () => {
    expect(etag(12)).toBe('W/"12"');
    expect(matches(etag(12), 12)).toBe(true);
    expect(matches(etag(12), 13)).toBe(false);
  });
});
