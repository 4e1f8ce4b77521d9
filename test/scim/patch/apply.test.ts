import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../../src/scim/json.ts";
import { GROUP_TYPE } from "../../../src/scim/resource-type.ts";
import { ENTERPRISE_USER, INFO_USER, USER } from "../../../src/scim/urn.ts";
import { failed, succeeded } from "../outcome.ts";
import { message, run } from "./run.ts";

const work = { value: "w@x", type: "work" };
const home = { value: "h@x", type: "home", primary: true };

/** name, document before, operations, document after; the userName is the same before and after. */
type Row = [string, JsonObject, JsonObject[], JsonObject];

const check = ([, before, operations, after]: Row) => {
  const document = { userName: "a", ...before };
  const frozen = structuredClone(document);
  expect(succeeded(run(document, message(...operations)))).toEqual({ userName: "a", ...after });
  expect(document).toEqual(frozen);
};

const add = (path: string, value: Json): JsonObject => ({ op: "add", path, value });
const replace = (path: string, value: Json): JsonObject => ({ op: "replace", path, value });
const remove = (path: string): JsonObject => ({ op: "remove", path });

describe("single-valued attributes", () => {
  const rows: Row[] = [
    ["add sets", {}, [add("title", "t")], { title: "t" }],
    ["add replaces (RFC 7644 §3.5.2.1)", { title: "s" }, [add("title", "t")], { title: "t" }],
    ["replace sets what is absent (§3.5.2.3)", {}, [replace("title", "t")], { title: "t" }],
    ["remove clears", { title: "t" }, [remove("title")], {}],
    ["removing what is absent is done", {}, [remove("title")], {}],
    ["null clears", { title: "t" }, [replace("title", null)], {}],
    ["an empty text clears", { title: "t" }, [replace("TITLE", "")], {}],
    ["[] clears", { title: "t" }, [replace("title", [])], {}],
    ["booleans as words", { active: true }, [replace("active", "False")], { active: false }],
    ["op in any case", {}, [{ op: "ADD", path: "title", value: "t" }], { title: "t" }],
    ["members of the operation in any case", {}, [{ Op: "Add", Path: "title", Value: "t" }], { title: "t" }],
    ["a null path is no path", {}, [{ op: "add", path: null, value: { title: "t" } }], { title: "t" }],
    [
      "operations in order",
      { title: "a" },
      [remove("title"), add("title", "b"), replace("title", "c")],
      { title: "c" },
    ],
    ["userName removed and added again", {}, [remove("userName"), add("userName", "a")], {}],
    ["the password is taken and not kept", {}, [replace("password", "secret")], {}],
    ["the id it has", {}, [replace("id", "u1")], {}],
    ["the groups it has", {}, [replace("groups", [{ value: "g1" }])], {}],
    ["schemas it may have", {}, [add("schemas", [ENTERPRISE_USER])], {}],
  ];
  it.each(rows)("%s", (...row) => check(row));
});

describe("complex attributes", () => {
  const name = { givenName: "g", familyName: "f" };
  const rows: Row[] = [
    [
      "a sub-attribute set",
      { name },
      [replace("name.givenName", "h")],
      { name: { givenName: "h", familyName: "f" } },
    ],
    ["a sub-attribute of nothing", {}, [add("name.givenName", "h")], { name: { givenName: "h" } }],
    ["a sub-attribute removed", { name }, [remove("name.givenName")], { name: { familyName: "f" } }],
    ["the last sub-attribute removed", { name: { givenName: "g" } }, [remove("name.givenName")], {}],
    [
      "an object merges (§3.5.2.3)",
      { name },
      [replace("name", { familyName: "e" })],
      { name: { givenName: "g", familyName: "e" } },
    ],
    ["add merges too", { name }, [add("name", { middleName: "m" })], { name: { ...name, middleName: "m" } }],
    [
      "null in an object clears one",
      { name },
      [replace("name", { familyName: null })],
      { name: { givenName: "g" } },
    ],
    [
      "null in an object clears the last",
      { name: { givenName: "g" } },
      [replace("name", { givenName: null })],
      {},
    ],
    [
      "an empty text in an object clears one",
      { name },
      [replace("name", { familyName: "" })],
      { name: { givenName: "g" } },
    ],
    [
      "an empty text beside is left alone",
      { name: { givenName: "", familyName: "f" } },
      [replace("name", { familyName: "e" })],
      { name: { givenName: "", familyName: "e" } },
    ],
    ["an empty object changes nothing", { name }, [replace("name", {})], { name }],
    ["remove clears all", { name }, [remove("name")], {}],
    ["null clears all", { name }, [replace("name", null)], {}],
    [
      "unknown sub-attributes stay raw",
      { name: { pet: 1, ...name } },
      [replace("name", { familyName: "e", toy: 2 })],
      { name: { pet: 1, givenName: "g", familyName: "e", toy: 2 } },
    ],
  ];
  it.each(rows)("%s", (...row) => check(row));
});

