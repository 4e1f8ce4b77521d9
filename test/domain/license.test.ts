/** Entitlement and the rows of the license state machine, one by one. */
import { describe, expect, it } from "vitest";
import {
  entitlement,
  type LicenseFacts,
  mayLicenseGroup,
  NO_LICENSE,
  ranking,
} from "../../src/domain/license.ts";
import { allocate } from "../../src/domain/license-allocation.ts";
import { licenseEvents } from "../../src/domain/license-event.ts";
import type { AllocationState, Evaluation } from "../../src/domain/license-round.ts";

const RO = 1;
const CONCURRENT = 2;
const NAMED = 3;
const types = [
  { typeNo: RO, code: "read_only", rank: 1 },
  { typeNo: CONCURRENT, code: "concurrent", rank: 2 },
  { typeNo: NAMED, code: "named", rank: 3 },
];
const rankOf = ranking(types);

/** Pools as [assigned, assignable]. */
const pools = (readOnly: [number, number], named: [number, number]) => [
  { typeNo: RO, code: "read_only", rank: 1, assigned: readOnly[0], assignable: readOnly[1] },
  { typeNo: NAMED, code: "named", rank: 3, assigned: named[0], assignable: named[1] },
];

const undecided: LicenseFacts = {
  held: null,
  wanted: null,
  waitingSince: null,
  priority: 0,
  adoptionPending: false,
};
const holds = (held: number, wanted = held, waitingSince: number | null = null): LicenseFacts => ({
  held,
  wanted,
  waitingSince,
  priority: 0,
  adoptionPending: false,
});
const waits = (wanted: number, waitingSince: number): LicenseFacts => ({
  held: null,
  wanted,
  waitingSince,
  priority: 0,
  adoptionPending: false,
});

const evaluate = (
  userNo: number,
  facts: LicenseFacts,
  entitled: number,
  more: Partial<Evaluation> = {},
): Evaluation => ({
  userNo,
  facts,
  entitled: { typeNo: entitled, because: entitled === RO ? "default" : "group" },
  defaultTypeNo: RO,
  groups: [],
  release: null,
  lowering: null,
  adoption: null,
  since: 500,
  ...more,
});

const run = (state: Partial<AllocationState> & Pick<AllocationState, "pools">) => {
  const allocation = allocate({
    evaluations: [],
    candidates: [],
    longerQueues: new Set(),
    longerLowering: new Set(),
    reserved: new Set(),
    ...state,
  });
  const after = new Map(allocation.userChanges.map((change) => [change.userNo, change.after]));
  const events = allocation.userChanges.flatMap((change) => licenseEvents(change, types, rankOf));
  return {
    ...allocation,
    after,
    events: events.map(({ userNo, action, reason }) => `${userNo} ${action} ${reason}`),
  };
};

describe("entitlement", () => {
  it.each([
    ["the default alone", RO, [], null, RO, "default"],
    ["a group above the default", RO, [NAMED], null, NAMED, "group"],
    ["the highest of several groups, once (I3)", RO, [CONCURRENT, NAMED, RO], null, NAMED, "group"],
    ["a group equal to the default", RO, [RO], null, RO, "default"],
    ["an administrator's wish above all", RO, [CONCURRENT], NAMED, NAMED, "manual"],
    ["a wish below the default", CONCURRENT, [], RO, CONCURRENT, "default"],
    ["an account made by hand", null, [], NAMED, NAMED, "manual"],
    ["an account made by hand without a type", null, [], null, NO_LICENSE, null],
    ["a withdrawn license, whatever else", RO, [NAMED], NO_LICENSE, NO_LICENSE, "manual"],
    ["types that do not exist", 9, [8], 7, NO_LICENSE, null],
  ] as const)("%s", (_, defaultTypeNo, groupTypeNos, manualTypeNo, typeNo, because) => {
    expect(entitlement({ defaultTypeNo, groupTypeNos, manualTypeNo }, rankOf)).toEqual({ typeNo, because });
  });

  it.each([
    [null, NAMED, true],
    [RO, RO, true],
    [NAMED, RO, true],
    [RO, CONCURRENT, false],
  ])("group type %s under default %s: allowed %s (I10)", (typeNo, defaultTypeNo, allowed) => {
    expect(mayLicenseGroup(typeNo, defaultTypeNo, rankOf)).toBe(allowed);
  });
});

