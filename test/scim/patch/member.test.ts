import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../../src/scim/json.ts";
import type { MemberReference } from "../../../src/scim/member.ts";
import {
  type GroupPatchPlan,
  planGroupPatch,
  resolveMemberSequence,
} from "../../../src/scim/patch/member.ts";
import { parsePatch } from "../../../src/scim/patch/parse.ts";
import { GROUP_TYPE } from "../../../src/scim/resource-type.ts";
import type { Result } from "../../../src/scim/result.ts";
import { failed, succeeded } from "../outcome.ts";
import { message } from "./run.ts";

const plan = (...operations: JsonObject[]): Result<GroupPatchPlan> => {
  const parsed = parsePatch(message(...operations), GROUP_TYPE);
  return parsed.ok ? planGroupPatch(parsed.value) : parsed;
};

const delta = (add: MemberReference[], remove: string[], replaceAll = false) => ({
  kind: "delta",
  replaceAll,
  add,
  remove,
});
const u = (value: string) => ({ value });
const removing = (id: string) => ({ op: "remove", path: `members[value eq "${id}"]` });
const adding = (...ids: string[]) => ({ op: "add", path: "members", value: ids.map(u) });

describe("planGroupPatch", () => {
  it.each<[string, JsonObject[], GroupPatchPlan["members"] | object]>([
    [
      "Entra adds",
      [{ op: "Add", path: "members", value: [{ $ref: null, value: "a" }] }],
      delta([u("a")], []),
    ],
    [
      "Entra removes with a list (R9)",
      [{ op: "Remove", path: "members", value: [{ $ref: null, value: "a" }] }],
      delta([], ["a"]),
    ],
    ["Entra removes by filter", [removing("7f4bc1a3")], delta([], ["7f4bc1a3"])],
    ["a member removed as an object", [{ op: "remove", path: "members", value: u("a") }], delta([], ["a"])],
    [
      "RFC 7644's removal without a space",
      [{ op: "remove", path: 'members[value eq"28"]' }],
      delta([], ["28"]),
    ],
    [
      "several by or",
      [{ op: "remove", path: 'members[value eq "a" or (value eq "b" or VALUE eq c)]' }],
      delta([], ["a", "b", "c"]),
    ],
    ["all of them (RFC 7644 §3.5.2.2)", [{ op: "remove", path: "members" }], delta([], [], true)],
    ["all of them by null", [{ op: "remove", path: "members", value: null }], delta([], [], true)],
    ["none by an empty list", [{ op: "remove", path: "members", value: [] }], delta([], [])],
    [
      "Okta's remove and add",
      [
        removing("89bb1940"),
        { op: "add", path: "members", value: [{ value: "23a35c27", display: "test.user@okta.local" }] },
      ],
      delta([u("23a35c27")], ["89bb1940"]),
    ],
    [
      "Okta's full push",
      [{ op: "replace", path: "members", value: [{ value: "a", display: "x" }, u("b")] }],
      delta([u("a"), u("b")], [], true),
    ],
    ["Okta's empty push", [{ op: "replace", path: "members", value: [] }], delta([], [], true)],
    ["an empty push by null", [{ op: "replace", path: "members", value: null }], delta([], [], true)],
    ["without a path", [{ op: "add", value: { members: [u("a")] } }], delta([u("a")], [])],
    ["replaced without a path", [{ op: "replace", value: { members: [u("a")] } }], delta([u("a")], [], true)],
    [
      "types in any case",
      [
        {
          op: "add",
          path: "members",
          value: [
            { value: "a", type: "group" },
            { value: "b", TYPE: "User" },
          ],
        },
      ],
      delta(
        [
          { value: "a", type: "Group" },
          { value: "b", type: "User" },
        ],
        [],
      ),
    ],
    ["the last word counts: added", [adding("a"), removing("a"), adding("a")], delta([u("a")], [])],
    ["the last word counts: removed", [adding("a", "b"), removing("a")], delta([u("b")], ["a"])],
    [
      "all removed, one added (RFC 7644)",
      [adding("x"), { op: "remove", path: "members" }, adding("a", "b"), removing("b")],
      delta([u("a")], [], true),
    ],
    ["removed twice", [removing("a"), removing("a")], delta([], ["a"])],
  ])("%s", (_, operations, members) => {
    const planned = succeeded(plan(...operations));
    expect(planned.members).toEqual(members);
    expect(planned.attributeOperations).toEqual([]);
  });

  it("leaves the rest in order", () => {
    const planned = succeeded(
      plan(
        { op: "replace", path: "externalId", value: "e" },
        { op: "replace", value: { id: "x", displayName: "d", members: [u("a")], color: "red" } },
      ),
    );
    expect(planned.members).toEqual(delta([u("a")], [], true));
    expect(planned.attributeOperations.map(({ path }) => path)).toEqual([
      "externalId",
      "displayName",
      "color",
    ]);
  });

  it("has no members to change where no operation speaks of them", () => {
    expect(succeeded(plan({ op: "replace", value: { displayName: "d" } })).members).toEqual({ kind: "none" });
  });

  it.each<[string, JsonObject[]]>([
    ["another operator", [{ op: "remove", path: 'members[value ne "a"]' }]],
    ["another sub-attribute", [{ op: "remove", path: 'members[display eq "a"]' }]],
    ["more than the value", [{ op: "remove", path: 'members[value eq "a" and type eq "User"]' }]],
    ["a value to replace", [{ op: "replace", path: 'members[value eq "a"]', value: u("b") }]],
  ])("needs the members for %s", (_, operations) => {
    expect(succeeded(plan(...operations, adding("z"))).members).toMatchObject({
      kind: "sequence",
      operations: { length: 2 },
    });
  });

  it.each<[string, Json, string]>([
    ["a member without value", [{ display: "x" }], "invalidValue"],
    ["a member that is text", ["a"], "invalidValue"],
    ["members that are text", "a", "invalidValue"],
    ["a null member", [null], "invalidValue"],
  ])("refuses %s", (_, value, kind) => {
    expect(failed(plan({ op: "add", path: "members", value }))).toBe(kind);
  });

  it.each(["members.value", 'members[value eq "a"].value', 'members[value eq "a"].display'])(
    "refuses to change %s",
    (path) => {
      expect(failed(plan({ op: "replace", path, value: "b" }))).toBe("mutability");
    },
  );
});

