/**
 * Links from a source group to a user group of a vault: states, and what one link does to one person.
 * `store/vaults/settlement.ts` computes the same for many people in SQL; `test/worker/settlement.test.ts` compares the two
 * for every combination of facts.
 */
import type { VaultUser } from "./vault.ts";

export const LINK_STATES = [
  "pending",
  "propagating",
  "active",
  "error",
  "paused",
  "unlinking",
  "removed",
  "source_deleted",
] as const;
export type LinkState = (typeof LINK_STATES)[number];

/** States in which a link brings its target in line with the source. */
export const FOLLOWING_STATES = ["pending", "propagating", "active", "error"] as const satisfies LinkState[];
/** States in which a link counts as a synchronized group of its vault (I19); a paused one for the members it has. */
export const COVERING_STATES = [...FOLLOWING_STATES, "paused"] as const satisfies LinkState[];
/** States in which nothing is done to the target. */
export const RESTING_STATES = ["paused", "removed"] as const satisfies LinkState[];

const among = (states: readonly LinkState[], state: LinkState): boolean => states.includes(state);

/** What a link does to its target: bring it in line, empty it, or leave it alone. */
export function effectOf(state: LinkState, sourceDeleted: boolean): "follow" | "clear" | "none" {
  if (among(RESTING_STATES, state)) return "none";
  return among(FOLLOWING_STATES, state) && !sourceDeleted ? "follow" : "clear";
}

/** A paused link keeps whom it has, whatever became of its source, until it is resumed. */
export const coversPeople = (state: LinkState, sourceDeleted: boolean): boolean =>
  among(COVERING_STATES, state) && (state === "paused" || !sourceDeleted);

/** State of a link whose run from end to end has finished. */
export function afterRun(state: LinkState, sourceDeleted: boolean): LinkState {
  if (state === "unlinking") return "removed";
  if (!among(FOLLOWING_STATES, state)) return state;
  return sourceDeleted ? "source_deleted" : "active";
}

/** State of a link after an attempt that failed and will be repeated (R50). */
export const afterFailure = (state: LinkState): LinkState =>
  among(FOLLOWING_STATES, state) ? "error" : state;

/** Whether an administrator may pause the link, or resume it. */
export const canSwitch = (state: LinkState): boolean => among(COVERING_STATES, state);

/** One person as one link sees it, all read at one moment. */
export type PersonAtLink = {
  effect: "follow" | "clear" | "none";
  /** Effective member of the source group, with an account that is not deprovisioned (A9, A27). */
  inSource: boolean;
  inTarget: boolean;
  vaultUser: VaultUser | undefined;
  /** Another covering link of the same vault has the person in its source (A11, I19). */
  coveredElsewhere: boolean;
};

export type Settlement = {
  vaultUser: "create" | "enable" | "disable" | "none";
  member: "add" | "remove" | "none";
  /** A person who was there before becomes synchronized once covered by a link (A14). */
  synchronize: boolean;
  /** Still in the group, but an administrator deleted the vault user (R60). */
  skipped: boolean;
};

const untouched: Settlement = { vaultUser: "none", member: "none", synchronize: false, skipped: false };

/** What a link does to one person (R51–R61). Login account and license are never touched (R53, R56). */
export function settle({
  effect,
  inSource,
  inTarget,
  vaultUser,
  coveredElsewhere,
}: PersonAtLink): Settlement {
  if (effect === "none") return untouched;
  if (effect === "follow" && inSource) {
    if (vaultUser?.state === "deleted") {
      return { ...untouched, member: inTarget ? "remove" : "none", skipped: true };
    }
    return {
      vaultUser: vaultUser === undefined ? "create" : vaultUser.disabledBy === "sync" ? "enable" : "none",
      member: inTarget ? "none" : "add",
      synchronize: vaultUser?.origin === "manual",
      skipped: false,
    };
  }
  if (!inTarget) return untouched;
  const letGo =
    vaultUser?.state === "enabled" && vaultUser.origin === "sync" && !vaultUser.pinned && !coveredElsewhere;
  return { ...untouched, vaultUser: letGo ? "disable" : "none", member: "remove" };
}
