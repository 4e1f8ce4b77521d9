/**
 * The license allocator's rules: given what is stored and whose entitlement may have changed, who gains, loses
 * and waits. Releases come first; then queues are served, highest type first and first in first out inside a
 * type; a swap frees the lower seat for that type's queue; until nothing moves (I5).
 *
 * Nobody is ever lowered but by adoption, by an administrator's act or by the end of the account (I8), and an
 * upgrade is one step: the held license goes when the higher one is there (I7).
 */
import {
  type Entitlement,
  type LicenseFacts,
  type LicensePool,
  NO_LICENSE,
  type Ranking,
  ranking,
} from "./license.ts";

export type AllocationReason =
  | "configuration_default"
  | "group_license_type"
  | "manual"
  | "capacity"
  | "first_provisioning"
  | "group_license_type_lowered"
  | "entitlement_ended"
  | "deprovisioned"
  | "released_by_admin";

/** An account as the store holds it. */
export type AllocationAccount = { userNo: number; facts: LicenseFacts };

/** An account whose entitlement may have changed, in the order of the changes. */
export type Evaluation = AllocationAccount & {
  entitled: Entitlement;
  /** Default of the owning configuration: what a first provisioning grants before any group counts (R36). */
  defaultTypeNo: number | null;
  /** The account ends or an administrator took its license: it releases and leaves the queue. */
  release: "deprovisioned" | "released_by_admin" | null;
  /** An administrator lowered the type of a group of the account (A7). */
  mayLower: boolean;
  /** When the change happened: a new place in the queue counts from there. */
  since: number;
};

export type AllocationState = {
  pools: readonly LicensePool[];
  evaluations: readonly Evaluation[];
  /** Heads of the queues, and accounts whose adoption is pending, as far as seats could reach. */
  candidates: readonly AllocationAccount[];
  /** Types whose queue goes on behind the heads given. */
  longerQueues: ReadonlySet<number>;
  /** More adoptions are pending than were given. */
  morePending: boolean;
};

export type UserChange = {
  userNo: number;
  before: LicenseFacts;
  after: LicenseFacts;
  reason: AllocationReason;
};

export type PoolChange = {
  typeNo: number;
  assigned: number;
  waitingUnlicensed: number;
  waitingUpgrade: number;
};

export type Allocation = {
  userChanges: UserChange[];
  poolChanges: PoolChange[];
  /** Types of which a seat was given out. */
  grantedFrom: number[];
  /** Seats are left and somebody beyond the given heads may take them: another round is due. */
  more: boolean;
};

type Working = { userNo: number; before: LicenseFacts; now: LicenseFacts; reason: AllocationReason };

export function allocate(state: AllocationState): Allocation {
  const rankOf = ranking(state.pools);
  const pools = new Map(state.pools.map((pool) => [pool.typeNo, { ...pool }]));
  const highestFirst = [...pools.values()].sort((left, right) => right.rank - left.rank);
  const accounts = new Map<number, Working>();
  const grantedFrom = new Set<number>();
  for (const { userNo, facts } of [...state.candidates, ...state.evaluations]) {
    const reason = facts.adoptionPending ? "first_provisioning" : "capacity";
    accounts.set(userNo, { userNo, before: facts, now: { ...facts }, reason });
  }

  const free = (typeNo: number): number => {
    const pool = pools.get(typeNo);
    return pool === undefined ? 0 : pool.assignable - pool.assigned;
  };
  const move = (account: Working, typeNo: number | null): void => {
    const from = account.now.held === null ? undefined : pools.get(account.now.held);
    if (from !== undefined) from.assigned -= 1;
    const to = typeNo === null ? undefined : pools.get(typeNo);
    if (to !== undefined) {
      to.assigned += 1;
      grantedFrom.add(to.typeNo);
    }
    account.now = { ...account.now, held: typeNo };
  };
  const want = (account: Working, typeNo: number, since: number): void => {
    const waits = rankOf(typeNo) > rankOf(account.now.held);
    account.now = {
      ...account.now,
      wanted: typeNo,
      waitingSince: waits ? (account.now.waitingSince ?? since) : null,
      adoptionPending: account.now.adoptionPending && rankOf(account.now.held) > rankOf(typeNo),
    };
  };

  const serve = (): void => {
    const queues = new Map(highestFirst.map(({ typeNo }) => [typeNo, queueFor(typeNo, accounts)]));
    const lowering = [...accounts.values()]
      .filter(({ now }) => now.adoptionPending && rankOf(now.held) > rankOf(now.wanted))
      .sort((left, right) => left.userNo - right.userNo);
    let moved = true;
    while (moved) {
      moved = false;
      for (const { typeNo } of highestFirst) {
        const queue = queues.get(typeNo) ?? [];
        while (free(typeNo) > 0) {
          const next = queue.pop();
          if (next === undefined) break;
          move(next, typeNo);
          next.now = { ...next.now, waitingSince: null };
          moved = true;
        }
      }
      // A seat still free has nobody in its queue: those who hold something better come after all who wait (A3),
      // and one at a time, for each frees a seat above.
      const position = lowering.findIndex(({ now }) => {
        const typeNo = now.wanted ?? NO_LICENSE;
        return free(typeNo) > 0 && !state.longerQueues.has(typeNo);
      });
      const [next] = position === -1 ? [] : lowering.splice(position, 1);
      if (next !== undefined) {
        move(next, next.now.wanted);
        next.now = { ...next.now, adoptionPending: false };
        moved = true;
      }
    }
  };

  evaluateFirst(state.evaluations, accounts, { rankOf, move, want });
  serve();
  for (const { userNo, entitled, release, mayLower, since } of state.evaluations) {
    const account = accounts.get(userNo);
    if (account === undefined || release !== null) continue;
    if (mayLower) account.now = { ...account.now, adoptionPending: true };
    account.reason = reasonFor(account.before, entitled, mayLower);
    want(account, entitled.typeNo, since);
  }
  serve();

  const userChanges = [...accounts.values()].filter(isChanged).map(toChange);
  const seatsLeft = highestFirst.filter(({ typeNo }) => free(typeNo) > 0);
  const allLowered = state.candidates.every(({ userNo }) => !accounts.get(userNo)?.now.adoptionPending);
  const more =
    seatsLeft.some(({ typeNo }) => state.longerQueues.has(typeNo)) ||
    (state.morePending && allLowered && seatsLeft.length > 0);
  return { userChanges, poolChanges: poolChanges(userChanges), grantedFrom: [...grantedFrom], more };
}

