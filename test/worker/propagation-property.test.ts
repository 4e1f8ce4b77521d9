/**
 * Random changes of membership, nesting, links and acts of administrators, with messages shuffled, repeated and
 * delivered at random moments: once everything has settled, every vault is what the specification says. Links are
 * paused, resumed, taken off with their members kept or removed; the brake holds back nothing, or nearly
 * everything, and what it held back is approved, or discarded and repaired.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { AdminAct } from "../../src/domain/vault.ts";
import type { Deps } from "../../src/gateway/deps.ts";
import { propagate } from "../../src/gateway/outbox/propagation.ts";
import type { Link } from "../../src/gateway/vaults/links.ts";
import { StoreUnavailable } from "../../src/store/failure.ts";
import { type LinkedTenant, linkedTenant, type Target } from "../support/linked-tenant.ts";

const users = [1, 2, 3, 4, 5];
const pick = (max: number) => fc.nat({ max: max - 1 });

const operation = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constantFrom("add", "remove"), group: pick(3), user: pick(5) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom("nest", "unnest"), group: pick(3), inner: pick(3) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("link"), group: pick(3), target: pick(4) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom("unlink", "unlink_keep", "pause", "pause", "resume"),
      target: pick(4),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom("enable", "disable", "delete"),
      vault: pick(2),
      user: pick(5),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom("pin", "pin", "unpin"), vault: pick(2), user: pick(5) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("deliver"), seed: fc.nat({ max: 999 }) }) },
);
type Operation = { do: string } & Partial<
  Record<"group" | "user" | "inner" | "target" | "vault" | "seed", number>
>;

/** The specification: plain sets, evaluated from scratch. Targets 0 and 1 are in vault 0, 2 and 3 in vault 1. */
class Specification {
  direct = [new Set<number>(), new Set<number>(), new Set<number>()];
  nested = [new Set<number>(), new Set<number>(), new Set<number>()];
  /** Source group by target. */
  links = new Map<number, number>();
  /** Members by target of links that are paused, and of links that were taken off and left them. */
  paused = new Map<number, number[]>();
  kept = new Map<number, number[]>();
  /** Keys `vault:user`. */
  tombstones = new Set<string>();
  disabledByAdmin = new Set<string>();
  /** Enabled by an administrator, or left by a link, while no link covered them. */
  vouched = new Set<string>();
  /** Once enabled, such a person stays so when no link covers them any more. */
  pinned = new Set<string>();

  source(group: number, seen = new Set<number>()): Set<number> {
    if (seen.has(group)) return new Set();
    seen.add(group);
    const inner = [...(this.nested[group] ?? [])].flatMap((other) => [...this.source(other, seen)]);
    return new Set([...(this.direct[group] ?? []), ...inner]);
  }

  covered(vault: number, user: number): boolean {
    return [...this.links].some(([target, group]) => {
      if (target >> 1 !== vault) return false;
      // A paused link covers whom it has.
      return this.paused.get(target)?.includes(user) ?? this.source(group).has(user);
    });
  }

  /** What only settling makes true: whoever is covered is the link's from then on (A14). */
  settled(): void {
    for (const key of this.vouched) {
      const [vault, user] = key.split(":").map(Number);
      if (this.covered(vault ?? 0, user ?? 0)) this.vouched.delete(key);
    }
    for (const key of this.pinned) this.vouchForPinned(key);
  }

  vouchForPinned(key: string): void {
    const [vault, user] = key.split(":").map(Number);
    if (this.state(vault ?? 0, user ?? 0) === "enabled") this.vouched.add(key);
  }

  act(act: string, vault: number, user: number): void {
    const key = `${vault}:${user}`;
    if (act === "pin") {
      this.pinned.add(key);
      this.vouchForPinned(key);
      return;
    }
    if (act === "unpin") {
      if (this.pinned.delete(key)) this.vouched.delete(key);
      return;
    }
    const wasOff = !this.covered(vault, user) || this.disabledByAdmin.has(key) || this.tombstones.has(key);
    this.disabledByAdmin.delete(key);
    this.tombstones.delete(key);
    if (act === "enable") {
      if (wasOff && !this.covered(vault, user)) this.vouched.add(key);
      return;
    }
    this.vouched.delete(key);
    if (act === "delete") {
      this.pinned.delete(key);
      for (const [target, members] of this.kept) {
        if (target >> 1 === vault)
          this.kept.set(
            target,
            members.filter((each) => each !== user),
          );
      }
    }
    (act === "disable" ? this.disabledByAdmin : this.tombstones).add(key);
  }

