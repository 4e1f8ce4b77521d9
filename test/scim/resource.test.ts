import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../src/scim/json.ts";
import { STRING_LENGTH_MAX, VALUES_PER_ATTRIBUTE_MAX } from "../../src/scim/limits.ts";
import { mergeReplacement } from "../../src/scim/replace.ts";
import { parseResource, schemasOf } from "../../src/scim/resource.ts";
import { GROUP_TYPE, type ResourceType, USER_TYPE } from "../../src/scim/resource-type.ts";
import { ENTERPRISE_USER, GROUP, INFO_USER, USER } from "../../src/scim/urn.ts";
import { failed, succeeded } from "./outcome.ts";

const user = (attributes: JsonObject): JsonObject => ({ schemas: [USER], userName: "a", ...attributes });
const group = (attributes: JsonObject): JsonObject => ({ schemas: [GROUP], displayName: "g", ...attributes });

/** The document of a user, without the userName that every body here has. */
const parsed = (attributes: JsonObject): JsonObject => {
  const { userName, ...rest } = succeeded(parseResource(USER_TYPE, user(attributes))).attributes;
  expect(userName).toBe("a");
  return rest;
};

const certificate = "MIIDQzCCAqygAwIBAgICEAAwDQYJKoZIhvcNAQEFBQAwTjELMAkGA1UEBhMCVVMx";

