/** Imports whose turn has come: the sweeper starts them, however long ago it was their turn. */
import { tenantNo as toTenantNo } from "../../domain/id.ts";
import { commit, read } from "../../store/database.ts";
import { GuardRaised, StoreUnavailable } from "../../store/failure.ts";
import { tenantFence } from "../../store/fence.ts";
import { selectDueRuns, startRun } from "../../store/imports/runs.ts";
import { outboxPointers } from "../../store/outbox.ts";
import type { Deps } from "../deps.ts";

/** @returns how many imports were due. */
export async function startDueImports(deps: Deps, shardName: string): Promise<number> {
  const shard = deps.shard(shardName);
  if (shard === undefined) throw new StoreUnavailable(`shard ${shardName} is not bound`);
  const now = deps.now();
  const [due = []] = await read(shard, [selectDueRuns(now)]);
  for (const row of due) {
    const tenantNo = toTenantNo(Number(row["tenant_no"]));
    const cause = { actor: "system", correlationId: deps.newId() };
    const scope = { shard, tenantNo, epoch: Number(row["epoch"]), cause, now };
    const run = { vaultNo: Number(row["vault_no"]), runNo: Number(row["run_no"]) };
    try {
      const results = await commit(shard, [tenantFence(scope), ...startRun(scope, run, "schedule")]);
      deps.signals.outboxWritten(shardName, tenantNo, outboxPointers(results));
    } catch (error) {
      // The tenant moved away, or somebody else has started the import since it was read.
      if (!(error instanceof GuardRaised) || (error.word !== "fenced" && error.word !== "moved")) throw error;
    }
  }
  return due.length;
}
