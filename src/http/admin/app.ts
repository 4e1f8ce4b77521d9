/** The admin API: its frame around the routes of `routes.ts`. Every answer that is no success is a problem. */
import { type Context, Hono } from "hono";
import { ADMIN_BODY_BYTES_MAX } from "../../domain/limits.ts";
import { boundedBody } from "../bounded-body.ts";
import type { AppEnvironment } from "../context.ts";
import { authenticate } from "./authentication.ts";
import { answerFailure } from "./failure.ts";
import { describeApi } from "./openapi.ts";
import { frameProblem, problemResponse } from "./problem.ts";
import { adminRoutes } from "./routes.ts";

export function adminApi(): Hono<AppEnvironment> {
  const api = new Hono<AppEnvironment>();
  // Made when first asked for, so that starting an isolate does not pay for it; the same for everybody.
  let document: string | undefined;
  api.use(async function neverCached(c, next) {
    await next();
    if (!c.res.headers.has("cache-control")) c.header("cache-control", "no-store");
  });
  api.get("/openapi.json", (c) => {
    document ??= JSON.stringify(describeApi(adminRoutes));
    return c.body(document, 200, {
      "content-type": "application/json",
      "cache-control": "public, max-age=300",
    });
  });
  api.use(boundedBody(ADMIN_BODY_BYTES_MAX, { tooLarge, tooSlow }));
  api.use(authenticate);
  for (const route of adminRoutes) route.register(api);
  api.all("*", notFoundOrAllowed);
  api.onError(answerFailure);
  return api;
}

const tooLarge = (c: Context): Response =>
  frameProblem(c, "too_large", `A body here has at most ${ADMIN_BODY_BYTES_MAX} bytes.`);

const tooSlow = (c: Context): Response => frameProblem(c, "too_slow", "The body took too long to arrive.");

/** A known path under another method is a 405 that names the right ones (RFC 9110 §15.5.6). */
function notFoundOrAllowed(c: Context<AppEnvironment>): Response {
  const path = new URL(c.req.url).pathname.replace(/^\/api\/v1/, "");
  const methods = adminRoutes
    .filter((route) => pattern(route.path).test(path))
    .map((route) => route.method.toUpperCase());
  if (methods.length === 0) {
    return problemResponse(c, { kind: "not_found", detail: "There is nothing at this address." });
  }
  const allow = [...new Set(methods)].sort().join(", ");
  return frameProblem(c, "method_not_allowed", `Use ${allow} here.`, { allow });
}

const pattern = (path: string): RegExp => new RegExp(`^${path.replaceAll(/:[a-zA-Z]+/g, "[^/]+")}$`);
