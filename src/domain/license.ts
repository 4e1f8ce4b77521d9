/**
 * License types, what an account is entitled to, and what it holds. An account holds at most one license (I3)
 * and waits exactly while the type it is entitled to ranks above the one it holds (I4).
 */

/** `wanted` of an account that has been decided and is entitled to nothing; ranks below every type. */
export const NO_LICENSE = 0;

export type LicenseType = { typeNo: number; code: string; rank: number };

/** A license type with its seats. `assigned` may exceed `assignable` after the purchased count was lowered. */
export type LicensePool = LicenseType & { assignable: number; assigned: number };

/** What is stored of an account's license. */
export type LicenseFacts = {
  held: number | null;
  /** `null` until the account is first decided. */
  wanted: number | null;
  waitingSince: number | null;
  /** While it waits: the lowest is served first, then since when, then the number (A4). Else 0. */
  priority: number;
  /** Holds more than it is entitled to and is to be lowered once a seat of the entitled type is free (R37, A3). */
  adoptionPending: boolean;
};

export type EntitlementSource = "default" | "group" | "manual";
export type Entitlement = { typeNo: number; because: EntitlementSource | null };

/** Orders types by rank; no license, and a type that is unknown, rank 0. */
export type Ranking = (typeNo: number | null) => number;

export function ranking(types: readonly LicenseType[]): Ranking {
  const ranks = new Map(types.map(({ typeNo, rank }) => [typeNo, rank]));
  return (typeNo) => (typeNo === null ? 0 : (ranks.get(typeNo) ?? 0));
}

/** Seats that may be given out: oversubscription counts per hundred purchased (A23), rounded down. */
export const assignableSeats = (purchased: number, assignablePercent: number): number =>
  Math.floor((purchased * assignablePercent) / 100);

/**
 * The highest of the owning configuration's default, the types of all source groups of the account, and the
 * wish of an administrator (R38, I9). The wish `NO_LICENSE` outranks everything: the license was withdrawn.
 */
export function entitlement(
  sources: { defaultTypeNo: number | null; groupTypeNos: readonly number[]; manualTypeNo: number | null },
  rankOf: Ranking,
): Entitlement {
  const { defaultTypeNo, groupTypeNos, manualTypeNo } = sources;
  if (manualTypeNo === NO_LICENSE) return { typeNo: NO_LICENSE, because: "manual" };
  let best: Entitlement = { typeNo: NO_LICENSE, because: null };
  const consider = (typeNo: number | null, because: EntitlementSource): void => {
    if (typeNo !== null && rankOf(typeNo) > rankOf(best.typeNo)) best = { typeNo, because };
  };
  consider(defaultTypeNo, "default");
  for (const typeNo of groupTypeNos) consider(typeNo, "group");
  consider(manualTypeNo, "manual");
  return best;
}

/** What a licensed group gives its members: a type, and a priority in the queue for it (A4). */
export type GroupGrant = { groupNo: number; typeNo: number; priority: number };

/** Place in the queue for a type as the groups that give it rank it: the lowest number first, hence negated. */
export const waitingPriority = (groups: readonly GroupGrant[], typeNo: number): number =>
  groups.reduce(
    (lowest, group) => (group.typeNo === typeNo ? Math.min(lowest, 0 - group.priority) : lowest),
    0,
  );

/** A group's type may be absent, or not below the default of its configuration (R39, I10). */
export const mayLicenseGroup = (
  typeNo: number | null,
  defaultTypeNo: number | null,
  rankOf: Ranking,
): boolean => typeNo === null || rankOf(typeNo) >= rankOf(defaultTypeNo);