describe("multi-valued attributes", () => {
  const rows: Row[] = [
    ["add to nothing", {}, [add("emails", [work])], { emails: [work] }],
    ["add appends", { emails: [work] }, [add("emails", [home])], { emails: [work, home] }],
    ["add of one object", { emails: [work] }, [add("emails", home)], { emails: [work, home] }],
    [
      "add of what is there",
      { emails: [work, home] },
      [add("emails", [home, work])],
      { emails: [work, home] },
    ],
    [
      "add of what is there, in another order of members",
      { emails: [work] },
      [add("emails", [{ type: "work", value: "w@x" }])],
      { emails: [work] },
    ],
    [
      "add of a known (type, value) says more of it",
      { emails: [work] },
      [add("emails", [{ ...work, display: "d" }])],
      { emails: [{ ...work, display: "d" }] },
    ],
    ["add of nothing", { emails: [work] }, [add("emails", [])], { emails: [work] }],
    [
      "add of a primary moves it",
      { emails: [home] },
      [add("emails", [{ ...work, primary: true }])],
      {
        emails: [
          { ...home, primary: false },
          { ...work, primary: true },
        ],
      },
    ],
    ["replace", { emails: [work] }, [replace("emails", [home])], { emails: [home] }],
    ["replace by nothing", { emails: [work] }, [replace("emails", [])], {}],
    ["replace by null", { emails: [work] }, [replace("emails", null)], {}],
    ["remove", { emails: [work, home] }, [remove("emails")], {}],
    [
      "remove with values removes those",
      { emails: [work, home] },
      [{ op: "remove", path: "emails", value: [{ value: "w@x" }] }],
      { emails: [home] },
    ],
    [
      "remove with an empty list removes none",
      { emails: [work] },
      [{ op: "remove", path: "emails", value: [] }],
      { emails: [work] },
    ],
    [
      "a sub-attribute of every value",
      { emails: [work, home] },
      [remove("emails.type")],
      { emails: [{ value: "w@x" }, { value: "h@x", primary: true }] },
    ],
    [
      "a sub-attribute set on every value",
      { emails: [work, home] },
      [replace("emails.display", "d")],
      {
        emails: [
          { ...work, display: "d" },
          { ...home, display: "d" },
        ],
      },
    ],
    [
      "a sub-attribute set where no value is",
      {},
      [replace("emails.value", "d")],
      { emails: [{ value: "d" }] },
    ],
  ];
  it.each(rows)("%s", (...row) => check(row));
});

