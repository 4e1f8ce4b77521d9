/** Whether a person can use a vault, and why not (I22): the chain of reasons, each with what is behind it. */
import { type AccessCheck, accessChecks } from "../../domain/vault.ts";
import { read } from "../../store/database.ts";
import { tenantFence } from "../../store/fence.ts";
import { accessFacts, type CoveringLink, selectAccess } from "../../store/vaults/vault-access.ts";
import type { Admin } from "../admin.ts";
import { done, type Outcome, refuse } from "../problem.ts";
import { findVault, noVault } from "./vaults.ts";

export type VaultAccess = {
  userId: string;
  userName: string;
  access: boolean;
  /** In order; the first that did not pass is what keeps the person out. */
  checks: (AccessCheck & { detail: string })[];
  /** Links of this vault that have the person in their source group. */
  links: CoveringLink[];
};

export async function explainVaultAccess(
  admin: Admin,
  { vaultId, userId }: { vaultId: string; userId: string },
): Promise<Outcome<VaultAccess>> {
  const { scope } = admin;
  const vault = await findVault(admin, vaultId);
  if (vault === undefined) return refuse(noVault);
  const [, people = [], links = []] = await read(scope.shard, [
    tenantFence(scope),
    ...selectAccess(scope, vault.vaultNo, userId),
  ]);
  const facts = people[0] && accessFacts(people[0], links);
  if (facts === undefined) return refuse({ kind: "not_found", detail: "There is no account with this id." });
  const checks = accessChecks(facts).map((check) => ({ ...check, detail: detailOf(check, facts) }));
  const { userName, links: covering } = facts;
  return done({ userId, userName, access: checks.every(({ passed }) => passed), checks, links: covering });
}

type Facts = ReturnType<typeof accessFacts>;

function detailOf({ check, passed }: AccessCheck, facts: Facts): string {
  switch (check) {
    case "account_active":
      if (passed) return "The identity provider has the account active.";
      return facts.deprovisioned
        ? "The identity provider deleted the account."
        : "The identity provider has disabled the account.";
    case "not_disabled_by_admin":
      return passed
        ? "No administrator has disabled the account."
        : "An administrator has disabled the account.";
    case "license_held":
      if (passed) return "The account holds a license.";
      return facts.waiting ? "The account waits for a license." : "The account holds no license.";
    case "vault_user_enabled":
      return vaultUserText(facts);
  }
}

function vaultUserText({ vaultUser, links }: Facts): string {
  const groups = links.map(({ group }) => group).join(", ");
  switch (vaultUser?.state) {
    case undefined:
      return groups === ""
        ? "The account is in no provisioned group that is linked to this vault."
        : `The account is about to come into the vault through ${groups}.`;
    case "enabled":
      return groups === "" ? "Enabled in the vault." : `Enabled in the vault, through ${groups}.`;
    case "deleted":
      return "An administrator deleted the vault user; only an administrator can restore it.";
    case "disabled":
      return vaultUser?.disabledBy === "admin"
        ? "An administrator disabled the vault user; only an administrator can enable it."
        : "Synchronization disabled the vault user: it left the last linked group.";
  }
}
