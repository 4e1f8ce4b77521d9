/** Accounts: the list, the queue, one account. */
import * as z from "zod";
import { getUser, listUsers } from "../../gateway/overview/users.ts";
import { route } from "./route.ts";
import { id, pageOf, pageQuery, time } from "./schemas.ts";

const fields = {
  id: id.meta({ description: "The current SCIM id: changes when the account is deprovisioned or revived." }),
  userName: z.string(),
  displayName: z.string().nullable(),
  active: z.boolean().meta({ description: "What the identity provider says." }),
  adminDisabled: z.boolean(),
  origin: z.enum(["scim", "manual", "pull"]),
  configurationId: id.nullable(),
  externalId: z.string().nullable(),
  deprovisioned: z.boolean(),
  license: z.strictObject({
    held: z.string().nullable(),
    wanted: z.string().nullable(),
    waiting: z.boolean(),
    waitingSince: time.nullable(),
    undecided: z.boolean(),
  }),
  createdAt: time,
  updatedAt: time,
};

const user = z.strictObject(fields).meta({ id: "User" });

const named = z.strictObject({ id, name: z.string() });

const userDetail = z
  .strictObject({
    ...fields,
    groups: z.array(z.strictObject({ id, displayName: z.string() })),
    attributes: z.record(z.string(), z.unknown()).meta({ description: "As the client wrote them." }),
    info1: z.string().nullable(),
    info2: z.string().nullable(),
    vaultUsers: z.array(
      z.strictObject({
        vault: named,
        state: z.enum(["enabled", "disabled", "deleted"]),
        disabledBy: z.enum(["sync", "admin"]).nullable(),
        groups: z.array(named),
      }),
    ),
  })
  .meta({ id: "UserDetail" });

export const userRoutes = [
  route({
    method: "get",
    path: "/users",
    operationId: "listUsers",
    summary: "Accounts in order of creation; with `waiting`, those who wait, in the order of the queue",
    tag: "Users",
    access: "read",
    query: pageQuery.extend({
      waiting: z
        .enum(["true", "false"])
        .optional()
        .transform((value) => value === "true")
        .pipe(z.boolean()),
      search: z.string().max(200).optional().meta({ description: "Beginning of the userName, in any case." }),
    }),
    status: 200,
    response: pageOf(user),
    handle: ({ admin, query }) => listUsers(admin, query),
  }),
  route({
    method: "get",
    path: "/users/:userId",
    operationId: "getUser",
    summary: "One account with its attributes, groups and vaults",
    tag: "Users",
    access: "read",
    params: z.object({ userId: id }),
    status: 200,
    response: userDetail,
    problems: [404],
    handle: ({ admin, params }) => getUser(admin, params.userId),
  }),
];
