/** What is still to be done for the tenant, and what could not be done. */
import * as z from "zod";
import { OUTBOX_KINDS } from "../../domain/outbox.ts";
import { activity } from "../../gateway/outbox/activity.ts";
import { listDeadLetters, redrive } from "../../gateway/outbox/dead-letters.ts";
import { type AdminRoute, route } from "./route.ts";
import { pageOf, pageQuery, time } from "./schemas.ts";

const count = z.number().int().min(0);

const activitySchema = z
  .strictObject({
    idle: z.boolean().meta({ description: "Everything that followed from acknowledged changes is done." }),
    openOutboxRows: count,
    undoneChunks: count.meta({ description: "Runs of links that are not over." }),
    undecidedAccounts: count.meta({ description: "License decisions that are still to be taken." }),
    deadRows: count.meta({
      description: "Failed too often; they wait to be redriven and do not count as open.",
    }),
  })
  .meta({ id: "Activity" });

const deadLetter = z
  .strictObject({
    kind: z.enum(OUTBOX_KINDS),
    seq: z.number().int(),
    deadAt: time,
    attempts: count,
    error: z.string().nullable(),
    correlationId: z.string(),
  })
  .meta({ id: "DeadLetter" });

export const activityRoutes: AdminRoute[] = [
  route({
    method: "get",
    path: "/activity",
    operationId: "getActivity",
    summary: "Tell whether everything has settled",
    tag: "Activity",
    access: "read",
    status: 200,
    response: activitySchema,
    handle: ({ admin }) => activity(admin),
  }),
  route({
    method: "get",
    path: "/dead-letters",
    operationId: "listDeadLetters",
    summary: "List effects that failed too often",
    tag: "Activity",
    access: "read",
    query: pageQuery,
    status: 200,
    response: pageOf(deadLetter),
    handle: ({ admin, query }) => listDeadLetters(admin, query),
  }),
  route({
    method: "post",
    path: "/dead-letters/:kind/:seq/redrive",
    operationId: "redriveDeadLetter",
    summary: "Try a failed effect again",
    tag: "Activity",
    access: "provision",
    params: z.object({ kind: z.string().max(50), seq: z.coerce.number().int().min(0) }),
    status: 204,
    problems: [404],
    handle: ({ admin, params }) => redrive(admin, params),
  }),
];
