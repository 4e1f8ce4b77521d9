/**
 * One round of the license allocator: read what is open, apply the rules, write the outcome. Open outbox rows
 * are the whole truth: a round that is lost, repeated or run twice at once changes nothing that should not.
 */
import { tenantNo as toTenantNo } from "../../domain/id.ts";
import { ranking } from "../../domain/license.ts";
import { allocate } from "../../domain/license-allocation.ts";
import { licenseEvents } from "../../domain/license-event.ts";
import type { Allocation } from "../../domain/license-round.ts";
import { ALLOCATION_ATTEMPTS_MAX } from "../../domain/limits.ts";
import { commit, type Database, read } from "../../store/database.ts";
import { GuardRaised } from "../../store/failure.ts";
import {
  type AllocationReading,
  parseAllocation,
  readAllocation,
} from "../../store/licenses/allocation-work.ts";
import { type AllocationWrite, writeAllocation } from "../../store/licenses/licenses.ts";
import { outboxPointers } from "../../store/outbox.ts";
import { selectWaitingCleanups } from "../../store/vaults/cleanup.ts";
import type { Deps } from "../deps.ts";
import { correlations, evaluations, type OpenWork, openWork, reservedTypes } from "./allocation-work.ts";

/**
 * @returns `more`: work was left open on purpose, and another round is due.
 * @throws StoreUnavailable, and GuardRaised `over_granted` when counters and accounts disagree.
 */
export async function allocateLicenses(
  deps: Deps,
  shardName: string,
  tenant: number,
): Promise<{ more: boolean }> {
  const shard = deps.shard(shardName);
  if (shard === undefined) throw new Error(`no shard is bound under the name ${shardName}`);
  for (let attempt = 1; attempt <= ALLOCATION_ATTEMPTS_MAX; attempt += 1) {
    const outcome = await round(deps, shard, tenant);
    if (outcome !== "moved_on") return outcome;
  }
  return { more: true };
}

async function round(deps: Deps, shard: Database, tenant: number): Promise<{ more: boolean } | "moved_on"> {
  const tenantNo = toTenantNo(tenant);
  const now = deps.now();
  const reading = parseAllocation(await read(shard, readAllocation(tenantNo, now)));
  if (reading.tenant === undefined || reading.work.length === 0) return { more: false };
  const { epoch, allocationVersion } = reading.tenant;
  const work = openWork(reading);
  const allocation = decide(reading, work, now);
  const { closed, progressed } = settle(work, allocation.more);
  const correlationOf = correlations(reading);
  const rankOf = ranking(reading.pools);
  const cause = { actor: "system", correlationId: reading.work[0]?.correlationId ?? deps.newId() };
  const scope = { shard, tenantNo, epoch, cause, now };
  const write: AllocationWrite = {
    allocationVersion,
    ...allocation,
    defaults: defaultsOf(reading, work),
    closed,
    progressed,
    events: allocation.userChanges.flatMap((change) =>
      licenseEvents(change, reading.pools, rankOf).map((event) => ({
        ...event,
        correlationId: correlationOf(change.userNo),
      })),
    ),
  };
  try {
    const results = await commit(shard, [...writeAllocation(scope, write), selectWaitingCleanups(scope)]);
    deps.signals.outboxWritten(shard.name, tenantNo, outboxPointers(results));
  } catch (error) {
    if (error instanceof GuardRaised && error.word === "moved_on") return "moved_on";
    if (error instanceof GuardRaised && error.word === "fenced") return { more: false };
    throw error;
  }
  return { more: allocation.more || work.more || progressed.length > 0 };
}

/** The rules, over what was read. */
function decide(reading: AllocationReading, work: OpenWork, now: number): Allocation {
  const { candidates, candidatesMax, pools } = reading;
  const longer = (waiting: boolean): Set<number> => {
    const counts = Map.groupBy(
      candidates.filter(({ facts }) => (facts.waitingSince !== null) === waiting),
      ({ facts }) => facts.wanted,
    );
    const types = pools.map(({ typeNo }) => typeNo);
    return new Set(
      types.filter((typeNo) => candidatesMax > 0 && (counts.get(typeNo)?.length ?? 0) >= candidatesMax),
    );
  };
  return allocate({
    pools,
    evaluations: evaluations(reading, work, ranking(pools), now),
    candidates,
    longerQueues: longer(true),
    longerLowering: longer(false),
    reserved: reservedTypes(reading, work),
  });
}

/** Accounts that got another default by the walk of this round. */
function defaultsOf({ named }: AllocationReading, { walk }: OpenWork): AllocationWrite["defaults"] {
  const typeNo = walk?.payload.default;
  if (typeNo === undefined) return undefined;
  return { typeNo, users: named.filter(({ walked }) => walked).map(({ userNo }) => userNo) };
}

/** While seats are left for queues that were not read to the end, one row stays open to say so. */
function settle(
  { closed, progressed }: OpenWork,
  more: boolean,
): Pick<AllocationWrite, "closed" | "progressed"> {
  const last = closed.at(-1);
  if (!more || last === undefined) return { closed, progressed };
  return {
    closed: closed.slice(0, -1),
    progressed: [...progressed, { seq: last, payload: { serve: true } }],
  };
}
