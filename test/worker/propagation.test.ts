/** Propagation from source groups to vaults: exact states, whatever order messages come in. */
import { describe, it } from "vitest";
import { SETTLEMENT_BATCH_MS } from "../../src/domain/limits.ts";
import type { Deps } from "../../src/gateway/deps.ts";
import { propagate } from "../../src/gateway/outbox/propagation.ts";
import type { Database } from "../../src/store/database.ts";
import { linkedTenant } from "../support/linked-tenant.ts";

/** The same dependencies, looked at: statements of each D1 batch, pauses. `tookMs`: what D1 says of each batch. */
function observed(deps: Deps, tookMs?: number) {
  const seen: { batches: string[][]; pauses: number[] } = { batches: [], pauses: [] };
  const texts = new WeakMap<object, string>();
  const watch = (database: Database): Database => {
    const { binding } = database;
    const watched = {
      prepare(sql: string) {
        const prepared = binding.prepare(sql);
        return {
          bind(...values: unknown[]) {
            const bound = prepared.bind(...values);
            texts.set(bound, sql);
            return bound;
          },
        };
      },
      async batch(statements: D1PreparedStatement[]) {
        seen.batches.push(statements.map((statement) => texts.get(statement) ?? ""));
        const results = await binding.batch(statements);
        if (tookMs === undefined) return results;
        return results.map((result, index) => ({
          ...result,
          meta: { ...result.meta, duration: index === 0 ? tookMs : 0 },
        }));
      },
    };
    return { ...database, binding: watched as unknown as D1Database };
  };
  const watched: Deps = {
    ...deps,
    shard(name) {
      const database = deps.shard(name);
      return database && watch(database);
    },
    pause: async (milliseconds) => void seen.pauses.push(milliseconds),
  };
  return { deps: watched, seen };
}

/** Golden scenario 4: group G with u1 and u2, linked to Editors in two vaults. */
async function goldenFour() {
  const world = await linkedTenant(5);
  const group = await world.group("G", [1, 2]);
  const first = await world.target(await world.vault("V1"), "Editors");
  const second = await world.target(await world.vault("V2"), "Editors");
  await world.link(group, first);
  await world.link(group, second);
  await world.settle();
  return { world, group, first, second };
}

describe("golden scenarios", () => {
  it("4–8: link, leave, stay through another group, admin disables, admin deletes", async ({ expect }) => {
    const { world, group, first, second } = await goldenFour();
    for (const target of [first, second]) {
      expect(await world.vaultUsers(target.vault)).toEqual(["1:enabled", "2:enabled"]);
      expect(await world.members(target)).toEqual([1, 2]);
    }

    await world.remove(group, 1);
    await world.settle();
    for (const target of [first, second]) {
      expect(await world.vaultUsers(target.vault)).toEqual(["1:disabled(sync)", "2:enabled"]);
      expect(await world.members(target)).toEqual([2]);
    }

    const readers = await world.target(first.vault, "Readers");
    const other = await world.group("K", [2]);
    await world.link(other, readers);
    await world.settle();
    await world.remove(group, 2);
    await world.settle();
    expect(await world.members(first)).toEqual([]);
    expect(await world.members(readers)).toEqual([2]);
    expect(await world.vaultUsers(first.vault)).toEqual(["1:disabled(sync)", "2:enabled"]);
    expect(await world.vaultUsers(second.vault)).toEqual(["1:disabled(sync)", "2:disabled(sync)"]);

    await world.act(first.vault, 2, "disable");
    await world.add(group, 2);
    await world.settle();
    expect(await world.members(first)).toEqual([2]);
    expect(await world.vaultUsers(first.vault)).toEqual(["1:disabled(sync)", "2:disabled(admin)"]);
    expect(await world.vaultUsers(second.vault)).toEqual(["1:disabled(sync)", "2:enabled"]);

    await world.act(second.vault, 2, "delete");
    expect(await world.members(second)).toEqual([]);
    await world.remove(group, 2);
    await world.settle();
    await world.add(group, 2);
    await world.settle();
    expect(await world.vaultUsers(second.vault)).toEqual(["1:disabled(sync)", "2:deleted"]);
    expect(await world.members(second)).toEqual([]);
    const skipped = await world.events("vault_user.skipped");
    expect(skipped).toEqual([{ reason: "deleted_in_vault", data: expect.objectContaining({ users: [2] }) }]);
    expect(await world.miscounts()).toEqual([]);
  });
});

