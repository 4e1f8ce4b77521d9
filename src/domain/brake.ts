/**
 * The brake on accidents (A21): when one window would take too many people out of a vault at once, what is left
 * of it is staged for an administrator instead of applied. `store/vaults/brake.ts` decides the same in SQL, inside the
 * batch of the effect; `test/worker/brake.test.ts` compares the two.
 */

export type BrakePolicy = {
  /** Share of the vault's users in percent; counts only from `floor` people on. */
  percent: number;
  floor: number;
  /** Past this number the share does not matter. */
  absolute: number;
};

export const DEFAULT_BRAKE_POLICY: BrakePolicy = { percent: 25, floor: 20, absolute: 500 };

/**
 * `joined`: other effects on the vault wait for an administrator already. One accident seldom touches one group
 * only, and what trickles in after it must not pass because a new window has begun.
 */
export type BrakeReason = "share" | "absolute" | "joined";

export type BrakeFacts = {
  /** Enabled vault users whom the effects at hand remove or disable. */
  leaving: number;
  /** Those removed or disabled earlier in the window, less those who came back. */
  earlier: number;
  /** Enabled users of the vault at this moment. */
  enabled: number;
  /** Effects on the vault are staged and not decided on. */
  waiting: boolean;
};

/** Why the effects at hand are staged; undefined when they may be applied. */
export function brake(
  { leaving, earlier, enabled, waiting }: BrakeFacts,
  policy: BrakePolicy,
): BrakeReason | undefined {
  if (waiting) return "joined";
  if (leaving === 0) return undefined;
  const total = earlier + leaving;
  if (total > policy.absolute) return "absolute";
  // The share is one of the vault as it was when the window began: who left since is no longer enabled.
  const before = enabled + earlier;
  return total >= policy.floor && total * 100 > policy.percent * before ? "share" : undefined;
}
