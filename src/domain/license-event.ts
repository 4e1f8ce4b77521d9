/**
 * Events of license transitions. Each tells what the account held and waited for, before and after, by code:
 * replaying them reproduces every counter.
 */
import type { EventAction } from "./event.ts";
import type { LicenseFacts, LicenseType, Ranking } from "./license.ts";
import type { AllocationReason, UserChange } from "./license-round.ts";

/** What an account holds and what it waits for: codes of license types. */
export type LicenseStanding = { held: string | null; waiting: string | null };

export type LicenseEvent = {
  userNo: number;
  action: EventAction;
  reason: AllocationReason;
  data: { from: LicenseStanding; to: LicenseStanding };
};

export function licenseEvents(
  change: UserChange,
  types: readonly LicenseType[],
  rankOf: Ranking,
): LicenseEvent[] {
  const { userNo, before, after } = change;
  const standing = standingIn(types);
  const from = standing(before);
  const to = standing(after);
  // A seat and a new place in a queue within one round are two transitions, hence two events.
  const between = { held: to.held, waiting: from.waiting === to.waiting ? to.waiting : null };
  const events: LicenseEvent[] = [];
  if (from.held !== to.held) {
    const action = heldAction(rankOf(before.held), rankOf(after.held));
    events.push({ userNo, action, reason: change.reason, data: { from, to: between } });
  } else if (from.waiting !== null && to.waiting === null) {
    const reason = change.reason === "capacity" || after.held !== null ? "entitlement_ended" : change.reason;
    events.push({ userNo, action: "license.wait_ended", reason, data: { from, to } });
    return events;
  }
  const reached = from.held === to.held ? from : between;
  if (to.waiting !== null && reached.waiting !== to.waiting) {
    events.push({ userNo, action: "license.waiting", reason: change.reason, data: { from: reached, to } });
  }
  return events;
}

const standingIn =
  (types: readonly LicenseType[]) =>
  (facts: LicenseFacts): LicenseStanding => {
    const codeOf = (typeNo: number | null) => types.find((type) => type.typeNo === typeNo)?.code ?? null;
    return { held: codeOf(facts.held), waiting: facts.waitingSince === null ? null : codeOf(facts.wanted) };
  };

function heldAction(before: number, after: number): EventAction {
  if (before === 0) return "license.granted";
  if (after === 0) return "license.released";
  return after > before ? "license.upgraded" : "license.lowered";
}
