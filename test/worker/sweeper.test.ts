/** The doors behind the queue: consumer, dead letters, sweeper, cron. */
import {
  createExecutionContext,
  createMessageBatch,
  createScheduledController,
  getQueueResult,
  runDurableObjectAlarm,
  runInDurableObject,
  waitOnExecutionContext,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, describe, it, vi } from "vitest";
import type { PropagationMessage } from "../../src/domain/outbox.ts";
import { queueHandler, retryDelaySeconds } from "../../src/entry/queue.ts";
import { scheduledHandler } from "../../src/entry/scheduled.ts";
import { activity } from "../../src/gateway/outbox/activity.ts";
import { listDeadLetters, redrive } from "../../src/gateway/outbox/dead-letters.ts";
import { sweepShard } from "../../src/gateway/outbox/sweep.ts";
import type { OutboxPointer } from "../../src/store/outbox.ts";
import { type LinkedTenant, linkedTenant, value } from "../support/linked-tenant.ts";

type Body = PropagationMessage | { broken: true };

async function deliver(bodies: Body[], queue = "vestibule-propagation", attempts = 1) {
  const batch = createMessageBatch<unknown>(
    queue,
    bodies.map((body, index) => ({ id: String(index), timestamp: new Date(), attempts, body })),
  );
  const context = createExecutionContext();
  await queueHandler(batch, env, context);
  await waitOnExecutionContext(context);
  return getQueueResult(batch, context);
}

async function brokenTenant(): Promise<{
  world: LinkedTenant;
  message: PropagationMessage;
  repair(): Promise<void>;
}> {
  const world = await linkedTenant(2);
  const group = await world.group("G", [1]);
  const target = await world.target(await world.vault("V"), "T");
  await world.link(group, target);
  await world.settle();
  const trigger = `broken_${world.tenant.tenantNo}`;
  await world.tenant.run(
    `CREATE TRIGGER ${trigger} BEFORE INSERT ON vault_members WHEN NEW.tenant_no = ${world.tenant.tenantNo}
       BEGIN SELECT RAISE(ABORT, 'vault out of order'); END`,
  );
  await world.add(group, 2);
  const [message] = await world.messages();
  if (message === undefined) throw new Error("no message");
  return { world, message, repair: () => world.tenant.run(`DROP TRIGGER ${trigger}`) };
}

describe("the queue", () => {
  it("acknowledges what is done, drops what cannot be read, retries what failed with backoff", async ({
    expect,
  }) => {
    const healthy = await linkedTenant(2, "SHARD_1");
    const group = await healthy.group("G", [1]);
    const target = await healthy.target(await healthy.vault("V"), "T");
    await healthy.link(group, target);
    const [run] = await healthy.messages();
    const { message, repair, world } = await brokenTenant();
    if (run === undefined) throw new Error("no run");
    const result = await deliver([{ broken: true }, message, run, run], undefined, 3);
    expect(result.explicitAcks).toEqual(["0", "2", "3"]);
    expect(result.retryMessages).toMatchObject([{ msgId: "1" }]);
    expect([1, 2, 3, 8].map(retryDelaySeconds)).toEqual([2, 4, 8, 60]);
    expect(await healthy.members(target)).toEqual([1]);
    const [row] = await world.tenant.all(
      "SELECT error FROM outbox WHERE tenant_no = ?",
      world.tenant.tenantNo,
    );
    expect(row?.["error"]).toContain("vault out of order");
    await repair();
  });

  it("keeps dead letters until an administrator redrives them", async ({ expect }) => {
    const { world, message, repair } = await brokenTenant();
    await deliver([message]);
    const buried = await deliver([message, message], "vestibule-propagation-dead");
    expect(buried.explicitAcks).toEqual(["0", "1"]);
    const admin = () => world.tenant.admin();
    expect(value(await activity(admin()))).toMatchObject({ idle: true, openOutboxRows: 0, deadRows: 1 });
    const letters = value(await listDeadLetters(admin(), { limit: 10 })).items;
    expect(letters).toMatchObject([{ kind: "membership", error: expect.stringContaining("out of order") }]);
    await repair();
    // A late copy of the message does not wake the dead.
    expect((await deliver([message])).explicitAcks).toEqual(["0"]);
    expect(value(await activity(admin())).deadRows).toBe(1);
    value(await redrive(admin(), message));
    expect(await redrive(admin(), message)).toMatchObject({ problem: { kind: "not_found" } });
    expect(value(await activity(admin()))).toMatchObject({ idle: false, deadRows: 0 });
    await deliver([message]);
    expect(value(await activity(admin()))).toMatchObject({ idle: true, deadRows: 0 });
  });
});

