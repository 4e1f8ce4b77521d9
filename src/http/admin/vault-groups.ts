/** User groups of a vault that no link fills, and why a person has no access to a vault. */
import * as z from "zod";
import { ACCESS_CHECKS } from "../../domain/vault.ts";
import { explainVaultAccess } from "../../gateway/vaults/vault-access.ts";
import {
  addMember,
  changeVaultGroup,
  removeMember,
  removeVaultGroup,
} from "../../gateway/vaults/vault-groups.ts";
import { type AdminRoute, route } from "./route.ts";
import { id, nameOf } from "./schemas.ts";
import { vaultGroup } from "./vaults.ts";

const params = z.object({ vaultId: id, vaultGroupId: id });

const access = z
  .strictObject({
    userId: id,
    userName: z.string(),
    access: z.boolean(),
    checks: z.array(
      z.strictObject({ check: z.enum(ACCESS_CHECKS), passed: z.boolean(), detail: z.string() }),
    ),
    links: z.array(z.strictObject({ id, group: z.string(), target: z.string() })).meta({
      description: "Links of this vault that have the person in their source group.",
    }),
  })
  .meta({
    id: "VaultAccess",
    description: "The first check that did not pass is what keeps the person out.",
  });

export const vaultGroupRoutes: AdminRoute[] = [
  route({
    method: "patch",
    path: "/vaults/:vaultId/groups/:vaultGroupId",
    operationId: "renameVaultGroup",
    summary: "Rename a user group that is not linked",
    tag: "Vaults",
    access: "provision",
    params,
    body: z.strictObject({ name: nameOf("name") }),
    status: 200,
    response: vaultGroup,
    problems: [404, 409],
    handle: ({ admin, params, body }) => changeVaultGroup(admin, { ...params, ...body }),
  }),
  route({
    method: "delete",
    path: "/vaults/:vaultId/groups/:vaultGroupId",
    operationId: "deleteVaultGroup",
    summary: "Delete a user group that is not linked; its members stay in the vault",
    tag: "Vaults",
    access: "provision",
    params,
    status: 204,
    problems: [404, 409],
    handle: ({ admin, params }) => removeVaultGroup(admin, params),
  }),
  route({
    method: "post",
    path: "/vaults/:vaultId/groups/:vaultGroupId/members",
    operationId: "addVaultGroupMember",
    summary: "Put an account into a user group that is not linked, and into the vault",
    tag: "Vaults",
    access: "provision",
    params,
    body: z.strictObject({ userId: id }),
    status: 204,
    problems: [404, 409],
    handle: ({ admin, params, body }) => addMember(admin, { ...params, ...body }),
  }),
  route({
    method: "delete",
    path: "/vaults/:vaultId/groups/:vaultGroupId/members/:userId",
    operationId: "removeVaultGroupMember",
    summary: "Take a member out of a user group that is not linked",
    tag: "Vaults",
    access: "provision",
    params: params.extend({ userId: id }),
    status: 204,
    problems: [404, 409],
    handle: ({ admin, params }) => removeMember(admin, params),
  }),
  route({
    method: "get",
    path: "/vaults/:vaultId/users/:userId/access",
    operationId: "explainVaultAccess",
    summary: "Whether a person can use a vault, and why not",
    tag: "Vaults",
    access: "read",
    params: z.object({ vaultId: id, userId: id }),
    status: 200,
    response: access,
    problems: [404],
    handle: ({ admin, params }) => explainVaultAccess(admin, params),
  }),
];
