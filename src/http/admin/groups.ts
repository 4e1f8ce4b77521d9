/** Provisioned groups and their members. */
import * as z from "zod";
import {
  getSourceGroup,
  listGroupMembers,
  listSourceGroups,
  refuseGroupEdit,
} from "../../gateway/overview/groups.ts";
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
const memberParams = params.extend({ memberId: id });

/** What belongs to the identity provider (R34): asked for, it is refused with the name of the owner. */
const ownedByProvider = (
  method: "delete" | "post" | "put",
  path: "" | "/members" | "/members/:memberId",
  operationId: string,
  what: string,
) =>
  route({
    method,
    path: `/groups/:groupId${path}`,
    operationId,
    summary: `Always refused, and told where: the identity provider ${what}`,
    tag: "Groups",
    access: "provision",
    params: path === "/members/:memberId" ? memberParams : params,
    status: 409,
    problems: [404, 409],
    handle: ({ admin, params }) => refuseGroupEdit(admin, params.groupId),
  });

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
  ownedByProvider("delete", "", "deleteGroup", "deletes a provisioned group"),
  ownedByProvider("post", "/members", "addGroupMember", "adds members to a provisioned group"),
  ownedByProvider("put", "/members", "replaceGroupMembers", "sets the members of a provisioned group"),
  ownedByProvider(
    "delete",
    "/members/:memberId",
    "removeGroupMember",
    "removes members from a provisioned group",
  ),
];
