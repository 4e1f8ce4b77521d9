// What identity providers literally send (the transcripts their vendors document or others recorded).

import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../../src/scim/json.ts";
import { parsePatch } from "../../../src/scim/patch/parse.ts";
import { parseResource, schemasOf } from "../../../src/scim/resource.ts";
import { GROUP_TYPE, USER_TYPE } from "../../../src/scim/resource-type.ts";
import { ENTERPRISE_USER, GROUP, PATCH_OP, USER } from "../../../src/scim/urn.ts";
import { failed, succeeded } from "../outcome.ts";
import { message, run } from "./run.ts";

describe("bodies of POST and PUT", () => {
  it("Entra's user", () => {
    const body = {
      schemas: [USER, ENTERPRISE_USER],
      externalId: "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
      userName: "Test_User_00aa",
      active: true,
      emails: [{ primary: true, type: "work", value: "x@testuser.com" }],
      meta: { resourceType: "User" },
      name: { formatted: "givenName familyName", familyName: "familyName", givenName: "givenName" },
      roles: [],
    };
    const { schemas: _schemas, meta: _meta, roles: _roles, ...kept } = body;
    const { attributes } = succeeded(parseResource(USER_TYPE, body));
    expect(attributes).toEqual(kept);
    expect(schemasOf(USER_TYPE, attributes)).toEqual([USER]);
  });

  it("Entra's user with nulls, a mistyped schema URN and a custom extension that schemas does not name", () => {
    const custom = "urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User";
    const body = {
      schemas: [USER, "urn:ietf:params:scim:schemas:extension:enterprise:2.0User"],
      userName: "a",
      active: "True",
      addresses: null,
      phoneNumbers: null,
      manager: null,
      department: null,
      roles: [{ value: "r", primary: "True" }],
      [custom]: { tag: "x" },
    };
    const { attributes } = succeeded(parseResource(USER_TYPE, body));
    expect(attributes).toEqual({
      userName: "a",
      active: true,
      roles: [{ value: "r", primary: true }],
      [custom]: { tag: "x" },
    });
    expect(schemasOf(USER_TYPE, attributes)).toEqual([USER, custom]);
  });

  it("Entra's complex role assignment", () => {
    const role = {
      primary: false,
      type: "WindowsAzureActiveDirectoryRole",
      displayName: "Admin",
      value: "Admin",
    };
    const body = { schemas: [USER], userName: "a", roles: [role] };
    expect(succeeded(parseResource(USER_TYPE, body)).attributes).toEqual({ userName: "a", roles: [role] });
  });

  it("Entra's group, whose second schema is none of SCIM", () => {
    const body = {
      schemas: [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
      externalId: "8aa1a0c0",
      displayName: "displayName",
      meta: { resourceType: "Group" },
    };
    const parsed = succeeded(parseResource(GROUP_TYPE, body));
    expect(parsed).toEqual({ attributes: { externalId: "8aa1a0c0", displayName: "displayName" } });
    expect(schemasOf(GROUP_TYPE, parsed.attributes)).toEqual([GROUP]);
  });

  it("Okta's user, with the password and the read-only groups", () => {
    const body = {
      schemas: [USER],
      userName: "test.user@okta.local",
      name: { givenName: "Test", familyName: "User" },
      emails: [{ primary: true, value: "test.user@okta.local", type: "work" }],
      displayName: "Test User",
      locale: "en-US",
      externalId: "00ujl29u0le5T6Aj10h7",
      groups: [],
      password: "1mz050nq",
      active: true,
    };
    const { schemas: _schemas, groups: _groups, password: _password, ...kept } = body;
    expect(succeeded(parseResource(USER_TYPE, body)).attributes).toEqual(kept);
  });

  it("Okta's user read and put back with a change", () => {
    const read = {
      schemas: [USER],
      id: "u1",
      userName: "a",
      favoriteColor: "red",
      groups: [{ value: "g1", $ref: "https://example.com/Groups/g1", type: "direct" }],
      meta: { resourceType: "User", version: 'W/"3"' },
    };
    const { attributes } = succeeded(parseResource(USER_TYPE, { ...read, title: "new" }));
    expect(attributes).toEqual({ userName: "a", favoriteColor: "red", title: "new" });
  });

  it("Okta's groups", () => {
    const pushed = { schemas: [GROUP], displayName: "Test SCIMv2", members: [] };
    expect(succeeded(parseResource(GROUP_TYPE, pushed))).toEqual({
      attributes: { displayName: "Test SCIMv2" },
      members: [],
    });
    const put = {
      ...pushed,
      id: "abf4dd94",
      members: [{ value: "23a35c27", display: "test.user@okta.local" }],
    };
    expect(succeeded(parseResource(GROUP_TYPE, put)).members).toEqual([{ value: "23a35c27" }]);
  });

  it("OneLogin's user with a dictionary for emails", () => {
    const body = { schemas: [USER], userName: "a", emails: { value: "a@example.com", type: "work" } };
    expect(succeeded(parseResource(USER_TYPE, body)).attributes["emails"]).toEqual([
      { value: "a@example.com", type: "work" },
    ]);
  });
});

const employeeNumber = `${ENTERPRISE_USER}:employeeNumber`;
const manager = `${ENTERPRISE_USER}:manager`;
const office = { formatted: "1 Main St", type: "home" };

describe("bodies of PATCH on a user", () => {
  it.each<[string, JsonObject, JsonObject[], JsonObject]>([
    [
      "Entra without a flag",
      { emails: [{ type: "work", value: "old@y", primary: true }] },
      [
        { op: "Replace", path: "displayName", value: "Pvlo" },
        { op: "Replace", path: 'emails[type eq "work"].value', value: "x@y" },
        { op: "Replace", path: "name.givenName", value: "Gtfd" },
        { op: "Replace", path: "externalId", value: "Eqpj" },
        { op: "Replace", path: employeeNumber, value: "Eqpj" },
      ],
      {
        emails: [{ type: "work", value: "x@y", primary: true }],
        displayName: "Pvlo",
        name: { givenName: "Gtfd" },
        externalId: "Eqpj",
        [ENTERPRISE_USER]: { employeeNumber: "Eqpj" },
      },
    ],
    [
      "Entra with aadOptscim062020",
      {},
      [
        { op: "replace", path: 'emails[type eq "work"].value', value: "Test@test.microsoft.com" },
        {
          op: "replace",
          value: {
            displayName: "Bjfe",
            "name.givenName": "Kkom",
            "name.familyName": "Unua",
            [employeeNumber]: "Aklq",
          },
        },
      ],
      {
        emails: [{ type: "work", value: "Test@test.microsoft.com" }],
        displayName: "Bjfe",
        name: { givenName: "Kkom", familyName: "Unua" },
        [ENTERPRISE_USER]: { employeeNumber: "Aklq" },
      },
    ],
    [
      "Entra's add of what it believes empty",
      {},
      [{ op: "Add", path: "nickName", value: "Babs" }],
      { nickName: "Babs" },
    ],
    [
      "Entra's add beside an existing address",
      { addresses: [office] },
      [{ op: "Add", path: 'addresses[type eq "work"].formatted', value: "2 Side St" }],
      { addresses: [office, { type: "work", formatted: "2 Side St" }] },
    ],
    [
      "the validator's three kinds of e-mail in one request",
      {},
      ["work", "home", "other"].flatMap((type) => [
        { op: "Add", path: `emails[type eq "${type}"].value`, value: `${type}@x` },
        { op: "Add", path: `emails[type eq "${type}"].display`, value: type },
        { op: "Add", path: `emails[type eq "${type}"].primary`, value: type === "other" },
      ]),
      {
        emails: [
          { type: "work", value: "work@x", display: "work", primary: false },
          { type: "home", value: "home@x", display: "home", primary: false },
          { type: "other", value: "other@x", display: "other", primary: true },
        ],
      },
    ],
    [
      "Entra's disable in words",
      { active: true },
      [{ op: "Replace", path: "active", value: "False" }],
      { active: false },
    ],
    [
      "Entra's disable",
      { active: true },
      [{ op: "replace", path: "active", value: false }],
      { active: false },
    ],
    [
      "Entra's disable of the tutorial",
      { active: true },
      [{ op: "Replace", path: "active", value: false }],
      { active: false },
    ],
    [
      "Entra's enable in words",
      { active: false },
      [{ op: "Replace", path: "active", value: "True" }],
      { active: true },
    ],
    [
      "the tutorial's manager",
      {},
      [{ op: "Add", path: "manager", value: [{ $ref: "http://example.com/scim/Users/m1", value: "m1" }] }],
      { [ENTERPRISE_USER]: { manager: { $ref: "http://example.com/scim/Users/m1", value: "m1" } } },
    ],
    [
      "the validator's manager set",
      {},
      [{ op: "Add", path: manager, value: "m1" }],
      { [ENTERPRISE_USER]: { manager: { value: "m1" } } },
    ],
    [
      "the validator's manager changed",
      { [ENTERPRISE_USER]: { manager: { value: "m1" } } },
      [{ op: "replace", path: manager, value: "m2" }],
      { [ENTERPRISE_USER]: { manager: { value: "m2" } } },
    ],
    [
      "the validator's manager removed",
      { [ENTERPRISE_USER]: { manager: { value: "m1" } } },
      [{ op: "replace", path: manager, value: "" }],
      {},
    ],
    [
      "Entra's single role",
      {},
      [
        { op: "Add", path: 'roles[primary eq "True"].value', value: "25" },
        { op: "Add", path: 'roles[primary eq "True"].display', value: "Role" },
        { op: "Add", path: 'roles[primary eq "True"].type', value: "T" },
      ],
      { roles: [{ primary: true, value: "25", display: "Role", type: "T" }] },
    ],
    [
      "Entra's role as serialized JSON",
      {},
      [
        {
          op: "Add",
          path: "roles",
          value: [{ value: '{"id":"06b0","value":"25","displayName":"Role1234"}' }],
        },
      ],
      { roles: [{ value: '{"id":"06b0","value":"25","displayName":"Role1234"}' }] },
    ],
    [
      "Entra's assertive roles",
      { roles: [{ value: "a" }, { value: "b" }] },
      [{ op: "replace", path: "roles", value: [{ value: "b" }, { value: "c" }] }],
      { roles: [{ value: "b" }, { value: "c" }] },
    ],
    [
      "the gallery's null update with empty texts",
      { title: "t", emails: [{ type: "work", value: "x" }], [ENTERPRISE_USER]: { department: "d" } },
      [
        { op: "replace", path: "title", value: "" },
        { op: "replace", path: 'emails[type eq "work"].value', value: "" },
        { op: "replace", path: 'phoneNumbers[type eq "mobile"].value', value: "" },
        { op: "replace", path: `${ENTERPRISE_USER}:department`, value: "" },
      ],
      { emails: [{ type: "work" }] },
    ],
    [
      "the gallery's null update without a path",
      { name: { givenName: "g", familyName: "f" }, [ENTERPRISE_USER]: { department: "d", division: "v" } },
      [
        { op: "replace", path: 'emails[type eq "work"].value', value: null },
        { op: "replace", value: { "name.givenName": null, [`${ENTERPRISE_USER}:department`]: null } },
      ],
      { name: { familyName: "f" }, [ENTERPRISE_USER]: { division: "v" } },
    ],
    [
      "the validator's remove, add and replace of one attribute",
      { title: "a" },
      [
        { op: "remove", path: "title" },
        { op: "add", path: "title", value: "b" },
        { op: "replace", path: "title", value: "c" },
      ],
      { title: "c" },
    ],
    [
      "Okta's deactivation",
      { active: true },
      [{ op: "replace", value: { active: false } }],
      { active: false },
    ],
    [
      "Okta's password",
      { active: true },
      [{ op: "replace", value: { password: "secret" } }],
      { active: true },
    ],
    [
      "JumpCloud's update",
      { active: true },
      [
        { op: "replace", path: "name.givenName", value: "John" },
        { op: "replace", path: "active", value: false },
      ],
      { active: false, name: { givenName: "John" } },
    ],
  ])("%s", (_, before, operations, after) => {
    expect(succeeded(run({ userName: "a", ...before }, message(...operations)))).toEqual({
      userName: "a",
      ...after,
    });
  });
});

describe("bodies of PATCH on a group's attributes", () => {
  it.each<[string, Json]>([
    [
      "Entra's rename",
      { schemas: [PATCH_OP], Operations: [{ op: "Replace", path: "displayName", value: "new" }] },
    ],
    [
      "Okta's rename, with the id",
      { schemas: [PATCH_OP], Operations: [{ op: "replace", value: { id: "abf4dd94", displayName: "new" } }] },
    ],
    [
      "Okta's rename without schemas",
      { Operations: [{ op: "replace", value: { id: "abf4dd94", displayName: "new" } }] },
    ],
  ])("%s", (_, body) => {
    expect(succeeded(run({ displayName: "old" }, body, GROUP_TYPE))).toEqual({ displayName: "new" });
  });

  it("the SCIM 1.1 form of OneLogin is refused and not ignored", () => {
    const body = { members: [{ value: "u1", operation: "add" }] };
    expect(failed(parsePatch(body, GROUP_TYPE))).toBe("invalidSyntax");
  });
});
