/** The sweeper's work on one shard: finds what is due and hands it out, so that a lost signal loses nothing. */
import { commit, read } from "../../store/database.ts";
import { StoreUnavailable } from "../../store/failure.ts";
import { outboxPointers } from "../../store/outbox.ts";
import { leaseDueRows, selectDue } from "../../store/sweep.ts";
import type { Deps } from "../deps.ts";
import { completeSignUps } from "../identity/sign-up.ts";

/** @returns how many rows were handed out. */
export async function sweepShard(deps: Deps, shardName: string, leaseMs: number): Promise<number> {
  const shard = deps.shard(shardName);
  if (shard === undefined) throw new StoreUnavailable(`shard ${shardName} is not bound`);
  const now = deps.now();
  const [due = []] = await read(shard, [selectDue(now)]);
  if (Number(due[0]?.["due"]) !== 1) return 0;
  const [rows = []] = await commit(shard, [leaseDueRows(now, leaseMs)]);
  for (const [tenantNo, ofTenant] of Map.groupBy(rows, (row) => Number(row["tenant_no"]))) {
    deps.signals.outboxWritten(shardName, tenantNo, outboxPointers([ofTenant]));
  }
  return rows.length;
}

/** Sign-ups belong to no shard: the sweeper of the first one completes what was left half done. */
export async function sweepSignUps(deps: Deps, shardName: string): Promise<void> {
  if (shardName === deps.shardNames.toSorted()[0]) await completeSignUps(deps);
}

/** Arms every shard's sweeper: restores alarms that were lost. */
export async function armSweepers(deps: Deps): Promise<void> {
  const outcomes = await Promise.allSettled(deps.shardNames.map((name) => deps.signals.armSweeper(name)));
  const failed = outcomes.filter((outcome) => outcome.status === "rejected");
  for (const { reason } of failed) {
    deps.log({ level: "error", message: "sweeper not armed", error: String(reason) });
  }
}