describe("selected values", () => {
  const rows: Row[] = [
    ["remove", { emails: [work, home] }, [remove('emails[type eq "WORK"]')], { emails: [home] }],
    ["remove the last", { emails: [work] }, [remove('emails[type eq "work" and value ew "x"]')], {}],
    ["remove what is not there", { emails: [home] }, [remove('emails[type eq "work"]')], { emails: [home] }],
    [
      "remove a sub-attribute",
      { emails: [work, home] },
      [remove('emails[type eq "home"].primary')],
      { emails: [work, { value: "h@x", type: "home" }] },
    ],
    [
      "replace whole values",
      { emails: [{ ...work, display: "d" }, home] },
      [replace('emails[type eq "work"]', { value: "v@x", type: "work" })],
      { emails: [{ value: "v@x", type: "work" }, home] },
    ],
    [
      "replace with a list of one",
      { emails: [work] },
      [replace('emails[type eq "work"]', [{ value: "v" }])],
      { emails: [{ value: "v" }] },
    ],
    [
      "replace by null removes",
      { emails: [work, home] },
      [replace('emails[type eq "work"]', null)],
      { emails: [home] },
    ],
    [
      "add merges into the value",
      { emails: [work] },
      [add('emails[type eq "work"]', { display: "d" })],
      { emails: [{ ...work, display: "d" }] },
    ],
    [
      "primary moves (§3.5.2)",
      { emails: [work, home] },
      [replace('emails[type eq "work"].primary', true)],
      {
        emails: [
          { ...work, primary: true },
          { ...home, primary: false },
        ],
      },
    ],
    [
      "primary moves with a whole value",
      { emails: [work, home] },
      [replace('emails[type eq "work"]', { ...work, primary: true })],
      {
        emails: [
          { ...work, primary: true },
          { ...home, primary: false },
        ],
      },
    ],
    [
      "a sub-attribute of all matching values",
      { emails: [work, { value: "v", type: "work" }] },
      [replace('emails[type eq "work"].display', "d")],
      {
        emails: [
          { ...work, display: "d" },
          { value: "v", type: "work", display: "d" },
        ],
      },
    ],
    [
      "created beside others",
      { emails: [home] },
      [add('emails[type eq "work"].value', "w@x")],
      { emails: [home, { type: "work", value: "w@x" }] },
    ],
    [
      "created by two equalities",
      {},
      [replace('addresses[type eq "work" and primary eq "True"].locality', "L")],
      { addresses: [{ type: "work", primary: true, locality: "L" }] },
    ],
    [
      "one created, the next finds it",
      {},
      [add('emails[type eq "work"].value', "a"), add('emails[type eq "work"].display', "d")],
      { emails: [{ type: "work", value: "a", display: "d" }] },
    ],
    [
      "nothing created to be cleared",
      { emails: [home] },
      [replace('emails[type eq "work"].value', "")],
      { emails: [home] },
    ],
    [
      "cleared in the value",
      { emails: [work] },
      [replace('emails[type eq "work"].value', null)],
      { emails: [{ type: "work" }] },
    ],
    ["cleared to nothing", { emails: [{ type: "work" }] }, [remove('emails[type eq "work"].type')], {}],
  ];
  it.each(rows)("%s", (...row) => check(row));
});

describe("extensions", () => {
  const rows: Row[] = [
    [
      "an attribute by URN",
      {},
      [add(`${ENTERPRISE_USER}:department`, "d")],
      { [ENTERPRISE_USER]: { department: "d" } },
    ],
    [
      "the last attribute removed",
      { [ENTERPRISE_USER]: { department: "d" } },
      [remove(`${ENTERPRISE_USER}:department`)],
      {},
    ],
    [
      "the bare URN merges",
      { [ENTERPRISE_USER]: { department: "d", floor: 3 } },
      [replace(ENTERPRISE_USER, { division: "v", FLOOR: 4 })],
      { [ENTERPRISE_USER]: { department: "d", floor: 4, division: "v" } },
    ],
    [
      "the bare URN removed",
      { [ENTERPRISE_USER]: { department: "d" } },
      [remove(ENTERPRISE_USER.toLowerCase())],
      {},
    ],
    ["the bare URN by null", { [INFO_USER]: { info1: "d" } }, [replace(INFO_USER, null)], {}],
    [
      "null in it clears one",
      { [INFO_USER]: { info1: "1", info2: "2" } },
      [replace(INFO_USER, { info1: null })],
      { [INFO_USER]: { info2: "2" } },
    ],
    [
      "a manager as text",
      {},
      [add(`${ENTERPRISE_USER}:manager`, "m")],
      { [ENTERPRISE_USER]: { manager: { value: "m" } } },
    ],
    [
      "a manager moves without the old $ref",
      { [ENTERPRISE_USER]: { manager: { value: "m", $ref: "../m" } } },
      [replace("manager", "n")],
      { [ENTERPRISE_USER]: { manager: { value: "n" } } },
    ],
    [
      "a manager set by its value",
      { [ENTERPRISE_USER]: { manager: { value: "m", $ref: "../m" } } },
      [replace("manager.value", "n")],
      { [ENTERPRISE_USER]: { manager: { value: "n" } } },
    ],
    [
      "a manager kept keeps its $ref",
      { [ENTERPRISE_USER]: { manager: { value: "m", $ref: "../m" } } },
      [replace("manager", "m")],
      { [ENTERPRISE_USER]: { manager: { value: "m", $ref: "../m" } } },
    ],
    [
      "a manager cleared as object",
      { [ENTERPRISE_USER]: { manager: { value: "m" } } },
      [replace("manager", { value: "" })],
      {},
    ],
    [
      "a manager's value cleared",
      { [ENTERPRISE_USER]: { manager: { value: "m", $ref: "../m" } } },
      [replace("manager.value", "")],
      {},
    ],
  ];
  it.each(rows)("%s", (...row) => check(row));
});