const resolved = (current: MemberReference[], ...operations: JsonObject[]) =>
  resolveMemberSequence(succeeded(parsePatch(message(...operations), GROUP_TYPE)), current);

describe("resolveMemberSequence", () => {
  const current = [
    { value: "a", type: "User" as const, display: "Ann" },
    { value: "b", type: "Group" as const },
    u("c"),
  ];

  it.each<[string, JsonObject[], { add: MemberReference[]; remove: string[] }]>([
    [
      "by another operator",
      [{ op: "remove", path: 'members[value ne "a"]' }],
      { add: [], remove: ["b", "c"] },
    ],
    ["by type", [{ op: "remove", path: 'members[type eq "group"]' }], { add: [], remove: ["b"] }],
    ["by display", [{ op: "remove", path: 'members[display sw "an"]' }], { add: [], remove: ["a"] }],
    ["nothing", [{ op: "remove", path: 'members[display eq "zoe"]' }], { add: [], remove: [] }],
    [
      "in order",
      [adding("d"), { op: "remove", path: 'members[value gt "a"]' }, adding("b")],
      { add: [], remove: ["c"] },
    ],
    [
      "one for another",
      [{ op: "replace", path: 'members[value eq "a"]', value: { value: "z", type: "User" } }],
      { add: [{ value: "z", type: "User" }], remove: ["a"] },
    ],
    [
      "one for none",
      [{ op: "replace", path: 'members[value eq "a"]', value: null }],
      { add: [], remove: ["a"] },
    ],
    [
      "all but one",
      [{ op: "remove", path: "members" }, adding("c", "x")],
      { add: [u("x")], remove: ["a", "b"] },
    ],
    [
      "a list for all",
      [{ op: "replace", path: "members", value: [u("b"), u("y")] }],
      { add: [u("y")], remove: ["a", "c"] },
    ],
  ])("%s", (_, operations, expected) => {
    expect(succeeded(resolved(current, ...operations))).toEqual(expected);
  });

  it("finds no target for a replacement", () => {
    expect(failed(resolved(current, { op: "replace", path: 'members[value eq "z"]', value: u("y") }))).toBe(
      "noTarget",
    );
  });

  const id = fc.constantFrom<string>("a", "b", "c", "d", "e");
  const ids = fc.uniqueArray(id);
  const operation: fc.Arbitrary<JsonObject> = fc.oneof(
    ids.map((list) => adding(...list)),
    ids.map((list) => ({ op: "remove", path: "members", value: list.map(u) })),
    ids.map((list) => ({ op: "replace", path: "members", value: list.map(u) })),
    id.map(removing),
    fc.constant({ op: "remove", path: "members" }),
  );

  it("and the delta agree with a set to which the operations are applied one by one", () => {
    fc.assert(
      fc.property(ids, fc.array(operation, { minLength: 1, maxLength: 8 }), (before, operations) => {
        let expected = new Set(before);
        for (const { op, path, value } of operations) {
          const named = Array.isArray(value) ? value.map((item) => (item as { value: string }).value) : [];
          const selected = /"(.)"/.exec(String(path))?.[1];
          if (op === "replace") expected = new Set(named);
          else if (op === "add") for (const one of named) expected.add(one);
          else if (selected !== undefined) expected.delete(selected);
          else if (value === undefined) expected.clear();
          else for (const one of named) expected.delete(one);
        }
        const { members } = succeeded(plan(...operations));
        if (members.kind !== "delta") throw new Error(`expected a delta, got ${members.kind}`);
        const start = members.replaceAll ? [] : before;
        const byDelta = start
          .filter((one) => !members.remove.includes(one))
          .concat(members.add.map(({ value }) => value));
        expect(new Set(byDelta)).toEqual(expected);
        const { add, remove } = succeeded(resolved(before.map(u), ...operations));
        const bySequence = before
          .filter((one) => !remove.includes(one))
          .concat(add.map(({ value }) => value));
        expect(bySequence.length).toBe(expected.size);
        expect(new Set(bySequence)).toEqual(expected);
      }),
    );
  });

  it("removing what was added gives back what was there", () => {
    fc.assert(
      fc.property(ids, ids, (before, added) => {
        const fresh = added.filter((one) => !before.includes(one));
        const net = succeeded(
          resolved(before.map(u), adding(...fresh), { op: "remove", path: "members", value: fresh.map(u) }),
        );
        expect(net).toEqual({ add: [], remove: [] });
      }),
    );
  });
});
