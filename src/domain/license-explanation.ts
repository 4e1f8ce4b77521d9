/** Why an account holds, lacks or awaits a license, in terms an administrator can act on. */
import { type GroupGrant, type LicenseFacts, type LicensePool, NO_LICENSE } from "./license.ts";

/** One reason for which the account is entitled to a type. `decisive`: no other gives a higher one. */
export type EntitlementReason = {
  kind: "default" | "group" | "manual" | "withdrawn" | "idle";
  licenseType: string | null;
  /** The configuration or group it comes from. */
  id: string | null;
  name: string | null;
  decisive: boolean;
  /** What a group gives its members in queues (A4). */
  priority: number | null;
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
    /** The highest is served first; then whoever has waited longest (A4). */
    priority: number;
    atLeast: boolean;
    assigned: number;
    assignable: number;
  } | null;
  /** Holds more than first provisioning gives; lowered as soon as a seat of the wanted type is free (R37). */
  adoptionPending: boolean;
  /** Holds more than it is entitled to: leaving a group, or another default, takes nothing away (A7). */
  keepsHigher: boolean;
  /** Since when it is inactive or disabled by an administrator (A8). */
  idleSince: string | null;
  /** What would have to happen for the account to get what it waits for. */
  remedy: string | null;
};

export type ExplanationFacts = {
  facts: LicenseFacts;
  deprovisioned: boolean;
  manualTypeNo: number | null;
  /** `defaultTypeNo`: the default when the account was first provisioned (A5). */
  configuration: { id: string; name: string; defaultTypeNo: number } | null;
  groups: readonly (Omit<GroupGrant, "groupNo"> & { id: string; name: string })[];
  idleSince: number | null;
  /** Idle for longer than the subscription lets licenses lie idle. */
  idleTooLong: boolean;
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
          priority: 0 - facts.priority,
          atLeast: account.ahead >= account.aheadMax,
          assigned: pool.assigned,
          assignable: pool.assignable,
        };
  const rankOf = (typeNo: number | null): number =>
    pools.find((candidate) => candidate.typeNo === typeNo)?.rank ?? 0;
  return {
    state: stateOf(facts, account.deprovisioned),
    held: codeOf(facts.held),
    wanted: codeOf(facts.wanted),
    waitingSince: facts.waitingSince === null ? null : new Date(facts.waitingSince).toISOString(),
    because: reasons(account, codeOf),
    queue,
    adoptionPending: facts.adoptionPending,
    keepsHigher: !facts.adoptionPending && rankOf(facts.held) > rankOf(facts.wanted),
    idleSince: account.idleSince === null ? null : new Date(account.idleSince).toISOString(),
    remedy: queue === null ? remedyWithoutQueue(account, codeOf) : remedyFor(queue),
  };
}

function stateOf(facts: LicenseFacts, deprovisioned: boolean): LicenseExplanation["state"] {
  if (facts.waitingSince !== null) return facts.held === null ? "waiting" : "waiting_for_upgrade";
  if (facts.held !== null) return "assigned";
  return facts.wanted === null && !deprovisioned ? "undecided" : "none";
}

function reasons(account: ExplanationFacts, codeOf: (typeNo: number) => string | null): EntitlementReason[] {
  const { configuration, manualTypeNo, groups, pools } = account;
  const nothing = { licenseType: null, id: null, name: null, priority: null, decisive: true };
  if (manualTypeNo === NO_LICENSE) return [{ ...nothing, kind: "withdrawn" }];
  if (account.idleTooLong) return [{ ...nothing, kind: "idle" }];
  const sources = [
    ...(configuration === null
      ? []
      : [
          { kind: "default" as const, ...configuration, typeNo: configuration.defaultTypeNo, priority: null },
        ]),
    ...groups.map((group) => ({ kind: "group" as const, ...group })),
    ...(manualTypeNo === null
      ? []
      : [{ kind: "manual" as const, id: null, name: null, typeNo: manualTypeNo, priority: null }]),
  ];
  const rankOf = (typeNo: number): number => pools.find((pool) => pool.typeNo === typeNo)?.rank ?? 0;
  const highest = Math.max(0, ...sources.map(({ typeNo }) => rankOf(typeNo)));
  return sources.map(({ kind, id, name, typeNo, priority }) => ({
    kind,
    id,
    name,
    licenseType: codeOf(typeNo),
    decisive: rankOf(typeNo) === highest,
    priority,
  }));
}

/** What ends a state other than waiting, when somebody may not like it. */
function remedyWithoutQueue(
  { facts, deprovisioned, manualTypeNo, idleTooLong }: ExplanationFacts,
  codeOf: (typeNo: number | null) => string | null,
): string | null {
  if (facts.adoptionPending) {
    const lower = codeOf(facts.wanted) ?? "none";
    return `It comes down to ${lower} as soon as a seat of ${lower} is free and nobody waits for it.`;
  }
  if (deprovisioned) return "Its identity provider must provision it again.";
  if (manualTypeNo === NO_LICENSE) return "An administrator must choose a license type for it again.";
  if (idleTooLong) return "It must be enabled again; it then takes its place in the queue.";
  return null;
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
