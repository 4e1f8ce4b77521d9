import { describe, expect, it } from "vitest";
import { type DriftCircumstances, differences, driftReason } from "../../src/domain/drift.ts";
import type { PersonAtLink } from "../../src/domain/link.ts";
import type { VaultUser } from "../../src/domain/vault.ts";

const enabled: VaultUser = { state: "enabled", disabledBy: null, origin: "sync", pinned: false };
const asItShouldBe: PersonAtLink = {
  effect: "follow",
  inSource: true,
  inTarget: true,
  vaultUser: enabled,
  coveredElsewhere: false,
};

describe("differences", () => {
  const cases: [string, Partial<PersonAtLink>, string][] = [
    ["none", {}, ""],
    [
      "the vault has never heard of the person",
      { vaultUser: undefined, inTarget: false },
      "not_in_vault+not_member",
    ],
    ["lost from the group", { inTarget: false }, "not_member"],
    [
      "disabled without a reason",
      { vaultUser: { ...enabled, state: "disabled", disabledBy: "sync" } },
      "not_enabled",
    ],
    [
      "disabled by an administrator is right (R58)",
      { vaultUser: { ...enabled, state: "disabled", disabledBy: "admin" } },
      "",
    ],
    ["a tombstone is right (R60)", { vaultUser: { ...enabled, state: "deleted" }, inTarget: false }, ""],
    ["a tombstone in the group is not", { vaultUser: { ...enabled, state: "deleted" } }, "still_member"],
    ["gone from the source", { inSource: false }, "still_enabled+still_member"],
    ["gone, but covered by another link (R57)", { inSource: false, coveredElsewhere: true }, "still_member"],
    [
      "gone, and was there before links were (A15)",
      { inSource: false, vaultUser: { ...enabled, origin: "manual" } },
      "still_member",
    ],
    [
      "covered, but not taken over yet (A14)",
      { vaultUser: { ...enabled, origin: "manual" } },
      "not_synchronized",
    ],
    ["the link is being taken off", { effect: "clear" }, "still_enabled+still_member"],
    ["the link does nothing", { effect: "none", inTarget: false }, ""],
  ];
  it.each(cases)("%s", (_, change, expected) => {
    expect(differences({ ...asItShouldBe, ...change }).join("+")).toBe(expected);
  });
});

describe("the reason of a difference", () => {
  const nothing: DriftCircumstances = {
    paused: false,
    waiting: false,
    discarded: false,
    open: false,
    dead: false,
  };
  it("is the first that an administrator can do something about", () => {
    const all = { paused: true, waiting: true, discarded: true, open: true, dead: true };
    expect(driftReason(all)).toBe("paused");
    expect(driftReason({ ...all, paused: false })).toBe("waiting_for_approval");
    expect(driftReason({ ...all, paused: false, waiting: false })).toBe("failed");
    expect(driftReason({ ...nothing, open: true, discarded: true })).toBe("propagating");
    expect(driftReason({ ...nothing, discarded: true })).toBe("discarded");
    expect(driftReason(nothing)).toBe("changed_outside");
  });
});
