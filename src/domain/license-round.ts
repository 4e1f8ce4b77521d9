/** What one round of the license allocator is given, and what it decides; the rules stand in `license-allocation.ts`. */
import type { Entitlement, GroupGrant, LicenseFacts, LicensePool } from "./license.ts";

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
