/**
 * The consumer of the outbox's queue. A message only points at a row; the row is read, what follows from it is
 * settled from current state, and the row is closed in the batch of the effect. So messages may be lost,
 * repeated or reordered, and any number of consumers may meet: who comes second writes nothing.
 */
import { tenantNo } from "../../domain/id.ts";
import { RUN_DELIVERY_MS } from "../../domain/limits.ts";
import type { PropagationMessage } from "../../domain/outbox.ts";
import { pauseMs } from "../../domain/pace.ts";
import { commit, read, type Statement } from "../../store/database.ts";
import { GuardRaised, StoreUnavailable } from "../../store/failure.ts";
import { tenantFence } from "../../store/fence.ts";
import { outboxRow, postpone, selectRowAndTenant } from "../../store/open-rows.ts";
import { outboxPointers } from "../../store/outbox.ts";
import { clearGroup, releaseUsers } from "../../store/vaults/cleanup.ts";
import { followConnector } from "../connectors/push.ts";
import type { Deps } from "../deps.ts";
import { completeDirectory } from "../identity/directory.ts";
import { runImport } from "../imports/run.ts";
import { runLink } from "../vaults/link-runs.ts";
import { followMembership } from "../vaults/membership-changes.ts";
import type { Progress, Task } from "./task.ts";

/**
 * @param deadline when to hand over long runs
 * @throws whatever kept the effect from being committed; the row stays open
 */
export async function propagate(
  deps: Deps,
  message: PropagationMessage,
  deadline: number = deps.now() + RUN_DELIVERY_MS,
): Promise<Progress> {
  const task = await openTask(deps, message);
  if (task === undefined) return "done";
  try {
    return await perform(task, deadline);
  } catch (error) {
    if (error instanceof GuardRaised) {
      // `fenced`: the tenant moved with its outbox. `closed`: another consumer was faster.
      if (error.word === "fenced" || error.word === "closed") return "done";
      if (error.word === "waiting") return await wait(task);
    }
    throw error;
  }
}

/** Something else must come first: the next sweeps look again, well before an ordinary lease ends. */
async function wait({ deps, scope, row }: Task): Promise<Progress> {
  await commit(scope.shard, [postpone(scope, row, deps.now() + waitMs)]);
  return "waiting";
}

const waitMs = 1_500;

async function openTask(deps: Deps, message: PropagationMessage): Promise<Task | undefined> {
  const shard = deps.shard(message.shard);
  if (shard === undefined) throw new StoreUnavailable(`shard ${message.shard} is not bound`);
  const place = { shard, tenantNo: tenantNo(message.tenantNo) };
  const [tenants = [], rows = []] = await read(shard, selectRowAndTenant(place, message));
  const [tenant, row] = [tenants[0], rows[0]];
  if (tenant === undefined || row === undefined || row["dead_at"] !== null) return undefined;
  const open = outboxRow(row);
  const cause = { actor: "system", correlationId: open.correlationId };
  return { deps, scope: { ...place, epoch: Number(tenant["epoch"]), cause, now: deps.now() }, row: open };
}

async function perform(task: Task, deadline: number): Promise<Progress> {
  const { deps, scope, row } = task;
  const named = (name: string) => Number(row.payload[name]);
  switch (row.kind) {
    case "membership":
      return followMembership(task, deadline);
    case "link":
      return runLink(task, deadline);
    case "group_cleanup":
      return repeat(task, () => clearGroup(scope, row, named("group")));
    case "configuration_cleanup":
      return repeat(task, () => releaseUsers(scope, row, named("configuration")));
    case "connector":
      return followConnector(task, deadline);
    case "import":
      return runImport(task, deadline);
    case "directory":
      await completeDirectory(deps, scope.shard.name, scope.tenantNo, {
        seq: row.seq,
        payload: JSON.stringify(row.payload),
        correlationId: row.correlationId,
      });
      return "done";
    case "license":
      // The allocator's row: a message for it can only be a stray wake-up.
      deps.signals.outboxWritten(scope.shard.name, scope.tenantNo, [row]);
      return "done";
  }
}

/** Commits chunk after chunk until the last statement says that the row is closed, or time is up. */
async function repeat(task: Task, chunk: () => Statement[]): Promise<Progress> {
  const { deps, scope } = task;
  const deadline = deps.now() + RUN_DELIVERY_MS;
  do {
    const results = await commit(scope.shard, [tenantFence(scope), ...chunk()]);
    deps.signals.outboxWritten(scope.shard.name, scope.tenantNo, outboxPointers(results));
    if (Number(results.at(-1)?.[0]?.["open"]) === 0) return "done";
    await deps.pause(pauseMs);
  } while (deps.now() < deadline);
  return "more";
}
