/** RFC 9457 problem details: the one mapping from problems of the administration to the wire. */
import type { Context } from "hono";
import type { z } from "zod";
import type { Problem } from "../../gateway/problem.ts";
import type { AppEnvironment } from "../context.ts";

const wire: Record<Problem["kind"], { status: 400 | 401 | 403 | 404 | 409 | 429 | 503; title: string }> = {
  invalid: { status: 400, title: "Invalid request" },
  unauthenticated: { status: 401, title: "Not authenticated" },
  forbidden: { status: 403, title: "Not allowed" },
  not_found: { status: 404, title: "Not found" },
  conflict: { status: 409, title: "Conflict" },
  plan_outdated: { status: 409, title: "Plan outdated" },
  limit_reached: { status: 429, title: "Limit reached" },
  mail_unavailable: { status: 503, title: "Mail unavailable" },
};

export function problemResponse(c: Context<AppEnvironment>, problem: Problem): Response {
  const { status, title } = wire[problem.kind];
  const body = {
    type: `urn:vestibule:problem:${problem.kind}`,
    title,
    status,
    detail: problem.detail,
    instance: `urn:request:${c.get("requestId")}`,
    ...(problem.kind === "plan_outdated" ? { plan: problem.plan } : {}),
  };
  return c.body(JSON.stringify(body), status, {
    "content-type": "application/problem+json",
    ...(status === 401 ? { "www-authenticate": 'Bearer realm="vestibule"' } : {}),
  });
}

/** Hook of `@hono/zod-validator`: its own answer would be plain JSON with zod's internals. */
export function validationProblem(
  result: { success: boolean; error?: z.core.$ZodError | undefined },
  c: Context,
): Response | undefined {
  if (result.success || result.error === undefined) return undefined;
  const detail = result.error.issues
    .map((issue) => `${issue.path.length === 0 ? "body" : issue.path.join(".")}: ${issue.message}`)
    .join("; ");
  return problemResponse(c as Context<AppEnvironment>, { kind: "invalid", detail });
}
