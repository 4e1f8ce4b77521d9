/** Acts of whoever runs the installation, below /operator: only with the secret OPERATOR_KEY, else nothing is here. */
import { zValidator } from "@hono/zod-validator";
import { type Context, Hono, type Next } from "hono";
import * as z from "zod";
import { ADMIN_BODY_BYTES_MAX } from "../domain/limits.ts";
import { operatorMay } from "../gateway/identity/operator.ts";
import { moveTenant } from "../gateway/identity/tenant-move.ts";
import { abortMove } from "../gateway/identity/tenant-stay.ts";
import { answerFailure } from "./admin/failure.ts";
import { frameProblem, problemResponse, validationProblem } from "./admin/problem.ts";
import { boundedBody } from "./bounded-body.ts";
import type { AppEnvironment } from "./context.ts";

const moveRequest = z.strictObject({
  to: z.string().regex(/^SHARD_\d{1,4}$/),
  cursor: z
    .strictObject({
      phase: z.enum(["copy", "flip"]),
      pass: z.int().min(1),
      table: z.int().min(0),
      after: z.array(z.union([z.string(), z.number()])).optional(),
      rows: z.int(),
      copied: z.int(),
      digest: z.string().max(64),
    })
    .optional(),
});

export function operatorRoutes(): Hono<AppEnvironment> {
  const routes = new Hono<AppEnvironment>();
  routes.use(authenticate);
  routes.use(
    boundedBody(ADMIN_BODY_BYTES_MAX, {
      tooLarge: (c) => frameProblem(c, "too_large", "The body is too large."),
      tooSlow: (c) => frameProblem(c, "too_slow", "The body took too long to arrive."),
    }),
  );
  /** One step of a move; the answer's cursor goes into the next call, until `phase` is `done`. */
  routes.post("/tenants/:tenantId/move", zValidator("json", moveRequest, validationProblem), async (c) => {
    const step = await moveTenant(c.get("deps"), {
      tenantId: c.req.param("tenantId"),
      ...c.req.valid("json"),
    });
    return step.ok ? c.json(step.value) : problemResponse(c, step.problem);
  });
  /** One step of giving a move up, until `phase` is `done`; 409 once the tenant has arrived. */
  routes.delete("/tenants/:tenantId/move", async (c) => {
    const step = await abortMove(c.get("deps"), c.req.param("tenantId"));
    return step.ok ? c.json(step.value) : problemResponse(c, step.problem);
  });
  routes.onError(answerFailure);
  return routes;
}

async function authenticate(c: Context<AppEnvironment>, next: Next): Promise<Response | undefined> {
  const key = /^bearer +(\S+)$/i.exec(c.req.header("authorization")?.trim() ?? "")?.[1];
  const allowed = await operatorMay(c.get("deps"), key);
  c.header("cache-control", "no-store");
  if (allowed === "absent") return c.notFound() as Response;
  if (allowed === "refused") {
    return problemResponse(c, { kind: "unauthenticated", detail: "Send the operator's key." });
  }
  await next();
  return undefined;
}
