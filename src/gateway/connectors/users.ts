/** People of a vault, as its own SCIM service is to hold them. */
import { connectorUser } from "../../domain/connector.ts";
import {
  CONNECTOR_LEASE_MS,
  CONNECTOR_PARALLEL_REQUESTS,
  CONNECTOR_ROUND_MS,
  CONNECTOR_USERS_PER_STEP,
} from "../../domain/limits.ts";
import type { JsonObject } from "../../scim/json.ts";
import { commit, read } from "../../store/database.ts";
import { tenantFence } from "../../store/fence.ts";
import {
  addGroupsOf,
  keepLease,
  markInDoubt,
  type PendingUser,
  type PushedUser,
  pendingUser,
  recordPushed,
  selectPendingUsers,
  selectTakenRemoteId,
} from "../../store/vaults/connectors.ts";
import { concernsService, UpstreamFailure } from "../../upstream/failure.ts";
import type { Push, Step } from "./task.ts";

/** Step by step, until the service holds everybody of the list as they are now. */
export async function pushUsers(push: Push, users: readonly number[] | "all"): Promise<Step> {
  const { task, lease } = push;
  const { deps, scope } = task;
  let after = 0;
  for (;;) {
    const [rows = []] = await read(scope.shard, [
      selectPendingUsers(scope, lease.vaultNo, users, after, CONNECTOR_USERS_PER_STEP),
    ]);
    const pending = rows.map(pendingUser);
    if (pending.length === 0) return "done";
    push.until = deps.now() + CONNECTOR_LEASE_MS;
    await commit(scope.shard, [
      tenantFence(scope),
      ...keepLease(scope, lease, push.until),
      markInDoubt(
        scope,
        lease.vaultNo,
        pending.map(({ userNo }) => userNo),
      ),
    ]);
    // Once, before several requests at a time would each ask for a token.
    await push.service.authenticate();
    const { pushed, reached, failure } = await pushStep(push, pending);
    await recordStep(push, pushed);
    if (failure !== undefined) throw failure;
    // Past those who were refused: they are tried again by the next delivery.
    after = reached;
    if (deps.now() >= push.deadline) return "more";
  }
}

type Pushed = PushedUser & { readmitted: boolean };

/** A few at a time; the first failure that concerns the whole service ends the step. */
async function pushStep(
  push: Push,
  pending: readonly PendingUser[],
): Promise<{ pushed: Pushed[]; reached: number; failure: unknown }> {
  const pushed: Pushed[] = [];
  let reached = 0;
  let failure: unknown;
  for (let at = 0; at < pending.length && failure === undefined; at += CONNECTOR_PARALLEL_REQUESTS) {
    // A round that could outlive the lease is not begun.
    if (push.task.deps.now() + CONNECTOR_ROUND_MS > push.until) break;
    const round = pending.slice(at, at + CONNECTOR_PARALLEL_REQUESTS);
    const outcomes = await Promise.allSettled(round.map((user) => pushUser(push, user)));
    for (const outcome of outcomes) {
      if (outcome.status === "fulfilled") pushed.push(outcome.value);
      else if (isRefusal(outcome.reason)) push.refusals.push(outcome.reason);
      else failure ??= outcome.reason;
    }
    reached = round.at(-1)?.userNo ?? reached;
  }
  return { pushed, reached, failure };
}

const isRefusal = (error: unknown): error is UpstreamFailure =>
  error instanceof UpstreamFailure && !concernsService(error);

async function pushUser(push: Push, user: PendingUser): Promise<Pushed> {
  const resource = connectorUser(user);
  const { userNo, remoteId, digest } = user;
  if (remoteId !== null && (await push.service.replaceUser(remoteId, resource)) === "done") {
    return { userNo, remoteId, digest, readmitted: false };
  }
  const admitted = await admit(push, user, resource);
  if (admitted === undefined) return { userNo, remoteId: null, digest: null, readmitted: false };
  return { userNo, remoteId: admitted, digest, readmitted: remoteId !== null && remoteId !== admitted };
}

/**
 * Matched before created: by name, then by external id; a creation that meets a conflict looks once more. Nobody
 * is created to be disabled: undefined when there is nobody to disable.
 */
async function admit(push: Push, user: PendingUser, resource: JsonObject): Promise<string | undefined> {
  const { service } = push;
  const found = (await service.findUser("userName", user.userName)) ?? (await findByExternalId(push, user));
  if (found !== undefined && (await service.replaceUser(found, resource)) === "done") return found;
  if (!user.belongs) return undefined;
  const created = await service.createUser(resource);
  if (created !== "exists") return created;
  const existing = await service.findUser("userName", user.userName);
  if (existing === undefined) {
    throw new UpstreamFailure("refused", `POST /Users: 409, but no user is called ${user.userName}.`, {
      status: 409,
    });
  }
  await service.replaceUser(existing, resource);
  return existing;
}

/** Identity providers fill externalId with what is not unique: a user who is somebody else's already is no match. */
async function findByExternalId(
  { service, task, lease }: Push,
  user: PendingUser,
): Promise<string | undefined> {
  const { externalId } = user.attributes as Record<string, unknown>;
  if (typeof externalId !== "string" || externalId === "") return undefined;
  const found = await service.findUser("externalId", externalId);
  if (found === undefined) return undefined;
  const [taken = []] = await read(task.scope.shard, [selectTakenRemoteId(task.scope, lease.vaultNo, found)]);
  return taken.some(({ user_no }) => Number(user_no) !== user.userNo) ? undefined : found;
}

async function recordStep({ task, lease, until }: Push, pushed: readonly Pushed[]): Promise<void> {
  if (pushed.length === 0) return;
  const { scope, row } = task;
  const readmitted = pushed.filter((user) => user.readmitted).map(({ userNo }) => userNo);
  await commit(scope.shard, [
    tenantFence(scope),
    ...keepLease(scope, lease, until),
    recordPushed(scope, lease.vaultNo, pushed),
    ...(readmitted.length === 0 ? [] : [addGroupsOf(scope, row, lease.vaultNo, readmitted)]),
  ]);
}
