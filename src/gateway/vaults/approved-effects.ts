/** Staged effects that an administrator approved (A21), applied in chunks to whoever is still to leave. */
import { SETTLEMENT_USERS_MAX } from "../../domain/limits.ts";
import { pauseMs } from "../../domain/pace.ts";
import { commit, read, type Statement } from "../../store/database.ts";
import { GuardRaised } from "../../store/failure.ts";
import { tenantFence } from "../../store/fence.ts";
import { guardAt, guardOpen, moveTo } from "../../store/open-rows.ts";
import { closeOutboxRow, outboxPointers } from "../../store/outbox.ts";
import { noteSettled } from "../../store/vaults/link-failures.ts";
import { settleChunk } from "../../store/vaults/settlement.ts";
import {
  type StagedEffectsRecord,
  selectStagedEffectsByNo,
  stagedChunk,
  stagedEffectsRecord,
} from "../../store/vaults/staged-effects.ts";
import { disableUncovered } from "../../store/vaults/uncovered.ts";
import { markFailing, type Progress, type Task } from "../outbox/task.ts";

/** Payload: `{staged, at}`; the place moves on in the batch of the chunk. */
export async function applyApproved(task: Task, deadline: number): Promise<Progress> {
  const { deps, scope, row } = task;
  const [found = []] = await read(scope.shard, [
    selectStagedEffectsByNo(scope, Number(row.payload["staged"])),
  ]);
  const record = found[0] && stagedEffectsRecord(found[0]);
  for (let at = Number(row.payload["at"]); record !== undefined; at += SETTLEMENT_USERS_MAX) {
    const next = at + SETTLEMENT_USERS_MAX;
    const over = next >= record.people;
    try {
      const results = await commit(scope.shard, [
        tenantFence(scope),
        guardOpen(scope, row),
        guardAt(scope, row, at),
        ...applyChunk(task, record, at),
        over ? closeOutboxRow(scope, row.kind, row.seq) : moveTo(scope, row, next),
      ]);
      deps.signals.outboxWritten(scope.shard.name, scope.tenantNo, outboxPointers(results));
    } catch (error) {
      if (!(error instanceof GuardRaised)) await markFailing(task, record.linkNo, error);
      // Another consumer is at work.
      else if (error.word === "moved") return "done";
      throw error;
    }
    if (over) return "done";
    if (deps.now() >= deadline) return "more";
    await deps.pause(pauseMs);
  }
  await commit(scope.shard, [closeOutboxRow(scope, row.kind, row.seq)]);
  return "done";
}

function applyChunk({ deps, scope, row }: Task, record: StagedEffectsRecord, at: number): Statement[] {
  const { linkNo, vaultNo, stagedNo } = record;
  const users = stagedChunk(scope, stagedNo, at, SETTLEMENT_USERS_MAX);
  const order = { row, confirmed: true, stagedId: deps.newId() };
  return linkNo === 0
    ? disableUncovered(scope, { ...order, vaultNo, users })
    : [
        ...settleChunk(scope, { ...order, link: record, people: { users }, tellSkipped: false }),
        noteSettled(scope, linkNo),
      ];
}
