/** The brake on accidents (A21): what is held back, what is not, and what an administrator decides about it. */

import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { brake, DEFAULT_BRAKE_POLICY } from "../../src/domain/brake.ts";
import { BRAKE_WINDOW_MS } from "../../src/domain/limits.ts";
import { getPolicies, setPolicies } from "../../src/gateway/licenses/policies.ts";
import { propagate } from "../../src/gateway/outbox/propagation.ts";
import {
  decideStagedEffects,
  getStagedEffects,
  listStagedEffects,
  type StagedEffects,
} from "../../src/gateway/vaults/staged-effects.ts";
import { read } from "../../src/store/database.ts";
import { exceeded } from "../../src/store/vaults/brake.ts";
import { type LinkedTenant, linkedTenant, type Target, value } from "../support/linked-tenant.ts";

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** A group of everybody, linked to one target. */
async function linkedVault(size: number) {
  const world = await linkedTenant(size);
  const group = await world.group("G", range(1, size));
  const target = await world.target(await world.vault("V"), "T");
  const link = await world.link(group, target);
  await world.settle();
  return { world, group, target, link };
}

const staged = async (world: LinkedTenant, state?: "staged" | "approved" | "discarded") =>
  value(await listStagedEffects(world.tenant.admin(), { state, limit: 100 })).items;

async function only(world: LinkedTenant): Promise<StagedEffects> {
  const [first, ...others] = await staged(world, "staged");
  if (first === undefined || others.length > 0) throw new Error(`not one but ${others.length + 1}`);
  return first;
}

const decide = (world: LinkedTenant, { id }: StagedEffects, decision: "approved" | "discarded") =>
  decideStagedEffects(world.tenant.admin(), { id, decision });

async function disabled(world: LinkedTenant, { vault }: Target): Promise<number[]> {
  const users = await world.vaultUsers(vault);
  return users.filter((user) => user.endsWith(":disabled(sync)")).map((user) => Number.parseInt(user, 10));
}

const windowOf = async (world: LinkedTenant) =>
  (
    await world.tenant.all(
      "SELECT brake_window_count AS n FROM vaults WHERE tenant_no = ?",
      world.tenant.tenantNo,
    )
  )[0]?.["n"];

describe("the rule in SQL", () => {
  it("is the rule of the domain, for every combination of figures", async () => {
    const world = await linkedTenant(1);
    const vault = await world.vault("V");
    const { tenant } = world;
    const policies = [
      DEFAULT_BRAKE_POLICY,
      { percent: 0, floor: 0, absolute: 0 },
      { percent: 100, floor: 1, absolute: 30 },
    ];
    const figures = [0, 1, 19, 20, 25, 26, 75, 500, 501];
    for (const policy of policies) {
      await world.brake(policy);
      for (const earlier of figures) {
        for (const enabled of figures) {
          await tenant.run(
            "UPDATE vaults SET brake_window_at = ?, brake_window_count = ? WHERE tenant_no = ?",
            ...[Date.now(), earlier, tenant.tenantNo],
          );
          await tenant.run(
            "UPDATE vault_groups SET member_count = ? WHERE tenant_no = ?",
            enabled,
            tenant.tenantNo,
          );
          const scope = tenant.scope();
          const numbers = figures.filter((leaving) => leaving > 0);
          const rows = await read(
            scope.shard,
            numbers.map((leaving) => sql`SELECT ${exceeded(scope, vault.no, sql`${leaving}`)} AS reason`),
          );
          expect(
            rows.map(([row]) => row?.["reason"] ?? undefined),
            JSON.stringify({ policy, earlier, enabled }),
          ).toEqual(numbers.map((leaving) => brake({ leaving, earlier, enabled, waiting: false }, policy)));
        }
      }
    }
  });

  it("has the defaults without a row, and follows what an administrator sets", async () => {
    const { tenant } = await linkedTenant(1);
    expect(value(await getPolicies(tenant.admin()))).toMatchObject({ brake: DEFAULT_BRAKE_POLICY });
    value(await setPolicies(tenant.admin(), { brake: { floor: 7 } }));
    value(await setPolicies(tenant.admin(), {}));
    expect(value(await getPolicies(tenant.admin()))).toMatchObject({
      brake: { ...DEFAULT_BRAKE_POLICY, floor: 7 },
    });
  });
});

