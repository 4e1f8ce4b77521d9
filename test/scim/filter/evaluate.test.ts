import { describe, expect, it } from "vitest";
import { compareText, evaluateFilter } from "../../../src/scim/filter/evaluate.ts";
import { parseFilter } from "../../../src/scim/filter/parse.ts";
import { resolveFilter, resolveRootFilter } from "../../../src/scim/filter/resolve.ts";
import { GROUP_TYPE, USER_TYPE } from "../../../src/scim/resource-type.ts";
import { ENTERPRISE_USER } from "../../../src/scim/urn.ts";
import { failed, succeeded } from "../outcome.ts";

const user = {
  schemas: ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE_USER],
  id: "2819c223-7f76-453a-919d-413861904646",
  externalId: "BJ",
  userName: "bJensen",
  name: { givenName: "Barbara", familyName: "Straße" },
  active: true,
  title: "",
  emails: [
    { value: "bjensen@example.com", type: "work", primary: true },
    { value: "babs@jensen.org", type: "home" },
  ],
  x509Certificates: [{ value: "MIIDQzCCAqyg" }],
  groups: [{ value: "g1", type: "direct" }],
  meta: { created: "2010-01-23T04:56:22Z", lastModified: "2011-05-13T04:42:34.5+02:00" },
  [ENTERPRISE_USER]: { department: "Tour", manager: { value: "m1" } },
};

const matches = (text: string): boolean =>
  evaluateFilter(succeeded(resolveFilter(succeeded(parseFilter(text)), USER_TYPE)), user);

describe("evaluateFilter", () => {
  it.each([
    // Case: userName is not case-exact, externalId and id are.
    ['userName eq "BJENSEN"', true],
    ['userName eq "bjense"', false],
    ['externalId eq "BJ"', true],
    ['externalId eq "bj"', false],
    ['id eq "2819C223-7F76-453A-919D-413861904646"', false],
    ['name.familyName eq "STRAßE"', true],
    ['name.givenName eq "ＢＡＲＢＡＲＡ"', true],
    ['name.givenName co "BAR"', true],
    ['name.givenName sw "bar"', true],
    ['name.givenName sw "arb"', false],
    ['name.givenName ew "ARA"', true],
    ['name.givenName ew "barbar"', false],
    ['name.givenName gt "alice"', true],
    ['name.givenName lt "BARBARA"', false],
    ['name.givenName le "BARBARA"', true],
    ['name.givenName ge "barbarb"', false],
    // Presence: "" and unassigned are not present.
    ["userName pr", true],
    ["title pr", false],
    ["nickName pr", false],
    ["name pr", true],
    ["emails pr", true],
    ["phoneNumbers pr", false],
    ["userName eq null", false],
    ["nickName eq null", true],
    ["nickName ne null", false],
    // ne: an unassigned attribute is not identical to any value; any value of several may differ.
    ['userName ne "bjensen"', false],
    ['nickName ne "x"', true],
    ['nickName eq "x"', false],
    ['emails.value ne "babs@jensen.org"', true],
    ['not (emails.value eq "babs@jensen.org")', false],
    ['emails[type eq "home"].value ne "babs@jensen.org"', false],
    ['emails[display ne "x"]', true],
    // Multi-valued and complex.
    ['emails eq "babs@jensen.org"', true],
    ['emails co "EXAMPLE"', true],
    ['emails.type eq "work" and emails.value co "jensen.org"', true],
    ['emails[type eq "work" and value co "jensen.org"]', false],
    ['emails[type eq "work" and not (value co "jensen.org")]', true],
    ['emails[not (type eq "work")].value eq "babs@jensen.org"', true],
    ['emails[primary eq "True"].value sw "bj"', true],
    ["emails[primary eq false]", false],
    ["emails[primary ne true]", true],
    ['name[givenName eq "barbara"]', true],
    ['schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user"', true],
    ['x509Certificates.value eq "MIIDQzCCAqyg"', true],
    ['x509Certificates.value eq "miidqzccaqyg"', false],
    ['groups eq "g1"', true],
    ['groups.type eq "indirect"', false],
    // Extensions.
    [`${ENTERPRISE_USER}:department eq "tour"`, true],
    [`${ENTERPRISE_USER}:manager.value eq "m1"`, true],
    ['id eq "2819c223-7f76-453a-919d-413861904646" and manager eq "m1"', true],
    ['manager eq "m2"', false],
    ["urn:ietf:params:scim:schemas:core:2.0:User:active eq true", true],
    // Booleans.
    ["active eq true", true],
    ["active eq false", false],
    ["active ne false", true],
    ["active eq True", true],
    ['active eq "false"', false],
    // Date and time: chronological, whatever the zone and the fraction.
    ['meta.lastModified eq "2011-05-13T02:42:34.500Z"', true],
    ['meta.lastModified gt "2011-05-13T04:00:00Z"', false],
    ['meta.lastModified lt "2011-05-13T04:00:00Z"', true],
    ['meta.created ge "2010-01-23T05:56:22+01:00"', true],
    ["meta.created le 2010-01-23T04:56:22Z", true],
    // Numbers without quotes are identifiers whose quotes were left out.
    ["externalId eq 12", false],
    // Logic.
    ['userName eq "x" or active eq true and nickName pr', false],
    ['(userName eq "x" or active eq true) and not (nickName pr)', true],
  ])("%s is %s", (text, expected) => {
    expect(matches(text)).toBe(expected);
  });
});