describe("messages", () => {
  it("of closed rows write nothing", async ({ expect }) => {
    const { world, group } = await goldenFour();
    await world.add(group, 3, 4);
    const messages = await world.messages();
    await world.settle();
    const deps = world.tenant.deps();
    for (const message of [...messages, ...messages]) expect(await propagate(deps, message)).toBe("done");
    expect(deps.meter.rowsWritten).toBe(0);
  });

  it("may name more people than one batch takes", async ({ expect }) => {
    const world = await linkedTenant(2_300);
    const group = await world.group("G");
    const target = await world.target(await world.vault("V"), "T");
    await world.link(group, target);
    await world.settle();
    await world.add(group, ...Array.from({ length: 2_300 }, (_, index) => index + 1));
    expect(await world.messages()).toMatchObject([{ kind: "membership" }]);
    await world.settle();
    expect(await world.members(target)).toHaveLength(2_300);
    expect(await world.miscounts()).toEqual([]);
  });

  it("cost one person's work per link, whatever the size of the group", async ({ expect }) => {
    const costs: number[] = [];
    for (const size of [10, 900]) {
      const world = await linkedTenant(1_000);
      const group = await world.group(
        "G",
        Array.from({ length: size }, (_, index) => index + 1),
      );
      await world.link(group, await world.target(await world.vault("V"), "T"));
      await world.settle();
      await world.add(group, 999);
      const deps = world.tenant.deps();
      await world.settle(undefined, deps);
      costs.push(deps.meter.rowsRead + deps.meter.rowsWritten);
    }
    expect(Math.abs((costs[1] ?? 0) - (costs[0] ?? 0))).toBeLessThanOrEqual(4);
  });
});

