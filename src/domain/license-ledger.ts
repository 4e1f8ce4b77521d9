/**
 * Accounts and seats while one round of the allocator works on them: seats move, places in queues come and go,
 * and queues are served. The rules of who is to be where stand in `license-allocation.ts`.
 */
import { type LicenseFacts, type LicensePool, NO_LICENSE, type Ranking, ranking } from "./license.ts";
import type { AllocationReason, AllocationState } from "./license-round.ts";

/** An account in the round: as it came, as it stands now, and why. */
export type LedgerAccount = {
  userNo: number;
  before: LicenseFacts;
  now: LicenseFacts;
  reason: AllocationReason;
};

export class LicenseLedger {
  readonly accounts = new Map<number, LedgerAccount>();
  /** Types of which a seat was given out. */
  readonly grantedFrom = new Set<number>();
  readonly rankOf: Ranking;
  readonly #pools: Map<number, LicensePool>;
  readonly #highestFirst: LicensePool[];
  readonly #longerQueues: ReadonlySet<number>;
  readonly #reserved: ReadonlySet<number>;

  constructor({ pools, candidates, evaluations, longerQueues, reserved }: AllocationState) {
    this.rankOf = ranking(pools);
    this.#pools = new Map(pools.map((pool) => [pool.typeNo, { ...pool }]));
    this.#highestFirst = [...this.#pools.values()].sort((left, right) => right.rank - left.rank);
    this.#longerQueues = longerQueues;
    this.#reserved = reserved;
    for (const { userNo, facts } of [...candidates, ...evaluations]) {
      const reason = facts.adoptionPending ? "lowering_pending" : "capacity";
      this.accounts.set(userNo, { userNo, before: facts, now: { ...facts }, reason });
    }
  }

  free(typeNo: number): number {
    const pool = this.#pools.get(typeNo);
    return pool === undefined ? 0 : pool.assignable - pool.assigned;
  }

  typesWithSeats(): number[] {
    return this.#highestFirst.map(({ typeNo }) => typeNo).filter((typeNo) => this.#mayGive(typeNo));
  }

  #mayGive(typeNo: number): boolean {
    return this.free(typeNo) > 0 && !this.#reserved.has(typeNo);
  }

  /** Gives the account a seat of the type, or none; the seat it held comes free in the same step (I7). */
  move(account: LedgerAccount, typeNo: number | null): void {
    const from = account.now.held === null ? undefined : this.#pools.get(account.now.held);
    if (from !== undefined) from.assigned -= 1;
    const to = typeNo === null ? undefined : this.#pools.get(typeNo);
    if (to !== undefined) {
      to.assigned += 1;
      this.grantedFrom.add(to.typeNo);
    }
    account.now = { ...account.now, held: typeNo };
  }

  /** Sets what the account is entitled to. It waits exactly if that ranks above what it holds (I4). */
  want(account: LedgerAccount, typeNo: number, since: number, priority: number): void {
    const { held, waitingSince, adoptionPending } = account.now;
    const waits = this.rankOf(typeNo) > this.rankOf(held);
    account.now = {
      held,
      wanted: typeNo,
      waitingSince: waits ? (waitingSince ?? since) : null,
      priority: waits ? priority : 0,
      adoptionPending: adoptionPending && this.rankOf(held) > this.rankOf(typeNo),
    };
  }

  /** Serves queues and pending adoptions until nothing moves (I5). */
  serve(): void {
    const queues = this.#highestFirst.map(({ typeNo }) => ({ typeNo, queue: this.#queueFor(typeNo) }));
    const lowering = Map.groupBy(
      [...this.accounts.values()]
        .filter(({ now }) => now.adoptionPending && this.rankOf(now.held) > this.rankOf(now.wanted))
        .sort((left, right) => right.userNo - left.userNo),
      ({ now }) => now.wanted ?? NO_LICENSE,
    );
    do {
      for (const { typeNo, queue } of queues) this.#serveQueue(typeNo, queue);
    } while (this.#lowerOne(lowering));
  }

  /** Accounts that wait for a type, the next one last. */
  #queueFor(typeNo: number): LedgerAccount[] {
    return [...this.accounts.values()]
      .filter(({ now }) => now.wanted === typeNo && now.waitingSince !== null)
      .sort(
        (left, right) =>
          right.now.priority - left.now.priority ||
          (right.now.waitingSince ?? 0) - (left.now.waitingSince ?? 0) ||
          right.userNo - left.userNo,
      );
  }

  #serveQueue(typeNo: number, queue: LedgerAccount[]): void {
    while (this.#mayGive(typeNo)) {
      const next = queue.pop();
      if (next === undefined) return;
      this.move(next, typeNo);
      next.now = { ...next.now, waitingSince: null, priority: 0 };
    }
  }

  /**
   * A seat still free after the queues has nobody waiting for it: those who hold something better come after
   * all who wait (A3), and one at a time, for each frees a seat above. Being lowered to nothing takes no seat.
   * False when nobody could be lowered.
   *
   * @param lowering by the type they are to hold, the next one last
   */
  #lowerOne(lowering: ReadonlyMap<number, LedgerAccount[]>): boolean {
    const reachable = [...lowering]
      .filter(
        ([typeNo]) => typeNo === NO_LICENSE || (this.#mayGive(typeNo) && !this.#longerQueues.has(typeNo)),
      )
      .flatMap(([, accounts]) => accounts.slice(-1))
      .sort((left, right) => left.userNo - right.userNo);
    const wanted = reachable[0]?.now.wanted ?? NO_LICENSE;
    const next = reachable.length === 0 ? undefined : lowering.get(wanted)?.pop();
    if (next === undefined) return false;
    this.move(next, wanted === NO_LICENSE ? null : wanted);
    next.now = { ...next.now, adoptionPending: false };
    return true;
  }
}