  members(target: number): number[] {
    const group = this.links.get(target);
    if (group === undefined) return this.kept.get(target) ?? [];
    return [...this.source(group)]
      .filter((user) => !this.tombstones.has(`${target >> 1}:${user}`))
      .sort((left, right) => left - right);
  }

  /** Linked: the source's members replace those who stood there, and synchronized ones lose what kept them (A15). */
  take(target: number, group: number): void {
    for (const user of this.kept.get(target) ?? []) {
      const key = `${target >> 1}:${user}`;
      if (!this.pinned.has(key)) this.vouched.delete(key);
    }
    this.kept.delete(target);
    this.links.set(target, group);
  }

  /** Taken off, with the members kept: they stay, and stay enabled, until a link covers them again. */
  keep(target: number): void {
    const members = this.members(target);
    this.links.delete(target);
    this.kept.set(target, members);
    const vault = target >> 1;
    for (const user of members) {
      const key = `${vault}:${user}`;
      if (!this.disabledByAdmin.has(key) && !this.covered(vault, user)) this.vouched.add(key);
    }
  }

  /** Nobody and somebody disabled by synchronization are the same: no link covers them. */
  state(vault: number, user: number): string {
    const key = `${vault}:${user}`;
    if (this.tombstones.has(key)) return "deleted";
    if (this.disabledByAdmin.has(key)) return "disabled(admin)";
    return this.covered(vault, user) || this.vouched.has(key) ? "enabled" : "off";
  }
}

class Play {
  readonly specification = new Specification();
  readonly links = new Map<number, Link>();
  decisions = 0;
  readonly world: LinkedTenant;
  readonly groups: string[];
  readonly targets: Target[];

  constructor(world: LinkedTenant, groups: string[], targets: Target[]) {
    this.world = world;
    this.groups = groups;
    this.targets = targets;
  }

  async perform(step: Operation): Promise<void> {
    const { world, groups, targets, specification } = this;
    const { group = 0, user = 0, inner = 0, target = 0, vault = 0, seed = 0 } = step;
    const [source = "", other = ""] = [groups[group], groups[inner]];
    const no = users[user] ?? 1;
    switch (step.do) {
      case "add":
        specification.direct[group]?.add(no);
        return world.add(source, no);
      case "remove":
        specification.direct[group]?.delete(no);
        return world.remove(source, no);
      case "nest":
        specification.nested[group]?.add(inner);
        return world.change(source, { add: [other] });
      case "unnest":
        specification.nested[group]?.delete(inner);
        return world.change(source, { remove: [other] });
      case "link":
        return this.link(group, source, target, targets[target]);
      case "unlink":
        return this.unlink(target);
      case "unlink_keep":
        return this.unlinkKeeping(target);
      case "pause":
        return this.pause(target);
      case "resume":
        return this.resume(target);
      case "deliver":
        return this.deliver(seed);
      default:
        return this.act(step.do as AdminAct, vault, no);
    }
  }

  async link(group: number, source: string, no: number, target: Target | undefined): Promise<void> {
    if (target === undefined || this.specification.links.has(no)) return;
    await this.settle();
    this.links.set(no, await this.world.link(source, target));
    this.specification.take(no, group);
  }

  async unlinkKeeping(target: number): Promise<void> {
    const link = this.links.get(target);
    if (link === undefined || !this.specification.links.has(target)) return;
    await this.resume(target);
    await this.settle();
    await this.world.unlink(link, "keep");
    this.specification.keep(target);
  }

  async pause(target: number): Promise<void> {
    const link = this.links.get(target);
    if (link === undefined || !this.specification.links.has(target)) return;
    await this.settle();
    await this.world.switchLink(link, "paused");
    if (!this.specification.paused.has(target)) {
      this.specification.paused.set(target, this.specification.members(target));
    }
  }

  async resume(target: number): Promise<void> {
    const link = this.links.get(target);
    if (link === undefined || !this.specification.paused.delete(target)) return;
    await this.world.switchLink(link, "active");
  }

  async resumeAll(): Promise<void> {
    for (const target of [...this.specification.paused.keys()]) await this.resume(target);
  }

  async unlink(target: number): Promise<void> {
    const link = this.links.get(target);
    if (link === undefined || !this.specification.links.delete(target)) return;
    this.specification.paused.delete(target);
    await this.world.unlink(link, "remove");
  }

