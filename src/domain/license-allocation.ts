/**
 * The license allocator's rules: given what is stored and whose entitlement may have changed, who gains, loses
 * and waits. Releases come first; then queues are served, highest type first and first in first out inside a
 * type; a swap frees the lower seat for that type's queue; until nothing moves (I5).
 *
 * Nobody is ever lowered but by adoption, by an administrator's act or by the end of the account (I8), and an
 * upgrade is one step: the held license goes when the higher one is there (I7).
 */
import { type LicenseFacts, NO_LICENSE, waitingPriority } from "./license.ts";
import { type LedgerAccount, LicenseLedger } from "./license-ledger.ts";
import type {
  Allocation,
  AllocationReason,
  AllocationState,
  Evaluation,
  PoolChange,
  UserChange,
} from "./license-round.ts";

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
