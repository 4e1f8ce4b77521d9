/**
 * Durable Objects that fail: their calls, their storage, their D1, their memory, their alarms. SCIM answers do not
 * notice (I23), the work is done later all the same, and licenses are exact.
 */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { ALLOCATION_SAFETY_ALARM_MS } from "../../src/domain/limits.ts";
import type { PropagationMessage } from "../../src/domain/outbox.ts";
import { buildDeps } from "../../src/entry/deps.ts";
import { LicenseAllocator } from "../../src/entry/license-allocator.ts";
import { ShardSweeper } from "../../src/entry/shard-sweeper.ts";
import { propagate } from "../../src/gateway/outbox/propagation.ts";
import { sweepShard } from "../../src/gateway/outbox/sweep.ts";
import { openGateway } from "../support/admin-gateway.ts";
import {
  everyLoss,
  type Fault,
  faultAt,
  faultyStorage,
  noFault,
  withFaultyBindings,
} from "../support/faults.ts";
import { groupBody, patchBody, userBody } from "../support/scim-messages.ts";
import { comparable, restoreTenant, type TenantRows, tenantRows } from "../support/tenant-rows.ts";

const gateway = openGateway();
const inner = gateway.alter.deps;
type Place = { shard: "SHARD_0" | "SHARD_1"; tenantNo: number };
let place: Place;
let key = "";
let basic = "";
let tenantUrl = "";
/** Five people for three licenses, undecided; a group and a link whose run is still to come. */
let before: TenantRows;

const admin = async <Body>(method: string, path: string, body?: unknown): Promise<Body> => {
  const answer = await gateway.call<Body>(method, path, { key, body });
  if (answer.status >= 300) throw new Error(answer.text);
  return answer.body;
};
const scim = (method: string, path: string, body: object) =>
  gateway.send(
    new Request(`${tenantUrl}${path}`, {
      method,
      headers: { authorization: basic, "content-type": "application/scim+json" },
      body: JSON.stringify(body),
    }),
  );

beforeAll(async () => {
  const signedUp = await gateway.signUp();
  key = signedUp.key;
  const found = await env.CONTROL.prepare(
    "SELECT tenant_no AS tenantNo, shard FROM tenants WHERE tenant_id = ?",
  )
    .bind(signedUp.tenant.id)
    .first<Place>();
  if (found === null) throw new Error("the organization is not in the directory");
  place = found;
  const made = await admin<{ tenantUrl: string; clientId: string; clientSecret: string }>(
    "POST",
    "/configurations",
    {
      name: "Objects",
      type: "other_scim",
      defaultLicenseType: "read_only",
    },
  );
  tenantUrl = made.tenantUrl;
  basic = `Basic ${btoa(`${made.clientId}:${made.clientSecret}`)}`;
  await admin("PATCH", "/license-types/read_only", { purchased: 3 });
  const ids: string[] = [];
  for (const name of ["ann", "bob", "cyd", "dan", "eve"]) {
    ids.push(String((await scim("POST", "/Users", userBody(name))).body["id"]));
  }
  const group = await scim("POST", "/Groups", groupBody("Source", ids));
  const vault = await admin<{ id: string }>("POST", "/vaults", { name: "Vault" });
  const ends = { groupId: String(group.body["id"]), vaultId: vault.id, newVaultGroupName: "Target" };
  const { planHash } = await admin<{ planHash: string }>("POST", "/links/preview", ends);
  await admin("POST", "/links", { ...ends, planHash });
  before = await tenantRows(place);
});

const allocator = () => env.LICENSE_ALLOCATOR.getByName(`${place.shard}:${place.tenantNo}`);
const sweeper = () => env.SHARD_SWEEPER.getByName(place.shard);

beforeEach(() => restoreTenant(place, before));
afterEach(async () => {
  vi.useRealTimers();
  for (const stub of [allocator(), sweeper()]) {
    await runInDurableObject(stub, (_, { storage }) => storage.deleteAlarm());
  }
});

