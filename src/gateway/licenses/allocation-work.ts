/** Open work of the license allocator: what a round takes of it, and what it means for the accounts it names. */
import { entitlement, NO_LICENSE, type Ranking } from "../../domain/license.ts";
import type { Evaluation, Lowering, Release } from "../../domain/license-round.ts";
import {
  ALLOCATION_ROUND_ROWS_MAX,
  ALLOCATION_ROUND_USERS_MAX,
  IDLE_ACCOUNTS_WALKED_MAX,
} from "../../domain/limits.ts";
import type { JsonObject } from "../../scim/json.ts";
import type {
  AllocationReading,
  AllocationWork,
  NamedAccount,
} from "../../store/licenses/allocation-work.ts";
import type { EntitledAccount } from "../../store/licenses/entitlements.ts";
import type { LicensePolicies } from "../../store/licenses/license-policies.ts";

const dayMs = 24 * 3_600_000;

export type OpenWork = {
  closed: number[];
  progressed: { seq: number; payload: JsonObject }[];
  /** Rows were left untouched. */
  more: boolean;
  /** The row whose walk goes on in this round. */
  walk: { row: AllocationWork; payload: Payload; isOver: boolean } | undefined;
};

/**
 * `users`: look at these. `group`, `configuration`, `idle`: walk its members, its accounts, or all accounts, past
 * `after`. `lower`: an administrator's act lowers. `default`: the accounts' default from now on. `serve`: seats
 * may have come free.
 */
export type Payload = {
  users?: number[];
  group?: number;
  configuration?: number;
  idle?: boolean;
  after?: number | string;
  lower?: boolean;
  default?: number;
  serve?: boolean;
};

export const payloadOf = ({ payload }: Pick<AllocationWork, "payload">): Payload =>
  JSON.parse(payload) as Payload;

/** What this round does of each open row: mirrors the limits under which the accounts were read. */
export function openWork(reading: AllocationReading): OpenWork {
  const outcome: OpenWork = {
    closed: [],
    progressed: [],
    more: reading.work.length >= ALLOCATION_ROUND_ROWS_MAX,
    walk: undefined,
  };
  let room = ALLOCATION_ROUND_USERS_MAX;
  for (const row of reading.work) {
    const payload = payloadOf(row);
    const users = payload.users ?? [];
    const rest = users.slice(room);
    room -= users.length - rest.length;
    if (isWalk(payload)) {
      if (outcome.walk !== undefined) {
        outcome.more = true;
        continue;
      }
      const after = walkedTo(payload, reading);
      outcome.walk = { row, payload, isOver: after === undefined };
      if (after === undefined) outcome.closed.push(row.seq);
      else outcome.progressed.push({ seq: row.seq, payload: { ...payload, after } });
    } else if (rest.length === 0) {
      outcome.closed.push(row.seq);
    } else if (rest.length === users.length) {
      outcome.more = true;
    } else {
      outcome.progressed.push({ seq: row.seq, payload: { ...payload, users: rest } });
    }
  }
  return outcome;
}

const isWalk = ({ group, configuration, idle }: Payload): boolean =>
  group !== undefined || configuration !== undefined || idle === true;

/** Where the walk stands after this round; undefined when it is over. */
function walkedTo(payload: Payload, { named, walk }: AllocationReading): number | string | undefined {
  const walked = named.filter((account) => account.walked);
  const isPageFull = walked.length >= ALLOCATION_ROUND_USERS_MAX;
  if (payload.configuration !== undefined) {
    return isPageFull ? walked.reduce((last, { scimId }) => (scimId > last ? scimId : last), "") : undefined;
  }
  if (isPageFull) return Math.max(...walked.map(({ userNo }) => userNo));
  const to = Number(payload.after ?? 0) + IDLE_ACCOUNTS_WALKED_MAX;
  return payload.idle === true && to < (walk?.lastUserNo ?? 0) ? to : undefined;
}

/**
 * While a walk goes on, a type that may not suffice for everybody is given to nobody: otherwise members early in
 * the walk would take seats before those who have been waiting longer are even in the queue.
 */
