import { describe, expect, it } from "vitest";
import { parsePath } from "../../src/scim/path.ts";
import { GROUP_TYPE, USER_TYPE } from "../../src/scim/resource-type.ts";
import { ENTERPRISE_USER, USER } from "../../src/scim/urn.ts";
import { failed, succeeded } from "./outcome.ts";

const described = (text: string, type = USER_TYPE): string => {
  const path = succeeded(parsePath(text, type));
  if (path.kind === "extension") return `extension ${path.schema}`;
  const { schema, attribute, subAttribute } = path.target;
  const names = [attribute.name, ...(subAttribute ? [subAttribute.name] : [])].join(".");
  const tail =
    path.kind === "element" && path.subAttribute
      ? `[].${path.subAttribute.name}`
      : path.kind === "element"
        ? "[]"
        : "";
  return `${schema ?? "core"} ${names}${tail}`;
};

describe("parsePath", () => {
  it.each([
    ["userName", "core userName"],
    ["NAME.FAMILYNAME", "core name.familyName"],
    ["emails", "core emails"],
    ["emails.value", "core emails.value"],
    ['addresses[type eq "work"]', "core addresses[]"],
    ['addresses[type eq "work"].streetAddress', "core addresses[].streetAddress"],
    ['emails[type eq "a].b["].VALUE', "core emails[].value"],
    ['emails[type eq "work" and value ew "example.com"]', "core emails[]"],
    [`${USER}:emails[type eq "work"].value`, "core emails[].value"],
    [`${ENTERPRISE_USER}:employeeNumber`, `${ENTERPRISE_USER} employeeNumber`],
    [`${ENTERPRISE_USER}:manager.value`, `${ENTERPRISE_USER} manager.value`],
    [ENTERPRISE_USER, `extension ${ENTERPRISE_USER}`],
    [ENTERPRISE_USER.toLowerCase(), `extension ${ENTERPRISE_USER}`],
    ["manager", `${ENTERPRISE_USER} manager`],
    ["id", "core id"],
    ["meta.created", "core meta.created"],
  ])("reads %s", (text, expected) => {
    expect(described(text)).toBe(expected);
  });

  it("reads a member of a group", () => {
    expect(described('members[value eq "2819c223-7f76-453a-919d-413861904646"]', GROUP_TYPE)).toBe(
      "core members[]",
    );
  });

  it.each([
    ["", "invalidPath"],
    [" ", "invalidPath"],
    ["nope", "invalidPath"],
    ["name.nope", "invalidPath"],
    ["name.givenName.x", "invalidPath"],
    ["urn:example:2.0:User:tag", "invalidPath"],
    ["department", "invalidPath"],
    ["members", "invalidPath"],
    ["emails[", "invalidPath"],
    ["emails]", "invalidPath"],
    ['emails[type eq "x"]value', "invalidPath"],
    ['emails[type eq "x"].nope', "invalidPath"],
    ['emails[type eq "x"].value.x', "invalidPath"],
    ['emails.value[type eq "x"]', "invalidPath"],
    ['nope[type eq "x"]', "invalidPath"],
    ['name[givenName eq "x"]', "invalidPath"],
    ['userName[value eq "x"]', "invalidPath"],
    ["emails[0]", "invalidFilter"],
    ["emails[]", "invalidFilter"],
    ['emails[nope eq "x"]', "invalidFilter"],
    ['emails[type foo "x"]', "invalidFilter"],
    ["emails[primary gt true]", "invalidFilter"],
    ["x".repeat(10_000), "invalidPath"],
  ])("refuses %j as %s", (text, kind) => {
    expect(failed(parsePath(text, USER_TYPE))).toBe(kind);
  });
});