describe("a mass removal", () => {
  it("is staged with names, and approved for those who are still gone", async () => {
    const { world, group, target, link } = await linkedVault(60);
    await world.remove(group, ...range(1, 20));
    await world.settle();
    expect(await world.members(target)).toEqual(range(1, 60));
    expect(await disabled(world, target)).toEqual([]);
    expect(await world.linkState(link)).toMatchObject({
      state: "active",
      waitingForApproval: 20,
      error: null,
    });
    const effects = await only(world);
    expect(effects).toMatchObject({
      reason: "share",
      people: 20,
      link: { id: link.id, group: "G", target: "T" },
    });
    expect(await world.events("vault_user.staged")).toEqual([
      { reason: "share", data: expect.objectContaining({ users: range(1, 20) }) },
    ]);
    await world.add(group, 3, 4);
    await world.settle();
    const first = value(await getStagedEffects(world.tenant.admin(), { id: effects.id, limit: 3 }));
    expect(first.users.items).toEqual([
      { userId: "u1", userName: "u1", effect: "remove_and_disable" },
      { userId: "u2", userName: "u2", effect: "remove_and_disable" },
      { userId: "u3", userName: "u3", effect: "none" },
    ]);
    const cursor = first.users.nextCursor;
    const rest = value(await getStagedEffects(world.tenant.admin(), { id: effects.id, limit: 100, cursor }));
    expect([rest.users.items.length, rest.users.nextCursor]).toEqual([17, undefined]);
    const approved = await Promise.all([1, 2, 3].map(() => decide(world, effects, "approved")));
    expect(approved.map((answer) => value(answer).state)).toEqual(["approved", "approved", "approved"]);
    expect(await world.messages()).toHaveLength(1);
    const messages = await world.messages();
    await world.settle((each) => [...each, ...each]);
    expect(await world.members(target)).toEqual([3, 4, ...range(21, 60)]);
    expect(await disabled(world, target)).toEqual([1, 2, ...range(5, 20)]);
    expect(await decide(world, effects, "discarded")).toMatchObject({ problem: { kind: "conflict" } });
    expect(await world.linkState(link)).toMatchObject({ state: "active", waitingForApproval: 0 });
    expect(await world.miscounts()).toEqual([]);
    const deps = world.tenant.deps();
    for (const message of messages) await propagate(deps, message);
    expect(deps.meter.rowsWritten).toBe(0);
    // What was approved counts no more: a single person may leave.
    await world.remove(group, 60);
    await world.settle();
    expect(await disabled(world, target)).toContain(60);
  });

  it("one person at a time stops at the share, whoever comes back makes room", async () => {
    const { world, group, target } = await linkedVault(100);
    for (const user of range(1, 25)) await world.remove(group, user);
    await world.settle();
    expect(await disabled(world, target)).toEqual(range(1, 25));
    await world.add(group, 25);
    await world.settle();
    expect(await windowOf(world)).toBe(24);
    await world.remove(group, 26);
    await world.settle();
    expect(await disabled(world, target)).toEqual([...range(1, 24), 26]);
    await world.remove(group, 27);
    await world.settle();
    expect(await disabled(world, target)).toEqual([...range(1, 24), 26]);
    // A new window does not let pass what an administrator has yet to look at.
    await world.tenant.run(
      "UPDATE vaults SET brake_window_at = 1 WHERE tenant_no = ?",
      world.tenant.tenantNo,
    );
    await world.remove(group, 28);
    await world.settle();
    expect(await only(world)).toMatchObject({ people: 2 });
    expect(await world.events("vault_user.staged")).toMatchObject([
      { reason: "share", data: { users: [27] } },
      { reason: "joined", data: { users: [28] } },
    ]);
  });

  it("of a window that is over counts no more", async () => {
    const { world, group, target } = await linkedVault(80);
    await world.remove(group, ...range(1, 19));
    await world.settle();
    expect(await windowOf(world)).toBe(19);
    await world.tenant.run(
      "UPDATE vaults SET brake_window_at = ? WHERE tenant_no = ?",
      ...[Date.now() - BRAKE_WINDOW_MS - 1, world.tenant.tenantNo],
    );
    await world.remove(group, ...range(20, 34));
    await world.settle();
    expect(await disabled(world, target)).toEqual(range(1, 34));
    expect(await windowOf(world)).toBe(15);
  });

  it("meets two consumers at once and lets no more pass than one", async () => {
    const { world, group, target } = await linkedVault(80);
    await world.remove(group, ...range(1, 15));
    await world.remove(group, ...range(16, 30));
    const messages = await world.messages();
    await Promise.all([...messages, ...messages].map((message) => propagate(world.tenant.deps(), message)));
    await world.settle();
    expect(await disabled(world, target)).toHaveLength(15);
    expect(await only(world)).toMatchObject({ people: 15, reason: "share" });
    expect(await windowOf(world)).toBe(30);
  });

  it("that is discarded leaves people alone until their membership changes again", async () => {
    const { world, group, target, link } = await linkedVault(40);
    await world.remove(group, ...range(1, 20));
    await world.settle();
    const effects = await only(world);
    expect(value(await decide(world, effects, "discarded"))).toMatchObject({
      state: "discarded",
      decidedBy: "key:test",
    });
    expect(value(await decide(world, effects, "discarded")).state).toBe("discarded");
    expect(await decide(world, effects, "approved")).toMatchObject({ problem: { kind: "conflict" } });
    await world.settle();
    expect(await world.members(target)).toHaveLength(40);
    expect(await world.linkState(link)).toMatchObject({ waitingForApproval: 0 });
    await world.add(group, 1);
    await world.remove(group, 1);
    await world.settle();
    expect(await disabled(world, target)).toEqual([1]);
    // A run from end to end finds the others, and meets the brake again.
    await world.switchLink(link, "paused");
    await world.switchLink(link, "active");
    await world.settle();
    expect(await only(world)).toMatchObject({ people: 19 });
  });
});

