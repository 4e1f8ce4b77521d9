/** Pages of vaults: users and user groups, differences, and SCIM services of their own. */
import type { Hono } from "hono";
import type { ConsoleEnvironment } from "./environment.ts";
import { connectorPage, pushAgainAction, testConnectorAction } from "./pages/connector.tsx";
import {
  changeConnectorAction,
  removeConnectorAction,
  removeConnectorPage,
} from "./pages/connector-acts.tsx";
import { driftPage } from "./pages/drift.tsx";
import { repairAction, repairPage } from "./pages/drift-repair.tsx";
import { endSynchronizationAction, endSynchronizationPage } from "./pages/end-synchronization.tsx";
import { createConnectedVaultAction, newConnectedVaultPage } from "./pages/new-connected-vault.tsx";
import { createVaultGroupAction, vaultPage } from "./pages/vault.tsx";
import { vaultAccessPage } from "./pages/vault-access.tsx";
import { vaultGroupPage } from "./pages/vault-group.tsx";
import {
  orderImportAction,
  setSynchronizationAction,
  synchronizationPage,
  testSynchronizationAction,
} from "./pages/vault-synchronization.tsx";
import {
  deleteVaultUserAction,
  deleteVaultUserPage,
  disableVaultUserAction,
  enableVaultUserAction,
  pinVaultUserAction,
  unpinVaultUserAction,
} from "./pages/vault-users.tsx";
import { createVaultAction, vaultsPage } from "./pages/vaults.tsx";
import { needs } from "./session.ts";

export function vaultRoutes(pages: Hono<ConsoleEnvironment>): void {
  pages.get("/vaults", needs("read"), vaultsPage);
  pages.post("/vaults", needs("provision"), createVaultAction);
  pages.get("/vaults/connected", needs("provision"), newConnectedVaultPage);
  pages.post("/vaults/connected", needs("provision"), createConnectedVaultAction);
  pages.get("/vaults/:vaultId", needs("read"), vaultPage);
  pages.post("/vaults/:vaultId/groups", needs("provision"), createVaultGroupAction);
  pages.get("/vaults/:vaultId/groups/:vaultGroupId", needs("read"), vaultGroupPage);

  pages.get("/vaults/:vaultId/drift", needs("read"), driftPage);
  pages.get("/vaults/:vaultId/drift/repair", needs("provision"), repairPage);
  pages.post("/vaults/:vaultId/drift/repair", needs("provision"), repairAction);

  pages.get("/vaults/:vaultId/connector", needs("read"), connectorPage);
  pages.post("/vaults/:vaultId/connector/test", needs("provision"), testConnectorAction);
  pages.post("/vaults/:vaultId/connector", needs("provision"), changeConnectorAction);
  pages.get("/vaults/:vaultId/connector/remove", needs("provision"), removeConnectorPage);
  pages.post("/vaults/:vaultId/connector/remove", needs("provision"), removeConnectorAction);
  pages.post("/vaults/:vaultId/connector/push", needs("provision"), pushAgainAction);

  pages.get("/vaults/:vaultId/synchronization", needs("read"), synchronizationPage);
  pages.post("/vaults/:vaultId/synchronization", needs("provision"), setSynchronizationAction);
  pages.post("/vaults/:vaultId/synchronization/runs", needs("provision"), orderImportAction);
  pages.post("/vaults/:vaultId/synchronization/test", needs("provision"), testSynchronizationAction);
  pages.get("/vaults/:vaultId/synchronization/end", needs("provision"), endSynchronizationPage);
  pages.post("/vaults/:vaultId/synchronization/end", needs("provision"), endSynchronizationAction);

  pages.get("/vaults/:vaultId/users/:userId/access", needs("read"), vaultAccessPage);
  pages.post("/vaults/:vaultId/users/:userId/enable", needs("provision"), enableVaultUserAction);
  pages.post("/vaults/:vaultId/users/:userId/disable", needs("provision"), disableVaultUserAction);
  pages.post("/vaults/:vaultId/users/:userId/pin", needs("provision"), pinVaultUserAction);
  pages.post("/vaults/:vaultId/users/:userId/unpin", needs("provision"), unpinVaultUserAction);
  pages.get("/vaults/:vaultId/users/:userId/delete", needs("provision"), deleteVaultUserPage);
  pages.post("/vaults/:vaultId/users/:userId/delete", needs("provision"), deleteVaultUserAction);
}
