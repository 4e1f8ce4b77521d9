/**
 * Every answer of the admin API that a test sees is held against its route's definition: the very schemas that
 * the OpenAPI document is generated from. They are strict, so that a field the description lacks fails too.
 * (A JSON Schema validator compiles code, which workerd forbids; `test/repository/openapi.test.ts` compiles the
 * generated schemas in node.)
 */
import { problemSchema } from "../../src/http/admin/problem.ts";
import type { AdminRoute } from "../../src/http/admin/route.ts";
import { adminRoutes } from "../../src/http/admin/routes.ts";

export function routeOf(method: string, path: string): AdminRoute | undefined {
  const [bare = ""] = path.split("?");
  return adminRoutes.find(
    (route) =>
      route.method.toUpperCase() === method &&
      new RegExp(`^${route.path.replaceAll(/:[a-zA-Z]+/g, "[^/]+")}$`).test(bare),
  );
}

export function expectMatches(
  method: string,
  path: string,
  { status, body, text, headers }: { status: number; body: unknown; text: string; headers: Headers },
): void {
  const route = routeOf(method, path);
  const where = `${method} ${path} → ${status} ${text.slice(0, 400)}`;
  if (status >= 400) {
    const parsed = problemSchema.safeParse(body);
    if (!parsed.success) throw new Error(`${where}: not a problem: ${parsed.error.message}`);
    if (route !== undefined) expectDescribed(route, status, where);
    return;
  }
  if (route === undefined) return;
  if (status !== route.status) throw new Error(`${where}: the description says ${route.status}`);
  if (route.mediaType !== undefined) {
    if (headers.get("content-type")?.split(";")[0] !== route.mediaType)
      throw new Error(`${where}: the media type`);
    return;
  }
  if (route.response === undefined) {
    if (text !== "") throw new Error(`${where}: the description has no body`);
    return;
  }
  const parsed = route.response.safeParse(body);
  if (!parsed.success) throw new Error(`${where}: ${parsed.error.message}`);
}

function expectDescribed(route: AdminRoute, status: number, where: string): void {
  const always = [400, 401, 403, 413, 415, 500, 503];
  if (!always.includes(status) && !route.problems.includes(status)) {
    throw new Error(`${where}: the description does not have this status`);
  }
}
