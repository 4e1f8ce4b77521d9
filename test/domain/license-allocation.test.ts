/** Golden scenarios on the rules alone, and invariants after every step of random histories. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { entitlement, type LicenseFacts, NO_LICENSE, ranking } from "../../src/domain/license.ts";
import { allocate } from "../../src/domain/license-allocation.ts";
import { type LicenseStanding, licenseEvents } from "../../src/domain/license-event.ts";
import type { Evaluation, Release } from "../../src/domain/license-round.ts";

const TYPES = [
  { typeNo: 1, code: "read_only", rank: 1 },
  { typeNo: 2, code: "concurrent", rank: 2 },
  { typeNo: 3, code: "named", rank: 3 },
];
const rankOf = ranking(TYPES);

type Account = {
  facts: LicenseFacts;
  defaultTypeNo: number | null;
  manualTypeNo: number | null;
  groups: Set<number>;
  deprovisioned: boolean;
  idle: boolean;
  /** Adopted and not looked at since. */
  adopted: boolean;
};

/** What an account is looked at for. */
type Open = { since: number; mayLower: boolean; left: boolean };

/** A subscription in memory, with the same rounds the allocator runs over the store. */
class Subscription {
  readonly accounts = new Map<number, Account>();
  readonly assignable = new Map(TYPES.map(({ typeNo }) => [typeNo, 0]));
  readonly counters = new Map(
    TYPES.map(({ typeNo }) => [typeNo, { assigned: 0, unlicensed: 0, upgrade: 0 }]),
  );
  readonly groupTypes = new Map<number, number>();
  readonly groupPriorities = new Map<number, number>();
  readonly replayed = new Map<number, LicenseStanding>();
  recomputes = false;
  strict = false;
  releasesIdle = false;
  /** Accounts to look at, with the time of the change. */
  open = new Map<number, Open>();
  clock = 0;

  touch(userNo: number, { mayLower = false, left = false } = {}): void {
    const known = this.open.get(userNo);
    this.open.set(userNo, {
      since: known?.since ?? this.clock,
      mayLower: mayLower || known?.mayLower === true,
      left: left || known?.left === true,
    });
  }

  provision(defaultTypeNo: number): number {
    this.clock += 1;
    const userNo = this.accounts.size + 1;
    const facts = { held: null, wanted: null, waitingSince: null, priority: 0, adoptionPending: false };
    this.accounts.set(userNo, {
      facts,
      defaultTypeNo,
      manualTypeNo: null,
      groups: new Set(),
      deprovisioned: false,
      idle: false,
      adopted: false,
    });
    this.touch(userNo);
    return userNo;
  }

  setGroupType(group: number, typeNo: number | undefined): void {
    this.clock += 1;
    const lower = rankOf(typeNo ?? null) < rankOf(this.groupTypes.get(group) ?? null);
    if (typeNo === undefined) this.groupTypes.delete(group);
    else this.groupTypes.set(group, typeNo);
    for (const [userNo, account] of this.accounts) {
      if (account.groups.has(group)) this.touch(userNo, { mayLower: lower });
    }
  }

