import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { equalJson, withMember } from "../../src/scim/json.ts";
import { parseJson } from "../../src/scim/json-text.ts";
import { JSON_DEPTH_MAX } from "../../src/scim/limits.ts";
import { failed, succeeded } from "./outcome.ts";

describe("parseJson", () => {
  it.each([
    ["an object", '{"a":{"b":[1,true,null,"x"]}}', { a: { b: [1, true, null, "x"] } }],
    ["one name in two objects", '[{"a":1},{"a":2}]', [{ a: 1 }, { a: 2 }]],
    ["one name at two levels", '{"a":{"a":{"a":1}},"b":{"a":2}}', { a: { a: { a: 1 } }, b: { a: 2 } }],
    ["a name repeated as a value", '{"a":"a","b":"a"}', { a: "a", b: "a" }],
    ["braces and quotes in strings", '{"a":"}{\\"a\\":[","b":1}', { a: '}{"a":[', b: 1 }],
    ["names of Object.prototype", '{"constructor":1,"toString":2}', { constructor: 1, toString: 2 }],
  ])("reads %s", (_, text, expected) => {
    expect(succeeded(parseJson(text))).toEqual(expected);
  });

  it.each([
    ["an empty text", ""],
    ["half an object", '{"a":1'],
    ["single quotes", "{'a':1}"],
    ["a trailing comma", '{"a":1,}'],
    ["a name twice", '{"userName":"a","active":true,"userName":"b"}'],
    ["a name twice behind a nested object", '{"a":{"x":[1,{}]},"a":2}'],
    ["a name twice in an array's object", '[{"a":1,"b":2,"a":3}]'],
    ["a name twice, once escaped", '{"a":1,"\\u0061":2}'],
    ["a member named __proto__", '{"__proto__":{"admin":true}}'],
    ["__proto__ escaped", '{"\\u005f_proto__":{"admin":true}}'],
    ["half a surrogate pair", '{"a":"\\ud83d"}'],
    ["half a surrogate pair as a name", '{"\\ud83d":1}'],
    ["a number beyond doubles", '{"a":1e999}'],
    ["too deep arrays", `${"[".repeat(JSON_DEPTH_MAX + 1)}${"]".repeat(JSON_DEPTH_MAX + 1)}`],
    ["absurdly deep objects", '{"a":'.repeat(200_000)],
  ])("refuses %s", (_, text) => {
    expect(failed(parseJson(text))).toBe("invalidSyntax");
  });

  it("reads the deepest nesting allowed", () => {
    expect(parseJson(`${"[".repeat(JSON_DEPTH_MAX)}${"]".repeat(JSON_DEPTH_MAX)}`).ok).toBe(true);
  });

  it("reads what JSON.stringify writes", () => {
    const shallow = fc
      .jsonValue({ maxDepth: 4 })
      .filter(
        (value) => !JSON.stringify(value).includes("__proto__") && JSON.stringify(value).isWellFormed(),
      );
    fc.assert(
      fc.property(shallow, (value) => {
        const text = JSON.stringify(value);
        const parsed = parseJson(text);
        // Halves of surrogate pairs are written as escapes and refused.
        if (parsed.ok) expect(parsed.value).toEqual(JSON.parse(text));
        else expect(text).toMatch(/\\ud/i);
      }),
    );
  });
});

describe("equalJson", () => {
  it.each([
    [{ a: 1, b: [1, 2] }, { b: [1, 2], a: 1 }, true],
    [[1, 2], [2, 1], false],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: null }, { b: null }, false],
    [{ toString: 1 }, {}, false],
    [[], {}, false],
    [null, null, true],
  ])("of %j and %j is %s", (left, right, expected) => {
    expect(equalJson(left, right)).toBe(expected);
  });
});

describe("withMember", () => {
  it("sets __proto__ as a plain member", () => {
    const object = withMember({}, "__proto__", { admin: true });
    expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
    expect(Object.hasOwn(object, "__proto__")).toBe(true);
  });
});
