/** User groups of a vault that no link fills: renamed, deleted and filled by administrators. */
import type { Statement } from "../../store/database.ts";
import { tenantFence } from "../../store/fence.ts";
import { outboxPointers } from "../../store/outbox.ts";
import {
  addVaultMember,
  deleteVaultGroup,
  removeVaultMember,
  renameVaultGroup,
  selectOwner,
} from "../../store/vaults/vault-groups.ts";
import type { VaultGroupRecord } from "../../store/vaults/vaults.ts";
import type { Admin } from "../admin.ts";
import { commitAct } from "../administrative-act.ts";
import { done, type Outcome, type Problem, refuse } from "../problem.ts";
import { answered } from "../refusals.ts";
import {
  fenced,
  findVaultGroup,
  groupNameTaken,
  noVaultGroup,
  presentVaultGroup,
  type VaultGroup,
} from "./vaults.ts";

type Place = { vaultId: string; vaultGroupId: string };

export async function changeVaultGroup(
  admin: Admin,
  { name, ...place }: Place & { name: string },
): Promise<Outcome<VaultGroup>> {
  const changed = await act(admin, place, (group) => renameVaultGroup(admin.scope, group, name), {
    unique: () => groupNameTaken(name),
  });
  if (!changed.ok) return changed;
  const now = await findVaultGroup(admin, place.vaultId, place.vaultGroupId);
  return now === undefined ? refuse(noVaultGroup) : done(presentVaultGroup(now));
}

export const removeVaultGroup = (admin: Admin, place: Place): Promise<Outcome<undefined>> =>
  act(admin, place, (group) => deleteVaultGroup(admin.scope, group));

export const addMember = (
  admin: Admin,
  { userId, ...place }: Place & { userId: string },
): Promise<Outcome<undefined>> =>
  act(admin, place, (group) => addVaultMember(admin.scope, group, userId), {
    no_user: () => ({ kind: "not_found", detail: "There is no account with this id." }),
    deleted: () => ({
      kind: "conflict",
      detail: "An administrator deleted this person's vault user. Enable it first: that restores it.",
    }),
  });

export const removeMember = (
  admin: Admin,
  { userId, ...place }: Place & { userId: string },
): Promise<Outcome<undefined>> =>
  act(admin, place, (group) => removeVaultMember(admin.scope, group, userId), {
    no_member: () => ({ kind: "not_found", detail: "The group has no such member." }),
  });

/** Built-in groups belong to the vault, linked ones to their source (R34): both refuse, and say whose they are. */
async function act(
  admin: Admin,
  { vaultId, vaultGroupId }: Place,
  statements: (group: VaultGroupRecord) => Statement[],
  refusals: Partial<Record<string, () => Problem>> = {},
): Promise<Outcome<undefined>> {
  const { deps, scope } = admin;
  const group = await findVaultGroup(admin, vaultId, vaultGroupId);
  if (group === undefined) return refuse(noVaultGroup);
  if (group.builtIn) {
    return refuse({
      kind: "conflict",
      detail: `${group.name} is the vault's built-in group: it holds all enabled users.`,
    });
  }
  const acted = await answered(commitAct(admin, [tenantFence(scope), ...statements(group)]), {
    linked: () => ownedBy(admin, group),
    connected: () => ({
      kind: "conflict",
      detail: `The vault's own SCIM service holds ${group.name}: rename or delete it there.`,
    }),
    moved: () => noVaultGroup,
    no_group: () => noVaultGroup,
    ...refusals,
  });
  if (!acted.ok) return acted;
  deps.signals.outboxWritten(scope.shard.name, scope.tenantNo, outboxPointers(acted.value));
  return done(undefined);
}

async function ownedBy(admin: Admin, { vaultGroupNo, name }: VaultGroupRecord): Promise<Problem> {
  const [owner] = await fenced(admin, selectOwner(admin.scope, vaultGroupNo));
  if (owner === undefined) return { kind: "conflict", detail: `${name} was linked a moment ago. Try again.` };
  if (owner["configuration_name"] === null) {
    const detail = `${name} is filled from the group ${owner["group_name"]} by the synchronization of this vault: its members and its name change there only. Take the group out of the settings first.`;
    return { kind: "conflict", detail };
  }
  return {
    kind: "conflict",
    detail: `${name} is linked to the group ${owner["group_name"]}, which ${owner["configuration_name"]} provisions: its members and its name change there only. Take the link off first.`,
  };
}
