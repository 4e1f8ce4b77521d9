/** Vault users, for administrators: who is in a vault, and what an administrator may do to them. */
import { type AdminAct, afterAdminAct, hasVaultAccess } from "../../domain/vault.ts";
import { tenantFence } from "../../store/fence.ts";
import { outboxPointers } from "../../store/outbox.ts";
import {
  changeVaultUser,
  pinVaultUser,
  selectVaultUser,
  selectVaultUsers,
  userNoOf,
  type VaultUserRecord,
  vaultUserRecord,
} from "../../store/vaults/vault-users.ts";
import type { Admin } from "../admin.ts";
import { commitAct } from "../administrative-act.ts";
import { decodeCursor, type Page, type PageRequest, toPage } from "../page.ts";
import { done, type Outcome, type Problem, refuse } from "../problem.ts";
import { answered } from "../refusals.ts";
import { fenced, findVault, noVault } from "./vaults.ts";

export type VaultUserEntry = {
  userId: string;
  userName: string;
  state: "enabled" | "disabled" | "deleted";
  disabledBy: "sync" | "admin" | null;
  /** Stays enabled when the last link lets go (A14). */
  pinned: boolean;
  /** Whether the person can use the vault now (I22). */
  access: boolean;
  groups: { id: string; name: string }[];
};

const noVaultUser: Problem = { kind: "not_found", detail: "This vault has no such user." };

export async function listVaultUsers(
  admin: Admin,
  request: PageRequest & { vaultId: string },
): Promise<Outcome<Page<VaultUserEntry>>> {
  const cursor = decodeCursor(request.cursor, ["number"]);
  if (!cursor.ok) return cursor;
  const vault = await findVault(admin, request.vaultId);
  if (vault === undefined) return refuse(noVault);
  const after = Number(cursor.value?.[0] ?? 0);
  const rows = await fenced(admin, selectVaultUsers(admin.scope, vault.vaultNo, after, request.limit + 1));
  return done(toPage(rows.map(vaultUserRecord), request, ({ userNo }) => [userNo], presentVaultUser));
}

/** Two acts at once, or an act and a settlement: the second looks again and decides anew. */
const attemptsMax = 5;

/** Enables (R61; also the restore of a tombstone, I17), disables (R58), deletes (R60) or pins (A14) a vault user. */
export async function actOnVaultUser(
  admin: Admin,
  { vaultId, userId, act }: { vaultId: string; userId: string; act: AdminAct },
): Promise<Outcome<VaultUserEntry>> {
  const { deps, scope } = admin;
  const vault = await findVault(admin, vaultId);
  if (vault === undefined) return refuse(noVault);
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const before = await findVaultUser(admin, vault.vaultNo, userId);
    if (before === undefined) return refuse(noVaultUser);
    const after = afterAdminAct(before, act);
    if (after === "deleted") {
      return refuse({
        kind: "conflict",
        detail: "This vault user was deleted. Enable it first: that restores it.",
      });
    }
    if (after === undefined) return done(presentVaultUser(before));
    const change =
      after.state === before.state && after.pinned !== before.pinned ? pinVaultUser : changeVaultUser;
    const changed = await answered(
      commitAct(admin, [tenantFence(scope), ...change(scope, vault.vaultNo, before, after)]),
      { moved: () => contended },
    );
    if (changed.ok) {
      deps.signals.outboxWritten(scope.shard.name, scope.tenantNo, outboxPointers(changed.value));
      const now = await findVaultUser(admin, vault.vaultNo, userId);
      return now === undefined ? refuse(noVaultUser) : done(presentVaultUser(now));
    }
    if (changed.problem !== contended) return changed;
  }
  return refuse(contended);
}

const contended: Problem = {
  kind: "conflict",
  detail: "This vault user is being changed by others. Try again.",
};

async function findVaultUser(
  admin: Admin,
  vaultNo: number,
  userId: string,
): Promise<VaultUserRecord | undefined> {
  const { scope } = admin;
  const [row] = await fenced(admin, selectVaultUser(scope, vaultNo, userNoOf(scope, userId)));
  return row && vaultUserRecord(row);
}

const presentVaultUser = (record: VaultUserRecord): VaultUserEntry => ({
  userId: record.userId,
  userName: record.userName,
  state: record.state,
  disabledBy: record.disabledBy,
  pinned: record.pinned,
  access: hasVaultAccess({ ...record.account, vaultUser: record }),
  groups: record.groups,
});
