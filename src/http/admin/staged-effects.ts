/** Effects that the brake on accidents holds back: what, why, and the decision. */
import * as z from "zod";
import {
  decideStagedEffects,
  getStagedEffects,
  listStagedEffects,
} from "../../gateway/vaults/staged-effects.ts";
import { type AdminRoute, route } from "./route.ts";
import { id, pageOf, pageQuery, time } from "./schemas.ts";

const state = z.enum(["staged", "approved", "discarded"]).meta({ id: "StagedEffectsState" });

const fields = {
  id,
  state,
  reason: z.enum(["share", "absolute", "joined"]).meta({
    description:
      "`share`: too large a share of the vault's users in one window; `absolute`: too many; `joined`: other effects on the vault waited already.",
  }),
  vault: z.strictObject({ id, name: z.string() }),
  link: z
    .strictObject({ id, group: z.string(), target: z.string() })
    .nullable()
    .meta({ description: "null: people whom no link of the vault covers any more." }),
  people: z.number().int().min(0),
  createdAt: time,
  decidedBy: z.string().nullable(),
  decidedAt: time.nullable(),
};

const stagedEffects = z.strictObject(fields).meta({ id: "StagedEffects" });

const stagedPerson = z
  .strictObject({
    userId: id,
    userName: z.string(),
    effect: z.enum(["remove", "remove_and_disable", "disable", "none"]).meta({
      description: "What approving does to the person as things stand now; `none`: came back, or is gone.",
    }),
  })
  .meta({ id: "StagedPerson" });

const params = z.object({ stagedEffectsId: id });

const decisions = [
  ["approve", "approved", "Approve staged effects: who is still to leave is removed"],
  ["discard", "discarded", "Discard staged effects: people stay until their membership changes again"],
] as const;

export const stagedEffectsRoutes: AdminRoute[] = [
  route({
    method: "get",
    path: "/staged-effects",
    operationId: "listStagedEffects",
    summary: "List effects that were held back, newest first",
    tag: "Staged effects",
    access: "read",
    query: pageQuery.extend({ state: state.optional() }),
    status: 200,
    response: pageOf(stagedEffects),
    handle: ({ admin, query }) => listStagedEffects(admin, query),
  }),
  route({
    method: "get",
    path: "/staged-effects/:stagedEffectsId",
    operationId: "getStagedEffects",
    summary: "Show staged effects with the names of the people",
    tag: "Staged effects",
    access: "read",
    params,
    query: pageQuery,
    status: 200,
    response: z
      .strictObject({ ...fields, users: pageOf(stagedPerson) })
      .meta({ id: "StagedEffectsWithUsers" }),
    problems: [404],
    handle: ({ admin, params, query }) => getStagedEffects(admin, { ...query, id: params.stagedEffectsId }),
  }),
  ...decisions.map(([verb, decision, summary]) =>
    route({
      method: "post",
      path: `/staged-effects/:stagedEffectsId/${verb}`,
      operationId: `${verb}StagedEffects`,
      summary,
      tag: "Staged effects",
      access: "provision",
      params,
      status: 200,
      response: stagedEffects,
      problems: [404, 409],
      handle: ({ admin, params }) => decideStagedEffects(admin, { id: params.stagedEffectsId, decision }),
    }),
  ),
];
