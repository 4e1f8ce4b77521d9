/** What administrators change about a vault's own SCIM service, and taking it off. */
import { read } from "../../store/database.ts";
import { tenantFence } from "../../store/fence.ts";
import { changeSettings, removeConnector } from "../../store/vaults/connector-settings.ts";
import { selectLinksFrom } from "../../store/vaults/drift.ts";
import { clearFailures } from "../../store/vaults/link-failures.ts";
import { linkKey } from "../../store/vaults/links.ts";
import type { Admin } from "../admin.ts";
import { act } from "../administrative-act.ts";
import { done, type Outcome, type Problem, refuse } from "../problem.ts";
import { findVault, getVault, noVault, type Vault } from "../vaults/vaults.ts";
import { type ConnectorCredential, noConnector, prepareConnector } from "./connectors.ts";

export type ConnectorChange = {
  baseUrl?: string | undefined;
  authentication?: ConnectorCredential | undefined;
  membersPerRequest?: number | undefined;
};

/** Changes what is given. With another address comes a credential: the one in use is never sent there. */
export async function changeConnector(
  admin: Admin,
  { vaultId, ...change }: ConnectorChange & { vaultId: string },
): Promise<Outcome<Vault>> {
  const vault = await findVault(admin, vaultId);
  if (vault === undefined) return refuse(noVault);
  if (vault.connection === null) return refuse(noConnector);
  const addressBefore = vault.connection.settings.baseUrl;
  const { authentication, membersPerRequest } = change;
  const elsewhere = change.baseUrl !== undefined && withoutSlash(change.baseUrl) !== addressBefore;
  if (elsewhere && authentication === undefined) return refuse(credentialNeeded);
  const prepared =
    authentication &&
    (await prepareConnector(admin, vaultId, {
      type: "scim",
      baseUrl: change.baseUrl ?? addressBefore,
      authentication,
    }));
  if (prepared?.ok === false) return prepared;
  const settings = {
    ...(prepared && { authentication: prepared.value.settings.authentication }),
    ...(prepared && elsewhere && { baseUrl: prepared.value.settings.baseUrl }),
    ...(membersPerRequest !== undefined && { membersPerRequest }),
  };
  if (Object.keys(settings).length === 0) return getVault(admin, vaultId);
  const changed = await act(
    admin,
    [
      tenantFence(admin.scope),
      ...changeSettings(admin.scope, vault.vaultNo, {
        addressBefore,
        settings,
        sealed: prepared?.value.sealed,
      }),
    ],
    { moved },
  );
  return changed.ok ? getVault(admin, vaultId) : changed;
}

const withoutSlash = (address: string): string => address.replace(/\/+$/, "");

const credentialNeeded: Problem = {
  kind: "invalid",
  detail: "authentication: give the credential for the new address; the present one is not sent there.",
};

const moved: Problem = {
  kind: "conflict",
  detail: "The connection was changed a moment ago. Look at it, and try again.",
};

/** The gateway keeps the vault itself from then on. What the service holds stays there as it is. */
export async function removeVaultConnector(
  admin: Admin,
  { vaultId }: { vaultId: string },
): Promise<Outcome<undefined>> {
  const { scope } = admin;
  const vault = await findVault(admin, vaultId);
  if (vault === undefined) return refuse(noVault);
  // Links that could not be pushed have nothing to wait for any more.
  const [links = []] = await read(scope.shard, [selectLinksFrom(scope, vault.vaultNo, 0)]);
  const removed = await act(
    admin,
    [tenantFence(scope), ...removeConnector(scope, vault.vaultNo), clearFailures(scope, links.map(linkKey))],
    { moved: noConnector },
  );
  return removed.ok ? done(undefined) : removed;
}
