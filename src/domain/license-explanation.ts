/** Why an account holds, lacks or awaits a license, in terms an administrator can act on. */
import { type LicenseFacts, type LicensePool, NO_LICENSE } from "./license.ts";

/** One reason for which the account is entitled to a type. `decisive`: no other gives a higher one. */
export type EntitlementReason = {
  kind: "default" | "group" | "manual" | "withdrawn";
  licenseType: string | null;
  /** The configuration or group it comes from. */
  id: string | null;
  name: string | null;
  decisive: boolean;
};

export type LicenseExplanation = {
  state: "undecided" | "none" | "assigned" | "waiting" | "waiting_for_upgrade";
  held: string | null;
  wanted: string | null;
  waitingSince: string | null;
  because: EntitlementReason[];
  /** Place 1 is served next; `atLeast` when the count stopped at its limit. */
  queue: {
    licenseType: string;
    place: number;
    atLeast: boolean;
    assigned: number;
    assignable: number;
  } | null;
  /** Holds more than first provisioning gives; lowered as soon as a seat of the wanted type is free (R37). */
  adoptionPending: boolean;
  /** What would have to happen for the account to get what it waits for. */
  remedy: string | null;
};

export type ExplanationFacts = {
  facts: LicenseFacts;
  deprovisioned: boolean;
  manualTypeNo: number | null;
  configuration: { id: string; name: string; defaultTypeNo: number } | null;
  groups: readonly { id: string; name: string; typeNo: number }[];
  pools: readonly LicensePool[];
  /** Accounts before this one in its queue, counted up to `aheadMax`. */
  ahead: number;
  aheadMax: number;
};

export function explainStanding(account: ExplanationFacts): LicenseExplanation {
  const { facts, pools } = account;
  const codeOf = (typeNo: number | null): string | null =>
    pools.find((pool) => pool.typeNo === typeNo)?.code ?? null;
  const pool = pools.find(({ typeNo }) => typeNo === facts.wanted);
  const queue =
    facts.waitingSince === null || pool === undefined
      ? null
      : {
          licenseType: pool.code,
          place: account.ahead + 1,
          atLeast: account.ahead >= account.aheadMax,
          assigned: pool.assigned,
          assignable: pool.assignable,
        };
  return {
    state: stateOf(facts, account.deprovisioned),
    held: codeOf(facts.held),
    wanted: codeOf(facts.wanted),
    waitingSince: facts.waitingSince === null ? null : new Date(facts.waitingSince).toISOString(),
    because: reasons(account, codeOf),
    queue,
    adoptionPending: facts.adoptionPending,
    remedy: queue === null ? null : remedyFor(queue),
  };
}

function stateOf(facts: LicenseFacts, deprovisioned: boolean): LicenseExplanation["state"] {
  if (facts.waitingSince !== null) return facts.held === null ? "waiting" : "waiting_for_upgrade";
  if (facts.held !== null) return "assigned";
  return facts.wanted === null && !deprovisioned ? "undecided" : "none";
}

function reasons(account: ExplanationFacts, codeOf: (typeNo: number) => string | null): EntitlementReason[] {
  const { configuration, manualTypeNo, groups, pools } = account;
  if (manualTypeNo === NO_LICENSE) {
    return [{ kind: "withdrawn", licenseType: null, id: null, name: null, decisive: true }];
  }
  const sources = [
    ...(configuration === null
      ? []
      : [{ kind: "default" as const, ...configuration, typeNo: configuration.defaultTypeNo }]),
    ...groups.map((group) => ({ kind: "group" as const, ...group })),
    ...(manualTypeNo === null
      ? []
      : [{ kind: "manual" as const, id: null, name: null, typeNo: manualTypeNo }]),
  ];
  const rankOf = (typeNo: number): number => pools.find((pool) => pool.typeNo === typeNo)?.rank ?? 0;
  const highest = Math.max(0, ...sources.map(({ typeNo }) => rankOf(typeNo)));
  return sources.map(({ kind, id, name, typeNo }) => ({
    kind,
    id,
    name,
    licenseType: codeOf(typeNo),
    decisive: rankOf(typeNo) === highest,
  }));
}

function remedyFor({
  licenseType,
  place,
  atLeast,
  assigned,
  assignable,
}: NonNullable<LicenseExplanation["queue"]>) {
  // Seats given out beyond the purchased count come first: they must be covered before anybody is served.
  const seats = place + Math.max(0, assigned - assignable);
  const figure = `${atLeast ? "at least " : ""}${seats}`;
  const more = seats === 1 && !atLeast ? "1 more seat" : `${figure} more seats`;
  return `${more} of ${licenseType} must be purchased, or released by accounts that hold one.`;
}
