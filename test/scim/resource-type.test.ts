import { describe, expect, it } from "vitest";
import {
  GROUP_TYPE,
  parseAttributeName,
  printAttributeName,
  resolveAttribute,
  USER_TYPE,
} from "../../src/scim/resource-type.ts";
import { ENTERPRISE_USER, INFO_USER, USER } from "../../src/scim/urn.ts";

const resolved = (text: string, type = USER_TYPE): string | undefined => {
  const name = parseAttributeName(text);
  const target = name && resolveAttribute(type, name);
  if (target === undefined) return undefined;
  const path = [target.attribute.name, ...(target.subAttribute ? [target.subAttribute.name] : [])].join(".");
  return `${target.schema ?? "core"} ${path}`;
};

describe("resolving an attribute name", () => {
  it.each([
    ["userName", "core userName"],
    ["USERNAME", "core userName"],
    ["name.givenname", "core name.givenName"],
    ["emails.value", "core emails.value"],
    ["id", "core id"],
    ["externalid", "core externalId"],
    ["meta.lastModified", "core meta.lastModified"],
    ["schemas", "core schemas"],
    ["groups.$ref", "core groups.$ref"],
    [`${USER}:userName`, "core userName"],
    [`${USER.toUpperCase()}:NAME.FAMILYNAME`, "core name.familyName"],
    [`${ENTERPRISE_USER}:department`, `${ENTERPRISE_USER} department`],
    [`${ENTERPRISE_USER.toLowerCase()}:Manager.Value`, `${ENTERPRISE_USER} manager.value`],
    ["manager", `${ENTERPRISE_USER} manager`],
    ["Manager.displayName", `${ENTERPRISE_USER} manager.displayName`],
    [`${INFO_USER}:info2`, `${INFO_USER} info2`],
    ["department", undefined],
    ["info1", undefined],
    ["members", undefined],
    ["name.nope", undefined],
    ["userName.value", undefined],
    ["urn:example:other:userName", undefined],
    [ENTERPRISE_USER, undefined],
    [`${ENTERPRISE_USER}:userName`, undefined],
  ])("%s is %s", (text, expected) => {
    expect(resolved(text)).toBe(expected);
  });

  it.each([
    ["members.value", "core members.value"],
    ["displayName", "core displayName"],
    ["manager", undefined],
    ["userName", undefined],
  ])("on a group %s is %s", (text, expected) => {
    expect(resolved(text, GROUP_TYPE)).toBe(expected);
  });
});

describe("parseAttributeName", () => {
  it.each(["", ".", "a.", ".a", "a.b.c", "1a", "a b", "a:", ":a", "$", "a$", "ä", "a[b]", "x y:a", "a.$"])(
    "refuses %j",
    (text) => {
      expect(parseAttributeName(text)).toBeUndefined();
    },
  );

  it.each(["a", "a-b_c1", "a.b", "members.$ref", "urn:x:2.0:User:a.b"])("prints %j as it was", (text) => {
    const name = parseAttributeName(text);
    expect(name && printAttributeName(name)).toBe(text);
  });
});
