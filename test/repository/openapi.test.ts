/** The admin API's description is valid for others' tools: a JSON Schema validator takes every schema of it. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { describeApi } from "../../src/http/admin/openapi.ts";
import { adminRoutes } from "../../src/http/admin/routes.ts";

type Operation = {
  operationId: string;
  parameters?: { name: string; in: string; required: boolean; schema: object }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
};

const document = JSON.parse(JSON.stringify(describeApi(adminRoutes))) as {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, validateFormats: false });
const relocate = (value: object) =>
  JSON.parse(JSON.stringify(value).replaceAll('"#/components/schemas/', '"#/$defs/')) as object;
const compile = (schema: object) =>
  ajv.compile({ ...relocate(schema), $defs: relocate(document.components.schemas) });

describe("the OpenAPI document", () => {
  it("names every operation once", () => {
    const names = operations.map(({ operation }) => operation.operationId);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toHaveLength(adminRoutes.length + 1);
  });

  it.each(operations)("$method $path has schemas that compile", ({ operation, path }) => {
    const { parameters = [], requestBody, responses } = operation;
    const contents = [requestBody?.content, ...Object.values(responses).map(({ content }) => content)];
    for (const content of contents) {
      for (const { schema } of Object.values(content ?? {})) expect(compile(schema)).toBeTypeOf("function");
    }
    for (const { schema } of parameters) expect(compile(schema)).toBeTypeOf("function");
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect(parameters.filter((parameter) => parameter.in === "path").map(({ name }) => name)).toEqual(inPath);
  });

  it("judges values as the routes do", () => {
    const configuration = compile({ $ref: "#/components/schemas/Configuration" });
    const time = "2026-01-01T00:00:00.000Z";
    const value = {
      id: "1",
      name: "Corp",
      type: "entra_gallery",
      defaultLicenseType: "named",
      tenantUrl: "https://vestibule.example.com/t/1/scim/v2",
      tokenEndpoint: "https://vestibule.example.com/t/1/oauth2/token",
      clientId: "c",
      users: 0,
      groups: 0,
      lastContactAt: null,
      secrets: [],
      createdAt: time,
      updatedAt: time,
    };
    expect(configuration(value)).toBe(true);
    expect(configuration({ ...value, clientSecret: "shown" })).toBe(false);
    expect(configuration({ ...value, type: "other" })).toBe(false);
    const { name: _, ...nameless } = value;
    expect(configuration(nameless)).toBe(false);
  });

  it("tells what may be left out", () => {
    const users = document.paths["/users"]?.["get"]?.parameters ?? [];
    expect(users.map(({ name, required }) => [name, required])).toEqual([
      ["cursor", false],
      ["limit", false],
      ["waiting", false],
      ["search", false],
    ]);
  });
});
