/**
 * One import of one vault (R62), from its row of the outbox: read every group to its end, create accounts that are
 * missing, bring the groups in line, link them, enable whom the settings say. Each step is one batch that moves the
 * row's place, so an import that is killed goes on where it was, and a second consumer writes nothing. Nothing takes
 * effect before everything has been read.
 */
import { nextImportAt, type ReadFailure, waitAfterFailure } from "../../domain/import.ts";
import { IMPORT_LEASE_MS } from "../../domain/limits.ts";
import type { JsonObject } from "../../scim/json.ts";
import { commit, read } from "../../store/database.ts";
import { GuardRaised, UniqueViolated } from "../../store/failure.ts";
import { tenantFence } from "../../store/fence.ts";
import { importGroupRecord, selectImportGroups } from "../../store/imports/groups.ts";
import { finishRun, noteRunError } from "../../store/imports/runs.ts";
import { type ImportRecord, importRecord, selectImport } from "../../store/imports/settings.ts";
import { guardStep, moveStep } from "../../store/imports/work.ts";
import { postpone } from "../../store/open-rows.ts";
import { closeOutboxRow, outboxPointers } from "../../store/outbox.ts";
import type { Directory } from "../../upstream/directory/directory.ts";
import { UpstreamFailure } from "../../upstream/failure.ts";
import { failureText, type Progress, type Task } from "../outbox/task.ts";
import { openSource } from "./connection.ts";
import { createMissingAccounts, enableImported, linkImported, moveImported } from "./effects.ts";
import { describeMembers, readMembers } from "./reading.ts";
import { type Import, ImportRefused, type Place, type Step } from "./step.ts";

const phases: Record<Place["phase"], (work: Import, place: Place) => Promise<Step>> = {
  read: readMembers,
  describe: describeMembers,
  accounts: createMissingAccounts,
  members: moveImported,
  links: linkImported,
  enable: enableImported,
};

export async function runImport(task: Task, deadline: number): Promise<Progress> {
  const { deps, scope, row } = task;
  // Other messages of the batch have used up the time: this one gets its own.
  if (deps.now() >= deadline) return "more";
  const vaultNo = Number(row.payload["vault"]);
  const [[found] = [], groups = []] = await read(scope.shard, [
    selectImport(scope, vaultNo),
    selectImportGroups(scope, vaultNo),
  ]);
  if (found === undefined) return close(task);
  const record = importRecord(found);
  const work: Import = {
    task,
    record,
    run: { vaultNo, runNo: Number(row.payload["run"]) },
    groups: groups.map(importGroupRecord),
    directory: () => openDirectory(task, record),
  };
  return runSteps(work, row.payload as unknown as Place, deadline);
}

/** Step after step until the time is up. What found nothing to do is not worth a batch, unless it is the last. */
async function runSteps(work: Import, start: Place, deadline: number): Promise<Progress> {
  const { deps, scope } = work.task;
  let place = start;
  let idled = false;
  try {
    do {
      const current = { ...work, task: { ...work.task, scope: { ...scope, now: deps.now() } } };
      const step = await phases[place.phase](current, place);
      if (step.next === undefined) return await finish(current, place, null);
      const { at, attempts = 0 } = place;
      const idle = step.statements === undefined && attempts === 0;
      const next = { ...place, ...step.next, at: idle ? at : at + 1, attempts: 0 };
      if (!idle) await move(current, place, next, step);
      place = next;
      idled = idle;
    } while (deps.now() < deadline);
    if (idled) await move(work, place, { ...place, at: place.at + 1 }, {});
    return "more";
  } catch (error) {
    if (error instanceof GuardRaised && error.word === "moved") return "done";
    if (error instanceof ImportRefused) return finish(work, place, error.message);
    if (error instanceof UpstreamFailure) return waitOrFail(work, place, error);
    throw error;
  }
}

/** @throws UpstreamFailure `address`; ImportRefused when the credential was sealed under a key that is gone. */
async function openDirectory(task: Task, record: ImportRecord): Promise<Directory> {
  try {
    return await openSource(task, record);
  } catch (error) {
    if (error instanceof UpstreamFailure) throw error;
    task.deps.log({ level: "error", message: "credential of an import not opened", error: String(error) });
    throw new ImportRefused("The credential cannot be opened any more. Enter it again.");
  }
}

/** The settings are gone, and with them whatever this row was to do. */
async function close({ scope, row }: Task): Promise<Progress> {
  await commit(scope.shard, [closeOutboxRow(scope, row.kind, row.seq)]);
  return "done";
}

async function move({ task, run }: Import, from: Place, to: Place, step: Step): Promise<void> {
  const { deps, scope, row } = task;
  try {
    const results = await commit(scope.shard, [
      tenantFence(scope),
      ...guardStep(scope, row, from.at),
      ...(step.statements ?? []),
      noteRunError(scope, run, null),
      moveStep(scope, row, to as unknown as JsonObject, deps.now() + IMPORT_LEASE_MS),
    ]);
    deps.signals.outboxWritten(scope.shard.name, scope.tenantNo, outboxPointers(results));
  } catch (error) {
    const byRule =
      error instanceof UniqueViolated || (error instanceof GuardRaised && error.word === "no_target");
    if (byRule && step.refusal !== undefined) throw new ImportRefused(step.refusal);
    throw error;
  }
}

/** Waits as long as the provider asks for, or a little longer each time; then, or at once, the import has failed. */
async function waitOrFail(work: Import, place: Place, failure: UpstreamFailure): Promise<Progress> {
  const { deps, scope, row } = work.task;
  const attempts = (place.attempts ?? 0) + 1;
  const { kind, retryAfterSeconds }: ReadFailure = failure;
  const wait = waitAfterFailure({ kind, retryAfterSeconds }, attempts);
  if (wait === undefined) return finish(work, place, failureText(failure));
  const now = deps.now();
  await commit(scope.shard, [
    tenantFence(scope),
    ...guardStep(scope, row, place.at),
    moveStep(scope, row, { ...place, at: place.at + 1, attempts } as unknown as JsonObject, now),
    postpone(scope, row, now + wait),
    noteRunError(scope, work.run, failureText(failure)),
  ]);
  return "waiting";
}

/** The end, good or bad; in the same batch the next turn stands. */
async function finish({ task, record, run }: Import, place: Place, error: string | null): Promise<Progress> {
  const { deps, row } = task;
  const scope = { ...task.scope, now: deps.now() };
  const nextAt = nextImportAt(record.firstImportAt, record.intervalMinutes, scope.now);
  const results = await commit(scope.shard, [
    tenantFence(scope),
    ...guardStep(scope, row, place.at),
    ...finishRun(scope, run, { error, nextRunId: deps.newId(), nextAt }),
    closeOutboxRow(scope, row.kind, row.seq),
  ]);
  deps.signals.outboxWritten(scope.shard.name, scope.tenantNo, outboxPointers(results));
  return "done";
}