  /** One round: at most `named` accounts evaluated, at most `heads` of each queue seen. */
  round(named: number, heads: number): boolean {
    const open = [...this.open].slice(0, named);
    for (const [userNo] of open) this.open.delete(userNo);
    const evaluations = open.map(([userNo, work]) => this.evaluation(userNo, work));
    for (const [userNo] of open) this.account(userNo).adopted = false;
    const all = [...this.accounts].map(([userNo, { facts }]) => ({ userNo, facts }));
    const queues = TYPES.map(({ typeNo }) =>
      all
        .filter(({ facts }) => facts.waitingSince !== null && facts.wanted === typeNo)
        .sort(
          (a, b) =>
            a.facts.priority - b.facts.priority ||
            (a.facts.waitingSince ?? 0) - (b.facts.waitingSince ?? 0) ||
            a.userNo - b.userNo,
        ),
    );
    const pending = all.filter(({ facts }) => facts.adoptionPending && facts.waitingSince === null);
    const before = new Map(all.map(({ userNo, facts }) => [userNo, facts]));
    const allocation = allocate({
      pools: this.pools(),
      evaluations,
      candidates: [...queues.map((queue) => queue.slice(0, heads)), pending.slice(0, heads)].flat(),
      longerQueues: new Set(
        TYPES.filter((_, i) => (queues[i]?.length ?? 0) > heads).map(({ typeNo }) => typeNo),
      ),
      longerLowering: new Set(pending.length > heads ? pending.map(({ facts }) => facts.wanted ?? 0) : []),
      reserved: new Set(),
    });
    const lowerable = new Set(
      evaluations.filter((e) => e.lowering !== null || e.release !== null).map((e) => e.userNo),
    );
    this.expectInOrder(before, allocation.userChanges, evaluations);
    for (const change of allocation.userChanges) {
      const account = this.account(change.userNo);
      account.facts = change.after;
      for (const event of licenseEvents(change, TYPES, rankOf)) {
        expect(event.data.from).toEqual(this.replayed.get(change.userNo) ?? { held: null, waiting: null });
        this.replayed.set(change.userNo, event.data.to);
      }
      const was = before.get(change.userNo);
      // I8, I7: nobody goes down but by adoption, an administrator's act, or the end.
      if (rankOf(change.after.held) < rankOf(was?.held ?? null)) {
        expect(was?.adoptionPending === true || lowerable.has(change.userNo)).toBe(true);
      }
    }
    for (const { typeNo, assigned, waitingUnlicensed, waitingUpgrade } of allocation.poolChanges) {
      const counter = this.counter(typeNo);
      counter.assigned += assigned;
      counter.unlicensed += waitingUnlicensed;
      counter.upgrade += waitingUpgrade;
    }
    for (const typeNo of allocation.grantedFrom) {
      expect(this.counter(typeNo).assigned).toBeLessThanOrEqual(this.assignable.get(typeNo) ?? 0);
    }
    this.check();
    return allocation.more;
  }

  settle(named = 3, heads = 2): void {
    for (let rounds = 0; ; rounds += 1) {
      expect(rounds).toBeLessThan(500);
      const more = this.round(named, heads);
      if (!more && this.open.size === 0) break;
    }
    for (const { typeNo } of TYPES) {
      const free = (this.assignable.get(typeNo) ?? 0) - this.counter(typeNo).assigned;
      const waiting = this.counter(typeNo).unlicensed + this.counter(typeNo).upgrade;
      if (free > 0) expect(waiting).toBe(0); // I5
    }
  }

  private evaluation(userNo: number, { since, mayLower, left }: Open): Evaluation {
    const {
      facts,
      defaultTypeNo,
      manualTypeNo,
      groups: numbers,
      deprovisioned,
      idle,
      adopted,
    } = this.account(userNo);
    const groups = [...numbers].flatMap((groupNo) => {
      const typeNo = this.groupTypes.get(groupNo);
      return typeNo === undefined
        ? []
        : [{ groupNo, typeNo, priority: this.groupPriorities.get(groupNo) ?? 0 }];
    });
    const groupTypeNos = groups.map(({ typeNo }) => typeNo);
    const entitled = entitlement({ defaultTypeNo, groupTypeNos, manualTypeNo }, rankOf);
    const release = ((): Release | null => {
      if (deprovisioned) return "deprovisioned";
      if (manualTypeNo === NO_LICENSE) return "released_by_admin";
      return idle && this.releasesIdle ? "idle" : null;
    })();
    const recomputed = left && this.recomputes ? ("left_group" as const) : null;
    const lowering = mayLower ? ("group_license_type_lowered" as const) : recomputed;
    const adoption = adopted ? (this.strict ? ("strict" as const) : ("safe" as const)) : null;
    return { userNo, facts, entitled, defaultTypeNo, groups, release, lowering, adoption, since };
  }

