/**
 * One definition per admin route: it registers the handler behind `@hono/zod-validator`, and is what the
 * OpenAPI document is generated from, so the two cannot drift apart.
 */
import { zValidator } from "@hono/zod-validator";
import type { Context, Hono } from "hono";
import type * as z from "zod";
import { may, type Permission } from "../../domain/role.ts";
import type { Admin } from "../../gateway/admin.ts";
import type { Deps } from "../../gateway/deps.ts";
import type { Outcome } from "../../gateway/problem.ts";
import type { AppEnvironment } from "../context.ts";
import { frameProblem, problemResponse, validationProblem } from "./problem.ts";

export type Shape = z.ZodType;
type Infer<S> = S extends z.ZodType ? z.output<S> : undefined;

/** What a handler receives: parsed input, and the caller. */
type Call<P, Q, B, Access> = {
  params: Infer<P>;
  query: Infer<Q>;
  body: Infer<B>;
  requestId: string;
  /** `https://host` of this request, for addresses shown to administrators. */
  origin: string;
} & (Access extends "public" ? { deps: Deps } : { admin: Admin });

export type RouteDefinition<
  P extends Shape | undefined,
  Q extends Shape | undefined,
  B extends Shape | undefined,
  A extends Permission | "public",
  R extends Shape | undefined,
> = {
  method: "get" | "post" | "put" | "patch" | "delete";
  /** Below /api/v1, parameters as `:name`. */
  path: string;
  operationId: string;
  summary: string;
  tag: string;
  /** Permission the caller's role must grant, or `public`. */
  access: A;
  params?: P;
  query?: Q;
  body?: B;
  /** Status of success; 409 for an act that nobody may do here, whose answer says where it is done. */
  status: 200 | 201 | 202 | 204 | 409;
  response?: R;
  /** Statuses of problems this route may answer beside 400, 401, 403 and 500. */
  problems?: readonly (404 | 409 | 412 | 413 | 429 | 503)[];
  handle(
    call: Call<P, Q, B, A extends "public" ? "public" : "admin">,
  ): Promise<Outcome<R extends z.ZodType ? z.input<R> : undefined>>;
};

/** A route with its types erased, as the registry and the OpenAPI generator see it. */
export type AdminRoute = {
  method: string;
  path: string;
  operationId: string;
  summary: string;
  tag: string;
  access: Permission | "public";
  params?: Shape | undefined;
  query?: Shape | undefined;
  body?: Shape | undefined;
  status: number;
  response?: Shape | undefined;
  /** Of an answer that is no JSON. */
  mediaType?: string;
  problems: readonly number[];
  register(app: Hono<AppEnvironment>): void;
};

export function route<
  A extends Permission | "public",
  P extends Shape | undefined = undefined,
  Q extends Shape | undefined = undefined,
  B extends Shape | undefined = undefined,
  R extends Shape | undefined = undefined,
>(definition: RouteDefinition<P, Q, B, A, R>): AdminRoute {
  const { status, handle } = definition;
  return {
    ...definition,
    problems: definition.problems ?? [],
    register: (app) =>
      attach(app, definition, async (c, call) => {
        const outcome = await handle(call as never);
        if (!outcome.ok) return problemResponse(c, outcome.problem);
        return status === 204 ? c.body(null, 204) : c.json(outcome.value as object, status);
      }),
  };
}

/** What every handler receives, with its types erased. */
type AnyCall = { params: unknown; query: unknown; body: unknown; requestId: string; origin: string };

/** Registers a handler behind permission and validation, in this order. */
export function attach(
  app: Hono<AppEnvironment>,
  route: Pick<AdminRoute, "method" | "path" | "access" | "params" | "query" | "body">,
  answer: (c: Context<AppEnvironment>, call: AnyCall) => Promise<Response>,
): void {
  const { method, path, access, params, query, body } = route;
  const validators = [
    ...(params ? [zValidator("param", params, validationProblem)] : []),
    ...(query ? [zValidator("query", query, validationProblem)] : []),
    ...(body ? [requireJson, zValidator("json", body, validationProblem)] : []),
  ];
  app.on(method.toUpperCase(), path, permission(access), ...(validators as never[]), async (c) => {
    const valid = (target: "param" | "query" | "json") => c.req.valid(target as never);
    return answer(c, {
      params: params && valid("param"),
      query: query && valid("query"),
      body: body && valid("json"),
      requestId: c.get("requestId"),
      origin: new URL(c.req.url).origin,
      ...(access === "public" ? { deps: c.get("deps") } : { admin: c.get("admin") }),
    });
  });
}

/** The validator would read a body of any other type as an empty object. */
async function requireJson(c: Context<AppEnvironment>, next: () => Promise<void>) {
  const contentType = c.req.header("content-type") ?? "";
  if (!/^application\/(json|[^;]+\+json)\s*(;|$)/i.test(contentType)) {
    return frameProblem(c, "unsupported_media_type", "Send the body as application/json.");
  }
  return next();
}

/** Refuses before validation, so that an input error never tells an unauthorized caller anything. */
function permission(access: Permission | "public") {
  return async function requirePermission(c: Context<AppEnvironment>, next: () => Promise<void>) {
    if (access === "public") return next();
    const admin = c.get("admin");
    if (admin === undefined) {
      return problemResponse(c, { kind: "unauthenticated", detail: "Sign in, or send an API key." });
    }
    if (!may(admin.identity.role, access)) {
      return problemResponse(c, {
        kind: "forbidden",
        detail: `The role ${admin.identity.role} does not include the permission "${access}".`,
      });
    }
    return next();
  };
}