describe("runs", () => {
  const everybody = Array.from({ length: 2_500 }, (_, index) => index + 1);

  it("take 2,500 people in chunks with progress, and replace the target's members", async ({ expect }) => {
    const world = await linkedTenant(2_600);
    const group = await world.group("G", everybody);
    const target = await world.target(await world.vault("V"), "T");
    const strangers = await world.group("S", [1, 2_550, 2_551]);
    const first = await world.link(strangers, target);
    await world.settle();
    await world.unlink(first, "keep");
    const plan = await world.preview(group, target);
    expect(plan.counts).toMatchObject({ adds: 2_499, creates: 2_499, removes: 2, disables: 2, unchanged: 1 });
    expect(plan.removes).toEqual(["u2550", "u2551"]);
    expect(plan.adds).toHaveLength(50);
    const link = await world.link(group, target);
    const [message] = await world.messages();
    if (message === undefined) throw new Error("no run was started");
    const states: string[] = [];
    // A deadline in the past: one chunk per delivery.
    while ((await propagate(world.tenant.deps(), message, 0)) === "more") {
      const { state, done, total } = await world.linkState(link);
      states.push(`${state} ${done}/${total}`);
    }
    expect(states).toEqual(["propagating 1000/2502", "propagating 2000/2502"]);
    expect(await world.linkState(link)).toMatchObject({ state: "active", done: 2_502, total: 2_502 });
    expect(await world.members(target)).toEqual(everybody);
    const users = await world.vaultUsers(target.vault);
    expect(users.filter((user) => user.endsWith(":enabled"))).toHaveLength(2_500);
    expect(users.slice(-2)).toEqual(["2550:disabled(sync)", "2551:disabled(sync)"]);
    expect(await world.miscounts()).toEqual([]);
  });

  it("cost the same few statements and four rows a person per chunk, and let others go first", async ({
    expect,
  }) => {
    const world = await linkedTenant(3_000);
    const all = Array.from({ length: 3_000 }, (_, index) => index + 1);
    const group = await world.group("G", all);
    const target = await world.target(await world.vault("V"), "T");
    const link = await world.link(group, target);
    for (const leaving of [false, true]) {
      if (leaving) await world.unlink(link, "remove");
      const [message] = await world.messages();
      if (message === undefined) throw new Error("no run was started");
      const { deps, seen } = observed(world.tenant.deps(), 1);
      expect(await propagate(deps, message)).toBe("done");
      // The row, the link, what may have waited; three full chunks and the one that finds nobody.
      expect(seen.batches).toHaveLength(3 + 4);
      expect(Math.max(...seen.batches.map(({ length }) => length))).toBeLessThanOrEqual(28);
      // A bound LIMIT has the statement compiled anew in every chunk, for longer than it then runs.
      expect(
        seen.batches
          .slice(2, -1)
          .flat()
          .join()
          .match(/LIMIT \?/),
      ).toBeNull();
      expect(seen.pauses).toHaveLength(3);
      expect(Math.min(...seen.pauses)).toBeGreaterThan(0);
      expect(deps.meter.rowsWritten).toBeLessThanOrEqual(4 * 3_000 + 100);
      expect(deps.meter.rowsRead).toBeLessThanOrEqual((leaving ? 50 : 20) * 3_000);
    }
    expect(await world.members(target)).toEqual([]);
  });

  it("go on with smaller chunks when the database is slow", async ({ expect }) => {
    const world = await linkedTenant(2_500);
    const group = await world.group("G", everybody);
    const target = await world.target(await world.vault("V"), "T");
    const link = await world.link(group, target);
    const [message] = await world.messages();
    if (message === undefined) throw new Error("no run was started");
    const { deps } = observed(world.tenant.deps(), 2 * SETTLEMENT_BATCH_MS);
    expect(await propagate(deps, message, deps.now() + 60_000)).toBe("done");
    const chunks = await world.events("vault_user.created");
    expect(chunks.map(({ data }) => data.users?.length)).toEqual([1_000, 500, 250, 250, 250, 250]);
    expect(await world.linkState(link)).toMatchObject({ state: "active", done: 2_500, total: 2_500 });
    expect(await world.members(target)).toEqual(everybody);
  });

  it("meet in two consumers at once and do everything once", async ({ expect }) => {
    const world = await linkedTenant(2_500);
    const group = await world.group("G", everybody);
    const target = await world.target(await world.vault("V"), "T");
    await world.link(group, target);
    const [message] = await world.messages();
    if (message === undefined) throw new Error("no run was started");
    await Promise.all([1, 2, 3].map(() => propagate(world.tenant.deps(), message)));
    await world.settle();
    expect(await world.members(target)).toEqual(everybody);
    const created = await world.events("vault_user.created");
    expect(created.flatMap(({ data }) => data.users ?? [])).toEqual(everybody);
    expect(await world.miscounts()).toEqual([]);
  });

  it("catch what changes behind their cursor", async ({ expect }) => {
    const world = await linkedTenant(2_600);
    const group = await world.group("G", everybody);
    const target = await world.target(await world.vault("V"), "T");
    await world.link(group, target);
    const [message] = await world.messages();
    if (message === undefined) throw new Error("no run was started");
    await propagate(world.tenant.deps(), message, 0);
    await world.remove(group, 5, 2_400);
    await world.add(group, 2_600);
    await world.settle((messages) => messages.toReversed());
    expect(await world.members(target)).toEqual(
      [...everybody, 2_600].filter((no) => no !== 5 && no !== 2_400),
    );
  });
});

describe("nested groups", () => {
  it("reach the links of every group that holds them, cycles included", async ({ expect }) => {
    const world = await linkedTenant(6);
    const [outer, middle, inner] = [
      await world.group("outer", [1]),
      await world.group("middle", [2]),
      await world.group("inner", [3]),
    ];
    const target = await world.target(await world.vault("V"), "T");
    const link = await world.link(outer, target);
    await world.settle();
    await world.change(outer, { add: [middle] });
    await world.change(middle, { add: [inner] });
    await world.change(inner, { add: [outer] });
    await world.settle();
    expect(await world.members(target)).toEqual([1, 2, 3]);
    await world.add(inner, 4);
    await world.settle();
    expect(await world.members(target)).toEqual([1, 2, 3, 4]);
    await world.deleteGroup(middle);
    await world.settle();
    expect(await world.members(target)).toEqual([1]);
    expect(await world.vaultUsers(target.vault)).toEqual([
      "1:enabled",
      "2:disabled(sync)",
      "3:disabled(sync)",
      "4:disabled(sync)",
    ]);
    expect(await world.linkState(link)).toMatchObject({ state: "active" });
  });
});

