/** Where a vault differs from what its links say, person by person and link by link. */
import { type PersonAtLink, type Settlement, settle } from "./link.ts";

export const DIFFERENCES = [
  "not_in_vault",
  "not_enabled",
  "still_enabled",
  "not_member",
  "still_member",
  "not_synchronized",
] as const;
export type Difference = (typeof DIFFERENCES)[number];

/** What a settlement would do is what is amiss. A tombstone that is skipped is as it should be (R60). */
export function differences(person: PersonAtLink): Difference[] {
  const { vaultUser, member, synchronize } = settle(person);
  const ofVaultUser: Record<Settlement["vaultUser"], Difference[]> = {
    create: ["not_in_vault"],
    enable: ["not_enabled"],
    disable: ["still_enabled"],
    none: [],
  };
  const ofMember: Record<Settlement["member"], Difference[]> = {
    add: ["not_member"],
    remove: ["still_member"],
    none: [],
  };
  return [
    ...ofVaultUser[vaultUser],
    ...ofMember[member],
    ...(synchronize ? (["not_synchronized"] as const) : []),
  ];
}

export const DRIFT_REASONS = [
  /** The change is in the outbox and will be settled without anybody's help. */
  "propagating",
  /** The change failed too often: an administrator has to redrive it. */
  "failed",
  /** The brake holds it back (A21). */
  "waiting_for_approval",
  /** An administrator decided against it. */
  "discarded",
  "paused",
  /** Nothing of the above: the vault was changed by somebody else. */
  "changed_outside",
] as const;
export type DriftReason = (typeof DRIFT_REASONS)[number];

export type DriftCircumstances = {
  paused: boolean;
  waiting: boolean;
  discarded: boolean;
  open: boolean;
  dead: boolean;
};

/** Why a difference is there; what an administrator can do something about comes first. */
export function driftReason({ paused, waiting, discarded, open, dead }: DriftCircumstances): DriftReason {
  if (paused) return "paused";
  if (waiting) return "waiting_for_approval";
  if (dead) return "failed";
  if (open) return "propagating";
  return discarded ? "discarded" : "changed_outside";
}
