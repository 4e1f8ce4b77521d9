import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/scim/json.ts";
import { parseProjection, project, wantsAttribute } from "../../src/scim/projection.ts";
import { GROUP_TYPE, USER_TYPE } from "../../src/scim/resource-type.ts";
import { ENTERPRISE_USER, GROUP, USER } from "../../src/scim/urn.ts";
import { failed, succeeded } from "./outcome.ts";

const custom = "urn:x:custom";
const name = { givenName: "g", familyName: "f" };
const user: JsonObject = {
  schemas: [USER, ENTERPRISE_USER, custom],
  id: "u1",
  userName: "a",
  name,
  emails: [{ value: "w", type: "work" }, { type: "home" }],
  groups: [{ value: "g1" }],
  favoriteColor: "red",
  [ENTERPRISE_USER]: { department: "d", manager: { value: "m", $ref: "../m" } },
  [custom]: { tag: 1 },
  meta: { resourceType: "User", version: 'W/"1"' },
};

const projected = (attributes?: string, excludedAttributes?: string): JsonObject =>
  project(USER_TYPE, user, succeeded(parseProjection(attributes, excludedAttributes, USER_TYPE)));

const least = { schemas: [USER], id: "u1" };

describe("attributes", () => {
  it.each<[string, JsonObject]>([
    ["userName", { ...least, userName: "a" }],
    ["USERNAME,id", { ...least, userName: "a" }],
    [" userName , name ", { ...least, userName: "a", name }],
    ["name.givenName", { ...least, name: { givenName: "g" } }],
    ["name.givenName,name", { ...least, name }],
    ["name.middleName", least],
    ["emails.value", { ...least, emails: [{ value: "w" }] }],
    ["groups", { ...least, groups: [{ value: "g1" }] }],
    ["meta.version", { ...least, meta: { version: 'W/"1"' } }],
    [`${USER}:userName`, { ...least, userName: "a" }],
    [
      `${ENTERPRISE_USER}:department`,
      { schemas: [USER, ENTERPRISE_USER], id: "u1", [ENTERPRISE_USER]: { department: "d" } },
    ],
    [
      `${ENTERPRISE_USER.toLowerCase()}:manager.value`,
      { schemas: [USER, ENTERPRISE_USER], id: "u1", [ENTERPRISE_USER]: { manager: { value: "m" } } },
    ],
    [
      ENTERPRISE_USER,
      {
        schemas: [USER, ENTERPRISE_USER],
        id: "u1",
        [ENTERPRISE_USER]: { department: "d", manager: { value: "m", $ref: "../m" } },
      },
    ],
    ["favoritecolor", { ...least, favoriteColor: "red" }],
    [custom, { schemas: [USER, custom], id: "u1", [custom]: { tag: 1 } }],
    ["nope,also.nope", least],
    ["password", least],
  ])("%s", (attributes, expected) => {
    expect(projected(attributes)).toEqual(expected);
  });
});

describe("excludedAttributes", () => {
  const without = (...names: string[]) =>
    Object.fromEntries(Object.entries(user).filter(([key]) => !names.includes(key)));

  it.each<[string, JsonObject]>([
    ["name,groups", without("name", "groups")],
    ["id,schemas", user],
    ["name.givenName", { ...user, name: { familyName: "f" } }],
    ["name.givenName,name.familyName", without("name")],
    ["emails.value", { ...user, emails: [{ type: "work" }, { type: "home" }] }],
    [`${ENTERPRISE_USER}:manager`, { ...user, [ENTERPRISE_USER]: { department: "d" } }],
    [
      `${ENTERPRISE_USER}:manager.$ref`,
      { ...user, [ENTERPRISE_USER]: { department: "d", manager: { value: "m" } } },
    ],
    [ENTERPRISE_USER, { ...without(ENTERPRISE_USER), schemas: [USER, custom] }],
    ["FavoriteColor", without("favoriteColor")],
    ["nope", user],
  ])("%s", (excluded, expected) => {
    expect(projected(undefined, excluded)).toEqual(expected);
  });
});

describe("parseProjection", () => {
  it("returns everything when nothing is asked for", () => {
    expect(projected()).toEqual(user);
    expect(projected("", " , ")).toEqual(user);
  });

  it("never returns what is never returned, and on request only what is requested", () => {
    const [first, ...others] = USER_TYPE.schema.attributes;
    if (first === undefined) throw new Error("a schema without attributes");
    const attributes = [{ ...first, returned: "request" as const }, ...others];
    const type = { ...USER_TYPE, schema: { ...USER_TYPE.schema, attributes } };
    const resource = { id: "u", userName: "a", password: "p", title: "t" };
    const seen = (wanted?: string, unwanted?: string) =>
      project(type, resource, succeeded(parseProjection(wanted, unwanted, type)));
    expect(seen()).toEqual({ id: "u", title: "t" });
    expect(seen("userName")).toEqual({ id: "u", userName: "a" });
    expect(seen(undefined, "title")).toEqual({ id: "u" });
    expect(seen("password")).toEqual({ id: "u" });
  });

  it("refuses both parameters at once, and thousands of names", () => {
    expect(failed(parseProjection("a", "b", USER_TYPE))).toBe("invalidValue");
    expect(failed(parseProjection("a,".repeat(5_000), undefined, USER_TYPE))).toBe("invalidValue");
  });
});

describe("wantsAttribute", () => {
  it.each([
    [undefined, undefined, true],
    [undefined, "members", false],
    [undefined, "MEMBERS,id", false],
    [undefined, "displayName", true],
    [undefined, "members.display", true],
    ["displayName", undefined, false],
    ["members.value", undefined, true],
    [`${GROUP}:members`, undefined, true],
    [GROUP, undefined, true],
    ["id", undefined, false],
  ])("attributes=%s excludedAttributes=%s wants members: %s", (attributes, excluded, expected) => {
    const projection = succeeded(parseProjection(attributes, excluded, GROUP_TYPE));
    expect(wantsAttribute(projection, "members")).toBe(expected);
  });
});