  /** Some of the open messages, in any order, some twice, two consumers at once. */
  async deliver(seed: number): Promise<void> {
    const messages = shuffled(await this.world.messages(), seed);
    const some = messages.slice(0, 1 + (seed % 4));
    const deliveries = [...some, ...some.slice(0, 2)].map((message, index) =>
      propagate(unreliable(this.world.tenant.deps(), seed + index), message),
    );
    for (const { reason } of (await Promise.allSettled(deliveries)).filter(
      (each) => each.status === "rejected",
    )) {
      if (!(reason instanceof StoreUnavailable)) throw reason;
    }
    // Whoever was brought in by this much is the link's; the specification knows only whole settlements.
    await this.settle();
  }

  async act(act: AdminAct, vault: number, user: number): Promise<void> {
    await this.resumeAll();
    await this.settle();
    const place = this.targets[vault * 2]?.vault;
    if (place === undefined) return;
    const done = await this.world.act(place, user, act);
    if (done.ok) this.specification.act(act, vault, user);
  }

  async settle(): Promise<void> {
    for (let round = 0; ; round += 1) {
      await this.world.settle((messages) => shuffled([...messages, ...messages], messages.length));
      this.decisions += 1;
      if (this.decisions % 3 === 0 && round < 3 && (await this.world.decideAll("discarded")) > 0) {
        // Nobody is left behind for good: a repair finds them, and meets the brake again.
        for (const vault of this.vaults()) await this.world.repair(vault);
      } else if ((await this.world.decideAll("approved")) === 0) {
        break;
      }
    }
    this.specification.settled();
  }

  vaults = () => [this.targets[0], this.targets[2]].flatMap((target) => (target ? [target.vault] : []));
}

/** D1 calls that fail now and then, before or after the commit; the caller cannot tell which. */
function unreliable(deps: Deps, seed: number): Deps {
  let calls = seed;
  const lose = (share: number): void => {
    calls += 1;
    if (((calls * 7_919) % 101) / 101 < share) throw new Error("D1_ERROR: Network connection lost.");
  };
  const shard = (name: string) => {
    const database = deps.shard(name);
    if (database === undefined) return undefined;
    const { binding } = database;
    const faulty = {
      prepare: (text: string) => binding.prepare(text),
      async batch(statements: D1PreparedStatement[]) {
        lose(0.2);
        const results = await binding.batch(statements);
        lose(0.2);
        return results;
      },
    } as D1Database;
    return { ...database, binding: faulty };
  };
  return { ...deps, shard, log: () => {} };
}

/** A permutation that depends on the seed only. */
const shuffled = <T>(items: readonly T[], seed: number): T[] =>
  items
    .map((item, index) => ({ item, rank: ((index + 1) * 7_919 + seed * 104_729) % 1_009 }))
    .sort((left, right) => left.rank - right.rank)
    .map(({ item }) => item);

it.each([
  ["nothing", { percent: 100, floor: 100, absolute: 100 }],
  ["nearly everything", { percent: 0, floor: 1, absolute: 100 }],
])("settles to the specification while the brake holds back %s", { timeout: 120_000 }, async (_, policy) => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 12, maxLength: 30 }), async (steps) => {
      const world = await linkedTenant(users.length);
      await world.brake(policy);
      const groups = [await world.group("A"), await world.group("B"), await world.group("C")];
      const vaults = [await world.vault("V0"), await world.vault("V1")];
      const targets: Target[] = [];
      for (const vault of vaults) {
        targets.push(await world.target(vault, "T0"), await world.target(vault, "T1"));
      }
      const play = new Play(world, groups, targets);
      for (const step of steps) await play.perform(step);
      await play.resumeAll();
      await play.settle();
      for (const [index, target] of targets.entries()) {
        expect(await world.members(target), `target ${index}`).toEqual(play.specification.members(index));
      }
      for (const [index, vault] of vaults.entries()) {
        const rows = new Map(
          (await world.vaultUsers(vault)).map((row) => row.split(":") as [string, string]),
        );
        for (const user of users) {
          const state = (rows.get(String(user)) ?? "off").replace("disabled(sync)", "off");
          expect(state, `vault ${index}, user ${user}`).toBe(play.specification.state(index, user));
        }
      }
      expect(await world.miscounts()).toEqual([]);
      for (const { state, error } of await world.links()) expect([state, error]).toEqual(["active", null]);
    }),
    { numRuns: 12 },
  );
});
