/** Who calls the admin API: a key in the Authorization header, or the console's session cookie. */
import type { Context, Next } from "hono";
import { getCookie } from "hono/cookie";
import type { Admin } from "../../gateway/admin.ts";
import { authenticateAdmin } from "../../gateway/identity/admin-authentication.ts";
import { sessionCookieName } from "../../gateway/origin.ts";
import type { AppEnvironment } from "../context.ts";
import { problemResponse } from "./problem.ts";

/** Puts the caller into the context; whether one is needed, each route says. */
export async function authenticate(c: Context<AppEnvironment>, next: Next): Promise<Response | undefined> {
  const { origin } = new URL(c.req.url);
  const { bearer, session } = presented(c);
  if (bearer === undefined && session === undefined) {
    await next();
    return undefined;
  }
  if (bearer === undefined && !sentByOwnPage(c, origin)) {
    const detail = "A session may change things from this gateway's own pages only.";
    return problemResponse(c, { kind: "forbidden", detail });
  }
  const admin = await callerOf(c);
  if (admin !== undefined) c.set("admin", admin);
  await next();
  return undefined;
}

/** Who calls, as of now: the credential is read from the directory each time. */
export const callerOf = (c: Context<AppEnvironment>): Promise<Admin | undefined> =>
  authenticateAdmin(c.get("deps"), { ...presented(c), requestId: c.get("requestId") });

function presented(c: Context): { bearer: string | undefined; session: string | undefined } {
  const cookie = sessionCookieName(new URL(c.req.url).origin);
  return {
    bearer: /^bearer +(\S+)$/i.exec(c.req.header("authorization")?.trim() ?? "")?.[1],
    session: cookie === undefined ? undefined : getCookie(c, cookie),
  };
}

/** A browser attaches cookies to what any site asks of it; only the Origin header tells which site asked. */
const sentByOwnPage = (c: Context, origin: string): boolean =>
  ["GET", "HEAD", "OPTIONS"].includes(c.req.method) || c.req.header("origin") === origin;
