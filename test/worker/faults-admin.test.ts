/**
 * D1 fails at every call of every write of the admin API, before and after the batch is committed. The routes come
 * from the application itself. One lost call is never noticed: the answer is the usual one and so are all rows. While D1 stays
 * away the answer is 503 with Retry-After, and whoever then asks again has the effect once.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { propagate } from "../../src/gateway/outbox/propagation.ts";
import type { AdminRoute } from "../../src/http/admin/route.ts";
import { adminRoutes } from "../../src/http/admin/routes.ts";
import {
  adminFixtures,
  type Fixture,
  foundOrganization,
  type Organization,
} from "../support/admin-fixtures.ts";
import { type Answer, LOOPBACK, openGateway, requestToken } from "../support/admin-gateway.ts";
import {
  everyLoss,
  type Fault,
  faultAt,
  noFault,
  OVERLOADED,
  outageFrom,
  withFault,
} from "../support/faults.ts";
import {
  comparable,
  restoreTenant,
  type TenantRows,
  tenantRows,
  withoutChance,
} from "../support/tenant-rows.ts";

const gateway = openGateway();
const inner = gateway.alter.deps;
let own: Organization;
let before: TenantRows;

beforeAll(async () => {
  own = await foundOrganization(gateway);
  // The key has been used within the hour, which is then not noted again.
  await gateway.call("GET", "/tenant", { key: own.key });
  before = await tenantRows(own);
});

const writes = adminRoutes.filter(({ access, method }) => access !== "public" && method !== "get");

function fixtureOf({ operationId }: AdminRoute): Fixture {
  const fixture = adminFixtures[operationId];
  if (fixture === undefined) throw new Error(`no fixture for ${operationId}`);
  return fixture(own);
}

/** The same request each time it is sent. */
function requestOf(route: AdminRoute): (fault?: Fault) => Promise<Answer> {
  const { path, body } = fixtureOf(route);
  return async (fault = noFault()) => {
    gateway.alter.deps = (deps) => withFault(deps, fault);
    try {
      return await gateway.call(route.method.toUpperCase(), path, { key: own.key, body });
    } finally {
      gateway.alter.deps = inner;
    }
  };
}

const stages = new Map<AdminRoute, TenantRows>();

/** Puts the organization to where the route's request succeeds. */
async function stage(route: AdminRoute): Promise<void> {
  const known = stages.get(route);
  if (known !== undefined) return restoreTenant(own, known);
  await restoreTenant(own, before);
  for (const [method, path, body] of fixtureOf(route).before ?? []) {
    const done = await gateway.call(method, path, { key: own.key, body });
    expect(done.status, done.text).toBeLessThan(300);
  }
  stages.set(route, await tenantRows(own));
}

const rows = async () => comparable(await tenantRows(own));

async function cleanRun(route: AdminRoute) {
  await stage(route);
  const start = await rows();
  const fault = noFault();
  const answer = await requestOf(route)(fault);
  expect(answer.status, answer.text).toBe(route.status);
  const then = await rows();
  const changesNothing = JSON.stringify(then) === JSON.stringify(start);
  // Lost before and after is the same to what only reads.
  const losses = [...everyLoss(fault.calls)].filter(({ when }) => when === "before" || !changesNothing);
  return { losses, text: withoutChance(answer.text), rows: then };
}

describe.each(writes.map((route) => [`${route.method} ${route.path}`, route] as const))("%s", (_, route) => {
  it("answers as ever and acts once, whichever one call is lost", async () => {
    const clean = await cleanRun(route);
    expect(clean.losses.length).toBeGreaterThan(1);
    for (const { call, when, name } of clean.losses) {
      await stage(route);
      const answer = await requestOf(route)(faultAt(call, when));
      expect([answer.status, withoutChance(answer.text)], name).toEqual([route.status, clean.text]);
      expect(await rows(), name).toEqual(clean.rows);
    }
  });

  it("says 503 and when to come back while D1 stays away, and asked again acts once", async () => {
    const clean = await cleanRun(route);
    // Away before a batch is as away after the one before it; only the last has none behind it.
    const outages = clean.losses.filter(
      ({ when }, index) => when === "after" || index >= clean.losses.length - 2,
    );
    for (const { call, when, name } of outages) {
      await stage(route);
      const send = requestOf(route);
      const first = await send(outageFrom(call, when));
      if (first.status !== route.status) {
        expect([first.status, first.body["type"]], name).toEqual([503, "urn:vestibule:problem:unavailable"]);
        expect(first.headers.get("retry-after"), name).toMatch(/^[1-9]\d*$/);
        const second = await send();
        expect([route.status, 409, ...(takesAway(route) ? [404] : [])], name).toContain(second.status);
      }
      await followDirectory();
      expect(without(await rows(), route), name).toEqual(without(clean.rows, route));
    }
  });

  it("is not repeated here when D1 has too much to do", async () => {
    await stage(route);
    const start = await rows();
    const fault = outageFrom(1, "before", OVERLOADED);
    const answer = await requestOf(route)(fault);
    expect([answer.status, fault.calls]).toEqual([503, 1]);
    expect(await rows()).toEqual(start);
  });
});