/**
 * First the ends: of accounts, and of reasons to wait, so that no seat goes to somebody who lost the reason.
 * Then first provisionings at the configuration's default: a group that came within the same round raises the
 * account afterwards, as it would have done a moment later (R36).
 */
function evaluateFirst(
  evaluations: readonly Evaluation[],
  accounts: ReadonlyMap<number, Working>,
  act: {
    rankOf: Ranking;
    move(account: Working, typeNo: null): void;
    want(account: Working, typeNo: number, since: number): void;
  },
): void {
  for (const { userNo, entitled, defaultTypeNo, release, since } of evaluations) {
    const account = accounts.get(userNo);
    if (account === undefined) continue;
    const first = account.now.held === null && account.now.waitingSince === null;
    if (release !== null) {
      account.reason = release;
      act.move(account, null);
      act.want(account, NO_LICENSE, since);
    } else if (act.rankOf(entitled.typeNo) < act.rankOf(account.now.wanted)) {
      act.want(account, entitled.typeNo, since);
    } else if (first && defaultTypeNo !== null && entitled.typeNo !== NO_LICENSE) {
      act.want(account, defaultTypeNo, since);
    }
  }
}

/** Accounts that wait for a type, the next one last. */
function queueFor(typeNo: number, accounts: ReadonlyMap<number, Working>): Working[] {
  return [...accounts.values()]
    .filter(({ now }) => now.wanted === typeNo && now.waitingSince !== null)
    .sort(
      (left, right) =>
        (right.now.waitingSince ?? 0) - (left.now.waitingSince ?? 0) || right.userNo - left.userNo,
    );
}

const reasonOfSource = {
  default: "configuration_default",
  group: "group_license_type",
  manual: "manual",
} as const;

function reasonFor(before: LicenseFacts, entitled: Entitlement, mayLower: boolean): AllocationReason {
  if (before.adoptionPending) return "first_provisioning";
  if (mayLower) return "group_license_type_lowered";
  if (before.wanted === entitled.typeNo) return "capacity";
  return entitled.because === null ? "entitlement_ended" : reasonOfSource[entitled.because];
}

const isChanged = ({ before, now }: Working): boolean =>
  before.held !== now.held ||
  before.wanted !== now.wanted ||
  before.waitingSince !== now.waitingSince ||
  before.adoptionPending !== now.adoptionPending;

const toChange = ({ userNo, before, now, reason }: Working): UserChange => ({
  userNo,
  before,
  after: now,
  reason,
});

/** Counters follow the accounts: what each account stood for before goes, what it stands for now comes. */
function poolChanges(changes: readonly UserChange[]): PoolChange[] {
  const deltas = new Map<number, PoolChange>();
  const of = (typeNo: number): PoolChange => {
    const found = deltas.get(typeNo) ?? { typeNo, assigned: 0, waitingUnlicensed: 0, waitingUpgrade: 0 };
    deltas.set(typeNo, found);
    return found;
  };
  const count = (facts: LicenseFacts, by: 1 | -1): void => {
    if (facts.held !== null) of(facts.held).assigned += by;
    if (facts.waitingSince === null || facts.wanted === null) return;
    of(facts.wanted)[facts.held === null ? "waitingUnlicensed" : "waitingUpgrade"] += by;
  };
  for (const { before, after } of changes) {
    count(before, -1);
    count(after, 1);
  }
  return [...deltas.values()].filter(
    ({ assigned, waitingUnlicensed, waitingUpgrade }) =>
      assigned !== 0 || waitingUnlicensed !== 0 || waitingUpgrade !== 0,
  );
}