describe("state machine", () => {
  it("none, provisioned, free: assigned", () => {
    const { after, poolChanges, events } = run({
      pools: pools([0, 1], [0, 0]),
      evaluations: [evaluate(1, undecided, RO)],
    });
    expect(after.get(1)).toEqual(holds(RO));
    expect(poolChanges).toEqual([{ typeNo: RO, assigned: 1, waitingUnlicensed: 0, waitingUpgrade: 0 }]);
    expect(events).toEqual(["1 license.granted configuration_default"]);
  });

  it("none, provisioned, none free: waiting since the change", () => {
    const { after, poolChanges, events } = run({
      pools: pools([1, 1], [0, 9]),
      evaluations: [evaluate(1, undecided, RO)],
    });
    expect(after.get(1)).toEqual(waits(RO, 500));
    expect(poolChanges).toEqual([{ typeNo: RO, assigned: 0, waitingUnlicensed: 1, waitingUpgrade: 0 }]);
    expect(events).toEqual(["1 license.waiting configuration_default"]);
  });

  it("waiting, capacity: first in, first out by waiting since, then number", () => {
    const { after, events } = run({
      pools: pools([0, 2], [0, 0]),
      candidates: [
        { userNo: 7, facts: waits(RO, 20) },
        { userNo: 9, facts: waits(RO, 10) },
        { userNo: 3, facts: waits(RO, 20) },
      ],
    });
    expect([...after.keys()].sort()).toEqual([3, 9]);
    expect(events).toEqual(["9 license.granted capacity", "3 license.granted capacity"].sort().reverse());
  });

  it("waiting, raised, not free: waits for the higher type since the same time", () => {
    const { after, poolChanges, events } = run({
      pools: pools([1, 1], [1, 1]),
      evaluations: [evaluate(1, waits(RO, 10), NAMED)],
    });
    expect(after.get(1)).toEqual(waits(NAMED, 10));
    expect(poolChanges).toEqual([
      { typeNo: RO, assigned: 0, waitingUnlicensed: -1, waitingUpgrade: 0 },
      { typeNo: NAMED, assigned: 0, waitingUnlicensed: 1, waitingUpgrade: 0 },
    ]);
    expect(events).toEqual(["1 license.waiting group_license_type"]);
  });

  it("waiting, raised, free: assigned the higher type directly", () => {
    const { after } = run({ pools: pools([1, 1], [0, 1]), evaluations: [evaluate(1, waits(RO, 10), NAMED)] });
    expect(after.get(1)).toEqual(holds(NAMED));
  });

  it("assigned, raised, free: swap, and the freed seat serves the lower queue", () => {
    const { after, poolChanges, events } = run({
      pools: pools([1, 1], [0, 1]),
      evaluations: [evaluate(1, holds(RO), NAMED)],
      candidates: [{ userNo: 2, facts: waits(RO, 10) }],
    });
    expect(after.get(1)).toEqual(holds(NAMED));
    expect(after.get(2)).toEqual(holds(RO));
    expect(poolChanges).toContainEqual({ typeNo: RO, assigned: 0, waitingUnlicensed: -1, waitingUpgrade: 0 });
    expect(events.sort()).toEqual(["1 license.upgraded group_license_type", "2 license.granted capacity"]);
  });

  it("assigned, raised, not free: keeps the held one and waits (I7)", () => {
    const { after, poolChanges } = run({
      pools: pools([1, 1], [1, 1]),
      evaluations: [evaluate(1, holds(RO), NAMED)],
    });
    expect(after.get(1)).toEqual(holds(RO, NAMED, 500));
    expect(poolChanges).toEqual([{ typeNo: NAMED, assigned: 0, waitingUnlicensed: 0, waitingUpgrade: 1 }]);
  });

  it("assigned and waiting, capacity: swap", () => {
    const { after } = run({
      pools: pools([1, 1], [0, 1]),
      candidates: [{ userNo: 1, facts: holds(RO, NAMED, 10) }],
    });
    expect(after.get(1)).toEqual(holds(NAMED));
  });

  it("assigned and waiting, reason gone: leaves the queue, keeps what it holds, even with a seat free", () => {
    const { after, events } = run({
      pools: pools([1, 1], [0, 1]),
      evaluations: [evaluate(1, holds(RO, NAMED, 10), RO)],
    });
    expect(after.get(1)).toEqual(holds(RO));
    expect(events).toEqual(["1 license.wait_ended entitlement_ended"]);
  });

  it("waiting, reason gone: waits for the default in its old place", () => {
    const { after } = run({ pools: pools([1, 1], [1, 1]), evaluations: [evaluate(1, waits(NAMED, 10), RO)] });
    expect(after.get(1)).toEqual(waits(RO, 10));
  });

  it("assigned, removed from groups: keeps (A7)", () => {
    const { after, events } = run({
      pools: pools([0, 1], [1, 1]),
      evaluations: [evaluate(1, holds(NAMED), RO)],
    });
    expect(after.get(1)).toEqual(holds(NAMED, RO));
    expect(events).toEqual([]);
  });

  it("first adoption, default free: lowered, and the higher queue is served", () => {
    const { after, events } = run({
      pools: pools([0, 1], [1, 1]),
      evaluations: [evaluate(1, { ...holds(NAMED), adoptionPending: true }, RO, { adoption: "safe" })],
      candidates: [{ userNo: 2, facts: waits(NAMED, 10) }],
    });
    expect(after.get(1)).toEqual(holds(RO));
    expect(after.get(2)).toEqual(holds(NAMED));
    expect(events.sort()).toEqual(["1 license.lowered first_provisioning", "2 license.granted capacity"]);
  });

  it("first adoption, default not free: keeps and stays pending (A3)", () => {
    const { after } = run({
      pools: pools([1, 1], [1, 1]),
      evaluations: [evaluate(1, { ...holds(NAMED), adoptionPending: true }, RO, { adoption: "safe" })],
    });
    expect(after.get(1)).toEqual({ ...holds(NAMED, RO), adoptionPending: true });
  });

  it("pending adoption, default comes free: those who wait come first, then it is lowered", () => {
    const pending = { ...holds(NAMED, RO), adoptionPending: true };
    const candidates = [
      { userNo: 1, facts: pending },
      { userNo: 2, facts: waits(RO, 10) },
    ];
    expect([...run({ pools: pools([0, 1], [1, 1]), candidates }).after.keys()]).toEqual([2]);
    const both = run({ pools: pools([0, 2], [1, 1]), candidates });
    expect(both.after.get(1)).toEqual(holds(RO));
    expect(both.after.get(2)).toEqual(holds(RO));
  });

  it("first adoption of somebody whose group gives what it holds: settled, nothing lost", () => {
    const { after } = run({
      pools: pools([0, 1], [1, 1]),
      evaluations: [evaluate(1, { ...holds(NAMED), adoptionPending: true }, NAMED)],
    });
    expect(after.get(1)).toEqual(holds(NAMED));
  });

  it.each(["deprovisioned", "released_by_admin"] as const)("%s: none, and the queue is served", (release) => {
    const { after, events } = run({
      pools: pools([1, 1], [0, 0]),
      evaluations: [evaluate(1, holds(RO, NAMED, 10), RO, { release })],
      candidates: [{ userNo: 2, facts: waits(RO, 10) }],
    });
    expect(after.get(1)).toEqual({
      held: null,
      wanted: NO_LICENSE,
      waitingSince: null,
      priority: 0,
      adoptionPending: false,
    });
    expect(after.get(2)).toEqual(holds(RO));
    expect(events.sort()).toEqual([`1 license.released ${release}`, "2 license.granted capacity"]);
  });

  it("deprovisioned while waiting: leaves the queue", () => {
    const { poolChanges, events } = run({
      pools: pools([1, 1], [0, 0]),
      evaluations: [evaluate(1, waits(RO, 10), RO, { release: "deprovisioned" })],
    });
    expect(poolChanges).toEqual([{ typeNo: RO, assigned: 0, waitingUnlicensed: -1, waitingUpgrade: 0 }]);
    expect(events).toEqual(["1 license.wait_ended deprovisioned"]);
  });
});

