/** Vaults, their user groups and their users. */
import * as z from "zod";
import { VAULT_USER_STATES } from "../../domain/vault.ts";
import { done } from "../../gateway/problem.ts";
import { actOnVaultUser, listVaultUsers } from "../../gateway/vaults/vault-users.ts";
import {
  createVault,
  createVaultGroup,
  getVault,
  listVaultGroupMembers,
  listVaultGroups,
  listVaults,
} from "../../gateway/vaults/vaults.ts";
import { type AdminRoute, route } from "./route.ts";
import { id, nameOf, pageOf, pageQuery, time } from "./schemas.ts";
import { newVault, vault } from "./vault-schemas.ts";

const count = z.number().int().min(0);

export const vaultGroup = z
  .strictObject({
    id,
    name: z.string(),
    builtIn: z.boolean().meta({ description: "All enabled users of the vault; it cannot be linked." }),
    memberCount: count,
    createdAt: time,
  })
  .meta({ id: "VaultGroup" });

const vaultUserState = z.enum(VAULT_USER_STATES).meta({
  id: "VaultUserState",
  description: "`deleted`: no link ever brings the person back; an administrator can, by enabling.",
});

const vaultMember = z
  .strictObject({ userId: id, userName: z.string(), state: vaultUserState })
  .meta({ id: "VaultMember" });

const vaultUser = z
  .strictObject({
    userId: id,
    userName: z.string(),
    state: vaultUserState,
    disabledBy: z.enum(["sync", "admin"]).nullable(),
    pinned: z.boolean().meta({ description: "Stays enabled when the last link lets go." }),
    access: z.boolean().meta({
      description: "The person can use the vault: enabled here, account active and enabled, license held.",
    }),
    groups: z.array(z.strictObject({ id, name: z.string() })).meta({
      description: "User groups of this vault the person is in, apart from the built-in one.",
    }),
  })
  .meta({ id: "VaultUser" });

const name = z.strictObject({ name: nameOf("name") });
const vaultParams = z.object({ vaultId: id });
const vaultUserParams = z.object({ vaultId: id, userId: id });

const vaultRoutesOnly: AdminRoute[] = [
  route({
    method: "get",
    path: "/vaults",
    operationId: "listVaults",
    summary: "List vaults",
    tag: "Vaults",
    access: "read",
    query: pageQuery,
    status: 200,
    response: pageOf(vault),
    handle: ({ admin, query }) => listVaults(admin, query),
  }),
  route({
    method: "post",
    path: "/vaults",
    operationId: "createVault",
    summary: "Create a vault with its built-in group",
    tag: "Vaults",
    access: "provision",
    body: newVault,
    status: 201,
    response: vault,
    problems: [409],
    handle: ({ admin, body }) => createVault(admin, body),
  }),
  route({
    method: "get",
    path: "/vaults/:vaultId",
    operationId: "getVault",
    summary: "Show a vault",
    tag: "Vaults",
    access: "read",
    params: vaultParams,
    status: 200,
    response: vault,
    problems: [404],
    handle: ({ admin, params }) => getVault(admin, params.vaultId),
  }),
];

const groupRoutes: AdminRoute[] = [
  route({
    method: "get",
    path: "/vaults/:vaultId/groups",
    operationId: "listVaultGroups",
    summary: "List the user groups of a vault",
    tag: "Vaults",
    access: "read",
    params: vaultParams,
    query: pageQuery,
    status: 200,
    response: pageOf(vaultGroup),
    problems: [404],
    handle: ({ admin, params, query }) => listVaultGroups(admin, { ...params, ...query }),
  }),
  route({
    method: "post",
    path: "/vaults/:vaultId/groups",
    operationId: "createVaultGroup",
    summary: "Create a user group in a vault",
    tag: "Vaults",
    access: "provision",
    params: vaultParams,
    body: name,
    status: 201,
    response: vaultGroup,
    problems: [404, 409],
    handle: ({ admin, params, body }) => createVaultGroup(admin, { ...params, ...body }),
  }),
  route({
    method: "get",
    path: "/vaults/:vaultId/groups/:vaultGroupId/members",
    operationId: "listVaultGroupMembers",
    summary: "List the members of a user group",
    tag: "Vaults",
    access: "read",
    params: z.object({ vaultId: id, vaultGroupId: id }),
    query: pageQuery,
    status: 200,
    response: pageOf(vaultMember),
    problems: [404],
    handle: ({ admin, params, query }) => listVaultGroupMembers(admin, { ...params, ...query }),
  }),
];

function actOf({
  state,
  pinned,
}: {
  state?: "enabled" | "disabled" | undefined;
  pinned?: boolean | undefined;
}) {
  if (state !== undefined) return state === "enabled" ? "enable" : "disable";
  return pinned ? "pin" : "unpin";
}

const userRoutes: AdminRoute[] = [
  route({
    method: "get",
    path: "/vaults/:vaultId/users",
    operationId: "listVaultUsers",
    summary: "List the users of a vault",
    tag: "Vaults",
    access: "read",
    params: vaultParams,
    query: pageQuery,
    status: 200,
    response: pageOf(vaultUser),
    problems: [404],
    handle: ({ admin, params, query }) => listVaultUsers(admin, { ...params, ...query }),
  }),
  route({
    method: "patch",
    path: "/vaults/:vaultId/users/:userId",
    operationId: "changeVaultUser",
    summary: "Enable, disable or restore a vault user, or pin it: then it stays when its last link lets go",
    tag: "Vaults",
    access: "provision",
    params: vaultUserParams,
    body: z
      .strictObject({
        state: z.enum(["enabled", "disabled"]).optional(),
        pinned: z.boolean().optional().meta({
          description: "Unpinned, a person whom no link of the vault covers is disabled.",
        }),
      })
      .refine(({ state, pinned }) => (state === undefined) !== (pinned === undefined), {
        error: "give either state or pinned",
      }),
    status: 200,
    response: vaultUser,
    problems: [404, 409],
    handle: ({ admin, params, body }) => actOnVaultUser(admin, { ...params, act: actOf(body) }),
  }),
  route({
    method: "delete",
    path: "/vaults/:vaultId/users/:userId",
    operationId: "deleteVaultUser",
    summary: "Delete a vault user for good: no link brings the person back",
    tag: "Vaults",
    access: "provision",
    params: vaultUserParams,
    status: 204,
    problems: [404, 409],
    handle: async ({ admin, params }) => {
      const deleted = await actOnVaultUser(admin, { ...params, act: "delete" });
      return deleted.ok ? done(undefined) : deleted;
    },
  }),
];

export const vaultRoutes: AdminRoute[] = [...vaultRoutesOnly, ...groupRoutes, ...userRoutes];
