/** The SCIM service of a vault: its credential, and a test of the connection. */
import * as z from "zod";
import { replaceConnectorCredential, testVaultConnector } from "../../gateway/vaults/vaults.ts";
import { type AdminRoute, route } from "./route.ts";
import { id } from "./schemas.ts";
import { connectorCredential, connectorTest, vault } from "./vault-schemas.ts";

const vaultParams = z.object({ vaultId: id });

export const connectorRoutes: AdminRoute[] = [
  route({
    method: "patch",
    path: "/vaults/:vaultId/connector",
    operationId: "replaceConnectorCredential",
    summary: "Replace the credential for a vault's SCIM service",
    tag: "Vaults",
    access: "provision",
    params: vaultParams,
    body: z.strictObject({ authentication: connectorCredential }),
    status: 200,
    response: vault,
    problems: [404, 409],
    handle: ({ admin, params, body }) => replaceConnectorCredential(admin, { ...params, ...body }),
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