describe("a deleted source group", () => {
  it("stays in its vaults until it is approved; the link tells", async () => {
    const { world, group, target, link } = await linkedVault(30);
    await world.deleteGroup(group);
    await world.settle((messages) => messages.toReversed());
    expect(await world.members(target)).toHaveLength(30);
    expect(await world.linkState(link)).toMatchObject({ state: "source_deleted", waitingForApproval: 30 });
    value(await decide(world, await only(world), "approved"));
    await world.settle();
    expect(await world.members(target)).toEqual([]);
    expect(await disabled(world, target)).toHaveLength(30);
    expect(await world.miscounts()).toEqual([]);
  });

  it("is judged as a whole, not chunk by chunk", async () => {
    const world = await linkedTenant(4_000);
    await world.brake({ percent: 60, floor: 20, absolute: 100_000 });
    const group = await world.group("G", range(1, 2_500));
    const others = await world.group("O", range(2_501, 4_000));
    const vault = await world.vault("V");
    const [target, rest] = [await world.target(vault, "T"), await world.target(vault, "O")];
    const link = await world.link(group, target);
    await world.link(others, rest);
    await world.settle();
    await world.deleteGroup(group);
    await world.settle();
    expect(await world.members(target)).toHaveLength(2_500);
    expect(await only(world)).toMatchObject({ people: 2_500, reason: "share" });
    expect(await windowOf(world)).toBe(2_500);
    value(await decide(world, await only(world), "approved"));
    const [message] = await world.messages();
    if (message === undefined) throw new Error("nothing to apply");
    // A deadline in the past: one chunk per delivery; two consumers meet.
    expect(await propagate(world.tenant.deps(), message, 0)).toBe("more");
    expect(await world.members(target)).toHaveLength(1_500);
    await Promise.all([1, 2].map(() => propagate(world.tenant.deps(), message)));
    await world.settle();
    expect(await world.members(target)).toEqual([]);
    expect(await disabled(world, { vault, group: target.group })).toHaveLength(2_500);
    expect(await world.members(rest)).toHaveLength(1_500);
    expect(await world.linkState(link)).toMatchObject({ state: "source_deleted", error: null });
    expect(await world.miscounts()).toEqual([]);
  });

  it("passes whole when it is not too much, and counts for what follows", async () => {
    const world = await linkedTenant(1_200);
    await world.brake({ percent: 100, floor: 20, absolute: 1_200 });
    const group = await world.group("G", range(1, 1_150));
    const others = await world.group("O", range(1_101, 1_200));
    const vault = await world.vault("V");
    const target = await world.target(vault, "T");
    await world.link(group, target);
    await world.link(others, await world.target(vault, "O"));
    await world.settle();
    await world.deleteGroup(group);
    await world.settle();
    expect(await world.members(target)).toEqual([]);
    expect(await disabled(world, target)).toEqual(range(1, 1_100));
    expect(await windowOf(world)).toBe(1_150);
    await world.remove(others, ...range(1_110, 1_170));
    await world.settle();
    expect(await only(world)).toMatchObject({ people: 61, reason: "absolute" });
  });
});