type Alterations = { d1?: Fault; storage?: Fault; env?: Partial<Env> };

/** A fresh instance on what the object has stored: as after an eviction or a reset. */
const asAllocator = <T>(
  alter: Alterations,
  run: (object: LicenseAllocator, state: DurableObjectState) => T,
) =>
  runInDurableObject(allocator(), (_, state) => {
    const bindings = { ...withFaultyBindings(env, alter.d1 ?? noFault()), ...alter.env };
    const object = new LicenseAllocator(state, bindings);
    return run(withStorage(object, state, alter.storage), state);
  });
const asSweeper = <T>(alter: Alterations, run: (object: ShardSweeper, state: DurableObjectState) => T) =>
  runInDurableObject(sweeper(), (_, state) => {
    const bindings = {
      ...withFaultyBindings(env, alter.d1 ?? noFault()),
      ...alter.env,
    };
    const object = new ShardSweeper(state, bindings);
    return run(withStorage(object, state, alter.storage), state);
  });

function withStorage<O extends object>(object: O, state: DurableObjectState, fault = noFault()): O {
  const ctx = {
    id: state.id,
    storage: faultyStorage(state.storage, fault),
    waitUntil: (work: Promise<unknown>) => state.waitUntil(work),
  };
  return Object.defineProperty(object, "ctx", { value: ctx });
}

const rows = async () => comparable(await tenantRows(place));
const licenses = async () => {
  const { users = [], license_types: types = [], events = [], outbox = [] } = await rows();
  const decided = events.filter((event) => event.includes('"license.') && !event.includes("purchased"));
  return {
    users,
    types,
    decided: decided.map((event) => event.replace(/"seq":\d+/, "")).toSorted(),
    open: outbox.filter((row) => row.includes('"license"')),
  };
};

/** Wakes the allocator and lets its alarms ring until it rests. */
async function allocate(): Promise<void> {
  await asAllocator({}, (object) => object.wake(place.shard, place.tenantNo));
  await ring();
}
async function ring(): Promise<void> {
  for (let alarm = 0; alarm < 10; alarm += 1) {
    if (
      !(await asAllocator({}, async (object, { storage }) => {
        if ((await storage.getAlarm()) === null) return false;
        await object.alarm();
        return true;
      }))
    )
      return;
  }
  throw new Error("the allocator does not rest");
}

describe("the license allocator", () => {
  it("decides the same whichever D1 call of a round is lost, and is reset after it", async () => {
    const counted = noFault();
    await asAllocator({ d1: counted }, async (object) => {
      await object.wake(place.shard, place.tenantNo);
      await object.alarm();
    });
    const expected = await licenses();
    expect(expected.types.filter((type) => type.includes('"assigned":3'))).toHaveLength(1);
    expect(expected.open).toEqual([]);
    expect(counted.calls).toBeGreaterThan(1);
    for (const { call, when, name } of everyLoss(counted.calls)) {
      await restoreTenant(place, before);
      await asAllocator({ d1: faultAt(call, when) }, async (object) => {
        await object.wake(place.shard, place.tenantNo);
        await object.alarm();
      });
      await ring();
      expect(await licenses(), name).toEqual(expected);
    }
  });

  it("decides the same whichever call of its storage fails, before and after it took effect", async () => {
    const round = (storage: Fault) =>
      asAllocator({ storage }, async (object) => {
        await object.wake(place.shard, place.tenantNo);
        await object.alarm();
      });
    const counted = noFault();
    await round(counted);
    const expected = await licenses();
    expect(counted.calls).toBeGreaterThan(3);
    for (const { call, when, name } of everyLoss(counted.calls)) {
      await restoreTenant(place, before);
      await round(faultAt(call, when)).catch((error: unknown) =>
        expect(String(error), name).toContain("lost"),
      );
      // What the sweeper does for every row that stays open.
      await allocate();
      expect(await licenses(), name).toEqual(expected);
    }
  });

  it("is woken again although it had been told before, when the alarm could not be set or was lost", async () => {
    await asAllocator({ storage: faultAt(2, "before") }, async (object, { storage }) => {
      const wake = () => object.wake(place.shard, place.tenantNo);
      await expect(wake()).rejects.toThrow("lost");
      expect(await storage.getAlarm()).toBeNull();
      await wake();
      expect(await storage.getAlarm()).not.toBeNull();
      await storage.deleteAlarm();
      await wake();
      expect(await storage.getAlarm()).toBeNull();
      vi.useFakeTimers({ now: Date.now() + 2 * ALLOCATION_SAFETY_ALARM_MS, toFake: ["Date"] });
      await wake();
      expect(await storage.getAlarm()).not.toBeNull();
    });
  });

  it("is bypassed and doubled without a second effect", async () => {
    await allocate();
    const expected = await rows();
    for (let again = 0; again < 3; again += 1) await allocate();
    expect(await rows()).toEqual(expected);
  });
});