describe("operations without a path", () => {
  const rows: Row[] = [
    [
      "plain, dotted and qualified keys",
      { name: { givenName: "g" } },
      [
        {
          op: "replace",
          value: {
            title: "t",
            "name.familyName": "f",
            [`${ENTERPRISE_USER}:division`]: "d",
            [`${USER}:nickName`]: "n",
          },
        },
      ],
      {
        title: "t",
        name: { givenName: "g", familyName: "f" },
        [ENTERPRISE_USER]: { division: "d" },
        nickName: "n",
      },
    ],
    [
      "value path keys",
      { emails: [home] },
      [{ op: "add", value: { 'emails[type eq "work"].value': "w@x" } }],
      { emails: [home, { type: "work", value: "w@x" }] },
    ],
    [
      "nested objects merge",
      { name: { givenName: "g" } },
      [{ op: "replace", value: { name: { familyName: "f" } } }],
      { name: { givenName: "g", familyName: "f" } },
    ],
    [
      "whole extensions merge",
      { [ENTERPRISE_USER]: { division: "d" } },
      [{ op: "add", value: { [ENTERPRISE_USER]: { department: "e", manager: "m" } } }],
      { [ENTERPRISE_USER]: { division: "d", department: "e", manager: { value: "m" } } },
    ],
    [
      "lists are added",
      { emails: [work] },
      [{ op: "add", value: { emails: [home], nickname: "Babs" } }],
      { emails: [work, home], nickName: "Babs" },
    ],
    [
      "lists are replaced",
      { emails: [work] },
      [{ op: "replace", value: { emails: [home] } }],
      { emails: [home] },
    ],
    [
      "null clears",
      { title: "t", name: { givenName: "g" }, [ENTERPRISE_USER]: { department: "d" } },
      [
        {
          op: "replace",
          value: { title: null, "name.givenName": null, [`${ENTERPRISE_USER}:department`]: null },
        },
      ],
      {},
    ],
    [
      "what only the server sets is ignored",
      { title: "t" },
      [
        {
          op: "replace",
          value: {
            id: "zzz",
            meta: { version: "9" },
            "meta.created": "x",
            groups: [],
            schemas: [],
            manager: { displayName: "B" },
          },
        },
      ],
      { title: "t" },
    ],
    [
      "unknown names are kept raw",
      { color: "red" },
      [{ op: "replace", value: { Color: "blue", shoe: { size: 1 } } }],
      { color: "blue", shoe: { size: 1 } },
    ],
    [
      "unknown names are cleared by null",
      { color: "red" },
      [{ op: "replace", value: { color: null, hat: null } }],
      {},
    ],
    [
      "foreign extensions merge raw",
      { "urn:x:y": { a: 1 } },
      [{ op: "add", value: { "urn:x:y": { b: 2 } } }],
      { "urn:x:y": { a: 1, b: 2 } },
    ],
    ["the core as a container", {}, [{ op: "add", value: { [USER]: { title: "t" } } }], { title: "t" }],
    ["nothing", { title: "t" }, [{ op: "replace", value: {} }], { title: "t" }],
  ];
  it.each(rows)("%s", (...row) => check(row));
});