describe("deprovisioned accounts", () => {
  it("by the dozen are staged in every vault that has them, and let go once approved", async () => {
    const { world, group, target } = await linkedVault(30);
    const kept = await world.target(await world.vault("Kept"), "T");
    await world.unlink(await world.link(group, kept), "keep");
    await world.settle();
    value(await setPolicies(world.tenant.admin(), { brake: { floor: 5, percent: 10 } }));
    for (const user of range(1, 8)) await world.deprovision(user);
    await world.settle();
    expect(await disabled(world, target)).toHaveLength(4);
    const all = await staged(world, "staged");
    expect(all.map(({ people, link }) => [people, link?.group])).toContainEqual([4, "G"]);
    for (const effects of all) value(await decide(world, effects, "approved"));
    await world.settle();
    expect(await disabled(world, target)).toEqual(range(1, 8));
    expect(await world.members(target)).toEqual(range(9, 30));
    expect(await world.miscounts()).toEqual([]);
  });

  it("whom no link covers any more are staged for the vault", async () => {
    const { world, link, target } = await linkedVault(30);
    await world.unlink(link, "keep");
    value(await setPolicies(world.tenant.admin(), { brake: { floor: 2, percent: 0 } }));
    for (const user of range(1, 3)) await world.deprovision(user);
    await world.settle();
    expect(await disabled(world, target)).toHaveLength(1);
    const effects = await only(world);
    expect(effects).toMatchObject({ people: 2, link: null });
    const shown = value(await getStagedEffects(world.tenant.admin(), { id: effects.id, limit: 10 }));
    expect(shown.users.items.map(({ effect }) => effect)).toEqual(["disable", "disable"]);
    value(await decide(world, effects, "approved"));
    await world.settle();
    expect(await disabled(world, target)).toEqual(range(1, 3));
    expect(await world.miscounts()).toEqual([]);
  });
});

describe("acts of administrators", () => {
  it("are not braked: taking a link off, and replacing members after a preview", async () => {
    const { world, target, link } = await linkedVault(40);
    await world.unlink(link, "keep");
    const few = await world.group("Few", [1]);
    const next = await world.link(few, target);
    await world.settle();
    expect(await world.members(target)).toEqual([1]);
    expect(await disabled(world, target)).toHaveLength(39);
    await world.unlink(next, "remove");
    await world.settle();
    expect(await world.members(target)).toEqual([]);
    expect(await staged(world)).toEqual([]);
    expect(await windowOf(world)).toBe(0);
  });

  it("taking a link off settles what was staged for it", async () => {
    const { world, group, target, link } = await linkedVault(40);
    await world.remove(group, ...range(1, 30));
    await world.settle();
    const effects = await only(world);
    await world.unlink(link, "remove");
    expect(await staged(world, "staged")).toEqual([]);
    expect(await decide(world, effects, "approved")).toMatchObject({ problem: { kind: "conflict" } });
    await world.settle();
    expect(await world.members(target)).toEqual([]);
  });

  it("approving for a paused link is refused until it goes on", async () => {
    const { world, group, target, link } = await linkedVault(40);
    await world.remove(group, ...range(1, 30));
    await world.settle();
    const effects = await only(world);
    await world.switchLink(link, "paused");
    expect(await decide(world, effects, "approved")).toMatchObject({ problem: { kind: "conflict" } });
    await world.switchLink(link, "active");
    await world.settle();
    value(await decide(world, effects, "approved"));
    await world.settle();
    expect(await world.members(target)).toEqual(range(31, 40));
  });
});