describe("the sweeper", () => {
  it("hands out what is due, once per lease, and never the dead", async ({ expect }) => {
    const world = await linkedTenant(2);
    await world.link(await world.group("G", [1]), await world.target(await world.vault("V"), "T"));
    const pointers: OutboxPointer[] = [];
    const at = (later: number) => ({
      ...world.tenant.deps(),
      now: () => Date.now() + later,
      signals: {
        outboxWritten: (_: string, tenantNo: number, rows: readonly OutboxPointer[]) => {
          if (tenantNo === world.tenant.tenantNo) pointers.push(...rows);
        },
        armSweeper: async () => {},
      },
    });
    await sweepShard(at(0), "SHARD_0", 8_000);
    expect(pointers).toEqual([]);
    await sweepShard(at(60_000), "SHARD_0", 8_000);
    await sweepShard(at(60_001), "SHARD_0", 8_000);
    expect(pointers).toMatchObject([{ kind: "link" }]);
    await sweepShard(at(69_000), "SHARD_0", 8_000);
    expect(pointers).toHaveLength(2);
    await world.tenant.run("UPDATE outbox SET dead_at = 1 WHERE tenant_no = ?", world.tenant.tenantNo);
    await sweepShard(at(600_000), "SHARD_0", 8_000);
    expect(pointers).toHaveLength(2);
  });

  it("keeps its alarm going through failures, and delivers what a lost signal left behind", async ({
    expect,
  }) => {
    const world = await linkedTenant(3, "SHARD_1");
    const group = await world.group("G", [1, 2]);
    const target = await world.target(await world.vault("V"), "T");
    await world.link(group, target);
    await world.tenant.run("UPDATE outbox SET available_at = 0 WHERE tenant_no = ?", world.tenant.tenantNo);
    const sweeper = env.SHARD_SWEEPER.getByName("SHARD_1");
    await sweeper.arm("SHARD_1");
    await sweeper.arm("SHARD_1");
    expect(await runDurableObjectAlarm(sweeper)).toBe(true);
    await vi.waitFor(async () => expect(await world.members(target)).toEqual([1, 2]), { timeout: 8_000 });
    const next = () => runInDurableObject(sweeper, (_, state) => state.storage.getAlarm());
    expect(await next()).toBeGreaterThan(Date.now());
    // A shard that is not bound makes every sweep fail; the chain of alarms does not end for it.
    const lost = env.SHARD_SWEEPER.getByName("SHARD_99");
    await lost.arm("SHARD_99");
    for (const _ of [1, 2, 3]) expect(await runDurableObjectAlarm(lost)).toBe(true);
    await runInDurableObject(lost, (_, state) => state.storage.deleteAlarm());
  });

  it("is armed again by cron when its alarm was lost", async ({ expect }) => {
    const sweeper = env.SHARD_SWEEPER.getByName("SHARD_0");
    await sweeper.arm("SHARD_0");
    await runInDurableObject(sweeper, (_, state) => state.storage.deleteAlarm());
    const context = createExecutionContext();
    await scheduledHandler(createScheduledController(), env, context);
    await waitOnExecutionContext(context);
    expect(await runInDurableObject(sweeper, (_, state) => state.storage.getAlarm())).toBeGreaterThan(
      Date.now(),
    );
  });
});

afterAll(async () => {
  for (const name of ["SHARD_0", "SHARD_1"]) {
    const sweeper = env.SHARD_SWEEPER.getByName(name);
    await runInDurableObject(sweeper, (_, state) => state.storage.deleteAlarm());
  }
});