describe("parseResource", () => {
  it.each<[string, JsonObject, JsonObject]>([
    [
      "declared case of names",
      { DISPLAYNAME: "X", Name: { GIVENNAME: "Y" } },
      { displayName: "X", name: { givenName: "Y" } },
    ],
    ["core names with their URN", { [`${USER}:nickName`]: "N" }, { nickName: "N" }],
    [
      "values exactly as sent",
      { title: "  ＴＩＴＬＥ\u0301 ", locale: "not a locale" },
      { title: "  ＴＩＴＬＥ\u0301 ", locale: "not a locale" },
    ],
    [
      "relative references",
      { profileUrl: "../me", photos: [{ value: "x.png" }] },
      { profileUrl: "../me", photos: [{ value: "x.png" }] },
    ],
    [
      "certificates",
      { x509Certificates: [{ value: certificate }] },
      { x509Certificates: [{ value: certificate }] },
    ],
    ["an empty text", { title: "" }, { title: "" }],
    [
      "null and [] as absent, under unknown names too",
      {
        title: null,
        addresses: null,
        roles: [],
        manager: null,
        department: null,
        shoe: { size: null, color: [] },
        hat: { a: 1, b: null },
      },
      { hat: { a: 1 } },
    ],
    ["empty objects as absent", { name: {}, emails: [{}, { value: null }] }, {}],
    [
      "booleans as words",
      { active: "False", roles: [{ value: "r", primary: "True" }] },
      { active: false, roles: [{ value: "r", primary: true }] },
    ],
    ["an empty word as no boolean", { active: "" }, {}],
    [
      "no coercion of text",
      { title: "True", roles: [{ value: "false" }] },
      { title: "True", roles: [{ value: "false" }] },
    ],
    [
      "OneLogin's e-mail dictionary",
      { emails: { value: "a@b", type: "work" } },
      { emails: [{ value: "a@b", type: "work" }] },
    ],
    [
      "canonical values of any kind",
      { emails: [{ value: "a", type: "Büro" }] },
      { emails: [{ value: "a", type: "Büro" }] },
    ],
    [
      "a serialized role as text",
      { roles: [{ value: '{"id":"06b0","value":"25","displayName":"Role1234"}' }] },
      { roles: [{ value: '{"id":"06b0","value":"25","displayName":"Role1234"}' }] },
    ],
    [
      "a manager by URN",
      { [ENTERPRISE_USER]: { manager: { value: "m", $ref: "../Users/m" } } },
      { [ENTERPRISE_USER]: { manager: { value: "m", $ref: "../Users/m" } } },
    ],
    ["a manager as text", { manager: "123456" }, { [ENTERPRISE_USER]: { manager: { value: "123456" } } }],
    [
      "a manager in a list",
      { [ENTERPRISE_USER]: { manager: [{ value: "m", $ref: null }] } },
      { [ENTERPRISE_USER]: { manager: { value: "m" } } },
    ],
    ["an empty manager as absent", { [ENTERPRISE_USER]: { manager: { value: "" } }, manager: null }, {}],
    [
      "extension URNs in any case",
      { [ENTERPRISE_USER.toUpperCase()]: { DEPARTMENT: "d" } },
      { [ENTERPRISE_USER]: { department: "d" } },
    ],
    [
      "the info extension",
      { [INFO_USER]: { info1: "1", info2: "2" } },
      { [INFO_USER]: { info1: "1", info2: "2" } },
    ],
    [
      "unknown attributes raw",
      { favoriteColor: "red", "a.b": [1, null], toString: { x: 1 } },
      { favoriteColor: "red", "a.b": [1, null], toString: { x: 1 } },
    ],
    [
      "unknown sub-attributes raw",
      { name: { givenName: "g", pet: "p" } },
      { name: { givenName: "g", pet: "p" } },
    ],
    [
      "unknown attributes of extensions raw",
      { [ENTERPRISE_USER]: { floor: 3 } },
      { [ENTERPRISE_USER]: { floor: 3 } },
    ],
    [
      "foreign extensions raw",
      { "urn:x:custom:2.0:User": { tag: "t" } },
      { "urn:x:custom:2.0:User": { tag: "t" } },
    ],
    [
      "nothing that only the server sets, and no password",
      {
        id: "x",
        meta: { created: "never" },
        groups: [{ value: "g" }],
        password: "p",
        [ENTERPRISE_USER]: { manager: { displayName: "Boss" } },
      },
      {},
    ],
    ["no members on a user but raw", { members: ["x"] }, { members: ["x"] }],
  ])("reads %s", (_, sent, expected) => {
    expect(parsed(sent)).toEqual(expected);
  });

  it.each<[string, Json, string]>([
    ["no object", [], "invalidSyntax"],
    ["no schemas", { userName: "a" }, "invalidSyntax"],
    ["empty schemas", { schemas: [], userName: "a" }, "invalidSyntax"],
    ["another type's schemas", { schemas: [GROUP], userName: "a" }, "invalidSyntax"],
    ["schemas of a wrong type", { schemas: { USER: 1 }, userName: "a" }, "invalidSyntax"],
    ["one name in two cases", user({ title: "a", TITLE: "b" }), "invalidSyntax"],
    ["one unknown name in two cases", user({ shoe: "a", Shoe: "b" }), "invalidSyntax"],
    ["one sub-attribute in two cases", user({ name: { givenName: "a", givenname: "b" } }), "invalidSyntax"],
    ["one attribute with and without URN", user({ [`${USER}:userName`]: "b" }), "invalidSyntax"],
    ["a manager in two places", user({ manager: "a", [ENTERPRISE_USER]: { manager: "b" } }), "invalidSyntax"],
    ["no userName", { schemas: [USER] }, "invalidValue"],
    ["an empty userName", { schemas: [USER], userName: "" }, "invalidValue"],
    ["a null userName", { schemas: [USER], userName: null }, "invalidValue"],
    ["a number for text", user({ title: 1 }), "invalidValue"],
    ["a list for text", user({ title: ["a"] }), "invalidValue"],
    ["an object for text", user({ title: { a: 1 } }), "invalidValue"],
    ["an object of nothing for text", user({ title: { value: null } }), "invalidValue"],
    ["an object of nothing for a boolean", user({ active: {} }), "invalidValue"],
    ["a number for a boolean", user({ active: 1 }), "invalidValue"],
    ["another word for a boolean", user({ active: "yes" }), "invalidValue"],
    ["text for an object", user({ name: "Barbara" }), "invalidValue"],
    ["a list for an object", user({ name: [{ givenName: "a" }] }), "invalidValue"],
    ["text for a list", user({ emails: "a@b" }), "invalidValue"],
    ["text in a list of objects", user({ emails: ["a@b"] }), "invalidValue"],
    ["a wrong sub-attribute", user({ emails: [{ value: 5 }] }), "invalidValue"],
    [
      "two primary values",
      user({
        emails: [
          { value: "a", primary: true },
          { value: "b", primary: "True" },
        ],
      }),
      "invalidValue",
    ],
    ["two managers", user({ manager: [{ value: "a" }, { value: "b" }] }), "invalidValue"],
    ["no base64", user({ x509Certificates: [{ value: "*" }] }), "invalidValue"],
    ["text for an extension", user({ [ENTERPRISE_USER]: "x" }), "invalidValue"],
    ["a text too long", user({ title: "x".repeat(STRING_LENGTH_MAX + 1) }), "invalidValue"],
    [
      "too many values",
      user({ emails: Array.from({ length: VALUES_PER_ATTRIBUTE_MAX + 1 }, () => ({ value: "a" })) }),
      "invalidValue",
    ],
    [
      "too many attributes",
      user(Object.fromEntries(Array.from({ length: 501 }, (_, n) => [`a${n}`, 1]))),
      "invalidValue",
    ],
    ["too large an unknown value", user({ blob: Array.from({ length: 2_001 }, () => 1) }), "invalidValue"],
    ["too long a name", user({ ["x".repeat(600)]: 1 }), "invalidSyntax"],
  ])("refuses %s", (_, body, kind) => {
    expect(failed(parseResource(USER_TYPE, body))).toBe(kind);
  });

  it("has members for a group exactly when the body has them", () => {
    const members = (attributes: JsonObject) =>
      succeeded(parseResource(GROUP_TYPE, group(attributes))).members;
    expect(members({})).toBeUndefined();
    expect(members({ members: [] })).toEqual([]);
    expect(members({ members: null })).toEqual([]);
    expect(
      members({
        Members: [{ value: "u", $ref: null, display: "x" }, { VALUE: "g", Type: "group" }, { value: "u" }],
      }),
    ).toEqual([{ value: "u" }, { value: "g", type: "Group" }]);
    expect(succeeded(parseResource(GROUP_TYPE, group({ members: [{ value: "u" }] }))).attributes).toEqual({
      displayName: "g",
    });
  });

  it.each<[string, JsonObject]>([
    ["a member without value", { members: [{ display: "x" }] }],
    ["a member with an empty value", { members: [{ value: "" }] }],
    ["a member that is text", { members: ["u"] }],
    ["members that are text", { members: "u" }],
    ["an empty displayName", { displayName: "" }],
  ])("refuses a group with %s", (_, attributes) => {
    expect(failed(parseResource(GROUP_TYPE, group(attributes)))).toBe("invalidValue");
  });
});