  /** Nobody who was in a queue before and stays in it is overtaken by somebody of that queue (A4). */
  private expectInOrder(
    before: ReadonlyMap<number, LicenseFacts>,
    changes: readonly { userNo: number; after: LicenseFacts }[],
    evaluations: readonly Evaluation[],
  ): void {
    const looked = new Set(evaluations.map(({ userNo }) => userNo));
    const key = (userNo: number): [number, number, number] => {
      const facts = before.get(userNo);
      return [facts?.priority ?? 0, facts?.waitingSince ?? 0, userNo];
    };
    const isBefore = (left: number, right: number): boolean => {
      const [a, b] = [key(left), key(right)];
      const at = a.findIndex((part, index) => part !== b[index]);
      return at >= 0 && (a[at] ?? 0) < (b[at] ?? 0);
    };
    const served = changes.filter(
      ({ userNo, after }) =>
        !looked.has(userNo) && before.get(userNo)?.waitingSince !== null && after.waitingSince === null,
    );
    const changed = new Set(changes.map(({ userNo }) => userNo));
    for (const { userNo } of served) {
      for (const [other, facts] of before) {
        if (looked.has(other) || changed.has(other) || facts.waitingSince === null) continue;
        if (facts.wanted === before.get(userNo)?.wanted) expect(isBefore(userNo, other)).toBe(true);
      }
    }
  }

  /** I4, and that counters are what counting gives (I6), and that events replay to the same. */
  private check(): void {
    const counted = new Map(TYPES.map(({ typeNo }) => [typeNo, { assigned: 0, unlicensed: 0, upgrade: 0 }]));
    for (const [userNo, { facts }] of this.accounts) {
      const { held, wanted, waitingSince } = facts;
      expect(waitingSince !== null).toBe(rankOf(wanted) > rankOf(held));
      if (waitingSince === null) expect(facts.priority).toBe(0);
      const heldCounter = held === null ? undefined : counted.get(held);
      if (heldCounter) heldCounter.assigned += 1;
      const waitingCounter = waitingSince === null || wanted === null ? undefined : counted.get(wanted);
      if (waitingCounter) waitingCounter[held === null ? "unlicensed" : "upgrade"] += 1;
      const code = (typeNo: number | null) => TYPES.find((type) => type.typeNo === typeNo)?.code ?? null;
      expect(this.replayed.get(userNo) ?? { held: null, waiting: null }).toEqual({
        held: code(held),
        waiting: waitingSince === null ? null : code(wanted),
      });
    }
    expect(this.counters).toEqual(counted);
  }

  pools() {
    return TYPES.map((type) => ({
      ...type,
      assignable: this.assignable.get(type.typeNo) ?? 0,
      assigned: this.counter(type.typeNo).assigned,
    }));
  }

  counter(typeNo: number) {
    const counter = this.counters.get(typeNo);
    if (counter === undefined) throw new Error(`no type ${typeNo}`);
    return counter;
  }

  account(userNo: number): Account {
    const account = this.accounts.get(userNo);
    if (account === undefined) throw new Error(`no account ${userNo}`);
    return account;
  }

  holding(typeNo: number): number[] {
    return [...this.accounts].flatMap(([userNo, { facts }]) => (facts.held === typeNo ? [userNo] : []));
  }

  waiting(): number[] {
    return [...this.accounts].flatMap(([userNo, { facts }]) => (facts.waitingSince === null ? [] : [userNo]));
  }
}

