/** The session cookie, and what every page behind sign-in begins with. */
import type { MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { SESSION_LIFETIME_MS } from "../domain/limits.ts";
import { may, type Permission } from "../domain/role.ts";
import type { Admin } from "../gateway/admin.ts";
import { authenticateAdmin } from "../gateway/identity/admin-authentication.ts";
import { sessionCookieName } from "../gateway/origin.ts";
import type { ConsoleContext, ConsoleEnvironment } from "./environment.ts";
import { forbiddenPage } from "./problem.tsx";

const originOf = (c: ConsoleContext): string => new URL(c.req.url).origin;

export function sessionToken(c: ConsoleContext): string | undefined {
  const name = sessionCookieName(originOf(c));
  return name === undefined ? undefined : getCookie(c, name);
}

/** False when this address cannot carry a session: plain http over a network. */
export const canSignIn = (c: ConsoleContext): boolean => sessionCookieName(originOf(c)) !== undefined;

export const openSession = (c: ConsoleContext, token: string): void =>
  writeCookie(c, token, SESSION_LIFETIME_MS / 1_000);

export const closeSession = (c: ConsoleContext): void => writeCookie(c, "", 0);

function writeCookie(c: ConsoleContext, value: string, maxAge: number): void {
  const name = sessionCookieName(originOf(c));
  if (name === undefined) return;
  const secure = name.startsWith("__Host-");
  setCookie(c, name, value, { httpOnly: true, sameSite: "Lax", path: "/", secure, maxAge });
}

/** Read from CONTROL on every request, so that a session that was ended is refused at once. */
export async function currentAdmin(c: ConsoleContext): Promise<Admin | undefined> {
  const session = sessionToken(c);
  if (session === undefined) return undefined;
  return authenticateAdmin(c.get("deps"), { session, requestId: c.get("requestId") });
}

/** Lets the signed-in pass whose role grants the permission; `anyone` is for pages that need no more than a session. */
export function needs(permission: Permission | "anyone"): MiddlewareHandler<ConsoleEnvironment> {
  return async function requirePermission(c, next) {
    const admin = await currentAdmin(c);
    if (admin === undefined) return c.redirect("/sign-in?notice=sign-in-first", 303);
    c.set("admin", admin);
    if (permission !== "anyone" && !may(admin.identity.role, permission)) return forbiddenPage(c);
    return next();
  };
}

/** For pages that need nobody, but show the navigation to somebody. */
export async function recognize(c: ConsoleContext, next: () => Promise<void>): Promise<void> {
  const admin = await currentAdmin(c);
  if (admin !== undefined) c.set("admin", admin);
  await next();
}
