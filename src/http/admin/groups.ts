/** Provisioned groups and their members. */
import * as z from "zod";
import { getSourceGroup, listGroupMembers, listSourceGroups } from "../../gateway/overview/groups.ts";
import { route } from "./route.ts";
import { id, pageOf, pageQuery, time } from "./schemas.ts";

const group = z
  .strictObject({
    id,
    displayName: z.string(),
    externalId: z.string().nullable(),
    configurationId: id,
    licenseType: z.string().nullable(),
    waitingPriority: z.int(),
    members: z.int().min(0),
    links: z.int().min(0),
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: "Group" });

const params = z.object({ groupId: id });

export const groupRoutes = [
  route({
    method: "get",
    path: "/groups",
    operationId: "listGroups",
    summary: "Provisioned groups in order of creation",
    tag: "Groups",
    access: "read",
    query: pageQuery,
    status: 200,
    response: pageOf(group),
    handle: ({ admin, query }) => listSourceGroups(admin, query),
  }),
  route({
    method: "get",
    path: "/groups/:groupId",
    operationId: "getGroup",
    summary: "One provisioned group",
    tag: "Groups",
    access: "read",
    params,
    status: 200,
    response: group,
    problems: [404],
    handle: ({ admin, params }) => getSourceGroup(admin, params.groupId),
  }),
  route({
    method: "get",
    path: "/groups/:groupId/members",
    operationId: "listGroupMembers",
    summary: "Direct members of a provisioned group",
    tag: "Groups",
    access: "read",
    params,
    query: pageQuery,
    status: 200,
    response: pageOf(
      z.strictObject({ kind: z.enum(["user", "group"]), id, name: z.string() }).meta({ id: "GroupMember" }),
    ),
    problems: [404],
    handle: ({ admin, params, query }) => listGroupMembers(admin, params.groupId, query),
  }),
];
