/**
 * The license allocator's rules: given what is stored and whose entitlement may have changed, who gains, loses
 * and waits. Releases come first; then queues are served, highest type first and first in first out inside a
 * type; a swap frees the lower seat for that type's queue; until nothing moves (I5).
 *
 * Nobody is ever lowered but by adoption, by an administrator's act or by the end of the account (I8), and an
 * upgrade is one step: the held license goes when the higher one is there (I7).
 */
import { type Entitlement, type LicenseFacts, type LicensePool, NO_LICENSE } from "./license.ts";
import { type LedgerAccount, LicenseLedger } from "./license-ledger.ts";

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

export function allocate(state: AllocationState): Allocation {
  const ledger = new LicenseLedger(state);
  evaluateFirst(state.evaluations, ledger);
  ledger.serve();
  evaluateFully(state.evaluations, ledger);
  ledger.serve();
  const userChanges = [...ledger.accounts.values()].filter(isChanged).map(toChange);
  return {
    userChanges,
    poolChanges: poolChanges(userChanges),
    grantedFrom: [...ledger.grantedFrom],
    more: isMoreDue(state, ledger),
  };
}

/**
 * First the ends: of accounts, and of reasons to wait, so that no seat goes to somebody who lost the reason.
 * Then first provisionings at the configuration's default: a group that came within the same round raises the
 * account afterwards, as it would have done a moment later (R36).
 */
function evaluateFirst(evaluations: readonly Evaluation[], ledger: LicenseLedger): void {
  for (const { userNo, entitled, defaultTypeNo, release, since } of evaluations) {
    const account = ledger.accounts.get(userNo);
    if (account === undefined) continue;
    const { held, wanted, waitingSince } = account.now;
    if (release !== null) {
      account.reason = release;
      ledger.move(account, null);
      ledger.want(account, NO_LICENSE, since);
    } else if (ledger.rankOf(entitled.typeNo) < ledger.rankOf(wanted)) {
      ledger.want(account, entitled.typeNo, since);
    } else if (
      held === null &&
      waitingSince === null &&
      defaultTypeNo !== null &&
      entitled.typeNo !== NO_LICENSE
    ) {
      ledger.want(account, defaultTypeNo, since);
    }
  }
}

function evaluateFully(evaluations: readonly Evaluation[], ledger: LicenseLedger): void {
  for (const { userNo, entitled, release, mayLower, since } of evaluations) {
    const account = ledger.accounts.get(userNo);
    if (account === undefined || release !== null) continue;
    if (mayLower) account.now = { ...account.now, adoptionPending: true };
    account.reason = reasonFor(account.before, entitled, mayLower);
    ledger.want(account, entitled.typeNo, since);
  }
}

function isMoreDue(state: AllocationState, ledger: LicenseLedger): boolean {
  const types = ledger.typesWithSeats();
  const allLowered = state.candidates.every(
    ({ userNo }) => ledger.accounts.get(userNo)?.now.adoptionPending !== true,
  );
  return (
    types.some((typeNo) => state.longerQueues.has(typeNo)) ||
    (state.morePending && allLowered && types.length > 0)
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

const isChanged = ({ before, now }: LedgerAccount): boolean =>
  before.held !== now.held ||
  before.wanted !== now.wanted ||
  before.waitingSince !== now.waitingSince ||
  before.adoptionPending !== now.adoptionPending;

const toChange = ({ userNo, before, now, reason }: LedgerAccount): UserChange => ({
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
