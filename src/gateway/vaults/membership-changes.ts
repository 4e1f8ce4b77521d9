/** What a change of membership does to vaults: every link it reaches settles the people it names. */
import { SETTLEMENT_USERS_MAX } from "../../domain/limits.ts";
import { pauseMs } from "../../domain/pace.ts";
import { commit, read, type Statement } from "../../store/database.ts";
import { GuardRaised } from "../../store/failure.ts";
import { tenantFence } from "../../store/fence.ts";
import { guardOpen } from "../../store/open-rows.ts";
import { closeOutboxRow, outboxPointers } from "../../store/outbox.ts";
import { selectWaitingCleanups } from "../../store/vaults/cleanup.ts";
import type { LinkKey } from "../../store/vaults/link-facts.ts";
import { clearFailures, failedLinks, noteSettled } from "../../store/vaults/link-failures.ts";
import { startRuns } from "../../store/vaults/link-starts.ts";
import {
  linkKey,
  selectLinksHolding,
  selectLinksOfVault,
  selectLinksReached,
} from "../../store/vaults/links.ts";
import { settleChunk } from "../../store/vaults/settlement.ts";
import { closeOrLookAgain, disableUncovered, selectVaultsHolding } from "../../store/vaults/uncovered.ts";
import { markFailing, type Progress, type Task } from "../outbox/task.ts";
import { applyApproved } from "./approved-effects.ts";

/** Members of a group changed, or people have to be looked at in a vault. */
export async function followMembership(task: Task, deadline: number): Promise<Progress> {
  const { deps, scope, row } = task;
  const { group, vault, all } = row.payload;
  const users = Array.isArray(row.payload["users"]) ? row.payload["users"].map(Number) : [];
  if (typeof row.payload["staged"] === "number") return applyApproved(task, deadline);
  if (all === true) {
    const results = await commit(scope.shard, [
      tenantFence(scope),
      guardOpen(scope, row),
      selectWaitingCleanups(scope),
      ...startRuns(
        scope,
        row,
        typeof vault === "number" ? { vaultNo: vault } : { groupNo: Number(group) },
        deps.newId(),
      ),
    ]);
    deps.signals.outboxWritten(scope.shard.name, scope.tenantNo, outboxPointers(results));
    return Number(results.at(-1)?.[0]?.["open"]) === 0 ? "done" : "more";
  }
  if (typeof vault === "number") return lookAtVault(task, vault, users);
  if (typeof group === "number") {
    await settleLinks(task, await linksOf(task, selectLinksReached(scope, group)), users, true);
    return "done";
  }
  // A deprovisioned account (A9): out of every target, and disabled wherever synchronization enabled it.
  await settleLinks(task, await linksOf(task, selectLinksHolding(scope, users)), users, false);
  const [vaults = []] = await read(scope.shard, [selectVaultsHolding(scope, users)]);
  for (const { vault_no } of vaults) {
    const results = await commit(scope.shard, [
      tenantFence(scope),
      guardOpen(scope, row),
      ...disableUncovered(scope, {
        row,
        vaultNo: Number(vault_no),
        users: JSON.stringify(users),
        confirmed: false,
        stagedId: deps.newId(),
      }),
    ]);
    deps.signals.outboxWritten(scope.shard.name, scope.tenantNo, outboxPointers(results));
  }
  await commit(scope.shard, [
    clearFailures(scope, failedLinks(row)),
    closeOutboxRow(scope, row.kind, row.seq),
  ]);
  return "done";
}

async function linksOf({ scope }: Task, query: Statement): Promise<LinkKey[]> {
  const [rows = []] = await read(scope.shard, [query]);
  return rows.map(linkKey);
}

/** Restored and unpinned people, and people whose coverage was in doubt (`store/vaults/settlement.ts`). */
async function lookAtVault(task: Task, vaultNo: number, users: number[]): Promise<Progress> {
  const { deps, scope, row } = task;
  await settleLinks(task, await linksOf(task, selectLinksOfVault(scope, vaultNo)), users, false);
  const { round } = row.payload;
  const looks = typeof round === "number" ? round : undefined;
  const confirmed = row.payload["confirmed"] === true;
  const results = await commit(scope.shard, [
    tenantFence(scope),
    guardOpen(scope, row),
    ...(looks === undefined
      ? [closeOutboxRow(scope, row.kind, row.seq)]
      : [
          ...disableUncovered(scope, {
            row,
            vaultNo,
            users: JSON.stringify(users),
            confirmed,
            stagedId: deps.newId(),
          }),
          ...closeOrLookAgain(scope, row, looks),
        ]),
  ]);
  deps.signals.outboxWritten(scope.shard.name, scope.tenantNo, outboxPointers(results));
  const again = looks !== undefined && Number(results.at(-1)?.[0]?.["open"]) > 0;
  if (again) deps.signals.outboxWritten(scope.shard.name, scope.tenantNo, [row]);
  return "done";
}

/**
 * One batch per link and chunk of people. A link that fails is marked and does not hold up the others; the row
 * then stays open. With `close`, the last batch closes it.
 */
async function settleLinks(
  task: Task,
  links: readonly LinkKey[],
  users: readonly number[],
  close: boolean,
): Promise<void> {
  const { deps, scope, row } = task;
  const closing = [closeOutboxRow(scope, row.kind, row.seq), selectWaitingCleanups(scope)];
  const chunks = chunked(users);
  if (close && (links.length === 0 || chunks.length === 0)) {
    const results = await commit(scope.shard, closing);
    deps.signals.outboxWritten(scope.shard.name, scope.tenantNo, outboxPointers(results));
    return;
  }
  let failure: unknown;
  for (const link of links) {
    for (const chunk of chunks) {
      if (chunk !== chunks[0]) await deps.pause(pauseMs);
      const last = close && failure === undefined && link === links.at(-1) && chunk === chunks.at(-1);
      try {
        const results = await commit(scope.shard, [
          tenantFence(scope),
          guardOpen(scope, row),
          ...settleChunk(scope, {
            link,
            row,
            people: { users: JSON.stringify(chunk) },
            tellSkipped: true,
            confirmed: row.payload["confirmed"] === true,
            stagedId: deps.newId(),
          }),
          noteSettled(scope, link.linkNo),
          ...(last ? [clearFailures(scope, links), ...closing] : []),
        ]);
        deps.signals.outboxWritten(scope.shard.name, scope.tenantNo, outboxPointers(results));
      } catch (error) {
        if (error instanceof GuardRaised) throw error;
        failure = error;
        await markFailing(task, link.linkNo, error);
        break;
      }
    }
  }
  if (failure !== undefined) throw failure;
}

function chunked(users: readonly number[]): number[][] {
  const count = Math.ceil(users.length / SETTLEMENT_USERS_MAX);
  return Array.from({ length: count }, (_, index) =>
    users.slice(index * SETTLEMENT_USERS_MAX, (index + 1) * SETTLEMENT_USERS_MAX),
  );
}
