/**
 * Every D1 call of every kind of background work fails once, before and after its commit: the end state is the
 * one of an undisturbed run, every effect has one event, and replays write nothing.
 */
import { describe, expect, it } from "vitest";
import type { OutboxKind, PropagationMessage } from "../../src/domain/outbox.ts";
import type { Deps } from "../../src/gateway/deps.ts";
import { allocateLicenses } from "../../src/gateway/licenses/allocator.ts";
import { propagate } from "../../src/gateway/outbox/propagation.ts";
import { StoreUnavailable } from "../../src/store/failure.ts";
import type { OutboxPointer } from "../../src/store/outbox.ts";
import { type Fault, faultAt, LOST, noFault, withFault } from "../support/faults.ts";
import { type LinkedTenant, linkedTenant, type Target } from "../support/linked-tenant.ts";

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

type Stage = { world: LinkedTenant; group: string; target: Target; other: Target };

/** G with 1–5 in T, K with 4–6 in T2 of the same vault. */
async function stage(): Promise<Stage> {
  const world = await linkedTenant(8);
  const vault = await world.vault("V");
  const [target, other] = [await world.target(vault, "T"), await world.target(vault, "T2")];
  const group = await world.group("G", range(1, 5));
  await world.link(group, target);
  await world.link(await world.group("K", range(4, 6)), other);
  await world.settle();
  return { world, group, target, other };
}

const works: Record<string, (stage: Stage) => Promise<void>> = {
  "a change of members": async ({ world, group }) => {
    await world.change(group, { add: ["u6", "u7"], remove: ["u1", "u4"] });
  },
  "a new link that replaces members": async ({ world, target }) => {
    const [link] = await world.links();
    if (link !== undefined) await world.unlink(link, "keep");
    await world.link(await world.group("N", [5, 8]), target);
  },
  "taking a link off": async ({ world }) => {
    const [link] = await world.links();
    if (link !== undefined) await world.unlink(link, "remove");
  },
  "a deleted source group": ({ world, group }) => world.deleteGroup(group),
  "a deprovisioned account": ({ world }) => world.deprovision(5),
  "a resumed link": async ({ world, group }) => {
    const [link] = await world.links();
    if (link === undefined) return;
    await world.switchLink(link, "paused");
    await world.change(group, { add: ["u8"], remove: ["u2"] });
    await world.settle();
    await world.switchLink(link, "active");
  },
  "an approval": async ({ world, group }) => {
    await world.brake({ percent: 0, floor: 1, absolute: 100 });
    await world.remove(group, 1, 2, 4);
    await world.settle();
    await world.add(group, 2);
    await world.settle();
    await world.decideAll("approved");
  },
  "a repair": ({ world, target }) => world.repair(target.vault),
};

/** What is there in the end, and what was told of it. */
async function outcome({ world, target, other }: Stage) {
  const events = await world.tenant.all<{ action: string; reason: string | null; users: string | null }>(
    `SELECT action, reason, json_extract(data, '$.users') AS users FROM events WHERE tenant_no = ?
       AND (action LIKE 'vault%' OR action LIKE 'link.%' AND action <> 'link.failed') ORDER BY action, reason, users`,
    world.tenant.tenantNo,
  );
  return {
    users: await world.vaultUsers(target.vault),
    members: [await world.members(target), await world.members(other)],
    links: (await world.links()).map(({ state, error }) => [state, error]),
    miscounts: await world.miscounts(),
    told: events.map(({ action, reason, users }) => `${action} ${reason} ${users}`),
  };
}

/** Delivers everything, with the fault at work; what is left over is delivered as if nothing had happened. */
async function deliver(stage: Stage, fault: Fault): Promise<PropagationMessage[]> {
  const { world } = stage;
  const deps = { ...withFault(world.tenant.deps(), fault), log: () => {} };
  const messages = await world.messages();
  for (const message of messages) {
    try {
      await propagate(deps, message);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
    }
  }
  await world.settle();
  return messages;
}

describe.each(Object.entries(works))("%s", (_, begin) => {
  it("survives the loss of any one call, before and after its commit", { timeout: 60_000 }, async () => {
    const undisturbed = await stage();
    await begin(undisturbed);
    const fault = noFault();
    const messages = await deliver(undisturbed, fault);
    const expected = await outcome(undisturbed);
    expect(expected.miscounts).toEqual([]);
    const deps = undisturbed.world.tenant.deps();
    for (const message of [...messages, ...messages]) expect(await propagate(deps, message)).toBe("done");
    expect(deps.meter.rowsWritten).toBe(0);
    for (const call of range(1, fault.calls)) {
      for (const when of ["before", "after"] as const) {
        const disturbed = await stage();
        await begin(disturbed);
        await deliver(disturbed, faultAt(call, when, LOST));
        expect(await outcome(disturbed), `call ${call} lost ${when} its commit`).toEqual(expected);
      }
    }
  });
});

describe("a deleted group", () => {
  /** Signals as they come, delivered one by one; nothing ever sweeps. */
  function wired(world: LinkedTenant) {
    const pointers: OutboxPointer[] = [];
    const { shardName, tenantNo } = world.tenant;
    const deps = (): Deps => ({
      ...world.tenant.deps(),
      signals: { outboxWritten: (_, __, rows) => void pointers.push(...rows), armSweeper: async () => {} },
    });
    const hand = (kind: OutboxKind, seq: number) =>
      kind === "license"
        ? allocateLicenses(deps(), shardName, tenantNo)
        : propagate(deps(), { v: 1, shard: shardName, tenantNo, kind, seq });
    async function drain(): Promise<void> {
      for (let next = pointers.shift(); next !== undefined; next = pointers.shift()) {
        await hand(next.kind, next.seq);
      }
    }
    return { hand, drain };
  }

  it.each([
    ["link", "license"],
    ["license", "link"],
  ] as const)("is cleared away without a sweep, whoever comes last: %s, then %s", async (...order) => {
    const { world, group } = await stage();
    const { tenant } = world;
    await tenant.run(
      "UPDATE groups SET license_type_no = 3 WHERE tenant_no = ? AND scim_id = ?",
      tenant.tenantNo,
      group,
    );
    await world.deleteGroup(group);
    const rows = await tenant.all<{ kind: OutboxKind; seq: number }>(
      "SELECT kind, seq FROM outbox WHERE tenant_no = ? ORDER BY seq",
      tenant.tenantNo,
    );
    expect(rows.map(({ kind }) => kind).sort()).toEqual(["group_cleanup", "license", "membership"]);
    const seqOf = (wanted: OutboxKind) => rows.find(({ kind }) => kind === wanted)?.seq ?? 0;
    const { hand, drain } = wired(world);
    // The cleanup comes first and has to wait; its message is spent.
    expect(await hand("group_cleanup", seqOf("group_cleanup"))).toBe("waiting");
    for (const step of order) {
      if (step === "link") await hand("membership", seqOf("membership"));
      else await hand("license", 0);
      await drain();
    }
    expect(await world.tenant.all("SELECT * FROM outbox WHERE tenant_no = ?", tenant.tenantNo)).toEqual([]);
    const left = await tenant.all(
      "SELECT 1 FROM members AS m JOIN groups AS g ON g.tenant_no = m.tenant_no AND g.group_no = m.group_no WHERE m.tenant_no = ? AND g.scim_id = ?",
      tenant.tenantNo,
      group,
    );
    expect(left).toEqual([]);
  });
});
