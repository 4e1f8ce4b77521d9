/**
 * Pushes to a vault's own SCIM service. A row names people and user groups; what is pushed is what is true now.
 * Everything may be repeated: names are looked up before anything is created, users are written whole, members
 * are added and removed by name.
 */
import { CONNECTOR_LEASE_MS } from "../../domain/limits.ts";
import { commit, read } from "../../store/database.ts";
import { GuardRaised } from "../../store/failure.ts";
import { tenantFence } from "../../store/fence.ts";
import { guardOpen, postpone, selectNextForVault } from "../../store/open-rows.ts";
import { closeOutboxRow, outboxPointers } from "../../store/outbox.ts";
import { selectConnectedVaults } from "../../store/vaults/connector-changes.ts";
import { forgetGroupProgress, selectLinksOfGroups } from "../../store/vaults/connector-groups.ts";
import {
  type ConnectorRecord,
  connectorRecord,
  endLease,
  type Lease,
  selectPause,
  takeLease,
} from "../../store/vaults/connectors.ts";
import { clearFailures } from "../../store/vaults/link-failures.ts";
import { linkKey } from "../../store/vaults/links.ts";
import { concernsService, UpstreamFailure } from "../../upstream/failure.ts";
import { failureText, markFailing, type Progress, type Task } from "../outbox/task.ts";
import { openConnection } from "./connectors.ts";
import { pushGroups } from "./groups.ts";
import { namedGroups, namedUsers, type Push } from "./task.ts";
import { pushUsers } from "./users.ts";

/**
 * @throws UpstreamFailure when the service failed or refused something; the row stays open and is retried.
 */
export async function followConnector(task: Task, deadline: number): Promise<Progress> {
  const { deps, scope, row } = task;
  // Other messages of the batch have used up the time: this one gets its own.
  if (deps.now() >= deadline) return "more";
  let [progress, failure]: [Progress, unknown] = ["done", undefined];
  for (const vaultNo of await vaultsOf(task)) {
    try {
      const reached = await pushToVault(task, vaultNo, deadline);
      if (reached !== "done" && progress !== "waiting") progress = reached;
    } catch (error) {
      if (error instanceof GuardRaised) throw error;
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  if (progress !== "done") return progress;
  await commit(scope.shard, [tenantFence(scope), closeOutboxRow(scope, row.kind, row.seq)]);
  return "done";
}

async function vaultsOf(task: Task): Promise<number[]> {
  const { vault } = task.row.payload;
  if (typeof vault === "number") return [vault];
  const [rows = []] = await read(task.scope.shard, [selectConnectedVaults(task.scope, namedUsers(task))]);
  return rows.map(({ vault_no }) => Number(vault_no));
}

async function pushToVault(task: Task, vaultNo: number, deadline: number): Promise<Progress> {
  const { deps, scope } = task;
  const lease = { vaultNo, holder: deps.newId() };
  const until = deps.now() + CONNECTOR_LEASE_MS;
  const record = await lock(task, lease, until);
  if (record === undefined || record === "waiting") return record ?? "done";
  try {
    const service = await openConnection(task, record);
    const { membersPerRequest } = record.settings;
    const push: Push = { task, lease, until, deadline, service, membersPerRequest, refusals: [] };
    const users = await pushUsers(push, task.row.payload["all"] === true ? "all" : namedUsers(task));
    const reached = users === "done" ? await pushGroups(push) : users;
    const [refusal] = push.refusals;
    if (reached === "done" && refusal !== undefined) {
      // Whoever was refused is missing from the groups, which the next attempt begins anew.
      await commit(scope.shard, [forgetGroupProgress(scope, task.row)]);
      throw refusal;
    }
    await release(task, lease, reached === "done" ? "succeeded" : undefined);
    return reached;
  } catch (error) {
    return await giveUp(task, lease, error);
  } finally {
    await wakeNext(task, vaultNo);
  }
}

/** The vault's connector under our lease; undefined when it has none. */
async function lock(
  task: Task,
  lease: Lease,
  until: number,
): Promise<ConnectorRecord | "waiting" | undefined> {
  const { deps, scope, row } = task;
  const current = { ...scope, now: deps.now() };
  const [[pause] = []] = await read(scope.shard, [selectPause(current, lease.vaultNo)]);
  if (pause === undefined) return undefined;
  const throttledUntil = Number(pause["throttled_until"]);
  if (throttledUntil > current.now) return wait(task, throttledUntil);
  if (Number(pause["busy"]) === 1) return wait(task, current.now + busyWaitMs);
  try {
    const results = await commit(scope.shard, [
      tenantFence(scope),
      guardOpen(scope, row),
      ...takeLease(current, lease, until),
    ]);
    const [found] = results.at(-1) ?? [];
    return found && connectorRecord(found);
  } catch (error) {
    if (error instanceof GuardRaised && error.word === "busy") return wait(task, current.now + busyWaitMs);
    throw error;
  }
}

/** Whoever holds the vault wakes the next row; this is for the case that it dies. */
const busyWaitMs = 5_000;

async function wait({ scope, row }: Task, until: number): Promise<"waiting"> {
  await commit(scope.shard, [postpone(scope, row, until)]);
  return "waiting";
}

/**
 * The attempt failed. A service that asks for a pause gets it; anything else is retried with growing waits. What the
 * service refuses is given to an administrator in the end; an outage is waited for (`entry/queue.ts`).
 */
async function giveUp(task: Task, lease: Lease, error: unknown): Promise<Progress> {
  const { deps, scope, row } = task;
  if (error instanceof GuardRaised && error.word === "busy") return wait(task, deps.now() + busyWaitMs);
  if (!(error instanceof UpstreamFailure)) {
    await release(task, lease, undefined);
    throw error;
  }
  const pauseMs = 1_000 * (error.retryAfterSeconds ?? 0);
  const throttledUntil = error.kind === "throttled" ? deps.now() + pauseMs : 0;
  await release(task, lease, { error: failureText(error), throttledUntil });
  if (throttledUntil > 0) return wait(task, throttledUntil);
  deps.log({
    level: "warn",
    message: "push to a vault failed",
    vaultNo: lease.vaultNo,
    seq: row.seq,
    correlationId: row.correlationId,
    wholeService: concernsService(error),
    error: failureText(error),
  });
  const [links = []] = await read(scope.shard, [selectLinksOfGroups(scope, namedGroups(task))]);
  for (const link of links) await markFailing(task, linkKey(link).linkNo, error);
  throw error;
}

async function release(task: Task, lease: Lease, outcome: Parameters<typeof endLease>[2]): Promise<void> {
  const { deps, scope } = task;
  const current = { ...scope, now: deps.now() };
  const healed =
    outcome === "succeeded"
      ? await read(scope.shard, [selectLinksOfGroups(scope, namedGroups(task))]).then(([rows = []]) =>
          rows.map(linkKey),
        )
      : [];
  await commit(scope.shard, [
    tenantFence(scope),
    endLease(current, lease, outcome),
    ...(healed.length === 0 ? [] : [clearFailures(current, healed)]),
  ]);
}

/** Rows that found the vault busy wait for the sweeper; the oldest need not. */
async function wakeNext({ deps, scope, row }: Task, vaultNo: number): Promise<void> {
  const next = await read(scope.shard, [selectNextForVault(scope, row, vaultNo)]);
  deps.signals.outboxWritten(scope.shard.name, scope.tenantNo, outboxPointers(next));
}
