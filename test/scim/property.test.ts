import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Filter } from "../../src/scim/filter/ast.ts";
import { evaluateFilter } from "../../src/scim/filter/evaluate.ts";
import { parseFilter } from "../../src/scim/filter/parse.ts";
import { printFilter } from "../../src/scim/filter/print.ts";
import { resolveFilter } from "../../src/scim/filter/resolve.ts";
import { isObject, type Json, type JsonObject } from "../../src/scim/json.ts";
import { parseJson } from "../../src/scim/json-text.ts";
import { parseListQuery } from "../../src/scim/list.ts";
import { planGroupPatch } from "../../src/scim/patch/member.ts";
import { parsePatch } from "../../src/scim/patch/parse.ts";
import { parsePath } from "../../src/scim/path.ts";
import { parseProjection, project } from "../../src/scim/projection.ts";
import { mergeReplacement } from "../../src/scim/replace.ts";
import { parseResource } from "../../src/scim/resource.ts";
import { GROUP_TYPE, USER_TYPE } from "../../src/scim/resource-type.ts";
import { parseSearchRequest } from "../../src/scim/search.ts";
import { ENTERPRISE_USER, GROUP, USER } from "../../src/scim/urn.ts";
import { matches } from "../../src/scim/version.ts";
import { anyFilter, document, operation, runs, userFilter } from "./arbitrary.ts";
import { succeeded } from "./outcome.ts";
import { message, run } from "./patch/run.ts";

describe("a filter", () => {
  it("printed and parsed is the same filter", () => {
    fc.assert(
      fc.property(anyFilter, (filter) => {
        expect(succeeded(parseFilter(printFilter(filter)))).toEqual(filter);
      }),
      { numRuns: runs(500) },
    );
  });

  // The oracle reads the filter as written, on text attributes only, and knows nothing of the schemas' machinery.
  const valuesOf = (
    resource: JsonObject,
    filter: { name: { uri?: string; name: string; subAttribute?: string } },
  ): Json[] => {
    const { uri, name, subAttribute } = filter.name;
    const container = uri !== undefined || name === "manager" ? resource[ENTERPRISE_USER] : resource;
    const value = isObject(container) ? container[name] : undefined;
    const list = value === undefined ? [] : Array.isArray(value) ? value : [value];
    if (subAttribute === undefined) return list;
    return list.flatMap((item) => (isObject(item) ? (item[subAttribute] ?? []) : []));
  };
  const scalar = (value: Json): Json => (isObject(value) ? (value["value"] ?? null) : value);
  const exact = new Set(["externalId", "manager"]);

  const holds = (name: string, operator: string, left: string, right: string): boolean => {
    const [one, two] = exact.has(name)
      ? [left, right]
      : [left.normalize("NFKC").toLowerCase(), right.normalize("NFKC").toLowerCase()];
    switch (operator) {
      case "eq":
        return one === two;
      case "ne":
        return one !== two;
      case "co":
        return one.split(two).length > 1;
      case "sw":
        return one.slice(0, two.length) === two;
      case "ew":
        return two === "" || one.slice(-two.length) === two;
      case "gt":
        return [one, two].sort()[0] === two && one !== two;
      case "ge":
        return [one, two].sort()[0] === two;
      case "lt":
        return [one, two].sort()[0] === one && one !== two;
      default:
        return [one, two].sort()[0] === one;
    }
  };

  const oracle = (filter: Filter, resource: JsonObject): boolean => {
    switch (filter.kind) {
      case "and":
        return !filter.operands.some((operand) => !oracle(operand, resource));
      case "or":
        return filter.operands.map((operand) => oracle(operand, resource)).includes(true);
      case "not":
        return oracle(filter.operand, resource) === false;
      case "present":
        return valuesOf(resource, filter).length > 0;
      case "valuePath":
        return valuesOf(resource, filter).some((item) => isObject(item) && oracle(filter.filter, item));
      case "compare": {
        const values = valuesOf(resource, filter)
          .map(scalar)
          .filter((value) => value !== null);
        const { value, operator, name } = filter;
        if (value.kind === "null") return (valuesOf(resource, filter).length === 0) === (operator === "eq");
        if (values.length === 0) return operator === "ne";
        if (value.kind === "boolean")
          return values.some((one) => (one === value.value) === (operator === "eq"));
        return values.some((one) => typeof one === "string" && holds(name.name, operator, one, value.text));
      }
    }
  };

  it("evaluates as a small oracle does", () => {
    let matching = 0;
    const scaled = runs(2_000);
    fc.assert(
      fc.property(userFilter, document, (text, resource) => {
        const filter = succeeded(parseFilter(text));
        const expected = oracle(filter, resource);
        expect(evaluateFilter(succeeded(resolveFilter(filter, USER_TYPE)), resource)).toBe(expected);
        if (expected) matching += 1;
      }),
      { numRuns: scaled },
    );
    // Had nearly all filters one answer, agreement would mean little.
    expect(matching).toBeGreaterThan(scaled / 5);
    expect(matching).toBeLessThan((scaled * 4) / 5);
  });
});