describe("resolveFilter", () => {
  it.each([
    'favoriteColor eq "red"',
    'name.nope eq "x"',
    'emails[nope eq "x"]',
    'emails[emails.type eq "x"]',
    'emails[type.x eq "y"]',
    "emails[name[givenName pr]]",
    'userName[value eq "x"]',
    'name.givenName[value eq "x"]',
    "active gt true",
    "active co true",
    'active eq "yes"',
    "active eq 1",
    "userName eq true",
    'x509Certificates.value gt "a"',
    'x509Certificates.value sw "a"',
    'meta.created eq "yesterday"',
    'meta.created eq "2011-02-30T00:00:00Z"',
    'meta.created sw "2011"',
    "meta.created gt 5",
    'name eq "x"',
    'addresses eq "x"',
    'meta eq "x"',
    "userName gt null",
    'password eq "x"',
    "password pr",
    'members eq "x"',
    `${ENTERPRISE_USER} pr`,
    'urn:example:nope:userName eq "x"',
  ])("refuses %s", (text) => {
    expect(failed(resolveFilter(succeeded(parseFilter(text)), USER_TYPE))).toBe("invalidFilter");
  });

  it("reads members of a group by value", () => {
    const filter = succeeded(
      resolveFilter(succeeded(parseFilter('id eq "g" and members eq "u"')), GROUP_TYPE),
    );
    expect(evaluateFilter(filter, { id: "g", members: [{ value: "v" }, { value: "u" }] })).toBe(true);
    expect(evaluateFilter(filter, { id: "g", members: [{ value: "v" }] })).toBe(false);
  });
});

describe("resolveRootFilter", () => {
  const types = [USER_TYPE, GROUP_TYPE];

  it.each([
    ['userName eq "x"', [true, false]],
    ['userName ne "y"', [true, true]],
    ["userName pr", [true, false]],
    ["members eq null", [true, true]],
    ["members ne null", [false, false]],
    ['members[value eq "x"]', [false, false]],
    ['members[$ref eq "x"]', [false, false]],
    ['displayName eq "D"', [true, true]],
    ['meta.resourceType eq "Group"', [false, true]],
    ['not (userName eq "x")', [false, true]],
  ])("%s on a user and a group is %j", (text, expected) => {
    const filters = succeeded(resolveRootFilter(succeeded(parseFilter(text)), types));
    const resources = [
      { userName: "x", displayName: "d", meta: { resourceType: "User" } },
      { displayName: "d", meta: { resourceType: "Group" } },
    ];
    const answers = filters.map((filter, index) => evaluateFilter(filter, resources[index] ?? {}));
    expect(answers).toEqual(expected);
  });

  it("refuses what no type has", () => {
    expect(failed(resolveRootFilter(succeeded(parseFilter("nope pr")), types))).toBe("invalidFilter");
  });
});

describe("compareText", () => {
  it("orders by code point and not by UTF-16 unit", () => {
    expect(compareText("\u{1F600}", "\uFFFD")).toBeGreaterThan(0);
    expect(compareText("a", "ab")).toBeLessThan(0);
    expect(compareText("b", "ab")).toBeGreaterThan(0);
    expect(compareText("\u{1F600}", "\u{1F601}")).toBeLessThan(0);
    expect(compareText("x", "x")).toBe(0);
  });
});
