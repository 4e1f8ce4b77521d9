/**
 * The queue's consumer under faults of D1 and of the queue itself: what could not be done is delivered again after
 * a growing wait, and ends where an undisturbed delivery ends; copies write nothing; what is poison waits in D1.
 */
import {
  createExecutionContext,
  createMessageBatch,
  getQueueResult,
  waitOnExecutionContext,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { DELIVERIES_MAX } from "../../src/domain/limits.ts";
import type { PropagationMessage } from "../../src/domain/outbox.ts";
import { queueHandler, retryDelaySeconds } from "../../src/entry/queue.ts";
import { activity } from "../../src/gateway/outbox/activity.ts";
import { listDeadLetters, redrive } from "../../src/gateway/outbox/dead-letters.ts";
import {
  everyLoss,
  type Fault,
  faultAt,
  noFault,
  OVERLOADED,
  outageFrom,
  withFaultyBindings,
} from "../support/faults.ts";
import { type LinkedTenant, linkedTenant, type Target, value } from "../support/linked-tenant.ts";
import { comparable, restoreTenant, type TenantRows, tenantRows } from "../support/tenant-rows.ts";

let world: LinkedTenant;
let place: { shard: "SHARD_0" | "SHARD_1"; tenantNo: number };
/** A run of a link, a change of its members, a deleted group and a person who left: all still to be followed. */
let before: TenantRows;
let messages: PropagationMessage[];
let target: Target;

beforeAll(async () => {
  world = await linkedTenant(6);
  place = { shard: world.tenant.shardName, tenantNo: world.tenant.tenantNo };
  const vault = await world.vault("V");
  const [first, second] = [await world.group("G", [1, 2, 3]), await world.group("K", [3, 4])];
  await world.link(second, await world.target(vault, "T2"));
  await world.settle();
  target = await world.target(vault, "T");
  await world.link(first, target);
  await world.change(first, { add: ["u5"], remove: ["u1"] });
  await world.deleteGroup(second);
  await world.deprovision(2);
  before = await tenantRows(place);
  messages = await world.messages();
});

beforeEach(() => restoreTenant(place, before));

type Delivery = { queue?: string; attempts?: number; env?: Partial<Record<keyof Env, unknown>> };

async function deliver(bodies: readonly PropagationMessage[], fault = noFault(), alter: Delivery = {}) {
  const { queue = "vestibule-propagation", attempts = 1 } = alter;
  const batch = createMessageBatch<PropagationMessage>(
    queue,
    bodies.map((body, index) => ({ id: String(index), timestamp: new Date(), attempts, body })),
  );
  const context = createExecutionContext();
  const sendBatch = async () => {};
  const bindings = { ...withFaultyBindings(env, fault), PROPAGATION: { sendBatch }, ...alter.env };
  const waits: unknown[] = [];
  await queueHandler(noting(batch, waits), bindings as unknown as Env, context);
  await waitOnExecutionContext(context);
  const { explicitAcks, retryMessages } = await getQueueResult(batch, context);
  expect(explicitAcks.length + retryMessages.length, "every message is answered").toBe(bodies.length);
  const wait = queue.endsWith("dead") ? 60 : retryDelaySeconds(attempts);
  expect(waits).toEqual(retryMessages.map(() => wait));
  const again = retryMessages.flatMap(({ msgId }) => bodies[Number(msgId)] ?? []);
  return { again, acks: explicitAcks.length };
}

/** The batch, telling after how long its messages are to come again. */
function noting<Body>(batch: MessageBatch<Body>, waits: unknown[]): MessageBatch<Body> {
  const messages = batch.messages.map((message) => ({
    id: message.id,
    timestamp: message.timestamp,
    attempts: message.attempts,
    body: message.body,
    ack: () => message.ack(),
    retry(options?: QueueRetryOptions) {
      waits.push(options?.delaySeconds);
      message.retry(options);
    },
  }));
  return { ...batch, queue: batch.queue, messages };
}

/** Delivers what was given back, then whatever rows are still open, as the sweeper would. */
async function settle(again: readonly PropagationMessage[]): Promise<void> {
  await deliver([...again].reverse(), noFault(), { attempts: 2 });
  for (let round = 0; round < 20; round += 1) {
    const open = await world.messages();
    if (open.length === 0) return;
    await deliver(open);
  }
  throw new Error("does not settle");
}

/** All rows; of events what happened to whom, however it was divided among them and in whatever order. */
async function outcome(): Promise<Record<string, string[]>> {
  const all = await tenantRows(place);
  const { events: _, event_subjects: __, ...rest } = comparable(all);
  const told = (all.shard["events"] ?? []).flatMap(({ action, reason, subject_no: subject, data }) => {
    const { users = ["-"] } = JSON.parse(String(data)) as { users?: unknown[] };
    return users.map((user) => `${action} ${reason} ${subject} ${user}`);
  });
  // That a run had to be tried again is shown on its link, and told.
  return { ...rest, told: told.filter((line) => !line.startsWith("link.failed")).toSorted() };
}

async function undisturbed() {
  const counted = noFault();
  const { again } = await deliver(messages, counted);
  expect(again).toEqual([]);
  await settle([]);
  return { calls: counted.calls, expected: await outcome() };
}

describe("messages", () => {
  it("are of several kinds, so that what follows means something", () => {
    expect(new Set(messages.map(({ kind }) => kind))).toEqual(
      new Set(["link", "membership", "group_cleanup"]),
    );
  });

  it("end in the same place whichever D1 call is lost, before and after its commit; copies write nothing", async () => {
    const { calls, expected } = await undisturbed();
    const replay = noFault();
    await deliver([...messages, ...messages], replay);
    expect(replay.rowsWritten).toBe(0);
    for (const { call, when, name } of everyLoss(calls)) {
      await restoreTenant(place, before);
      const { again } = await deliver(messages, faultAt(call, when));
      expect(again.length, name).toBeLessThanOrEqual(1);
      await settle(again);
      expect(await outcome(), name).toEqual(expected);
      const copies = noFault();
      await deliver(messages, copies);
      expect(copies.rowsWritten, name).toBe(0);
    }
  });

  it("are given back with a growing wait while D1 stays away, and in the end left to the sweeper, never buried", async () => {
    const { expected } = await undisturbed();
    await restoreTenant(place, before);
    const [message] = messages;
    if (message === undefined) throw new Error("no message");
    for (const attempts of [1, 2, 3, DELIVERIES_MAX - 2]) {
      const { again } = await deliver([message], outageFrom(1, "before", OVERLOADED), { attempts });
      expect(again).toEqual([message]);
    }
    const last = await deliver([message], outageFrom(1, "before", OVERLOADED), {
      attempts: DELIVERIES_MAX - 1,
    });
    expect(last).toEqual({ again: [], acks: 1 });
    expect(await world.messages()).toEqual(messages);
    await settle([]);
    expect(await outcome()).toEqual(expected);
  });

  it("end in the same place doubled, reversed, to two consumers at once, with some of them lost", async () => {
    const { expected } = await undisturbed();
    const orders: PropagationMessage[][] = [
      messages.toReversed(),
      [...messages, ...messages],
      [...messages.toReversed(), ...messages],
      messages.slice(1),
      messages.slice(0, 1),
    ];
    for (const order of orders) {
      await restoreTenant(place, before);
      const deliveries = await Promise.all([deliver(order), deliver(order.toReversed())]);
      await settle(deliveries.flatMap(({ again }) => again));
      expect(await outcome()).toEqual(expected);
    }
  });

  it("whose follow-up cannot be sent are done all the same: the row they leave is found by the sweeper", async () => {
    const { expected } = await undisturbed();
    await restoreTenant(place, before);
    const fail = () => Promise.reject(new Error("Queue is overloaded"));
    const broken = {
      PROPAGATION: { sendBatch: fail },
      LICENSE_ALLOCATOR: { getByName: () => ({ wake: fail }) },
    };
    const { again } = await deliver(messages, noFault(), { env: broken });
    expect(again).toEqual([]);
    await settle([]);
    expect(await outcome()).toEqual(expected);
  });
});

describe("poison", () => {
  const trigger = () => `poison_${world.tenant.tenantNo}`;
  const dead = { queue: "vestibule-propagation-dead" };
  let message: PropagationMessage;

  beforeEach(async () => {
    const run = messages.find(({ kind }) => kind === "link");
    if (run === undefined) throw new Error("no run");
    message = run;
    await world.tenant.run(`DROP TRIGGER IF EXISTS ${trigger()}`);
    await world.tenant.run(
      `CREATE TRIGGER ${trigger()} BEFORE INSERT ON vault_members WHEN NEW.tenant_no = ${world.tenant.tenantNo}
           AND NEW.vault_group_no = ${target.group.no}
         BEGIN SELECT RAISE(ABORT, 'vault out of order'); END`,
    );
  });

  it("is given back although not even its failure can be noted", async () => {
    const counted = noFault();
    expect((await deliver([message], counted)).again).toEqual([message]);
    for (const { call, when } of everyLoss(counted.calls)) {
      await restoreTenant(place, before);
      expect((await deliver([message], faultAt(call, when))).again).toEqual([message]);
      expect(await world.messages()).toContainEqual(message);
    }
  });

  it("is kept in D1 whichever call is lost, shown, redriven, and then done once", async () => {
    const admin = () => world.tenant.admin();
    const losses: [Fault, number][] = [
      [noFault(), 0],
      [faultAt(1, "before"), 1],
      [faultAt(1, "after"), 1],
    ];
    for (const [fault, givenBack] of losses) {
      await restoreTenant(place, before);
      await deliver([message]);
      const { again } = await deliver([message], fault, dead);
      expect(again).toHaveLength(givenBack);
      await deliver([message], noFault(), dead);
      expect(value(await activity(admin())).deadRows).toBe(1);
      expect(value(await listDeadLetters(admin(), { limit: 10 })).items).toMatchObject([
        { kind: "link", seq: message.seq, error: expect.stringContaining("out of order") },
      ]);
    }
    await world.tenant.run(`DROP TRIGGER ${trigger()}`);
    value(await redrive(admin(), message));
    await settle([]);
    const done = await outcome();
    await restoreTenant(place, before);
    const { expected } = await undisturbed();
    for (const table of ["vault_users", "vault_members", "vault_groups"]) {
      expect(done[table], table).toEqual(expected[table]);
    }
  });
});