describe("a PATCH", () => {
  const operations = fc.array(operation, { minLength: 1, maxLength: 4 });

  it("gives a document that a PUT would take as it is, or changes nothing", () => {
    let applied = 0;
    fc.assert(
      fc.property(document, operations, (before, list) => {
        const frozen = structuredClone(before);
        const after = run(before, message(...list));
        expect(before).toEqual(frozen);
        if (!after.ok) return;
        applied += 1;
        expect(succeeded(parseResource(USER_TYPE, { schemas: [USER], ...after.value })).attributes).toEqual(
          after.value,
        );
      }),
      { numRuns: runs(3_000) },
    );
    expect(applied).toBeGreaterThan(300);
  });

  const isAdd = ({ op }: JsonObject) => op === "add" || op === "Add";
  // A filter may select by what the operation changes, and two keys of one value may change the same list in turn.
  const isOneStep = (one: JsonObject): boolean =>
    "path" in one ? !/\[/.test(String(one["path"])) : !/emails[.[]/.test(JSON.stringify(one));
  const selecting: fc.Arbitrary<JsonObject> = fc
    .tuple(
      fc.constantFrom("work", "home", "Work"),
      fc.constantFrom("value", "display"),
      fc.constantFrom("a", "b"),
    )
    .map(([kind, sub, value]) => ({ op: "add", path: `emails[type eq "${kind}"].${sub}`, value }));
  const repeatable = fc.oneof(
    operation.filter((one) => isAdd(one) && isOneStep(one)),
    selecting,
  );

  it("of adds that is repeated changes nothing more", () => {
    fc.assert(
      fc.property(document, repeatable, (before, add) => {
        const once = run(before, message(add));
        if (once.ok) expect(succeeded(run(once.value, message(add)))).toEqual(once.value);
      }),
      { numRuns: runs(2_000) },
    );
  });

  it("that adds a value and removes it gives back the values there were", () => {
    const fresh = { value: "fresh@example.com", type: "other" };
    fc.assert(
      fc.property(document, (before) => {
        const remove = { op: "remove", path: 'emails[value eq "fresh@example.com"]' };
        expect(
          succeeded(run(before, message({ op: "add", path: "emails", value: [fresh] }, remove))),
        ).toEqual(before);
      }),
    );
  });
});

describe("a PUT", () => {
  it("of what a GET returned changes nothing", () => {
    fc.assert(
      fc.property(document, (before) => {
        const { attributes } = succeeded(
          parseResource(USER_TYPE, { schemas: [USER], id: "x", meta: {}, ...before }),
        );
        expect(succeeded(mergeReplacement(USER_TYPE, before, attributes))).toEqual(before);
      }),
    );
  });
});

describe("whatever a client sends", () => {
  const pieces = fc
    .array(
      fc.constantFrom(
        "userName",
        "emails",
        "[",
        "]",
        "(",
        ")",
        ".",
        ":",
        '"',
        "\\",
        " ",
        "eq",
        "pr",
        "and",
        "or",
        "not",
        "value",
        "type",
        '"work"',
        "true",
        "null",
        "1e5",
        ",",
        "*",
        "W/",
        "urn:x",
        USER,
        ENTERPRISE_USER,
        "\ud800",
        "__proto__",
        "constructor",
      ),
      { maxLength: 14 },
    )
    .map((parts) => parts.join(""));
  const anyText = fc.oneof(fc.string({ unit: "binary" }), pieces);
  const key = fc.oneof(
    fc.constantFrom(
      "schemas",
      "Operations",
      "op",
      "path",
      "value",
      "members",
      "emails",
      "name",
      "userName",
      "active",
      "manager",
      USER,
      ENTERPRISE_USER,
      "__proto__",
      "constructor",
      "toString",
    ),
    pieces,
  );
  const anyJson: fc.Arbitrary<Json> = fc.letrec<{ json: Json }>((tie) => ({
    json: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      fc.oneof(
        anyText,
        fc.constantFrom("add", "remove", "replace", USER, GROUP),
        fc.boolean(),
        fc.double(),
        fc.constant(null),
      ),
      fc.array(tie("json"), { maxLength: 4 }),
      fc.dictionary(key, tie("json"), { maxKeys: 5 }).map((object): Json => ({ ...object })),
    ),
  })).json;

  it("as text never throws", () => {
    fc.assert(
      fc.property(anyText, (given) => {
        for (const type of [USER_TYPE, GROUP_TYPE]) {
          const filter = parseFilter(given);
          if (filter.ok) resolveFilter(filter.value, type);
          parsePath(given, type);
          const projection = succeeded(parseProjection(given, undefined, type));
          expect(project(type, { id: "x", userName: "a" }, projection)).toHaveProperty("id");
        }
        parseJson(given);
        matches(given, 1);
        parseListQuery({ cursor: given, count: given });
        parseListQuery({ startIndex: given, sortBy: given, sortOrder: given });
      }),
      { numRuns: runs(3_000) },
    );
  });

  it("as JSON never throws and never reaches Object.prototype", () => {
    const before = Object.getOwnPropertyNames(Object.prototype).length;
    fc.assert(
      fc.property(anyJson, fc.boolean(), (given, isGroup) => {
        const type = isGroup ? GROUP_TYPE : USER_TYPE;
        const base: JsonObject = isObject(given) ? given : { value: given };
        parseResource(type, given);
        parseResource(type, { ...base, schemas: [type.schema.id] });
        parseSearchRequest(given);
        run({ userName: "a" }, given, type);
        run({ userName: "a", emails: [{ value: "x" }] }, { Operations: [{ op: "add", ...base }] }, type);
        run({ userName: "a", emails: [{ value: "x" }] }, message({ op: "replace", value: base }), type);
        const operations = parsePatch(message({ op: "add", value: base }), GROUP_TYPE);
        if (operations.ok) planGroupPatch(operations.value);
        expect(Object.getOwnPropertyNames(Object.prototype).length).toBe(before);
        expect(({} as JsonObject)["admin"]).toBeUndefined();
      }),
      { numRuns: runs(3_000) },
    );
  });
});