describe("schemasOf", () => {
  it.each<[string, ResourceType, JsonObject, string[]]>([
    ["the core alone", USER_TYPE, { userName: "a", favoriteColor: "red" }, [USER]],
    [
      "a known extension",
      USER_TYPE,
      { [INFO_USER]: { info1: "x" }, [ENTERPRISE_USER]: { division: "d" } },
      [USER, ENTERPRISE_USER, INFO_USER],
    ],
    ["a foreign extension", USER_TYPE, { "urn:x:y": { a: 1 }, "urn:x:z": "text" }, [USER, "urn:x:y"]],
    ["a group", GROUP_TYPE, { displayName: "g" }, [GROUP]],
  ])("names %s", (_, type, attributes, expected) => {
    expect(schemasOf(type, attributes)).toEqual(expected);
  });
});

describe("mergeReplacement", () => {
  const merged = (current: JsonObject, replacement: JsonObject) =>
    succeeded(mergeReplacement(USER_TYPE, current, replacement));

  it.each<[string, JsonObject, JsonObject, JsonObject]>([
    [
      "clears what is omitted",
      { userName: "a", title: "t", name: { givenName: "g" } },
      { userName: "b" },
      { userName: "b" },
    ],
    ["keeps active", { userName: "a", active: false }, { userName: "a" }, { userName: "a", active: false }],
    [
      "replaces active",
      { userName: "a", active: false },
      { userName: "a", active: true },
      { userName: "a", active: true },
    ],
    [
      "keeps what is raw",
      { userName: "a", color: "red", "urn:x:y": { t: 1 } },
      { userName: "a" },
      { userName: "a", color: "red", "urn:x:y": { t: 1 } },
    ],
    [
      "replaces what is raw, in any case",
      { color: "red" },
      { userName: "a", Color: "blue" },
      { userName: "a", Color: "blue" },
    ],
    [
      "keeps what is raw in an extension",
      { [ENTERPRISE_USER]: { department: "d", floor: 3 } },
      { userName: "a", [ENTERPRISE_USER]: { division: "v" } },
      { userName: "a", [ENTERPRISE_USER]: { division: "v", floor: 3 } },
    ],
    ["clears an extension", { [ENTERPRISE_USER]: { department: "d" } }, { userName: "a" }, { userName: "a" }],
    [
      "replaces objects and lists whole",
      { name: { givenName: "g", familyName: "f" }, emails: [{ value: "x" }] },
      { name: { givenName: "h" } },
      { name: { givenName: "h" } },
    ],
  ])("%s", (_, current, replacement, expected) => {
    expect(merged(current, replacement)).toEqual(expected);
  });

  it("refuses another value for an immutable attribute, and no other", () => {
    const [first, ...others] = USER_TYPE.schema.attributes;
    if (first === undefined) throw new Error("a schema without attributes");
    const attributes = [{ ...first, mutability: "immutable" as const }, ...others];
    const type = { ...USER_TYPE, schema: { ...USER_TYPE.schema, attributes } };
    expect(failed(mergeReplacement(type, { userName: "a" }, { userName: "b" }))).toBe("mutability");
    expect(succeeded(mergeReplacement(type, { userName: "a" }, { userName: "a" }))).toEqual({
      userName: "a",
    });
    expect(succeeded(mergeReplacement(type, {}, { userName: "b" }))).toEqual({ userName: "b" });
  });
});