describe("golden scenarios", () => {
  it.each([
    [1_000, 1_000],
    [1, 1],
  ])("1, 2 and 3, with %s named accounts and %s heads a round", (named, heads) => {
    const subscription = new Subscription();
    subscription.assignable.set(1, 3).set(3, 1);
    for (let index = 0; index < 5; index += 1) subscription.provision(1);
    subscription.settle(named, heads);
    expect(subscription.holding(1)).toEqual([1, 2, 3]);
    expect(subscription.waiting()).toEqual([4, 5]);

    for (const userNo of [1, 2]) {
      subscription.account(userNo).groups.add(1);
      subscription.touch(userNo);
    }
    subscription.settle(named, heads);
    expect(subscription.holding(1)).toEqual([1, 2, 3]);

    subscription.setGroupType(1, 3);
    subscription.settle(named, heads);
    expect(subscription.holding(3)).toEqual([1]);
    expect(subscription.holding(1)).toEqual([2, 3, 4]);
    expect(subscription.counters.get(1)).toEqual({ assigned: 3, unlicensed: 1, upgrade: 0 });
    expect(subscription.counters.get(3)).toEqual({ assigned: 1, unlicensed: 0, upgrade: 1 });

    subscription.assignable.set(3, 2);
    subscription.settle(named, heads);
    expect(subscription.holding(3)).toEqual([1, 2]);
    expect(subscription.holding(1)).toEqual([3, 4, 5]);
    expect(subscription.waiting()).toEqual([]);
  });

  it("10: adoption lowers to the default and frees the seat", () => {
    const subscription = new Subscription();
    subscription.assignable.set(1, 1).set(3, 1);
    const account = subscription.account(subscription.provision(1));
    account.defaultTypeNo = null;
    account.manualTypeNo = 3;
    subscription.settle();
    expect(subscription.holding(3)).toEqual([1]);
    account.defaultTypeNo = 1;
    account.manualTypeNo = null;
    account.facts = { ...account.facts, adoptionPending: true };
    account.adopted = true;
    subscription.touch(1);
    subscription.settle();
    expect(subscription.holding(1)).toEqual([1]);
    expect(subscription.counters.get(3)?.assigned).toBe(0);
  });

  it("11: 200 first provisionings on 50 seats", () => {
    const subscription = new Subscription();
    subscription.assignable.set(1, 50);
    for (let index = 0; index < 200; index += 1) subscription.provision(1);
    subscription.settle(70, 10);
    expect(subscription.holding(1)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    expect(subscription.counters.get(1)).toEqual({ assigned: 50, unlicensed: 150, upgrade: 0 });
  });
});

const user = fc.nat(9);
const typeNo = fc.constantFrom(1, 2, 3);
const step = fc.oneof(
  fc.record({ act: fc.constant("provision" as const), typeNo: fc.constantFrom(1, 1, 2) }),
  fc.record({ act: fc.constant("purchase" as const), typeNo, seats: fc.nat(4) }),
  fc.record({ act: fc.constant("member" as const), user, group: fc.nat(2) }),
  fc.record({
    act: fc.constant("group" as const),
    group: fc.nat(2),
    typeNo: fc.option(typeNo, { nil: undefined }),
  }),
  fc.record({ act: fc.constant("wish" as const), user, typeNo: fc.option(fc.nat(3)) }),
  fc.record({ act: fc.constant("delete" as const), user }),
  fc.record({ act: fc.constant("adopt" as const), user }),
  fc.record({ act: fc.constant("idle" as const), user }),
  fc.record({ act: fc.constant("priority" as const), group: fc.nat(2), priority: fc.nat(2) }),
  fc.record({
    act: fc.constant("policy" as const),
    name: fc.constantFrom("recomputes" as const, "strict" as const, "releasesIdle" as const),
  }),
  fc.record({
    act: fc.constant("round" as const),
    named: fc.integer({ min: 1, max: 4 }),
    heads: fc.integer({ min: 1, max: 3 }),
  }),
);

function perform(
  subscription: Subscription,
  command: typeof step extends fc.Arbitrary<infer S> ? S : never,
): void {
  subscription.clock += 1;
  if (command.act === "provision") subscription.provision(command.typeNo);
  else if (command.act === "purchase") subscription.assignable.set(command.typeNo, command.seats);
  else if (command.act === "group") subscription.setGroupType(command.group, command.typeNo);
  else if (command.act === "round") subscription.round(command.named, command.heads);
  else if (command.act === "policy") subscription[command.name] = !subscription[command.name];
  else if (command.act === "priority") {
    subscription.groupPriorities.set(command.group, command.priority);
    for (const [userNo, account] of subscription.accounts) {
      if (account.groups.has(command.group)) subscription.touch(userNo);
    }
  } else {
    const account = subscription.accounts.get(command.user);
    if (account === undefined) return;
    if (command.act === "member") {
      const left = account.groups.delete(command.group);
      if (!left) account.groups.add(command.group);
      subscription.touch(command.user, { left });
    } else if (command.act === "idle") {
      account.idle = !account.idle;
    } else if (command.act === "wish") {
      account.manualTypeNo = command.typeNo;
      account.facts = { ...account.facts, adoptionPending: false };
    } else if (command.act === "delete") {
      account.deprovisioned = true;
      account.groups.clear();
    } else {
      account.deprovisioned = false;
      account.manualTypeNo = null;
      account.groups.clear();
      account.facts = { ...account.facts, adoptionPending: true };
      account.adopted = true;
    }
    subscription.touch(command.user);
  }
}

it("keeps the invariants after every step of any history, and is work-conserving at rest (I2–I9)", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
      const subscription = new Subscription();
      for (const command of steps) perform(subscription, command);
      subscription.settle();
    }),
    { numRuns: 4_000 },
  );
});
