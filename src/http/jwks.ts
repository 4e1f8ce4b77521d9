/** `/.well-known/jwks.json`: the public keys that access tokens are signed with (RFC 7517 §5). */
import { Hono } from "hono";
import type { AppEnvironment } from "./context.ts";

export function jwks(): Hono<AppEnvironment> {
  const app = new Hono<AppEnvironment>();
  app.get("/", async (c) =>
    c.body(JSON.stringify(await c.get("deps").tokens.jwks()), 200, {
      "content-type": "application/jwk-set+json",
      "cache-control": "public, max-age=300",
    }),
  );
  return app;
}
