/**
 * Licenses of accounts that have been disabled for longer than their subscription grants (A8). A sweep only
 * orders the search, once a day and subscription; the allocator walks the accounts, in chunks.
 */
import { tenantNo as toTenantNo } from "../../domain/id.ts";
import { commit, read } from "../../store/database.ts";
import { GuardRaised, StoreUnavailable } from "../../store/failure.ts";
import { orderIdleCheck, selectIdleChecksDue } from "../../store/licenses/idle-release.ts";
import { outboxPointers } from "../../store/outbox.ts";
import type { Deps } from "../deps.ts";

/** @returns in how many subscriptions idle accounts are being looked for. */
export async function releaseIdle(deps: Deps, shardName: string): Promise<number> {
  const shard = deps.shard(shardName);
  if (shard === undefined) throw new StoreUnavailable(`shard ${shardName} is not bound`);
  const now = deps.now();
  const [due = []] = await read(shard, [selectIdleChecksDue(now)]);
  for (const row of due) {
    const tenantNo = toTenantNo(Number(row["tenant_no"]));
    const cause = { actor: "system", correlationId: deps.newId() };
    const scope = { shard, tenantNo, epoch: Number(row["epoch"]), cause, now };
    try {
      const results = await commit(shard, orderIdleCheck(scope));
      deps.signals.outboxWritten(shardName, tenantNo, outboxPointers(results));
    } catch (error) {
      // Moved away since it was read: the other shard's sweeper looks after it.
      if (!(error instanceof GuardRaised) || error.word !== "fenced") throw error;
    }
  }
  return due.length;
}