describe("the sweeper", () => {
  const due = (all: TenantRows): TenantRows => ({
    ...all,
    shard: { ...all.shard, outbox: (all.shard["outbox"] ?? []).map((row) => ({ ...row, available_at: 0 })) },
  });

  /** What is handed out, by whom it goes to. */
  function recorded() {
    const handed: string[] = [];
    const bindings = {
      PROPAGATION: {
        sendBatch: async (sent: { body: { kind: string; seq: number } }[]) =>
          void handed.push(...sent.map(({ body }) => `${body.kind} ${body.seq}`)),
      },
      LICENSE_ALLOCATOR: {
        getByName: (name: string) => ({ wake: async () => void handed.push(`wake ${name}`) }),
      },
    } as unknown as Partial<Env>;
    return { handed, bindings };
  }

  it("hands out everything, whichever D1 call of its alarm is lost, at the next turn at the latest", async () => {
    await restoreTenant(place, due(before));
    await asSweeper({}, (object) => object.arm(place.shard));
    const clean = recorded();
    const counted = noFault();
    await asSweeper({ d1: counted, env: clean.bindings }, (object) => object.alarm());
    expect(clean.handed).toContain(`wake ${place.shard}:${place.tenantNo}`);
    expect(clean.handed).toContainEqual(expect.stringMatching(/^link /));
    for (const { call, when, name } of everyLoss(counted.calls)) {
      await restoreTenant(place, due(before));
      const { handed, bindings } = recorded();
      await asSweeper({ d1: faultAt(call, when), env: bindings }, async (object, { storage }) => {
        await object.alarm();
        expect(await storage.getAlarm(), name).not.toBeNull();
      });
      // Leases of two turns have ended by then.
      vi.useFakeTimers({ now: Date.now() + 150_000, toFake: ["Date"] });
      await asSweeper({ env: bindings }, (object) => object.alarm());
      vi.useRealTimers();
      expect(new Set(handed), name).toEqual(new Set(clean.handed));
    }
  });

  it("keeps or gets back its alarm, whichever call of its storage fails", async () => {
    const counted = noFault();
    await asSweeper({ storage: counted }, (object) => object.arm(place.shard));
    for (const { call, when, name } of everyLoss(counted.calls)) {
      await asSweeper({}, async (_, { storage }) => {
        await storage.deleteAlarm();
        await storage.deleteAll();
      });
      const armed = asSweeper({ storage: faultAt(call, when) }, (object) => object.arm(place.shard));
      await expect(armed, name).rejects.toThrow("lost");
      // Sign-up asks again, and so does cron.
      await asSweeper({}, async (object, { storage }) => {
        await object.arm(place.shard);
        expect(await storage.getAlarm(), name).not.toBeNull();
        expect(await storage.get("shard"), name).toBe(place.shard);
      });
    }
    for (const when of ["before", "after"] as const) {
      const { bindings } = recorded();
      // An alarm that throws is rung again by the platform; one that is dropped in the end, cron restores.
      const rung = asSweeper({ storage: faultAt(1, when), env: bindings }, (object) => object.alarm());
      await expect(rung).rejects.toThrow("lost");
      await asSweeper({}, async (object, { storage }) => {
        await object.arm(place.shard);
        expect(await storage.getAlarm()).not.toBeNull();
      });
    }
  });
});

