/** A tenant moves to another shard while its identity provider keeps calling. */
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it } from "vitest";
import { completeDirectory } from "../../src/gateway/identity/directory.ts";
import type { MoveStep } from "../../src/gateway/identity/tenant-move.ts";
import { commit } from "../../src/store/database.ts";
import { tenantFence } from "../../src/store/fence.ts";
import { TENANT_TABLES } from "../../src/store/identity/tenant-tables.ts";
import { openGateway, requestToken } from "../support/admin-gateway.ts";
import { faultAt, withFault } from "../support/faults.ts";
import { groupBody, patchBody, userBody } from "../support/scim-messages.ts";

const operatorKey = "operator-key-of-the-tests";
const gateway = openGateway({ MAIL_CAPTURE: "1", OPERATOR_KEY: operatorKey });
const inner = gateway.alter.deps;
afterEach(() => {
  gateway.alter.deps = inner;
  gateway.clock.offsetMs = 0;
});

type Shard = "SHARD_0" | "SHARD_1";
const other = (shard: Shard): Shard => (shard === "SHARD_0" ? "SHARD_1" : "SHARD_0");

/** An organization with people, a group, a vault and a link; and its provider's token from before the move. */
async function organization() {
  const { key, tenant } = await gateway.signUp();
  const configuration = { name: "Moving", type: "other_scim", defaultLicenseType: "read_only" };
  const client = (
    await gateway.call<{
      id: string;
      tenantUrl: string;
      tokenEndpoint: string;
      clientId: string;
      clientSecret: string;
    }>("POST", "/configurations", { key, body: configuration })
  ).body;
  const token = String((await requestToken(gateway, client)).body["access_token"]);
  const scim = (method: string, path: string, body?: object) =>
    gateway.send(
      new Request(`${client.tenantUrl}${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/scim+json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
  const place = async () =>
    (await env.CONTROL.prepare("SELECT tenant_no, shard, epoch, status FROM tenants WHERE tenant_id = ?")
      .bind(tenant.id)
      .first<{ tenant_no: number; shard: Shard; epoch: number; status: string }>()) as {
      tenant_no: number;
      shard: Shard;
      epoch: number;
      status: string;
    };
  const { tenant_no: tenantNo, shard: from } = await place();
  const to = other(from);
  const step = async (cursor?: object, presented = operatorKey, target = to) =>
    gateway.send(
      new Request(`http://localhost/operator/tenants/${tenant.id}/move`, {
        method: "POST",
        headers: { authorization: `Bearer ${presented}`, "content-type": "application/json" },
        body: JSON.stringify({ to: target, cursor }),
      }),
    );
  /** Steps until the move is over; the purge waits in the clock of the test. */
  const moveAll = async (target = to) => {
    const steps: MoveStep[] = [];
    for (let cursor: object | undefined; ; ) {
      const answer = await step(cursor, operatorKey, target);
      expect(answer.status, answer.text).toBe(200);
      const taken = answer.body as unknown as MoveStep;
      steps.push(taken);
      if (taken.phase === "done") return steps;
      if (taken.waitMs !== undefined) gateway.clock.offsetMs += taken.waitMs;
      cursor = taken.cursor;
    }
  };
  return { key, tenant, client, scim, place, step, moveAll, tenantNo, from, to };
}
type Organization = Awaited<ReturnType<typeof organization>>;

async function populate(
  { scim, key }: Organization,
  people: number,
): Promise<{ users: string[]; group: string }> {
  const users: string[] = [];
  for (let number = 0; number < people; number += 50) {
    const made = await Promise.all(
      Array.from({ length: Math.min(50, people - number) }, (_, index) =>
        scim(
          "POST",
          "/Users",
          userBody(`person-${number + index}`, { emails: [{ value: `p${number + index}@example.com` }] }),
        ),
      ),
    );
    for (const { status, body } of made) {
      expect(status).toBe(201);
      users.push(String(body["id"]));
    }
  }
  const group = String((await scim("POST", "/Groups", groupBody("Everybody", users))).body["id"]);
  const vault = await gateway.call<{ id: string }>("POST", "/vaults", { key, body: { name: "Vault" } });
  const plan = { groupId: group, vaultId: vault.body.id, newVaultGroupName: "People" };
  const { body } = await gateway.call<{ planHash: string }>("POST", "/links/preview", { key, body: plan });
  await gateway.call("POST", "/links", { key, body: { ...plan, planHash: body.planHash } });
  return { users, group };
}

/** Every row of the tenant on a shard, by table. */
async function rowsOf(shard: Shard, tenantNo: number): Promise<Record<string, unknown[]>> {
  const all: Record<string, unknown[]> = {};
  for (const { name, key } of TENANT_TABLES) {
    const order = ["tenant_no", ...key].join(", ");
    const { results } = await env[shard]
      .prepare(`SELECT * FROM ${name} WHERE tenant_no = ? ORDER BY ${order}`)
      .bind(tenantNo)
      .all();
    all[name] = results;
  }
  return all;
}

