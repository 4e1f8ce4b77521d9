/** Provisioning events: what happened, to whom, by whom, why. */
import * as z from "zod";
import { listProvisioningEvents } from "../../gateway/overview/events.ts";
import { route } from "./route.ts";
import { id, pageOf, pageQuery, time } from "./schemas.ts";

const event = z
  .strictObject({
    seq: z.int().min(1),
    at: time,
    actor: z
      .string()
      .meta({ description: "`idp:<configuration id>`, `admin:<id>`, `key:<id>` or `system`." }),
    action: z.string(),
    subject: z.strictObject({ kind: z.string(), id: id.optional(), name: z.string().optional() }),
    reason: z.string().nullable(),
    correlationId: z.string().meta({ description: "Id of the request that all of this follows from." }),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: "Event" });

export const eventRoutes = [
  route({
    method: "get",
    path: "/events",
    operationId: "listEvents",
    summary: "Provisioning events, newest first",
    tag: "Events",
    access: "read",
    query: pageQuery.extend({
      subject: z.string().max(300).optional().meta({ description: "`kind:id`, such as `user:0190…`." }),
    }),
    status: 200,
    response: pageOf(event),
    problems: [404],
    handle: ({ admin, query }) => listProvisioningEvents(admin, query),
  }),
];
