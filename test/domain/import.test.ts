import { describe, expect, it } from "vitest";
import {
  accountOf,
  type ImportEffect,
  type ImportedPerson,
  importPerson,
  importSource,
  inChunks,
  inSameMinute,
  nextImportAt,
  parseFirstImport,
  proposeFirstImport,
  type RemotePerson,
  waitAfterFailure,
} from "../../src/domain/import.ts";
import { FIRST_IMPORT_WINDOW_MINUTES, IMPORT_ATTEMPTS_MAX } from "../../src/domain/limits.ts";
import type { VaultUser } from "../../src/domain/vault.ts";

const minute = 60_000;
const vaultUser = (state: VaultUser["state"], disabledBy: VaultUser["disabledBy"] = null): VaultUser => ({
  state,
  disabledBy,
  origin: "sync",
  pinned: false,
});

describe("what an import does to a member of an imported group", () => {
  const member: ImportedPerson = {
    account: "live",
    active: true,
    vaultUser: undefined,
    enableDisabled: false,
  };
  const untouched: ImportEffect = { account: "none", skipped: false, vaultUser: "none" };
  const table: [row: string, person: Partial<ImportedPerson>, effect: Partial<ImportEffect>][] = [
    ["R52: without an account, one is created", { account: "none" }, { account: "create" }],
    [
      "R52: a name that was deprovisioned is given again",
      { account: "deprovisioned" },
      { account: "revive" },
    ],
    [
      "who cannot sign in at the provider gets no first account",
      { account: "none", active: false },
      { skipped: true },
    ],
    ["nor a second life", { account: "deprovisioned", active: false }, { skipped: true }],
    ["R53: an account that exists is left alone", {}, {}],
    ["R53: also when the provider has disabled the person", { active: false }, {}],
    ["R58: disabled by an administrator stays so", { vaultUser: vaultUser("disabled", "admin") }, {}],
    [
      "R59: with the setting, it becomes enabled",
      { vaultUser: vaultUser("disabled", "admin"), enableDisabled: true },
      { vaultUser: "enable" },
    ],
    ["R60: a tombstone never", { vaultUser: vaultUser("deleted"), enableDisabled: true }, {}],
    [
      "whom synchronization disabled is for the link to enable",
      { vaultUser: vaultUser("disabled", "sync"), enableDisabled: true },
      {},
    ],
    ["R61: enabled stays enabled", { vaultUser: vaultUser("enabled"), enableDisabled: true }, {}],
    [
      "nobody is enabled who has no account",
      { account: "deprovisioned", vaultUser: vaultUser("disabled", "admin"), enableDisabled: true },
      { account: "revive" },
    ],
  ];
  it.each(table)("%s", (_, person, effect) => {
    expect(importPerson({ ...member, ...person })).toEqual({ ...untouched, ...effect });
  });
});

describe("the start of the first import", () => {
  it.each([
    ["0", 0],
    ["90", 90],
    ["01:30", 90],
    ["1:05", 65],
    [" 24:00 ", 1_440],
    ["1440", 1_440],
    ["24:01", undefined],
    ["1441", undefined],
    ["1:5", undefined],
    ["01:60", undefined],
    ["-1", undefined],
    ["soon", undefined],
    ["", undefined],
    ["1:", undefined],
  ])("%j is %j minutes (A24)", (text, minutes) => {
    expect(parseFirstImport(text)).toBe(minutes);
  });

  it("of 20 vaults, turned on together or one after the other, no two are in the same minute (R66)", () => {
    for (const apart of [0, 17_000, 3 * minute]) {
      const taken: number[] = [];
      for (let vault = 0; vault < 20; vault += 1) {
        const now = 1_800_000_000_000 + vault * apart;
        const at = now + proposeFirstImport(now, taken) * minute;
        expect(taken.filter((other) => inSameMinute(other, at))).toEqual([]);
        taken.push(at);
      }
    }
  });

  it("keeps its distance, and shares a minute only when there is none left", () => {
    const now = 1_800_000_000_000;
    const first = proposeFirstImport(now, []);
    const second = proposeFirstImport(now, [now + first * minute]);
    expect(Math.abs(second - first)).toBeGreaterThan(FIRST_IMPORT_WINDOW_MINUTES / 2);
    const taken: number[] = [];
    for (let vault = 0; vault < 2 * FIRST_IMPORT_WINDOW_MINUTES; vault += 1) {
      taken.push(now + proposeFirstImport(now, taken) * minute);
    }
    const shares = Map.groupBy(taken, (at) => at);
    expect([...shares.values()].map((same) => same.length)).toEqual(
      Array.from({ length: FIRST_IMPORT_WINDOW_MINUTES }, () => 2),
    );
  });
});

