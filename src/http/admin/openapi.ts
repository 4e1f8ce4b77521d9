/** The OpenAPI 3.1 document of the admin API, generated from the definitions that register its routes. */
import * as z from "zod";
import { problemSchema } from "./problem.ts";
import type { AdminRoute } from "./route.ts";

type JsonSchema = Record<string, unknown>;
type Components = Record<string, JsonSchema>;

export function describeApi(routes: readonly AdminRoute[]): object {
  const components: Components = {};
  const problem = schemaOf(problemSchema, "output", components);
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:([a-zA-Z]+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method]: describeRoute(route, problem, components) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Vestibule admin API",
      version: "1",
      description: "Lists are keyset pages: pass `nextCursor` on as `cursor`. Problems follow RFC 9457.",
    },
    servers: [{ url: "/api/v1" }],
    paths: { ...paths, "/openapi.json": { get: ownDescription } },
    components: {
      schemas: components,
      securitySchemes: {
        apiKey: { type: "http", scheme: "bearer", description: "An API key, `vst_…`." },
        session: { type: "apiKey", in: "cookie", name: "__Host-session" },
      },
    },
  };
}

const ownDescription = {
  operationId: "describeApi",
  summary: "This document",
  tags: ["Description"],
  security: [],
  responses: {
    200: { description: "Success", content: { "application/json": { schema: { type: "object" } } } },
  },
};

function describeRoute(route: AdminRoute, problem: JsonSchema, components: Components): object {
  const { operationId, summary, tag, access, body, response, mediaType, status } = route;
  const isPublic = access === "public";
  return {
    operationId,
    summary,
    tags: [tag],
    ...(isPublic ? {} : { description: `Needs the permission \`${access}\`.` }),
    security: isPublic ? [] : [{ apiKey: [] }, { session: [] }],
    parameters: [...pathParameters(route, components), ...queryParameters(route, components)],
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: json(schemaOf(body, "input", components)) } }),
    responses: {
      [status]: {
        description: "Success",
        ...(response === undefined ? {} : { content: json(schemaOf(response, "output", components)) }),
        ...(mediaType === undefined ? {} : { content: { [mediaType]: { schema: { type: "string" } } } }),
      },
      ...Object.fromEntries(
        problemStatuses(route).map((code) => [
          code,
          {
            description: descriptions[code] ?? "Problem",
            content: { "application/problem+json": { schema: problem } },
          },
        ]),
      ),
    },
  };
}

const json = (schema: JsonSchema) => ({ "application/json": { schema } });

const descriptions: Record<number, string> = {
  400: "The input is not valid",
  401: "No valid key or session",
  403: "The role does not allow it",
  404: "There is no such thing in this organization",
  409: "The state of things stands against it",
  408: "The body took too long to arrive",
  413: "The body is too large",
  415: "The body is not JSON",
  429: "A limit is reached",
  500: "An error of the gateway",
  503: "Not available right now",
};

function problemStatuses({ access, body, problems }: AdminRoute): number[] {
  const always = [400, 500, 503];
  const caller = access === "public" ? [] : [401, 403];
  const withBody = body === undefined ? [] : [408, 413, 415];
  return [...new Set([...always, ...caller, ...withBody, ...problems])].sort((left, right) => left - right);
}

function pathParameters({ path, params }: AdminRoute, components: Components): object[] {
  const described = params === undefined ? {} : propertiesOf(schemaOf(params, "input", components));
  return [...path.matchAll(/:([a-zA-Z]+)/g)].map(([, name = ""]) => ({
    name,
    in: "path",
    required: true,
    schema: described[name] ?? { type: "string" },
  }));
}

/** What a client may omit is told by the input form; what a value looks like, by the output form. */
function queryParameters({ query }: AdminRoute, components: Components): object[] {
  if (query === undefined) return [];
  const { required = [] } = schemaOf(query, "input", components);
  const properties = propertiesOf(schemaOf(query, "output", components));
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: (required as string[]).includes(name),
    schema,
  }));
}

const propertiesOf = (schema: JsonSchema): Record<string, JsonSchema> =>
  (schema["properties"] ?? {}) as Record<string, JsonSchema>;

/** JSON Schema of a zod schema; parts that carry an id go to the components, once. */
function schemaOf(schema: z.ZodType, io: "input" | "output", components: Components): JsonSchema {
  const generated = z.toJSONSchema(schema, { io, target: "draft-2020-12" });
  const text = JSON.stringify(generated).replaceAll('"#/$defs/', '"#/components/schemas/');
  const { $schema: _, $defs = {}, ...rest } = JSON.parse(text) as JsonSchema & { $defs?: Components };
  const { id } = schema.meta() ?? {};
  const shared = id === undefined || id in $defs ? $defs : { ...$defs, [id]: rest };
  for (const [name, definition] of Object.entries(shared)) components[name] = withoutId(definition);
  return id === undefined ? rest : { $ref: `#/components/schemas/${id}` };
}

const withoutId = ({ id: _, ...definition }: JsonSchema): JsonSchema => definition;
