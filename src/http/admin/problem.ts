/** RFC 9457 problem details: the one mapping from problems of the administration to the wire. */
import type { Context } from "hono";
import * as z from "zod";
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

/** A binding that failed may work again in a minute; one that nobody has set up does no harm by being asked. */
const mailRetrySeconds = "60";

/** Refusals of the HTTP frame itself, which no use case makes. */
const frame = {
  method_not_allowed: { status: 405, title: "Method not allowed" },
  too_slow: { status: 408, title: "Request timeout" },
  too_large: { status: 413, title: "Request too large" },
  unsupported_media_type: { status: 415, title: "Unsupported media type" },
  internal: { status: 500, title: "Internal error" },
  unavailable: { status: 503, title: "Temporarily unavailable" },
} as const;

export function frameProblem(
  c: Context<AppEnvironment>,
  kind: keyof typeof frame,
  detail: string,
  headers: Record<string, string> = {},
): Response {
  const { status, title } = frame[kind];
  const instance = `urn:request:${c.get("requestId")}`;
  const body = { type: `urn:vestibule:problem:${kind}`, title, status, detail, instance };
  return c.body(JSON.stringify(body), status, { "content-type": "application/problem+json", ...headers });
}

/** The form of every problem, for the API's description. */
export const problemSchema = z
  .object({
    type: z.string().meta({ description: "urn:vestibule:problem:<kind>; stable, for programs." }),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: "What is wrong and what to do, for people." }),
    instance: z.string().meta({ description: "urn:request:<id>; the id is in the logs and in events." }),
    plan: z.looseObject({}).optional().meta({ description: "The new plan, when a plan is outdated." }),
  })
  .meta({ id: "Problem" });

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
    ...(problem.kind === "limit_reached" ? { "retry-after": String(problem.retryAfterSeconds) } : {}),
    ...(problem.kind === "mail_unavailable" ? { "retry-after": mailRetrySeconds } : {}),
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