describe("the next turn", () => {
  const first = 1_800_000_000_000;
  it.each([
    ["before the first it is the first", -1, 0],
    ["at the first it is one interval later", 0, 15],
    ["after a short import", 2, 15],
    ["exactly at a turn it is the one after", 15, 30],
    ["after an import that missed two turns", 44, 45],
    ["after a night of rest", 600.5, 615],
  ])("%s (R65)", (_, after, expected) => {
    expect(nextImportAt(first, 15, first + after * minute)).toBe(first + expected * minute);
  });
});

describe("the account of a person", () => {
  const person: RemotePerson = { id: "1", userName: " anna@example.com ", active: true };
  it("has the names and the address that the provider has", () => {
    const described = { displayName: "Anna", givenName: "A", familyName: "N", email: "a@example.com" };
    expect(accountOf({ ...person, ...described })).toEqual({
      userName: "anna@example.com",
      displayName: "Anna",
      name: { givenName: "A", familyName: "N" },
      emails: [{ value: "a@example.com", type: "work", primary: true }],
    });
  });
  it.each([
    ["no name", { userName: "" }],
    ["only an id", { userName: undefined }],
    ["a name that is too long", { userName: "a".repeat(257) }],
    ["a line break", { userName: "a\nb" }],
    ["half a character", { userName: "\ud800" }],
  ])("does not exist for %s", (_, change) => {
    const { userName: __, ...rest } = person;
    const changed = change.userName === undefined ? rest : { ...rest, userName: change.userName };
    expect(accountOf(changed)).toBeUndefined();
  });
  it("goes without what is no address and no name", () => {
    expect(accountOf({ ...person, email: "nowhere", displayName: " ", givenName: "\ud800" })).toEqual({
      userName: "anna@example.com",
    });
  });
});

describe("after a failed read", () => {
  it.each([
    ["throttled", 1, 7, 7_000],
    ["throttled", 3, 3_600, 3_600_000],
    ["unavailable", 1, undefined, 2_000],
    ["unavailable", 3, undefined, 8_000],
    ["unavailable", IMPORT_ATTEMPTS_MAX, undefined, undefined],
    ["throttled", IMPORT_ATTEMPTS_MAX, 7, undefined],
    ["credential", 1, undefined, undefined],
    ["refused", 1, undefined, undefined],
    ["invalid_answer", 1, undefined, undefined],
    ["address", 1, undefined, undefined],
  ])("%s, attempt %i, Retry-After %j: wait %j ms", (kind, attempts, retryAfterSeconds, wait) => {
    expect(waitAfterFailure({ kind, retryAfterSeconds }, attempts)).toBe(wait);
  });
});

it("chunks are bounded by count and by size, and lose nothing", () => {
  const items = Array.from({ length: 25 }, (_, index) => "x".repeat(index * 10));
  const chunks = inChunks(items, 10, 3_000);
  expect(chunks.flat()).toEqual(items);
  for (const chunk of chunks) {
    expect(chunk.length).toBeLessThanOrEqual(10);
    const size = chunk.reduce((sum, item) => sum + JSON.stringify(item).length * 3, 0);
    expect(chunk.length === 1 || size <= 3_000).toBe(true);
  }
  expect(inChunks([], 10, 10)).toEqual([]);
  expect(inChunks(["too large for any"], 10, 1)).toEqual([["too large for any"]]);
});

it("imported groups belong to no configuration, and to one vault each", () => {
  expect(importSource(7)).toBe(-7);
});