describe("signals that fail", () => {
  const fail = (): never => {
    throw new Error("Network connection lost.");
  };
  const rejected = () => Promise.reject(new Error("the object was reset"));
  const real = env.LICENSE_ALLOCATOR;
  const taken: PropagationMessage[] = [];
  const queue = {
    sendBatch: async (sent: { body: PropagationMessage }[]) =>
      void taken.push(...sent.map(({ body }) => body)),
  };
  const ways: Record<string, Partial<Record<keyof Env, unknown>>> = {
    "an allocator that cannot be found": { LICENSE_ALLOCATOR: { getByName: fail } },
    "an allocator that throws before it was woken": {
      LICENSE_ALLOCATOR: { getByName: () => ({ wake: rejected }) },
    },
    "an allocator that throws after it was woken": {
      LICENSE_ALLOCATOR: {
        getByName: (name: string) => ({
          wake: (shard: string, tenantNo: number) =>
            real.getByName(name).wake(shard, tenantNo).then(rejected),
        }),
      },
    },
    "an allocator that never answers": {
      LICENSE_ALLOCATOR: { getByName: () => ({ wake: () => new Promise(() => {}) }) },
    },
    "a queue that throws": { PROPAGATION: { sendBatch: fail } },
    "a queue that rejects": { PROPAGATION: { sendBatch: rejected } },
    "a queue that fails after it has taken the messages": {
      PROPAGATION: {
        sendBatch: (sent: { body: PropagationMessage }[]) => queue.sendBatch(sent).then(rejected),
      },
    },
    "a queue that never answers": { PROPAGATION: { sendBatch: () => new Promise(() => {}) } },
  };

  it.each(Object.entries(ways))(
    "%s: SCIM answers as ever, and the sweeper sees to the rest",
    async (_, broken) => {
      taken.length = 0;
      const { signals } = buildDeps({ ...env, PROPAGATION: queue, ...broken } as Env, () => {});
      gateway.alter.deps = (own) => ({ ...own, signals });
      const user = await scim("POST", "/Users", userBody("fay"));
      const group = String((before.shard["groups"] ?? [])[0]?.["scim_id"]);
      const joined = await scim(
        "PATCH",
        `/Groups/${group}`,
        patchBody({ op: "add", path: "members", value: [{ value: String(user.body["id"]) }] }),
      );
      gateway.alter.deps = inner;
      expect([user.status, joined.status]).toEqual([201, 204]);

      const work: Promise<unknown>[] = [];
      const own = buildDeps({ ...env, PROPAGATION: queue } as unknown as Env, (promise) =>
        work.push(promise),
      );
      await sweepShard({ ...own, now: () => Date.now() + 60_000 }, place.shard, 1);
      await Promise.all(work);
      // Messages of the lost signal too, where the queue had taken them.
      for (let message = taken.shift(); message !== undefined; message = taken.shift()) {
        if ((await propagate(own, message)) === "more") taken.push(message);
      }
      await runDurableObjectAlarm(allocator());
      const { outbox = [], license_types: types = [], vault_members: members = [] } = await rows();
      expect(outbox).toEqual([]);
      const ofType = types.filter((type) => type.includes('"code":"read_only"'));
      expect(ofType).toEqual([expect.stringMatching(/"assigned":3,.*"waiting_unlicensed":3\b/)]);
      expect(members).toHaveLength(6);
    },
  );
});
