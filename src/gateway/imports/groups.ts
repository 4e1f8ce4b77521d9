/** Which groups a vault reads, and into which user groups: from what is there to what is asked for. */
import { IMPORT_GROUPS_MAX, NAMES_IN_REFUSAL_MAX } from "../../domain/limits.ts";
import { fold } from "../../scim/fold.ts";
import type { Statement } from "../../store/database.ts";
import {
  addGroup,
  dropGroup,
  guardTarget,
  type ImportGroupRecord,
  renameGroup,
} from "../../store/imports/groups.ts";
import type { TenantScope } from "../../store/scope.ts";
import { unlink } from "../../store/vaults/links.ts";
import { discardOfLink } from "../../store/vaults/staged-effects.ts";
import { selectVaultGroupMembers } from "../../store/vaults/vault-users.ts";
import { insertVaultGroup, type VaultGroupRecord, vaultGroupNoOf } from "../../store/vaults/vaults.ts";
import type { Admin } from "../admin.ts";
import { done, type Outcome, type Problem, refuse } from "../problem.ts";
import type { Refusals } from "../refusals.ts";
import { fenced, findVaultGroup, noVaultGroup } from "../vaults/vaults.ts";
import { type Found, movedOn } from "./found.ts";

/** A group of the provider, and the user group that it fills: one that is there, or a new one. */
type GroupRequest = {
  remoteId: string;
  name: string;
  vaultGroupId?: string | undefined;
  newVaultGroupName?: string | undefined;
};

export type GroupsRequest = {
  groups: readonly GroupRequest[];
  /** The people in a chosen user group may go: the import replaces them. */
  replaceMembers: boolean;
  /** What becomes of the members that groups leave behind which are no longer synchronized. */
  leftMembers: "keep" | "remove";
};

type GroupPlan = { statements: Statement[]; refusals: Refusals };

export async function planGroups(
  admin: Admin,
  { vault, groups: present }: Found,
  { groups, replaceMembers, leftMembers }: GroupsRequest,
): Promise<Outcome<GroupPlan>> {
  const problem = invalidGroups(groups);
  if (problem !== undefined) return refuse(problem);
  const { scope } = admin;
  const { vaultNo, vaultId } = vault;
  const statements: Statement[] = [];
  const targets: VaultGroupRecord[] = [];
  const kept = new Map(groups.flatMap((group) => keeping(present, group)));
  const left = present.filter((group) => !kept.has(group.groupNo));
  statements.push(...dropGroups(scope, vaultNo, left, leftMembers));
  for (const group of groups) {
    const [[, same] = []] = keeping(present, group);
    if (same !== undefined) {
      if (same.name !== group.name) statements.push(...renameGroup(scope, same, group.name));
      continue;
    }
    const target = await targetOf(admin, vaultId, group);
    if (!target.ok) return target;
    if (target.value !== undefined) targets.push(target.value);
    statements.push(...added(admin, vaultNo, group, target.value, replaceMembers));
  }
  const refusals: Refusals = {
    moved: () => movedOn,
    taken: () => ({
      kind: "conflict",
      detail: "One of the user groups is linked to another group already. Choose another, or unlink it.",
    }),
    no_target: () => ({
      kind: "conflict",
      detail: "The built-in group of a vault cannot be filled by an import.",
    }),
    has_members: () => membersInTheWay(admin, targets),
    unique: () => ({
      kind: "conflict",
      detail:
        "Names of groups must differ, no user group of the vault may have the name of a new one, and each user group has one source.",
    }),
  };
  return done({ statements, refusals });
}

/** The same group of the provider into the same user group is the same synchronization, whatever it is called. */
function keeping(
  present: readonly ImportGroupRecord[],
  { remoteId, vaultGroupId, newVaultGroupName = "" }: GroupRequest,
): [number, ImportGroupRecord][] {
  return present
    .filter((group) => group.remoteId === remoteId)
    .filter(({ target }) =>
      vaultGroupId === undefined ? fold(target.name) === fold(newVaultGroupName) : target.id === vaultGroupId,
    )
    .map((group) => [group.groupNo, group]);
}

function invalidGroups(groups: readonly GroupRequest[]): Problem | undefined {
  const invalid = (detail: string): Problem => ({ kind: "invalid", detail });
  if (groups.length > IMPORT_GROUPS_MAX) return invalid(`groups: at most ${IMPORT_GROUPS_MAX}`);
  const differ = (texts: readonly string[]) => new Set(texts).size === texts.length;
  if (!differ(groups.map(({ remoteId }) => remoteId)))
    return invalid("groups: a remoteId stands there twice");
  if (!differ(groups.map(({ name }) => fold(name)))) return invalid("groups: two have the same name");
  const targets = groups.map(
    ({ vaultGroupId, newVaultGroupName = "" }) => vaultGroupId ?? fold(newVaultGroupName),
  );
  return differ(targets) ? undefined : invalid("groups: two fill the same user group");
}

/** The user group that is to be filled; undefined for a new one. */
async function targetOf(
  admin: Admin,
  vaultId: string,
  { vaultGroupId }: GroupRequest,
): Promise<Outcome<VaultGroupRecord | undefined>> {
  if (vaultGroupId === undefined) return done(undefined);
  const found = await findVaultGroup(admin, vaultId, vaultGroupId);
  return found === undefined ? refuse(noVaultGroup) : done(found);
}

function added(
  { deps, scope }: Admin,
  vaultNo: number,
  { remoteId, name, newVaultGroupName = "" }: GroupRequest,
  target: VaultGroupRecord | undefined,
  replaceMembers: boolean,
): Statement[] {
  const vaultGroupId = target?.vaultGroupId ?? deps.newId();
  return [
    ...(target === undefined
      ? insertVaultGroup(scope, vaultNo, { vaultGroupId, name: newVaultGroupName })
      : guardTarget(scope, target.vaultGroupNo, replaceMembers)),
    ...addGroup(scope, vaultNo, {
      scimId: deps.newId(),
      remoteId,
      name,
      vaultGroupNo: vaultGroupNoOf(scope, vaultGroupId),
    }),
  ];
}

/** Replacing people takes a word from somebody who has seen their names (A15). */
async function membersInTheWay(admin: Admin, targets: readonly VaultGroupRecord[]): Promise<Problem> {
  const told: string[] = [];
  for (const target of targets.filter(({ memberCount }) => memberCount > 0)) {
    const rows = await fenced(admin, selectVaultGroupMembers(admin.scope, target, 0, NAMES_IN_REFUSAL_MAX));
    const names = rows.map((row) => String(row["user_name"])).join(", ");
    told.push(
      `${target.name} (${target.memberCount}: ${names}${target.memberCount > rows.length ? ", …" : ""})`,
    );
  }
  return {
    kind: "conflict",
    detail: `There are people in these user groups, and an import replaces them: ${told.join("; ")}. Say replaceMembers if they may go.`,
  };
}

/** Groups that are no longer read: their links are taken off (A16), and they are gone. */
export const dropGroups = (
  scope: TenantScope,
  vaultNo: number,
  groups: readonly ImportGroupRecord[],
  members: "keep" | "remove",
): Statement[] =>
  groups.flatMap((group) => {
    const { groupNo, link, target } = group;
    const key = link && {
      linkNo: link.no,
      groupNo,
      vaultNo,
      vaultGroupNo: target.no,
      generation: link.generation,
    };
    return [
      ...(key === undefined
        ? []
        : [...discardOfLink(scope, key.linkNo, vaultNo), ...unlink(scope, key, members)]),
      ...dropGroup(scope, vaultNo, group),
    ];
  });
