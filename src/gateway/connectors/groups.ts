/** User groups of a vault, as its own SCIM service is to hold them. */
import { CONNECTOR_LEASE_MS, CONNECTOR_ROUND_MS } from "../../domain/limits.ts";
import { commit, read, type Statement } from "../../store/database.ts";
import { tenantFence } from "../../store/fence.ts";
import {
  type ConnectedGroup,
  connectedGroup,
  noteGroupProgress,
  recordRemoteGroup,
  selectAllMembers,
  selectGroupProgress,
  selectGroupsToPush,
  selectNamedMembers,
  selectStrayMembers,
} from "../../store/vaults/connector-groups.ts";
import { keepLease } from "../../store/vaults/connectors.ts";
import { concernsService, UpstreamFailure } from "../../upstream/failure.ts";
import { namedUsers, type Push, type Step } from "./task.ts";

/** Every group that the row names, each as far as it needs. */
export async function pushGroups(push: Push): Promise<Step> {
  const { task, lease } = push;
  const [rows = []] = await read(task.scope.shard, [selectGroupsToPush(task.scope, task.row, lease.vaultNo)]);
  for (const group of rows.map(connectedGroup)) {
    try {
      if ((await pushGroup(push, group)) === "more") return "more";
    } catch (error) {
      if (!(error instanceof UpstreamFailure) || concernsService(error)) throw error;
      push.refusals.push(error);
    }
  }
  return "done";
}

/** A group that the service has lost is made once more, and then holds everybody again. */
async function pushGroup(push: Push, group: ConnectedGroup): Promise<Step> {
  const known = group.remoteId ?? (await admitGroup(push, group));
  const reached = await pushMembers(push, { ...group, remoteId: known });
  if (reached !== "missing") return reached;
  await write(push, recordRemoteGroup(push.task.scope, push.task.row, group.vaultGroupNo, null));
  const again = await pushMembers(push, { ...group, remoteId: await admitGroup(push, group) });
  if (again !== "missing") return again;
  throw new UpstreamFailure("refused", `The group ${group.name} is gone as soon as it is made.`);
}

async function admitGroup(push: Push, { vaultGroupNo, name }: ConnectedGroup): Promise<string> {
  const { service, task } = push;
  const found = (await service.findGroup(name)) ?? (await createGroup(push, name));
  await write(push, recordRemoteGroup(task.scope, task.row, vaultGroupNo, found));
  return found;
}

async function createGroup({ service }: Push, name: string): Promise<string> {
  const created = await service.createGroup(name);
  const found = created === "exists" ? await service.findGroup(name) : created;
  if (found !== undefined) return found;
  throw new UpstreamFailure("refused", `POST /Groups: 409, but no group is called ${name}.`, { status: 409 });
}

type RemoteGroup = ConnectedGroup & { remoteId: string };

async function pushMembers(push: Push, group: RemoteGroup): Promise<Step | "missing"> {
  const { task, lease, service, membersPerRequest: limit } = push;
  const { scope, row, deps } = task;
  const { vaultGroupNo, remoteId } = group;
  const [[progress] = []] = await read(scope.shard, [selectGroupProgress(scope, row, vaultGroupNo)]);
  const full = Number(progress?.["full"]) === 1;
  let after = Number(progress?.["after"] ?? 0);
  if (full && after === 0 && (await removeStrays(push, group)) === "missing") return "missing";
  const users = namedUsers(task);
  for (;;) {
    const [rows = []] = await read(scope.shard, [
      full
        ? selectAllMembers(scope, lease.vaultNo, vaultGroupNo, { after, limit })
        : selectNamedMembers(scope, lease.vaultNo, vaultGroupNo, { users, after, limit }),
    ]);
    if (rows.length === 0) return "done";
    const ids = (isMember: number) =>
      rows.filter((row) => Number(row["is_member"]) === isMember).map((row) => String(row["remote_id"]));
    const [gone, here] = [ids(0), ids(1)];
    await renew(push);
    if (gone.length > 0 && (await service.removeMembers(remoteId, gone)) === "missing") return "missing";
    if (here.length > 0 && (await service.addMembers(remoteId, here)) === "missing") return "missing";
    after = Number(rows.at(-1)?.["user_no"]);
    await write(push, [noteGroupProgress(scope, row, vaultGroupNo, after)]);
    if (deps.now() >= push.deadline) return "more";
  }
}

/** A group that was there before us may hold people of this vault who do not belong into it. */
async function removeStrays(
  push: Push,
  { vaultGroupNo, remoteId }: RemoteGroup,
): Promise<"done" | "missing"> {
  const { task, lease, service, membersPerRequest } = push;
  const present = await service.memberIds(remoteId);
  if (present === "missing") return "missing";
  const [rows = []] = await read(task.scope.shard, [
    selectStrayMembers(task.scope, lease.vaultNo, vaultGroupNo, present ?? []),
  ]);
  const strays = rows.map((row) => String(row["remote_id"]));
  for (let at = 0; at < strays.length; at += membersPerRequest) {
    await renew(push);
    if ((await service.removeMembers(remoteId, strays.slice(at, at + membersPerRequest))) === "missing") {
      return "missing";
    }
  }
  return "done";
}

/** Before requests that could outlive the lease. */
async function renew(push: Push): Promise<void> {
  if (push.task.deps.now() + CONNECTOR_ROUND_MS > push.until) await write(push, []);
}

/** Writes what was done, and the lease goes on. */
async function write(push: Push, statements: readonly Statement[]): Promise<void> {
  const { task, lease } = push;
  const { scope, deps } = task;
  push.until = deps.now() + CONNECTOR_LEASE_MS;
  await commit(scope.shard, [tenantFence(scope), ...keepLease(scope, lease, push.until), ...statements]);
}
