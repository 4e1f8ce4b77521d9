import { describe, expect, it } from "vitest";
import { brake, DEFAULT_BRAKE_POLICY } from "../../src/domain/brake.ts";

type Row = [leaving: number, earlier: number, enabled: number, waiting: boolean, reason: string | undefined];

describe("the brake (A21)", () => {
  it.each<Row>([
    // Nothing happens, nothing to hold back.
    [0, 0, 100, false, undefined],
    [0, 90, 10, false, undefined],
    // Below the floor the share does not matter: half of a small team may leave.
    [19, 0, 38, false, undefined],
    [19, 0, 19, false, undefined],
    [20, 0, 38, false, "share"],
    // Exactly the share may leave; one more may not.
    [25, 0, 100, false, undefined],
    [26, 0, 100, false, "share"],
    // Who left earlier in the window counts, in the share and in what it is a share of.
    [1, 24, 76, false, undefined],
    [1, 25, 75, false, "share"],
    [6, 20, 80, false, "share"],
    // Past the absolute number no share is small enough.
    [500, 0, 100_000, false, undefined],
    [501, 0, 100_000, false, "absolute"],
    [1, 500, 99_500, false, "absolute"],
    [501, 0, 501, false, "absolute"],
    // While a decision is due, everything of the vault waits for it.
    [1, 0, 100, true, "joined"],
    [0, 0, 100, true, "joined"],
  ])("leaving %i after %i, %i enabled, waiting %s: %s", (leaving, earlier, enabled, waiting, reason) => {
    expect(brake({ leaving, earlier, enabled, waiting }, DEFAULT_BRAKE_POLICY)).toBe(reason);
  });

  it("follows the policy", () => {
    const facts = { leaving: 3, earlier: 0, enabled: 10, waiting: false };
    expect(brake(facts, { percent: 20, floor: 3, absolute: 500 })).toBe("share");
    expect(brake(facts, { percent: 30, floor: 3, absolute: 500 })).toBeUndefined();
    expect(brake(facts, { percent: 100, floor: 0, absolute: 2 })).toBe("absolute");
    expect(brake({ ...facts, leaving: 10 }, { percent: 100, floor: 0, absolute: 10 })).toBeUndefined();
  });
});
