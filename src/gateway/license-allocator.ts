/**
 * One round of the license allocator: read what is open, apply the rules, write the outcome. Open outbox rows
 * are the whole truth: a round that is lost, repeated or run twice at once changes nothing that should not.
 */
import { tenantNo as toTenantNo } from "../domain/id.ts";
import { entitlement, NO_LICENSE, type Ranking, ranking } from "../domain/license.ts";
import { type Allocation, allocate, type Evaluation } from "../domain/license-allocation.ts";
import { licenseEvents } from "../domain/license-event.ts";
import {
  ALLOCATION_ATTEMPTS_MAX,
  ALLOCATION_ROUND_ROWS_MAX,
  ALLOCATION_ROUND_USERS_MAX,
} from "../domain/limits.ts";
import type { JsonObject } from "../scim/json.ts";
import { commit, type Database, read } from "../store/database.ts";
import {
  type AllocationReading,
  type NamedAccount,
  parseAllocation,
  readAllocation,
} from "../store/entitlements.ts";
import { GuardRaised } from "../store/failure.ts";
import { type AllocationWrite, writeAllocation } from "../store/licenses.ts";
import type { Deps } from "./deps.ts";

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
  const reading = parseAllocation(await read(shard, readAllocation(tenantNo)));
  if (reading.tenant === undefined || reading.work.length === 0) return { more: false };
  const { epoch, allocationVersion } = reading.tenant;
  const work = openWork(reading);
  const allocation = decide(reading, work);
  const { closed, progressed } = settle(work, allocation.more);
  const correlationOf = correlations(reading);
  const rankOf = ranking(reading.pools);
  const cause = { actor: "system", correlationId: reading.work[0]?.correlationId ?? deps.newId() };
  const scope = { shard, tenantNo, epoch, cause, now: deps.now() };
  const write: AllocationWrite = {
    allocationVersion,
    ...allocation,
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
    await commit(shard, writeAllocation(scope, write));
  } catch (error) {
    if (error instanceof GuardRaised && error.word === "moved_on") return "moved_on";
    if (error instanceof GuardRaised && error.word === "fenced") return { more: false };
    throw error;
  }
  return { more: allocation.more || work.more || progressed.length > 0 };
}

/** The rules, over what was read. */
function decide(reading: AllocationReading, work: OpenWork): Allocation {
  const rankOf = ranking(reading.pools);
  const at = new Map(reading.work.map(({ seq, at: time }) => [seq, time]));
  const evaluations = reading.named.map((account) =>
    evaluation(account, at.get(account.seq) ?? 0, account.walked && work.walkLowers, rankOf),
  );
  const { candidates, candidatesMax } = reading;
  const heads = candidates.filter(({ facts }) => facts.waitingSince !== null);
  const isLong = (count: number): boolean => candidatesMax > 0 && count >= candidatesMax;
  const longerQueues = reading.pools
    .map(({ typeNo }) => typeNo)
    .filter((typeNo) => isLong(heads.filter(({ facts }) => facts.wanted === typeNo).length));
  return allocate({
    pools: reading.pools,
    evaluations,
    candidates,
    longerQueues: new Set(longerQueues),
    morePending: isLong(candidates.length - heads.length),
  });
}

function evaluation(account: NamedAccount, since: number, mayLower: boolean, rankOf: Ranking): Evaluation {
  const { userNo, facts, deprovisioned, defaultTypeNo, groupTypeNos, manualTypeNo } = account;
  const withdrawn = manualTypeNo === NO_LICENSE ? "released_by_admin" : null;
  return {
    userNo,
    facts,
    defaultTypeNo,
    entitled: entitlement({ defaultTypeNo, groupTypeNos, manualTypeNo }, rankOf),
    release: deprovisioned ? "deprovisioned" : withdrawn,
    mayLower,
    since,
  };
}

type OpenWork = {
  closed: number[];
  progressed: { seq: number; payload: JsonObject }[];
  /** Rows were left untouched. */
  more: boolean;
  /** The group that was walked had its type lowered by an administrator. */
  walkLowers: boolean;
};

type Payload = { users?: number[]; group?: number; after?: number; lower?: boolean; serve?: boolean };

/** What this round does of each open row: mirrors the limits under which the accounts were read. */
function openWork({ work, named }: AllocationReading): OpenWork {
  const outcome: OpenWork = {
    closed: [],
    progressed: [],
    more: work.length >= ALLOCATION_ROUND_ROWS_MAX,
    walkLowers: false,
  };
  const walked = named.filter((account) => account.walked).map(({ userNo }) => userNo);
  let room = ALLOCATION_ROUND_USERS_MAX;
  let walkedSeq: number | undefined;
  for (const { seq, payload: text } of work) {
    const payload = JSON.parse(text) as Payload;
    const users = payload.users ?? [];
    const rest = users.slice(room);
    room -= users.length - rest.length;
    if (payload.group !== undefined) {
      if (walkedSeq !== undefined) {
        outcome.more = true;
        continue;
      }
      walkedSeq = seq;
      outcome.walkLowers = payload.lower === true;
      if (walked.length < ALLOCATION_ROUND_USERS_MAX) outcome.closed.push(seq);
      else outcome.progressed.push({ seq, payload: { ...payload, after: Math.max(...walked) } });
    } else if (rest.length === 0) {
      outcome.closed.push(seq);
    } else if (rest.length === users.length) {
      outcome.more = true;
    } else {
      outcome.progressed.push({ seq, payload: { ...payload, users: rest } });
    }
  }
  return outcome;
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

/**
 * A transition belongs to the change that named the account; one that only follows, because a seat came free,
 * to the change that freed it: the purchase when there was one, else the first of the round.
 */
function correlations({ work, named }: AllocationReading): (userNo: number) => string {
  const bySeq = new Map(work.map(({ seq, correlationId }) => [seq, correlationId]));
  const seqOf = new Map(named.map(({ userNo, seq }) => [userNo, seq]));
  const serving = work.find(({ payload }) => (JSON.parse(payload) as Payload).serve === true) ?? work[0];
  return (userNo) => bySeq.get(seqOf.get(userNo) ?? 0) ?? serving?.correlationId ?? "";
}
