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
  type GroupGrant,
  type LicenseFacts,
  type LicensePool,
  NO_LICENSE,
  waitingPriority,
} from "./license.ts";
import { type LedgerAccount, LicenseLedger } from "./license-ledger.ts";

export type AllocationReason =
  | "configuration_default"
  | "group_license_type"
  | "manual"
  | "capacity"
  | "first_provisioning"
  | Lowering
  | "lowering_pending"
  | "entitlement_ended"
  | Release;

/** Why an account ends without a license and without a place in a queue. */
export type Release = "deprovisioned" | "released_by_admin" | "idle";

/**
 * Acts by which an account comes down to what it is entitled to, as soon as a seat is free: an administrator's
 * on a group or on a default (A7, A5), or leaving a group while the subscription recomputes (A7).
 */
export type Lowering = "group_license_type_lowered" | "default_license_type_lowered" | "left_group";

/** An account as the store holds it. */
export type AllocationAccount = { userNo: number; facts: LicenseFacts };

/** An account whose entitlement may have changed, in the order of the changes. */
export type Evaluation = AllocationAccount & {
  entitled: Entitlement;
  /** Default of the owning configuration: what a first provisioning grants before any group counts (R36). */
  defaultTypeNo: number | null;
  /** Licensed groups of the account, for its place in queues. */
  groups: readonly GroupGrant[];
  release: Release | null;
  lowering: Lowering | null;
  /** First provisioning; `strict` gives up a higher license even for a place in the queue (A3). */
  adoption: "safe" | "strict" | null;
  /** When the change happened: a new place in the queue counts from there. */
  since: number;
};

export type AllocationState = {
  pools: readonly LicensePool[];
  evaluations: readonly Evaluation[];
  /**
   * Heads of the queues, and accounts whose adoption is pending, as far as seats could reach. One that waits
   * (adopted, and not looked at since) comes as a head of its queue only: it has no other claim to a seat.
   */
  candidates: readonly AllocationAccount[];
  /** Types whose queue goes on behind the heads given. */
  longerQueues: ReadonlySet<number>;
  /** Types to which more accounts are to be lowered than were given. */
  longerLowering: ReadonlySet<number>;
  /** Scarce types that nobody gets before all members of a group in progress stand in the queue. */
  reserved: ReadonlySet<number>;
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
  const postponed = evaluateAll(state.evaluations, ledger);
  ledger.serve();
  for (const evaluation of postponed) evaluate(evaluation, ledger);
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
 * Everybody stands in the queue before anybody is served, so that no seat goes to somebody who lost the reason
 * or came later. A first provisioning begins with the configuration's default (R36): a group that came within
 * the same round raises the account afterwards, as it would have done a moment later.
 *
 * @returns first provisionings that are entitled to more than the default
 */
function evaluateAll(evaluations: readonly Evaluation[], ledger: LicenseLedger): Evaluation[] {
  return evaluations.filter((evaluation) => {
    const { userNo, entitled, defaultTypeNo, groups, release, since } = evaluation;
    const account = ledger.accounts.get(userNo);
    const isFirst = account?.now.held === null && account.now.waitingSince === null;
    if (
      account === undefined ||
      !isFirst ||
      release !== null ||
      defaultTypeNo === null ||
      ledger.rankOf(entitled.typeNo) <= ledger.rankOf(defaultTypeNo)
    ) {
      evaluate(evaluation, ledger);
      return false;
    }
    ledger.want(account, defaultTypeNo, since, waitingPriority(groups, defaultTypeNo));
    return true;
  });
}

function evaluate(evaluation: Evaluation, ledger: LicenseLedger): void {
  const { userNo, entitled, groups, release, lowering, adoption, since } = evaluation;
  const account = ledger.accounts.get(userNo);
  if (account === undefined) return;
  if (release !== null) {
    account.reason = release;
    ledger.move(account, null);
    ledger.want(account, NO_LICENSE, since, 0);
    return;
  }
  const isAbove = ledger.rankOf(account.now.held) > ledger.rankOf(entitled.typeNo);
  account.reason = reasonFor(account.before, evaluation, isAbove);
  if (lowering !== null && isAbove) account.now = { ...account.now, adoptionPending: true };
  if (adoption === "strict" && account.before.adoptionPending && isAbove) ledger.move(account, null);
  ledger.want(account, entitled.typeNo, since, waitingPriority(groups, entitled.typeNo));
}

function isMoreDue(state: AllocationState, ledger: LicenseLedger): boolean {
  const isLowered = (typeNo: number): boolean =>
    state.candidates.every(({ userNo, facts }) => {
      const now = ledger.accounts.get(userNo)?.now;
      return facts.wanted !== typeNo || now?.adoptionPending !== true;
    });
  return ledger
    .typesWithSeats()
    .some(
      (typeNo) => state.longerQueues.has(typeNo) || (state.longerLowering.has(typeNo) && isLowered(typeNo)),
    );
}

const reasonOfSource = {
  default: "configuration_default",
  group: "group_license_type",
  manual: "manual",
} as const;

function reasonFor(
  before: LicenseFacts,
  { entitled, lowering, adoption }: Evaluation,
  isAbove: boolean,
): AllocationReason {
  if (before.adoptionPending && adoption !== null) return "first_provisioning";
  if (lowering !== null && isAbove) return lowering;
  if (before.adoptionPending) return "lowering_pending";
  if (before.wanted === entitled.typeNo) return "capacity";
  return entitled.because === null ? "entitlement_ended" : reasonOfSource[entitled.because];
}

const isChanged = ({ before, now }: LedgerAccount): boolean =>
  before.held !== now.held ||
  before.wanted !== now.wanted ||
  before.waitingSince !== now.waitingSince ||
  before.priority !== now.priority ||
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
