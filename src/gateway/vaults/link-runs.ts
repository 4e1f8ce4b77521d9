/** Long runs of a link: chunk after chunk until the deadline, then the message goes round again. */
import { SETTLEMENT_USERS_MAX } from "../../domain/limits.ts";
import { paced, politePause } from "../../domain/pace.ts";
import { commit, read } from "../../store/database.ts";
import { GuardRaised } from "../../store/failure.ts";
import { tenantFence } from "../../store/fence.ts";
import { closeOutboxRow, outboxPointers } from "../../store/outbox.ts";
import { runChunk, selectWaiting } from "../../store/vaults/link-run.ts";
import { linkKey, selectLinkByNo } from "../../store/vaults/links.ts";
import { markFailing, type Progress, type Task } from "../outbox/task.ts";

/** While a run is at work the sweeper leaves it alone this long; after a crash this is the wait. */
const runLeaseMs = 6_000;

export async function runLink(task: Task, deadline: number): Promise<Progress> {
  const { deps, scope, row } = task;
  const { link: linkNo, generation, announce } = row.payload;
  const [found = []] = await read(scope.shard, [selectLinkByNo(scope, Number(linkNo))]);
  const link = found[0];
  if (link === undefined) return close(task);
  let after = Number(row.payload["after"]);
  let size = Number(row.payload["size"] ?? SETTLEMENT_USERS_MAX);
  do {
    const now = deps.now();
    const spentMs = deps.meter.durationMs;
    const chunk = runChunk(
      { ...scope, now },
      {
        row,
        link: linkKey(link),
        generation: Number(generation),
        after,
        size,
        announce: announce === true,
        stagedId: deps.newId(),
        availableAt: now + runLeaseMs,
      },
    );
    try {
      const results = await commit(scope.shard, [tenantFence(scope), ...chunk]);
      deps.signals.outboxWritten(scope.shard.name, scope.tenantNo, outboxPointers(results));
      const next = results.at(-1)?.[0]?.["after"];
      if (next === undefined || next === null) return await wakeNext(task, Number(linkNo));
      after = Number(next);
      const tookMs = deps.meter.durationMs - spentMs;
      size = paced(size, tookMs);
      await deps.pause(politePause(deps.now() - now, tookMs));
    } catch (error) {
      if (!(error instanceof GuardRaised)) await markFailing(task, Number(linkNo), error);
      else if (error.word === "stale") return close(task);
      // Another consumer moved the cursor on: it is at work, or has handed the row over.
      else if (error.word === "moved") return "done";
      throw error;
    }
  } while (deps.now() < deadline);
  return "more";
}

/** The link was acted on since: whatever is to be done has a row of its own. */
async function close({ scope, row }: Task): Promise<Progress> {
  await commit(scope.shard, [closeOutboxRow(scope, row.kind, row.seq)]);
  return "done";
}

/** The run is over; something may have waited for it. */
async function wakeNext({ deps, scope }: Task, linkNo: number): Promise<Progress> {
  const waiting = await read(scope.shard, selectWaiting(scope, linkNo));
  deps.signals.outboxWritten(scope.shard.name, scope.tenantNo, outboxPointers(waiting));
  return "done";
}
