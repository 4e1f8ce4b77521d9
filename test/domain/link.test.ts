/** R51–R61 as far as links are concerned (A1), one row each, and the states of a link. */
import { describe, expect, it } from "vitest";
import {
  afterFailure,
  afterRun,
  canSwitch,
  coversPeople,
  effectOf,
  LINK_STATES,
  type LinkState,
  type PersonAtLink,
  type Settlement,
  settle,
} from "../../src/domain/link.ts";
import type { VaultUser } from "../../src/domain/vault.ts";

const enabled: VaultUser = { state: "enabled", disabledBy: null, origin: "sync", pinned: false };
const bySync: VaultUser = { ...enabled, state: "disabled", disabledBy: "sync" };
const byAdmin: VaultUser = { ...enabled, state: "disabled", disabledBy: "admin" };
const deleted: VaultUser = { ...enabled, state: "deleted" };
const manual: VaultUser = { ...enabled, origin: "manual" };

const nothing: Settlement = { vaultUser: "none", member: "none", synchronize: false, skipped: false };
const person = (facts: Partial<PersonAtLink>): PersonAtLink => ({
  effect: "follow",
  inSource: true,
  inTarget: false,
  vaultUser: undefined,
  coveredElsewhere: false,
  ...facts,
});
const left = (facts: Partial<PersonAtLink>): PersonAtLink =>
  person({ inSource: false, inTarget: true, vaultUser: enabled, ...facts });

describe("what a link does to a person", () => {
  const cases: [string, PersonAtLink, Partial<Settlement>][] = [
    ["R51: a new person becomes a vault user and member", person({}), { vaultUser: "create", member: "add" }],
    ["R51: a vault user becomes a member", person({ vaultUser: enabled }), { member: "add" }],
    ["settled before: nothing (I24)", person({ vaultUser: enabled, inTarget: true }), {}],
    ["R54, R55: out of the last group", left({}), { member: "remove", vaultUser: "disable" }],
    ["R57, I19: still in another group of the vault", left({ coveredElsewhere: true }), { member: "remove" }],
    [
      "A14: pinned people stay enabled",
      left({ vaultUser: { ...enabled, pinned: true } }),
      { member: "remove" },
    ],
    ["A15: people nobody synchronized stay enabled", left({ vaultUser: manual }), { member: "remove" }],
    ["R58: disabled by admin stays so, but is a member", person({ vaultUser: byAdmin }), { member: "add" }],
    ["R58: disabled by admin and left", left({ vaultUser: byAdmin }), { member: "remove" }],
    ["A10: disabled by sync and back", person({ vaultUser: bySync }), { vaultUser: "enable", member: "add" }],
    ["R60: deleted by admin is not created again", person({ vaultUser: deleted }), { skipped: true }],
    [
      "I20: a tombstone is no member",
      person({ vaultUser: deleted, inTarget: true }),
      { skipped: true, member: "remove" },
    ],
    ["R61: enabled by admin while in a group stays so", person({ vaultUser: enabled, inTarget: true }), {}],
    [
      "A14: a manual vault user becomes synchronized",
      person({ vaultUser: manual }),
      { member: "add", synchronize: true },
    ],
    ["neither in source nor in target", person({ inSource: false, vaultUser: enabled }), {}],
    [
      "unlinking empties the target",
      left({ effect: "clear", inSource: true }),
      { member: "remove", vaultUser: "disable" },
    ],
    ["paused: nothing is added", person({ effect: "none" }), {}],
    ["paused: nothing is removed", left({ effect: "none" }), {}],
  ];
  it.each(cases)("%s", (_, facts, expected) => {
    expect(settle(facts)).toEqual({ ...nothing, ...expected });
  });
});

describe("states of a link", () => {
  const rows: Record<LinkState, { effect: string; covers: boolean; run: LinkState; failure: LinkState }> = {
    pending: { effect: "follow", covers: true, run: "active", failure: "error" },
    propagating: { effect: "follow", covers: true, run: "active", failure: "error" },
    active: { effect: "follow", covers: true, run: "active", failure: "error" },
    error: { effect: "follow", covers: true, run: "active", failure: "error" },
    paused: { effect: "none", covers: true, run: "paused", failure: "paused" },
    unlinking: { effect: "clear", covers: false, run: "removed", failure: "unlinking" },
    removed: { effect: "none", covers: false, run: "removed", failure: "removed" },
    source_deleted: { effect: "clear", covers: false, run: "source_deleted", failure: "source_deleted" },
  };
  it.each(LINK_STATES)("%s", (state) => {
    const { effect, covers, run, failure } = rows[state];
    expect(effectOf(state, false)).toBe(effect);
    expect(coversPeople(state, false)).toBe(covers);
    expect(afterRun(state, false)).toBe(run);
    expect(afterFailure(state)).toBe(failure);
  });

  it("a deleted source empties the target, covers nobody and shows", () => {
    for (const state of ["pending", "active", "error", "source_deleted"] as const) {
      expect(effectOf(state, true)).toBe("clear");
      expect(coversPeople(state, true)).toBe(false);
      expect(afterRun(state, true)).toBe("source_deleted");
    }
    expect(afterRun("unlinking", true)).toBe("removed");
  });

  it("a paused one keeps whom it has, whatever became of its source", () => {
    for (const sourceDeleted of [false, true]) {
      expect(effectOf("paused", sourceDeleted)).toBe("none");
      expect(coversPeople("paused", sourceDeleted)).toBe(true);
      expect(afterRun("paused", sourceDeleted)).toBe("paused");
    }
  });

  it("can be paused and resumed while it stands", () => {
    expect(LINK_STATES.filter(canSwitch)).toEqual(["pending", "propagating", "active", "error", "paused"]);
  });
});
