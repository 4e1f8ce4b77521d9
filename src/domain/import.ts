/**
 * Synchronization of a vault by pulling (R62–R68): when imports run, and what one does to a person. Everything after
 * the members of a group are known is the work of an ordinary link (`link.ts`).
 */
import type { JsonObject } from "../scim/json.ts";
import { type ConfigurationNo, configurationNo } from "./id.ts";
import {
  ACCOUNT_NAME_LENGTH_MAX,
  EMAIL_LENGTH_MAX,
  FIRST_IMPORT_MINUTES_MAX,
  FIRST_IMPORT_WINDOW_MINUTES,
  IMPORT_ATTEMPTS_MAX,
  IMPORT_RETRY_BASE_MS,
} from "./limits.ts";
import type { VaultUser } from "./vault.ts";

export const IMPORT_PROVIDERS = ["entra", "okta", "scim"] as const;
export type ImportProvider = (typeof IMPORT_PROVIDERS)[number];

export const IMPORT_STATES = ["scheduled", "running", "succeeded", "failed"] as const;
export type ImportState = (typeof IMPORT_STATES)[number];

const minuteMs = 60_000;

/** Groups that a vault's import reads belong to no configuration: no SCIM client sees them, nobody can link them. */
export const importSource = (vaultNo: number): ConfigurationNo => configurationNo(-vaultNo);

/** Minutes after the start of the schedule, as a number or as hours and minutes (A24); undefined when it is neither. */
export function parseFirstImport(text: string): number | undefined {
  const [, hours = "0", minutes] = /^(?:(\d{1,2}):(?=[0-5]\d$))?(\d{1,4})$/.exec(text.trim()) ?? [];
  if (minutes === undefined) return undefined;
  const total = Number(hours) * 60 + Number(minutes);
  return total <= FIRST_IMPORT_MINUTES_MAX ? total : undefined;
}

const minuteOf = (time: number): number => Math.floor(time / minuteMs);

/**
 * Minutes after `now` at which no other vault's import begins and which is as far from theirs as can be (R66).
 * With more vaults than minutes, one of those that the fewest have.
 * @param taken when imports of the other vaults begin
 */
export function proposeFirstImport(now: number, taken: readonly number[]): number {
  const offsets = taken.map((time) => minuteOf(time) - minuteOf(now));
  const candidates = Array.from({ length: FIRST_IMPORT_WINDOW_MINUTES }, (_, index) => index + 1);
  const rated = candidates.map((minutes) => ({
    minutes,
    sharing: offsets.filter((offset) => offset === minutes).length,
    distance: Math.min(
      FIRST_IMPORT_WINDOW_MINUTES,
      ...offsets.map((offset) => Math.abs(offset - minutes)).filter((distance) => distance > 0),
    ),
  }));
  const [best] = rated.toSorted(
    (left, right) =>
      left.sharing - right.sharing || right.distance - left.distance || left.minutes - right.minutes,
  );
  return best?.minutes ?? 1;
}

/** Whether two imports begin in the same minute. */
export const inSameMinute = (left: number, right: number): boolean => minuteOf(left) === minuteOf(right);

/** The next turn after `now`: turns keep their distance from the first one, however long an import took. */
export function nextImportAt(firstAt: number, intervalMinutes: number, now: number): number {
  if (now < firstAt) return firstAt;
  const interval = intervalMinutes * minuteMs;
  return firstAt + (Math.floor((now - firstAt) / interval) + 1) * interval;
}

/** A person as a provider describes a member of a group. */
export type RemotePerson = {
  id: string;
  /** Absent: the provider named the id only. */
  userName?: string;
  displayName?: string;
  givenName?: string;
  familyName?: string;
  email?: string;
  /** Whether the person can sign in at the provider. */
  active: boolean;
};

/** Attributes of the account that the person would get, or undefined when no account can have this name. */
export function accountOf(person: RemotePerson): (JsonObject & { userName: string }) | undefined {
  const userName = person.userName?.trim() ?? "";
  if (userName === "" || userName.length > ACCOUNT_NAME_LENGTH_MAX) return undefined;
  if (!userName.isWellFormed() || /\p{Cc}/u.test(userName)) return undefined;
  const displayName = shown(person.displayName);
  const [givenName, familyName] = [shown(person.givenName), shown(person.familyName)];
  const email = person.email?.trim() ?? "";
  const reachable =
    email.length <= EMAIL_LENGTH_MAX && /^[^\s@]+@[^\s@]+$/.test(email) && email.isWellFormed();
  return {
    userName,
    ...(displayName === undefined ? {} : { displayName }),
    ...(givenName === undefined && familyName === undefined
      ? {}
      : { name: { ...(givenName && { givenName }), ...(familyName && { familyName }) } }),
    ...(reachable ? { emails: [{ value: email, type: "work", primary: true }] } : {}),
  };
}

/** Whatever is no name people can read is left out: it says nothing about who the person is. */
function shown(text: string | undefined): string | undefined {
  const trimmed = text?.trim() ?? "";
  return trimmed !== "" && trimmed.isWellFormed() ? trimmed.slice(0, ACCOUNT_NAME_LENGTH_MAX) : undefined;
}

export type ImportedPerson = {
  account: "none" | "live" | "deprovisioned";
  /** Whether the person can sign in at the provider. */
  active: boolean;
  vaultUser: VaultUser | undefined;
  /** The vault's setting Enable Disabled Users from Imported Groups (R59). */
  enableDisabled: boolean;
};

export type ImportEffect = {
  /** R52: an account of one's own, with the license of the settings. R53: an account that is there stays as it is. */
  account: "create" | "revive" | "none";
  /** Nobody gets a first account, and so a license, who cannot sign in at the provider. */
  skipped: boolean;
  /** What an import does beyond a link (A12); never to a tombstone (I17). */
  vaultUser: "enable" | "none";
};

/** What an import does to one member of an imported group before the link does the rest (R51–R61). */
export function importPerson({ account, active, vaultUser, enableDisabled }: ImportedPerson): ImportEffect {
  const disabledByAdmin = vaultUser?.state === "disabled" && vaultUser.disabledBy === "admin";
  return {
    account: account === "live" || !active ? "none" : account === "none" ? "create" : "revive",
    skipped: account !== "live" && !active,
    vaultUser: enableDisabled && account === "live" && disabledByAdmin ? "enable" : "none",
  };
}

export type ReadFailure = { kind: string; retryAfterSeconds?: number | undefined };

/**
 * How long to wait before the page is asked for again; undefined when waiting does not help, or has not helped.
 * @param attempts at this page so far
 */
export function waitAfterFailure(
  { kind, retryAfterSeconds }: ReadFailure,
  attempts: number,
): number | undefined {
  if (attempts >= IMPORT_ATTEMPTS_MAX) return undefined;
  if (kind === "throttled") return (retryAfterSeconds ?? 1) * 1_000;
  return kind === "unavailable" ? IMPORT_RETRY_BASE_MS * 2 ** (attempts - 1) : undefined;
}

/** Lists of at most so many items and bytes of JSON, in order; one item is never divided. */
export function inChunks<T>(items: readonly T[], countMax: number, bytesMax: number): T[][] {
  const chunks: T[][] = [];
  let bytes = Infinity;
  for (const item of items) {
    // Of the text as UTF-8: no character takes more than three bytes per unit.
    const size = JSON.stringify(item).length * 3;
    const chunk = chunks.at(-1);
    if (chunk === undefined || chunk.length >= countMax || bytes + size > bytesMax) {
      chunks.push([item]);
      bytes = size;
    } else {
      chunk.push(item);
      bytes += size;
    }
  }
  return chunks;
}