export function reservedTypes({ pools, walk }: AllocationReading, work: OpenWork): Set<number> {
  const typeNo = work.walk?.payload.default ?? walk?.typeNo;
  const pool = pools.find((candidate) => candidate.typeNo === typeNo);
  if (work.walk === undefined || work.walk.isOver || walk === undefined || pool === undefined) {
    return new Set();
  }
  const suffices = pool.assignable - pool.assigned >= pool.waiting + walk.accountsMax;
  return new Set(suffices ? [] : [pool.typeNo]);
}

export function evaluations(
  reading: AllocationReading,
  work: OpenWork,
  rankOf: Ranking,
  now: number,
): Evaluation[] {
  const { named, policies } = reading;
  const at = new Map(reading.work.map(({ seq, at: time }) => [seq, time]));
  const leaving = policies.recomputeOnLeave ? usersOf(reading.work, leavingActions) : new Set<number>();
  const adopted = usersOf(reading.work, adoptingActions);
  return named.map((account) => {
    const { userNo, walked } = account;
    const walk = walked ? work.walk : undefined;
    const leaves = leaving.has(userNo) || (policies.recomputeOnLeave && isLeaving(walk?.row));
    return evaluation(walked ? withDefault(account, work) : account, rankOf, {
      release: releaseOf(account, policies, now),
      lowering: loweringOf(walk) ?? (leaves ? "left_group" : null),
      adoption: adopted.has(userNo) ? (policies.strictAdoption ? "strict" : "safe") : null,
      since: at.get(account.seq) ?? now,
    });
  });
}

export function evaluation(
  account: EntitledAccount,
  rankOf: Ranking,
  act: Pick<Evaluation, "release" | "lowering" | "adoption" | "since">,
): Evaluation {
  const { userNo, facts, defaultTypeNo, groups, manualTypeNo } = account;
  const groupTypeNos = groups.map(({ typeNo }) => typeNo);
  const entitled = entitlement({ defaultTypeNo, groupTypeNos, manualTypeNo }, rankOf);
  return { userNo, facts, defaultTypeNo, groups, entitled, ...act };
}

export function releaseOf(account: EntitledAccount, policies: LicensePolicies, now: number): Release | null {
  if (account.deprovisioned) return "deprovisioned";
  if (account.manualTypeNo === NO_LICENSE) return "released_by_admin";
  const { idleReleaseDays } = policies;
  const isIdle =
    idleReleaseDays !== null &&
    account.idleSince !== null &&
    account.idleSince <= now - idleReleaseDays * dayMs;
  return isIdle ? "idle" : null;
}

const leavingActions: ReadonlySet<string> = new Set([
  "group.members_changed",
  "group.changed",
  "group.deleted",
]);
const adoptingActions: ReadonlySet<string> = new Set(["user.adopted", "user.revived"]);

const isLeaving = (row: AllocationWork | undefined): boolean =>
  row !== undefined && leavingActions.has(row.action);

const usersOf = (work: readonly AllocationWork[], actions: ReadonlySet<string>): Set<number> =>
  new Set(work.filter(({ action }) => actions.has(action)).flatMap((row) => payloadOf(row).users ?? []));

function loweringOf(walk: OpenWork["walk"]): Lowering | null {
  if (walk?.payload.lower !== true) return null;
  return walk.payload.configuration === undefined
    ? "group_license_type_lowered"
    : "default_license_type_lowered";
}

/** A default that an administrator applies to existing accounts counts from the moment the walk reaches them. */
const withDefault = (account: NamedAccount, { walk }: OpenWork): NamedAccount =>
  walk?.payload.default === undefined ? account : { ...account, defaultTypeNo: walk.payload.default };

/**
 * A transition belongs to the change that named the account; one that only follows, because a seat came free,
 * to the change that freed it: the purchase when there was one, else the first of the round.
 */
export function correlations({ work, named }: AllocationReading): (userNo: number) => string {
  const bySeq = new Map(work.map(({ seq, correlationId }) => [seq, correlationId]));
  const seqOf = new Map(named.map(({ userNo, seq }) => [userNo, seq]));
  const serving = work.find((row) => payloadOf(row).serve === true) ?? work[0];
  return (userNo) => bySeq.get(seqOf.get(userNo) ?? 0) ?? serving?.correlationId ?? "";
}