describe("refused operations", () => {
  it.each<[string, JsonObject | Json[], string]>([
    ["no operations", {}, "invalidSyntax"],
    ["an empty list", { Operations: [] }, "invalidSyntax"],
    ["operations that are no list", { Operations: { op: "add" } }, "invalidSyntax"],
    ["a list for the body", [], "invalidSyntax"],
    [
      "another message",
      { schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], Operations: [remove("title")] },
      "invalidSyntax",
    ],
    ["an operation that is no object", { Operations: ["remove"] }, "invalidSyntax"],
    ["no op", { Operations: [{ path: "title", value: "t" }] }, "invalidSyntax"],
    ["an unknown op", { Operations: [{ op: "move", path: "title" }] }, "invalidSyntax"],
    ["operations twice", { Operations: [remove("title")], operations: [] }, "invalidSyntax"],
    ["op twice", { Operations: [{ op: "add", OP: "remove", path: "title", value: "t" }] }, "invalidSyntax"],
    ["a path that is no text", { Operations: [{ op: "add", path: 5, value: "t" }] }, "invalidPath"],
    ["remove without a path (RFC 7644 §3.5.2.2)", { Operations: [{ op: "remove" }] }, "noTarget"],
    ["add without a value", { Operations: [{ op: "add", path: "title" }] }, "invalidValue"],
    ["a path-less text", { Operations: [{ op: "add", value: "t" }] }, "invalidValue"],
    ["a path-less nothing", { Operations: [{ op: "replace" }] }, "invalidValue"],
    ["an unknown path", { Operations: [add("shoe", "x")] }, "invalidPath"],
    ["an unknown qualified path", { Operations: [add("urn:x:2.0:User:tag", "x")] }, "invalidPath"],
    [
      "an unknown qualified key",
      { Operations: [{ op: "add", value: { "urn:x:2.0:User:tag": "x" } }] },
      "invalidPath",
    ],
    ["an unknown dotted key", { Operations: [{ op: "add", value: { "name.nope": "x" } }] }, "invalidPath"],
    [
      "one key in two cases",
      { Operations: [{ op: "add", value: { title: "a", Title: "b" } }] },
      "invalidSyntax",
    ],
    ["another id", { Operations: [replace("id", "u2")] }, "mutability"],
    ["an id removed", { Operations: [remove("id")] }, "mutability"],
    ["other groups", { Operations: [add("groups", [{ value: "g2" }])] }, "mutability"],
    ["a group selected", { Operations: [remove('groups[value eq "g1"]')] }, "mutability"],
    ["meta", { Operations: [replace("meta.created", "2011-05-13T04:42:34Z")] }, "mutability"],
    ["other schemas", { Operations: [replace("schemas", ["urn:x"])] }, "mutability"],
    ["a manager's name", { Operations: [replace("manager.displayName", "B")] }, "mutability"],
    ["userName removed (§3.5.2.2)", { Operations: [remove("userName")] }, "mutability"],
    ["userName cleared", { Operations: [replace("userName", "")] }, "invalidValue"],
    [
      "userName cleared by null",
      { Operations: [{ op: "replace", value: { userName: null } }] },
      "invalidValue",
    ],
    ["a wrong type", { Operations: [replace("title", 5)] }, "invalidValue"],
    ["an empty object for a boolean", { Operations: [replace("active", {})] }, "invalidValue"],
    ["a wrong type within", { Operations: [replace("name", { givenName: 5 })] }, "invalidValue"],
    ["text for an object", { Operations: [replace("name", "x")] }, "invalidValue"],
    ["text for a list", { Operations: [add("emails", "x")] }, "invalidValue"],
    ["text for an extension", { Operations: [add(ENTERPRISE_USER, "x")] }, "invalidValue"],
    [
      "a whole value that matches none (§3.5.2.3)",
      { Operations: [replace('emails[type eq "other"]', { value: "x" })] },
      "noTarget",
    ],
    [
      "an added whole value that matches none (design §5.3)",
      { Operations: [add('emails[type eq "other"]', { value: "x" })] },
      "noTarget",
    ],
    [
      "a value that no equality describes",
      { Operations: [replace('emails[type ne "work"].value', "x")] },
      "noTarget",
    ],
    [
      "a value described twice",
      { Operations: [replace('emails[type eq "a" and type eq "b"].value', "x")] },
      "noTarget",
    ],
    [
      "two primary values",
      {
        Operations: [
          add("emails", [
            { value: "a", primary: true },
            { value: "b", primary: true },
          ]),
        ],
      },
      "invalidValue",
    ],
    ["primary on all values", { Operations: [replace("emails.primary", true)] }, "invalidValue"],
    [
      "two objects for a selected value",
      { Operations: [replace('emails[type eq "work"]', [{ value: "a" }, { value: "b" }])] },
      "invalidValue",
    ],
    ["a bad filter", { Operations: [remove("emails[type eq]")] }, "invalidFilter"],
    [
      "too many operations",
      { Operations: Array.from({ length: 1_001 }, () => remove("title")) },
      "payloadTooLarge",
    ],
    [
      "too many names",
      {
        Operations: [
          { op: "add", value: Object.fromEntries(Array.from({ length: 501 }, (_, n) => [`a${n}`, 1])) },
        ],
      },
      "invalidValue",
    ],
    [
      "too much path",
      { Operations: Array.from({ length: 40 }, () => remove(`emails[value eq "${"x".repeat(4_000)}"]`)) },
      "payloadTooLarge",
    ],
  ])("%s", (_, body, kind) => {
    expect(failed(run({ userName: "a", emails: [work, { ...work, value: "v" }] }, body))).toBe(kind);
  });

  it("lets no object grow without bound, however many operations feed it", () => {
    const part = (from: number) =>
      Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`raw${from + n}`, 1]));
    expect(failed(run({ userName: "a" }, message(add("name", part(0)), add("name", part(300)))))).toBe(
      "invalidValue",
    );
    const values = [0, 300].map((from) => ({ value: "x", ...part(from) }));
    expect(failed(run({ userName: "a" }, message(add("emails", values))))).toBe("invalidValue");
    const lists = Array.from({ length: 6 }, () =>
      add(
        "emails",
        Array.from({ length: 900 }, () => work),
      ),
    );
    expect(failed(run({ userName: "a" }, message(...lists)))).toBe("payloadTooLarge");
  });

  it("keeps the display name of a group", () => {
    expect(failed(run({ displayName: "g" }, message(remove("displayName")), GROUP_TYPE))).toBe("mutability");
    expect(failed(run({ displayName: "g" }, message(replace("displayName", null)), GROUP_TYPE))).toBe(
      "invalidValue",
    );
    expect(succeeded(run({ displayName: "g" }, message(remove("externalId")), GROUP_TYPE))).toEqual({
      displayName: "g",
    });
  });

  it("is atomic: nothing of a failed request is to be seen", () => {
    const before = { userName: "a", emails: [work] };
    const frozen = structuredClone(before);
    const result = run(before, message(add("title", "t"), remove("emails"), replace("title", 5)));
    expect(failed(result)).toBe("invalidValue");
    expect(before).toEqual(frozen);
  });

  it("tolerates a message without schemas and an operations in lower case", () => {
    expect(succeeded(run({ userName: "a" }, { operations: [add("title", "t")] }))).toEqual({
      userName: "a",
      title: "t",
    });
    expect(succeeded(run({ userName: "a" }, { schemas: null, operations: [add("title", "t")] }))).toEqual({
      userName: "a",
      title: "t",
    });
  });
});