/** Whoever asks again for what was taken away meanwhile hears that it is gone. */
const takesAway = ({ method, operationId }: AdminRoute): boolean =>
  method === "delete" || operationId === "redriveDeadLetter";

/** The directory's half of a change, which waits in the outbox when CONTROL did not answer. */
async function followDirectory(): Promise<void> {
  const { outbox = [] } = (await tenantRows(own)).shard;
  for (const { kind, seq } of outbox) {
    if (kind !== "directory") continue;
    const message = { v: 1, shard: own.shard, tenantNo: own.tenantNo, kind, seq: Number(seq) } as const;
    expect(await propagate(gateway.deps(), message)).toBe("done");
  }
}

const history = ["events", "event_subjects"];

/** What an outage between two commits, or asking again, may leave beside the one effect. */
const remains: Record<string, readonly string[]> = {
  // A key that was never shown: only its hash exists, nobody can use it, and the list shows it.
  createApiKey: ["api_keys", ...history],
  // Keys live in CONTROL and their history in the shard: the event follows the fact, or is lost.
  revokeApiKey: history,
  // Saying the same again is told again, and looked into again.
  chooseLicense: [...history, "outbox"],
  releaseLicense: [...history, "outbox"],
  repairDrift: [...history, "outbox"],
  renameVaultGroup: history,
  changeConnector: history,
  setSynchronization: history,
  setPolicies: history,
};

const without = (all: Record<string, string[]>, { operationId }: AdminRoute): Record<string, string[]> =>
  Object.fromEntries(Object.entries(all).filter(([table]) => !remains[operationId]?.includes(table)));

describe("a key whose answer was lost for good", () => {
  it("was never used and is all that is left beside the one that was shown", async () => {
    const route = writes.find(({ operationId }) => operationId === "createApiKey");
    if (route === undefined) throw new Error("there is no such route");
    await stage(route);
    const send = requestOf(route);
    expect((await send(outageFrom(2, "after"))).status).toBe(503);
    const { status, body } = await send();
    expect(status).toBe(201);
    const { body: listed } = await gateway.call<{ items: { id: string; name: string; lastUsedAt: null }[] }>(
      "GET",
      "/api-keys",
      { key: own.key },
    );
    const made = listed.items.filter(({ name }) => name === body["name"]);
    expect(made.map(({ lastUsedAt }) => lastUsedAt)).toEqual([null, null]);
    const unseen = made.find(({ id }) => id !== body["id"]);
    expect((await gateway.call("DELETE", `/api-keys/${unseen?.id}`, { key: own.key })).status).toBe(204);
    expect((await gateway.call("GET", "/tenant", { key: String(body["key"]) })).status).toBe(200);
  });
});

describe("secrets that are shown once", () => {
  it.each(["createConfiguration", "createClientSecret"])(
    "work when an answer of D1 was lost: %s",
    async (operation) => {
      const route = writes.find(({ operationId }) => operationId === operation);
      if (route === undefined) throw new Error("there is no such route");
      const { losses } = await cleanRun(route);
      for (const { call, when, name } of losses) {
        await stage(route);
        const { body } = await requestOf(route)(faultAt(call, when));
        const tokenEndpoint = String(
          body["tokenEndpoint"] ?? `${LOOPBACK}/t/${own.configurationId}/oauth2/token`,
        );
        const client = {
          tokenEndpoint,
          clientId: String(body["clientId"]),
          clientSecret: String(body["clientSecret"]),
        };
        // Another isolate: nothing is known from before.
        expect((await requestToken(openGateway(), client)).status, name).toBe(200);
      }
    },
  );
});
