import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type BulkOperation,
  dependencyOrder,
  parseBulk,
  referencesOf,
  resolveReferences,
} from "../../src/scim/bulk.ts";
import { BULK_OPERATIONS_MAX } from "../../src/scim/limits.ts";

const BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const request = (...Operations: object[]) => ({ schemas: [BULK], Operations }) as never;
const post = (bulkId: string, ...members: string[]): BulkOperation => ({
  method: "POST",
  endpoint: "/Groups",
  bulkId,
  data: { displayName: bulkId, members: members.map((value) => ({ value: `bulkId:${value}` })) },
});

describe("parseBulk", () => {
  const refused: [string, object, string][] = [
    ["unknown method", { method: "GET", path: "/Users/1" }, "invalidSyntax"],
    ["POST without bulkId", { method: "POST", path: "/Users", data: {} }, "invalidSyntax"],
    ["POST to a resource", { method: "POST", path: "/Users/1", bulkId: "a", data: {} }, "invalidPath"],
    ["PATCH of a collection", { method: "PATCH", path: "/Users", data: {} }, "invalidPath"],
    ["unknown endpoint", { method: "DELETE", path: "/Things/1" }, "invalidPath"],
    ["PUT without data", { method: "PUT", path: "/Users/1" }, "invalidSyntax"],
  ];
  it.each(refused)("refuses the operation: %s", (_title, operation, kind) => {
    const parsed = parseBulk(request(operation));
    const first = parsed.ok ? parsed.value.operations[0]?.parsed : undefined;
    expect(first).toMatchObject({ ok: false, error: { kind } });
  });

  it("reads methods in any case and keeps the version", () => {
    const parsed = parseBulk(request({ method: "delete", path: "/Users/7", version: 'W/"3"' }));
    expect(parsed).toMatchObject({
      value: {
        operations: [
          { parsed: { value: { method: "DELETE", endpoint: "/Users", id: "7", version: 'W/"3"' } } },
        ],
      },
    });
  });

  it("reads names in any case, each once", () => {
    const operation = { Method: "DELETE", PATH: "/Users/7", version: "a", Version: "b" };
    const parsed = parseBulk({ SCHEMAS: [BULK], failonerrors: 3, operations: [operation] });
    expect(parsed).toMatchObject({
      value: { failOnErrors: 3, operations: [{ parsed: { ok: false, error: { kind: "invalidSyntax" } } }] },
    });
    const { Version: _, ...unique } = operation;
    expect(parseBulk({ Operations: [unique] })).toMatchObject({
      value: { operations: [{ parsed: { value: { method: "DELETE", id: "7", version: "a" } } }] },
    });
  });

  it("refuses more operations than it announces", () => {
    const many = Array.from({ length: BULK_OPERATIONS_MAX + 1 }, () => ({
      method: "DELETE",
      path: "/Users/1",
    }));
    expect(parseBulk(request(...many))).toMatchObject({ ok: false, error: { kind: "payloadTooLarge" } });
  });

  it("refuses a second creation under one bulkId", () => {
    const one = { method: "POST", path: "/Users", bulkId: "a", data: {} };
    const parsed = parseBulk(request(one, one));
    expect(parsed.ok && parsed.value.operations.map(({ parsed: each }) => each.ok)).toEqual([true, false]);
  });

  it.each([0, -1, 1.5, "2"])("refuses failOnErrors %j", (failOnErrors) => {
    expect(parseBulk({ schemas: [BULK], failOnErrors, Operations: [] })).toMatchObject({ ok: false });
  });
});

describe("dependencyOrder", () => {
  it("puts a forward reference before what refers to it", () => {
    expect(dependencyOrder([post("a", "b"), post("b")])).toEqual([[1], [0]]);
  });
  it("keeps the client's order among independent operations", () => {
    expect(dependencyOrder([post("a"), post("b"), undefined, post("c")])).toEqual([[0], [1], [2], [3]]);
  });
  it("joins a circle and nothing else", () => {
    expect(dependencyOrder([post("a", "b"), post("b", "a"), post("c", "a")])).toEqual([[0, 1], [2]]);
  });
  it("takes a resource that refers to itself as one operation", () => {
    expect(dependencyOrder([post("a", "a")])).toEqual([[0]]);
  });

  it("orders any graph so that every reference outside its own circle is already done", () => {
    const graph = fc.array(fc.array(fc.nat(11), { maxLength: 4 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(graph, (edges) => {
        const operations = edges.map((targets, index) =>
          post(`n${index}`, ...targets.map((target) => `n${target}`)),
        );
        const order = dependencyOrder(operations);
        expect(order.flat().toSorted((a, b) => a - b)).toEqual(edges.map((_, index) => index));
        const done = new Set<number>();
        for (const component of order) {
          for (const index of component) done.add(index);
          for (const index of component) {
            for (const target of edges[index] ?? [])
              if (target < edges.length) expect(done).toContain(target);
          }
        }
      }),
    );
  });
});

it("replaces references in the path and at any depth, and leaves others alone", () => {
  const operation: BulkOperation = {
    method: "PATCH",
    endpoint: "/Groups",
    id: "bulkId:g",
    data: {
      Operations: [{ op: "add", path: "members", value: [{ value: "bulkId:u" }, { value: "bulkId:x" }] }],
    },
  };
  expect([...referencesOf(operation)]).toEqual(["g", "u", "x"]);
  const ids = new Map([
    ["g", "1"],
    ["u", "2"],
  ]);
  expect(resolveReferences(operation, ids)).toEqual({
    ...operation,
    id: "1",
    data: { Operations: [{ op: "add", path: "members", value: [{ value: "2" }, { value: "bulkId:x" }] }] },
  });
});

it("replaces references inside the filter of a PATCH path, and the same words nowhere else", () => {
  const operation = (name: string): BulkOperation => ({
    method: "PATCH",
    endpoint: "/Groups",
    id: "7",
    data: {
      Operations: [
        { op: "remove", path: `members[value eq "${name}"]` },
        { op: "replace", path: "displayName", value: 'Called "bulkId:u"' },
      ],
    },
  });
  expect([...referencesOf(operation("bulkId:u"))]).toEqual(["u"]);
  expect(resolveReferences(operation("bulkId:u"), new Map([["u", "2"]]))).toEqual(operation("2"));
});
