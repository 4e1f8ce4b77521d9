/** The SCIM service of a vault: its settings, a test of the connection, and taking it off. */
import * as z from "zod";
import { changeConnector, removeVaultConnector } from "../../gateway/connectors/settings.ts";
import { testVaultConnector } from "../../gateway/vaults/vaults.ts";
import { type AdminRoute, route } from "./route.ts";
import { id } from "./schemas.ts";
import { connectorChange, connectorTest, vault } from "./vault-schemas.ts";

const vaultParams = z.object({ vaultId: id });

export const connectorRoutes: AdminRoute[] = [
  route({
    method: "patch",
    path: "/vaults/:vaultId/connector",
    operationId: "changeConnector",
    summary:
      "Change address, credential or request size of a vault's SCIM service; at another address everybody is matched and pushed anew",
    tag: "Vaults",
    access: "provision",
    params: vaultParams,
    body: connectorChange,
    status: 200,
    response: vault,
    problems: [404, 409],
    handle: ({ admin, params, body }) => changeConnector(admin, { ...params, ...body }),
  }),
  route({
    method: "delete",
    path: "/vaults/:vaultId/connector",
    operationId: "removeConnector",
    summary: "Let the gateway keep the vault itself; what its SCIM service holds stays there as it is",
    tag: "Vaults",
    access: "provision",
    params: vaultParams,
    status: 204,
    problems: [404, 409],
    handle: ({ admin, params }) => removeVaultConnector(admin, params),
  }),
  route({
    method: "post",
    path: "/vaults/:vaultId/connector/test",
    operationId: "testConnector",
    summary: "Try the connection to a vault's SCIM service, stage by stage; changes nothing",
    tag: "Vaults",
    access: "provision",
    params: vaultParams,
    status: 200,
    response: connectorTest,
    problems: [404, 409],
    handle: ({ admin, params }) => testVaultConnector(admin, params),
  }),
];
