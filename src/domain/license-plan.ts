/** What an act would do to the licenses of people, sorted by kind of effect; exact counts, the first few named. */
import type { Ranking } from "./license.ts";
import type { UserChange } from "./license-round.ts";

export const LICENSE_EFFECTS = [
  /** Gets a license and held none. */
  "grants",
  "upgrades",
  "lowers",
  /** Comes down as soon as a seat of the lower type is free (A3). */
  "lowersLater",
  "releases",
  /** Begins to wait, or waits for another type. */
  "waits",
  "stopsWaiting",
  /** Concerned, and stays as it is. */
  "keeps",
] as const;
export type LicenseEffect = (typeof LICENSE_EFFECTS)[number];

export function effectsOf({ before, after }: UserChange, rankOf: Ranking): LicenseEffect[] {
  const effects: LicenseEffect[] = [];
  const waited = before.waitingSince === null ? null : before.wanted;
  const waits = after.waitingSince === null ? null : after.wanted;
  if (before.held !== after.held) {
    if (before.held === null) effects.push("grants");
    else if (after.held === null) effects.push("releases");
    else effects.push(rankOf(after.held) > rankOf(before.held) ? "upgrades" : "lowers");
  } else if (waited !== null && waits === null) {
    effects.push("stopsWaiting");
  }
  if (waits !== null && waits !== waited) effects.push("waits");
  if (after.adoptionPending && !before.adoptionPending) effects.push("lowersLater");
  return effects.length === 0 ? ["keeps"] : effects;
}