describe("the tables that are moved", () => {
  it("are all that a shard has, with every column", async () => {
    const { results } = await env.SHARD_0.prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_cf_%' AND name NOT LIKE 'd1_%' AND name <> 'tenants'",
    ).all<{ name: string }>();
    expect(TENANT_TABLES.map(({ name }) => name).toSorted()).toEqual(
      results.map(({ name }) => name).toSorted(),
    );
    for (const { name, columns, key } of TENANT_TABLES) {
      const { results: known } = await env.SHARD_0.prepare(`PRAGMA table_info(${name})`).all<{
        name: string;
        pk: number;
      }>();
      expect(columns.toSorted(), name).toEqual(known.map((column) => column.name).toSorted());
      const primary = known.filter(({ pk }) => pk > 0).toSorted((left, right) => left.pk - right.pk);
      expect(["tenant_no", ...key], name).toEqual(primary.map((column) => column.name));
    }
    expect(TENANT_TABLES.at(-1)?.name).toBe("outbox");
  });
});

describe("a move", () => {
  it("brings every row over, leaves none behind, and tokens of before go on working", async () => {
    const moving = await organization();
    const { users } = await populate(moving, 60);
    const before = await rowsOf(moving.from, moving.tenantNo);
    const steps = await moving.moveAll();
    const flipped = steps.find(({ digest }) => digest !== undefined);
    expect(flipped?.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(flipped?.rows).toBe(Object.values(before).reduce((sum, rows) => sum + rows.length, 0));
    expect(steps.at(-1)?.phase).toBe("done");

    const { tenant_no: _, ...place } = await moving.place();
    expect(place).toEqual({ shard: moving.to, epoch: 2, status: "active" });
    const after = await rowsOf(moving.to, moving.tenantNo);
    // Its own event is the only thing that is new.
    expect(after["events"]?.length).toBe((before["events"]?.length ?? 0) + 1);
    for (const name of ["events", "event_subjects"]) {
      after[name] =
        after[name]?.filter((row) => JSON.stringify(before[name]).includes(JSON.stringify(row))) ?? [];
    }
    expect(after).toEqual(before);
    const left = await rowsOf(moving.from, moving.tenantNo);
    expect(Object.values(left).flat()).toEqual([]);

    expect((await moving.scim("GET", `/Users/${users[0]}`)).status).toBe(200);
    expect((await moving.scim("POST", "/Users", userBody("afterwards"))).status).toBe(201);
    expect((await requestToken(gateway, moving.client)).status).toBe(200);
    const home = await gateway.call<{ home: { users: number } }>("GET", "/tenant", { key: moving.key });
    expect(home.body.home.users).toBe(61);
    expect((await moving.moveAll()).at(-1)?.phase).toBe("done");
  }, 30_000);

  it("loses nothing that was acknowledged while it ran, and says 503 only in the flip", async () => {
    const moving = await organization();
    const { users, group } = await populate(moving, 550);
    const acknowledged = new Map<string, string>();
    const left = new Set<string>();
    let stopped = false;
    const refusals: string[] = [];
    let phase = "copy";
    const write = async (lane: number) => {
      for (let number = 0; !stopped; number += 1) {
        const userName = `written-${lane}-${number}`;
        const created = await moving.scim("POST", "/Users", userBody(userName));
        if (created.status === 201) acknowledged.set(userName, String(created.body["id"]));
        else {
          expect(created.status, created.text).toBe(503);
          expect(created.headers.get("retry-after")).toMatch(/^\d+$/);
          refusals.push(phase);
        }
        const gone = users[(lane * 180 + number) % users.length] ?? "";
        const removed = await moving.scim(
          "PATCH",
          `/Groups/${group}`,
          patchBody({ op: "remove", path: `members[value eq "${gone}"]` }),
        );
        if (removed.status === 204) left.add(gone);
        else expect(removed.status, removed.text).toBe(503);
      }
    };
    const lanes = [0, 1, 2].map(write);
    let cursor: object | undefined;
    while (phase !== "purge") {
      const answer = await moving.step(cursor);
      if (answer.status !== 200) stopped = true;
      expect(answer.status, answer.text).toBe(200);
      ({ phase, cursor } = answer.body as unknown as MoveStep);
    }
    const atFlip = acknowledged.size;
    for (let more = 0; more < 20 && acknowledged.size < atFlip + 5; more += 1) {
      await moving.scim("GET", "/Users?count=1");
    }
    stopped = true;
    await Promise.all(lanes);
    expect((await moving.place()).shard).toBe(moving.to);
    expect(acknowledged.size).toBeGreaterThan(atFlip);
    expect(new Set(refusals)).not.toContain("purge");
    for (const [userName, id] of acknowledged) {
      const found = await moving.scim("GET", `/Users?filter=userName eq "${userName}"`);
      expect(found.body, userName).toMatchObject({ totalResults: 1, Resources: [{ id }] });
    }
    const { body } = await moving.scim("GET", `/Groups/${group}`);
    const members = new Set((body["members"] as { value: string }[]).map(({ value }) => value));
    expect([...left].filter((id) => members.has(id))).toEqual([]);
    expect(users.filter((id) => !left.has(id) && !members.has(id))).toEqual([]);
  }, 60_000);

  it("goes on wherever it stopped, whichever call was lost", async () => {
    const moving = await organization();
    await populate(moving, 5);
    const before = await rowsOf(moving.from, moving.tenantNo);
    // Every step loses one call, later and later, and with it the cursor, until nothing is left to lose.
    let cursor: object | undefined;
    for (let call = 1; ; call += 1) {
      const fault = faultAt(call, call % 2 === 0 ? "before" : "after", "D1_ERROR: D1 DB is overloaded.");
      gateway.alter.deps = (deps) => withFault(deps, fault);
      const answer = await moving.step(cursor);
      gateway.alter.deps = inner;
      cursor = answer.status === 200 ? (answer.body as unknown as MoveStep).cursor : undefined;
      expect([200, 503]).toContain(answer.status);
      expect(call).toBeLessThan(500);
      if ((await moving.place()).shard === moving.to) break;
    }
    await moving.moveAll();
    const after = await rowsOf(moving.to, moving.tenantNo);
    for (const name of Object.keys(before).filter((table) => !table.startsWith("event"))) {
      expect(after[name], name).toEqual(before[name]);
    }
    expect(after["events"]).toHaveLength((before["events"]?.length ?? 0) + 1);
    expect(Object.values(await rowsOf(moving.from, moving.tenantNo)).flat()).toEqual([]);
  }, 60_000);

  it("answers 503 between freeze and flip, to everybody, and never 401 or 404", async () => {
    const moving = await organization();
    const { users } = await populate(moving, 3);
    await env[moving.from]
      .prepare("UPDATE tenants SET status = 'moved' WHERE tenant_no = ?")
      .bind(moving.tenantNo)
      .run();
    const answers = [
      await moving.scim("GET", `/Users/${users[0]}`),
      await moving.scim("POST", "/Users", userBody("frozen")),
      await moving.scim("GET", "/Schemas"),
      await requestToken(gateway, moving.client),
      await gateway.call("GET", "/users", { key: moving.key }),
      await gateway.call("POST", "/vaults", { key: moving.key, body: { name: "Frozen" } }),
    ];
    for (const { status, headers, text } of answers) {
      expect(status, text).toBe(503);
      expect(headers.get("retry-after")).toMatch(/^\d+$/);
    }
    await moving.moveAll();
    expect((await moving.scim("GET", `/Users/${users[0]}`)).status).toBe(200);
  });

  it("fences what began before it: no batch lands on the shard that was left", async () => {
    const moving = await organization();
    await populate(moving, 3);
    const shard = gateway.deps().shard(moving.from);
    if (shard === undefined) throw new Error("both shards are bound");
    await moving.moveAll();
    await expect(
      commit(shard, [tenantFence({ tenantNo: moving.tenantNo as never, epoch: 1 })]),
    ).rejects.toMatchObject({ word: "fenced" });
    await expect(
      commit(shard, [tenantFence({ tenantNo: moving.tenantNo as never, epoch: 2 })]),
    ).rejects.toMatchObject({ word: "fenced" });
  });

  it("can go back", async () => {
    const moving = await organization();
    const { users } = await populate(moving, 3);
    await moving.moveAll();
    expect((await moving.moveAll(moving.from)).at(-1)?.phase).toBe("done");
    expect((await moving.place()).shard).toBe(moving.from);
    expect((await moving.place()).epoch).toBe(3);
    expect((await moving.scim("GET", `/Users/${users[0]}`)).status).toBe(200);
  });
});

describe("the operator's route", () => {
  it("is not there without a key, refuses a wrong one, and knows its tenants and shards", async () => {
    const moving = await organization();
    const closed = openGateway();
    const ask = (url: string, key: string, body: object) =>
      new Request(url, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    const url = `http://localhost/operator/tenants/${moving.tenant.id}/move`;
    expect((await closed.send(ask(url, "undefined", { to: moving.to }))).status).toBe(404);
    expect((await moving.step(undefined, "wrong")).status).toBe(401);
    expect((await moving.step(undefined, moving.key)).status).toBe(401);
    expect((await gateway.send(ask(url, operatorKey, { to: "SHARD_9" }))).status).toBe(400);
    expect((await gateway.send(ask(url, operatorKey, { to: "CONTROL" }))).status).toBe(400);
    const nobody = "http://localhost/operator/tenants/nobody/move";
    expect((await gateway.send(ask(nobody, operatorKey, { to: moving.to }))).status).toBe(404);
    expect((await moving.place()).status).toBe("active");
  });
});

describe("the directory", () => {
  it("is not emptied by a row of before the move that is worked off late", async () => {
    const moving = await organization();
    await moving.moveAll();
    const stale = { seq: 1, payload: JSON.stringify({ configuration: 1 }), correlationId: "late" };
    await completeDirectory(gateway.deps(), moving.from, moving.tenantNo, stale);
    expect((await requestToken(gateway, moving.client)).status).toBe(200);
  });
});