describe("what goes away", () => {
  it("a source group: members go, the link shows it, the rows are cleared", async ({ expect }) => {
    const { world, group, first, second } = await goldenFour();
    await world.deleteGroup(group);
    await world.settle((messages) => messages.toReversed());
    expect(await world.members(first)).toEqual([]);
    expect(await world.vaultUsers(second.vault)).toEqual(["1:disabled(sync)", "2:disabled(sync)"]);
    expect(await world.linkStates()).toEqual(["source_deleted", "source_deleted"]);
    expect(
      await world.tenant.all("SELECT * FROM members WHERE tenant_no = ?", world.tenant.tenantNo),
    ).toEqual([]);
  });

  it("an account (A9): out of every group, disabled even where its membership was kept", async ({
    expect,
  }) => {
    const { world, group, first, second } = await goldenFour();
    const kept = await world.target(await world.vault("V3"), "T");
    const link = await world.link(group, kept);
    await world.settle();
    await world.unlink(link, "keep");
    await world.deprovision(1);
    await world.settle();
    for (const { vault } of [first, second, kept]) {
      expect(await world.vaultUsers(vault)).toEqual(["1:disabled(sync)", "2:enabled"]);
    }
    expect(await world.members(first)).toEqual([2]);
  });

  it("a link: members removed or kept, and only its own coverage ends", async ({ expect }) => {
    const { world, group, first } = await goldenFour();
    const readers = await world.target(first.vault, "Readers");
    const other = await world.group("K", [2]);
    await world.link(other, readers);
    await world.settle();
    const [link] = await world.links();
    if (link === undefined) throw new Error("no link");
    await world.unlink(link, "remove");
    expect(await world.linkState(link)).toMatchObject({ state: "unlinking" });
    await world.add(group, 3);
    await world.settle();
    expect(await world.linkState(link)).toMatchObject({ state: "removed" });
    expect(await world.members(first)).toEqual([]);
    expect(await world.vaultUsers(first.vault)).toEqual(["1:disabled(sync)", "2:enabled"]);
    expect(await world.members(readers)).toEqual([2]);
  });

  it("a configuration: its accounts lose their owner and nothing else", async ({ expect }) => {
    const { world, first } = await goldenFour();
    await world.tenant.run(
      "INSERT INTO outbox (tenant_no, kind, seq, payload, correlation_id, available_at) VALUES (?, 'configuration_cleanup', 900000, '{\"configuration\":1}', 'c', 0)",
      world.tenant.tenantNo,
    );
    await world.settle();
    const owners = await world.tenant.all(
      "SELECT configuration_no AS owner, COUNT(*) AS count FROM users WHERE tenant_no = ? GROUP BY 1",
      world.tenant.tenantNo,
    );
    expect(owners).toEqual([{ owner: 0, count: 5 }]);
    expect(await world.members(first)).toEqual([1, 2]);
  });
});

describe("coverage that is taken back before it arrives", () => {
  it("disables in the end, and never before (I19)", async ({ expect }) => {
    const world = await linkedTenant(2);
    const [one, two] = [await world.group("one", [1]), await world.group("two")];
    const vault = await world.vault("V");
    await world.link(one, await world.target(vault, "T1"));
    await world.link(two, await world.target(vault, "T2"));
    await world.settle();
    await world.add(two, 1);
    await world.remove(one, 1);
    const [added, removed] = await world.messages();
    if (added === undefined || removed === undefined) throw new Error("no messages");
    await propagate(world.tenant.deps(), removed);
    expect(await world.vaultUsers(vault)).toEqual(["1:enabled"]);
    await world.remove(two, 1);
    await propagate(world.tenant.deps(), added);
    await world.settle((messages) => messages.toReversed());
    expect(await world.vaultUsers(vault)).toEqual(["1:disabled(sync)"]);
  });
});
