/** Links from provisioned groups to user groups of vaults: preview, apply, progress, removal. */
import * as z from "zod";
import { LINK_STATES } from "../../domain/link.ts";
import { previewLink } from "../../gateway/vaults/link-preview.ts";
import { applyLink, getLink, listLinks, removeLink, setLinkState } from "../../gateway/vaults/links.ts";
import { type AdminRoute, route } from "./route.ts";
import { id, nameOf, pageOf, pageQuery, time } from "./schemas.ts";

const count = z.number().int().min(0);
const named = z.strictObject({ id, name: z.string() });
const people = z.array(z.string()).meta({ description: "User names, the first few; `counts` is exact." });

const link = z
  .strictObject({
    id,
    group: named,
    vault: named,
    target: named,
    state: z.enum(LINK_STATES),
    done: count.meta({ description: "People settled by the current or last run, out of `total`." }),
    total: count,
    error: z.string().nullable(),
    waitingForApproval: count.meta({
      description: "People whose leaving is staged until an administrator approves or discards it.",
    }),
    imported: z.boolean().meta({
      description:
        "The source group is read by the vault's own synchronization; its settings take the link off.",
    }),
    lastSyncedAt: time.nullable(),
    createdAt: time,
  })
  .meta({ id: "Link" });

const plan = z
  .strictObject({
    planHash: z.string(),
    group: named,
    vault: named,
    target: z.strictObject({
      id: id.nullable().meta({ description: "null: the group will be created." }),
      name: z.string(),
    }),
    adds: people,
    creates: people,
    enables: people,
    removes: people,
    disables: people,
    keepsDisabled: people,
    skipped: people,
    counts: z.strictObject({
      adds: count,
      creates: count,
      enables: count,
      removes: count,
      disables: count,
      keepsDisabled: count,
      skipped: count,
      unchanged: count,
    }),
  })
  .meta({ id: "LinkPlan", description: "What linking will do, person by person." });

const ends = {
  groupId: id,
  vaultId: id,
  vaultGroupId: id.optional(),
  newVaultGroupName: nameOf("newVaultGroupName").optional(),
};

export const linkRoutes: AdminRoute[] = [
  route({
    method: "post",
    path: "/links/preview",
    operationId: "previewLink",
    summary: "Show what a link would do; nothing is changed",
    tag: "Links",
    access: "provision",
    body: z.strictObject(ends),
    status: 200,
    response: plan,
    problems: [404, 409],
    handle: ({ admin, body }) => previewLink(admin, body),
  }),
  route({
    method: "post",
    path: "/links",
    operationId: "createLink",
    summary: "Create the link that was previewed",
    tag: "Links",
    access: "provision",
    body: z.strictObject({ ...ends, planHash: z.string().min(1).max(200) }),
    status: 201,
    response: link,
    problems: [404, 409],
    handle: ({ admin, body }) => applyLink(admin, body),
  }),
  route({
    method: "get",
    path: "/links",
    operationId: "listLinks",
    summary: "List links",
    tag: "Links",
    access: "read",
    query: pageQuery,
    status: 200,
    response: pageOf(link),
    handle: ({ admin, query }) => listLinks(admin, query),
  }),
  route({
    method: "get",
    path: "/links/:linkId",
    operationId: "getLink",
    summary: "Show a link and its progress",
    tag: "Links",
    access: "read",
    params: z.object({ linkId: id }),
    status: 200,
    response: link,
    problems: [404],
    handle: ({ admin, params }) => getLink(admin, params.linkId),
  }),
  route({
    method: "patch",
    path: "/links/:linkId",
    operationId: "setLinkState",
    summary: "Pause a link, or resume it, or a failing one, with a run from end to end",
    tag: "Links",
    access: "provision",
    params: z.object({ linkId: id }),
    body: z.strictObject({ state: z.enum(["active", "paused"]) }),
    status: 200,
    response: link,
    problems: [404, 409],
    handle: ({ admin, params, body }) => setLinkState(admin, { id: params.linkId, state: body.state }),
  }),
  route({
    method: "delete",
    path: "/links/:linkId",
    operationId: "deleteLink",
    summary: "Take a link off and remove its members from the target, or keep them",
    tag: "Links",
    access: "provision",
    params: z.object({ linkId: id }),
    query: z.object({ members: z.enum(["remove", "keep"]).default("remove") }),
    status: 202,
    response: link,
    problems: [404, 409],
    handle: ({ admin, params, query }) => removeLink(admin, { id: params.linkId, members: query.members }),
  }),
];
