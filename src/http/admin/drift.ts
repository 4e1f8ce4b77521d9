/** Where a vault differs from what its links say, and the repair. */
import * as z from "zod";
import { DIFFERENCES, DRIFT_REASONS } from "../../domain/drift.ts";
import { REPAIRED_USERS_MAX } from "../../domain/limits.ts";
import { listDrift, repairDrift } from "../../gateway/vaults/drift.ts";
import { type AdminRoute, route } from "./route.ts";
import { id, pageOf, pageQuery } from "./schemas.ts";

const item = z
  .strictObject({
    userId: id,
    userName: z.string(),
    link: z.strictObject({ id, group: z.string(), target: z.string() }),
    differences: z.array(z.enum(DIFFERENCES)),
    reason: z.enum(DRIFT_REASONS),
  })
  .meta({ id: "Drift" });

export const driftRoutes: AdminRoute[] = [
  route({
    method: "get",
    path: "/vaults/:vaultId/drift",
    operationId: "listDrift",
    summary: "Compare a vault with what its links say",
    tag: "Vaults",
    access: "read",
    params: z.object({ vaultId: id }),
    query: pageQuery,
    status: 200,
    response: pageOf(item).extend({
      examined: z.number().int().min(0).meta({
        description: "People compared for this page. A page without items may still have a next one.",
      }),
    }),
    problems: [404, 409],
    handle: ({ admin, params, query }) => listDrift(admin, { ...params, ...query }),
  }),
  route({
    method: "post",
    path: "/vaults/:vaultId/drift/repair",
    operationId: "repairDrift",
    summary: "Settle these people, or run every link of the vault from end to end",
    tag: "Vaults",
    access: "provision",
    params: z.object({ vaultId: id }),
    body: z.strictObject({ userIds: z.array(id).min(1).max(REPAIRED_USERS_MAX).optional() }),
    status: 202,
    response: z.strictObject({
      users: z.number().int().nullable().meta({ description: "null: everybody, by runs of the links." }),
    }),
    problems: [404],
    handle: ({ admin, params, body }) => repairDrift(admin, { ...params, ...body }),
  }),
];