describe("beyond the state machine", () => {
  it("first provisioning with a licensed group already there: the default first, then the place for more (R36)", () => {
    const { after, events } = run({
      pools: pools([0, 1], [1, 1]),
      evaluations: [evaluate(1, undecided, NAMED)],
    });
    expect(after.get(1)).toEqual(holds(RO, NAMED, 500));
    expect(events).toEqual(["1 license.granted group_license_type", "1 license.waiting group_license_type"]);
  });

  it("a group's type lowered by an administrator lowers its members while seats last (A7, A3)", () => {
    const lowered = (userNo: number) =>
      evaluate(userNo, holds(NAMED), RO, { lowering: "group_license_type_lowered" });
    const { after } = run({ pools: pools([0, 1], [2, 2]), evaluations: [lowered(1), lowered(2)] });
    expect(after.get(1)).toEqual(holds(RO));
    expect(after.get(2)).toEqual({ ...holds(NAMED, RO), adoptionPending: true });
  });

  it("an over-allocated pool gives nothing, not even a seat that comes back (A25)", () => {
    const { after } = run({
      pools: pools([3, 1], [0, 1]),
      evaluations: [evaluate(1, holds(RO), NAMED)],
      candidates: [{ userNo: 2, facts: waits(RO, 10) }],
    });
    expect([...after.keys()]).toEqual([1]);
  });

  it("strict adoption: gives up the higher license for a place in the queue, or for the seat that is free", () => {
    const adopted = evaluate(1, { ...holds(NAMED), adoptionPending: true }, RO, { adoption: "strict" });
    const without = run({ pools: pools([1, 1], [1, 1]), evaluations: [adopted] });
    expect(without.after.get(1)).toEqual(waits(RO, 500));
    expect(without.events).toEqual([
      "1 license.released first_provisioning",
      "1 license.waiting first_provisioning",
    ]);
    expect(run({ pools: pools([0, 1], [1, 1]), evaluations: [adopted] }).events).toEqual([
      "1 license.lowered first_provisioning",
    ]);
  });

  it("leaving a group while the subscription recomputes: lowered, pending, or without anything left", () => {
    const left = (entitled: number) => evaluate(1, holds(NAMED), entitled, { lowering: "left_group" });
    const lowered = run({ pools: pools([0, 1], [1, 1]), evaluations: [left(RO)] });
    expect(lowered.events).toEqual(["1 license.lowered left_group"]);
    const pending = run({ pools: pools([1, 1], [1, 1]), evaluations: [left(RO)] });
    expect(pending.after.get(1)).toEqual({ ...holds(NAMED, RO), adoptionPending: true });
    const nothing = run({ pools: pools([1, 1], [1, 1]), evaluations: [left(NO_LICENSE)] });
    expect(nothing.events).toEqual(["1 license.released left_group"]);
  });

  it("a lowering that had to wait for a seat says so", () => {
    const facts = { ...holds(NAMED, RO), adoptionPending: true };
    const { events } = run({ pools: pools([0, 1], [1, 1]), candidates: [{ userNo: 1, facts }] });
    expect(events).toEqual(["1 license.lowered lowering_pending"]);
  });

  it("idle beyond the grace period: released, or out of the queue (A8)", () => {
    const { events } = run({
      pools: pools([1, 1], [0, 0]),
      evaluations: [
        evaluate(1, holds(RO), RO, { release: "idle" }),
        evaluate(2, waits(RO, 10), RO, { release: "idle" }),
      ],
      candidates: [{ userNo: 3, facts: waits(RO, 20) }],
    });
    expect(events.sort()).toEqual([
      "1 license.released idle",
      "2 license.wait_ended idle",
      "3 license.granted capacity",
    ]);
  });

  it("priority before time, time before number (A4)", () => {
    const groups = [{ groupNo: 1, typeNo: RO, priority: 7 }];
    const { after } = run({
      pools: pools([0, 1], [0, 0]),
      evaluations: [evaluate(9, undecided, RO, { groups })],
      candidates: [{ userNo: 1, facts: waits(RO, 10) }],
    });
    expect([...after.keys()]).toEqual([9]);
    const waiting = run({
      pools: pools([1, 1], [0, 0]),
      evaluations: [
        evaluate(9, undecided, RO, { groups: [...groups, { groupNo: 2, typeNo: NAMED, priority: 9 }] }),
      ],
    });
    expect(waiting.after.get(9)).toEqual({ ...waits(RO, 500), priority: -7 });
  });

  it("a reserved type is given to nobody, and asks for no other round by itself", () => {
    const result = run({
      pools: pools([0, 1], [0, 1]),
      evaluations: [evaluate(1, holds(RO), NAMED)],
      candidates: [{ userNo: 2, facts: waits(NAMED, 10) }],
      longerQueues: new Set([NAMED]),
      reserved: new Set([NAMED]),
    });
    expect(result.after.get(1)).toEqual(holds(RO, NAMED, 500));
    expect(result.after.has(2)).toBe(false);
    expect(result.more).toBe(false);
  });

  it("whoever has waited longer stands in the queue before anybody is served", () => {
    const { after } = run({
      pools: pools([2, 2], [0, 1]),
      evaluations: [evaluate(5, waits(RO, 10), NAMED)],
      candidates: [{ userNo: 1, facts: waits(NAMED, 400) }],
    });
    expect(after.get(5)).toEqual(holds(NAMED));
  });

  it("asks for another round only while seats are left for a queue that goes on", () => {
    const candidates = [{ userNo: 1, facts: waits(RO, 10) }];
    const longerQueues = new Set([RO]);
    expect(run({ pools: pools([0, 2], [0, 0]), candidates, longerQueues }).more).toBe(true);
    expect(run({ pools: pools([0, 1], [0, 0]), candidates, longerQueues }).more).toBe(false);
  });

  it("changes nothing when nothing changed", () => {
    const evaluations = [evaluate(1, holds(RO), RO), evaluate(2, waits(RO, 3), RO)];
    expect(run({ pools: pools([1, 1], [0, 0]), evaluations })).toMatchObject({
      userChanges: [],
      poolChanges: [],
      grantedFrom: [],
      more: false,
    });
  });
});
