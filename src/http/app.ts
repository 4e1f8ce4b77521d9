/** The whole HTTP surface: order of middleware, and what is mounted where. */
import { Hono } from "hono";
import type { Deps } from "../gateway/deps.ts";
import { adminApi } from "./admin/app.ts";
import type { AppEnvironment } from "./context.ts";
import { jwks } from "./jwks.ts";
import { operatorRoutes } from "./operator.ts";
import { scimEndpoint } from "./scim/routes.ts";
import { tokenEndpoint } from "./token-endpoint.ts";

export type BuildDeps = (
  env: Env,
  waitUntil: (work: Promise<unknown>) => void,
  origin: string,
  address?: string,
) => Deps;

/** What keeps browsers from doing with an answer what nobody asked for; the console adds what its pages may load. */
const securityHeaders = Object.entries({
  "strict-transport-security": "max-age=31536000; includeSubDomains",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  // Not `no-referrer`: with it browsers send `Origin: null` from the pages' own forms (Fetch §3.2).
  "referrer-policy": "same-origin",
});

/** @param pages the console; it is a layer beside this one and is mounted by the composition root */
export function createApp(buildDeps: BuildDeps, pages: Hono<AppEnvironment>): Hono<AppEnvironment> {
  // The root of a SCIM endpoint is asked with and without its slash, and so are lists by some clients.
  const app = new Hono<AppEnvironment>({ strict: false });

  app.use(async function prepare(c, next) {
    c.set("requestId", crypto.randomUUID());
    const waitUntil = (work: Promise<unknown>) => c.executionCtx.waitUntil(work);
    // Set by the platform, which overwrites what a caller may have sent.
    const address = c.req.header("cf-connecting-ip");
    c.set("origin", new URL(c.req.url).origin);
    c.set("deps", buildDeps(c.env, waitUntil, c.get("origin"), address));
    await next();
    // Not `c.header()`, which would make the response anew for each.
    const { headers } = c.res;
    for (const [name, value] of securityHeaders) headers.set(name, value);
    headers.set("x-request-id", c.get("requestId"));
    const { meter, showServerTiming } = c.get("deps");
    if (showServerTiming) {
      const { trips, rowsRead, rowsWritten } = meter;
      headers.set("server-timing", `d1;desc="trips=${trips} read=${rowsRead} written=${rowsWritten}"`);
    }
  });

  app.route("/t/:configuration/scim/v2", scimEndpoint());
  app.route("/t/:configuration/oauth2/token", tokenEndpoint());
  app.route("/.well-known/jwks.json", jwks());
  app.route("/operator", operatorRoutes());
  app.route("/api/v1", adminApi());
  app.route("/", pages);

  app.notFound((c) => c.text("Not found", 404));
  app.onError((error, c) => {
    // `deps` may be what failed: nothing here depends on it.
    const requestId = c.get("requestId") ?? "unknown";
    c.get("deps")?.log({ level: "error", message: String(error), requestId, path: c.req.path });
    return c.text(`Something went wrong here. Request id: ${requestId}.`, 500);
  });
  return app;
}
