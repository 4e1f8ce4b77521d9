/** A tenant moves to another shard while its identity provider keeps calling. */
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it } from "vitest";
import { completeDirectory } from "../../src/gateway/identity/directory.ts";
import type { MoveStep } from "../../src/gateway/identity/tenant-move.ts";
import { commit } from "../../src/store/database.ts";
import { tenantFence } from "../../src/store/fence.ts";
import { writeTablePage } from "../../src/store/identity/tenant-pages.ts";
import { TENANT_TABLES } from "../../src/store/identity/tenant-tables.ts";
import { type Answer, openGateway, requestToken } from "../support/admin-gateway.ts";
import { faultAt, OVERLOADED, withFault } from "../support/faults.ts";
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
  const abort = () =>
    gateway.send(
      new Request(`http://localhost/operator/tenants/${tenant.id}/move`, {
        method: "DELETE",
        headers: { authorization: `Bearer ${operatorKey}` },
      }),
    );
  return { key, tenant, client, scim, place, step, moveAll, abort, tenantNo, from, to };
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

/** An identity provider in three lanes that creates, removes from a group, and reads what it was promised. */
function callingAllTheTime({ scim }: Organization, users: readonly string[], group: string) {
  const created = new Map<string, string>();
  const left = new Set<string>();
  let stopped = false;
  const client = { created, reads: 0, phase: "copy", refusedIn: [] as string[], stop, expectNothingLost };
  const refused = ({ status, headers, text }: Answer) => {
    expect(status, text).toBe(503);
    expect(headers.get("retry-after")).toMatch(/^\d+$/);
    client.refusedIn.push(client.phase);
  };
  const read = async (path: string) => {
    const answer = await scim("GET", path);
    expect(answer.status, answer.text).toBe(200);
    client.reads += 1;
  };
  const lane = async (number: number) => {
    for (let turn = 0; !stopped; turn += 1) {
      const userName = `written-${number}-${turn}`;
      const made = await scim("POST", "/Users", userBody(userName));
      if (made.status === 201) {
        created.set(userName, String(made.body["id"]));
        // What was written is read at once, wherever the tenant is by now.
        await read(`/Users/${String(made.body["id"])}`);
      } else refused(made);
      await read("/Users?count=1");
      const gone = users[(number * 180 + turn) % users.length] ?? "";
      const change = patchBody({ op: "remove", path: `members[value eq "${gone}"]` });
      const removed = await scim("PATCH", `/Groups/${group}`, change);
      if (removed.status === 204) left.add(gone);
      else refused(removed);
    }
  };
  const lanes = Promise.all([0, 1, 2].map(lane));
  async function stop(): Promise<void> {
    stopped = true;
    await lanes;
  }
  async function expectNothingLost(): Promise<void> {
    for (const [userName, id] of created) {
      const found = await scim("GET", `/Users?filter=userName eq "${userName}"`);
      expect(found.body, userName).toMatchObject({ totalResults: 1, Resources: [{ id }] });
    }
    const all = await scim("GET", "/Users?count=0");
    expect(all.body["totalResults"]).toBe(users.length + created.size);
    const { body } = await scim("GET", `/Groups/${group}`);
    const members = new Set((body["members"] as { value: string }[]).map(({ value }) => value));
    expect([...left].filter((id) => members.has(id))).toEqual([]);
    expect(users.filter((id) => !left.has(id) && !members.has(id))).toEqual([]);
  }
  return client;
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
  it("are all that a shard has, by their primary keys", async () => {
    const { results } = await env.SHARD_0.prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_cf_%' AND name NOT LIKE 'd1_%' AND name <> 'tenants'",
    ).all<{ name: string }>();
    expect(TENANT_TABLES.map(({ name }) => name).toSorted()).toEqual(
      results.map(({ name }) => name).toSorted(),
    );
    for (const { name, key } of TENANT_TABLES) {
      const { results: known } = await env.SHARD_0.prepare(`PRAGMA table_info(${name})`).all<{
        name: string;
        pk: number;
      }>();
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

  it("loses nothing that was acknowledged while it ran, is read throughout, and says 503 to writes of the flip only", async () => {
    const moving = await organization();
    const { users, group } = await populate(moving, 550);
    const client = callingAllTheTime(moving, users, group);
    let cursor: object | undefined;
    for (let phase = "copy"; phase !== "purge"; ) {
      const answer = await moving.step(cursor);
      expect(answer.status, answer.text).toBe(200);
      ({ phase, cursor } = answer.body as unknown as MoveStep);
      client.phase = phase;
    }
    const atFlip = client.created.size;
    for (let more = 0; more < 20 && client.created.size < atFlip + 5; more += 1) {
      await moving.scim("GET", "/Users?count=1");
    }
    await client.stop();
    expect((await moving.place()).shard).toBe(moving.to);
    expect(client.created.size).toBeGreaterThan(atFlip);
    expect(client.reads).toBeGreaterThan(20);
    expect(new Set(client.refusedIn)).not.toContain("purge");
    await client.expectNothingLost();
  }, 60_000);

  it("goes on wherever it stopped, whichever call was lost", async () => {
    const moving = await organization();
    await populate(moving, 5);
    const before = await rowsOf(moving.from, moving.tenantNo);
    // Every step loses one call, later and later, and with it the cursor, until nothing is left to lose.
    let cursor: object | undefined;
    for (let call = 1; ; call += 1) {
      const fault = faultAt(call, call % 2 === 0 ? "before" : "after", OVERLOADED);
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

  it("is read and not written from freeze to flip, wherever that stands, and never answers 401 or 404", async () => {
    const moving = await organization();
    const { users } = await populate(moving, 3);
    const place = (shard: Shard, status: string, epoch: number) =>
      env[shard]
        .prepare("UPDATE tenants SET status = ?, epoch = ? WHERE tenant_no = ?")
        .bind(status, epoch, moving.tenantNo)
        .run();
    const route = (shard: Shard, epoch: number) =>
      env.CONTROL.prepare("UPDATE tenants SET shard = ?, epoch = ?, status = 'moving' WHERE tenant_no = ?")
        .bind(shard, epoch, moving.tenantNo)
        .run();
    const expectReadOnly = async (stage: string) => {
      const reads = [
        await moving.scim("GET", `/Users/${users[0]}`),
        await moving.scim("GET", "/Users?count=2"),
        await moving.scim("GET", "/Schemas"),
        await requestToken(gateway, moving.client),
        await gateway.call("GET", "/users", { key: moving.key }),
      ];
      for (const { status, text } of reads) expect(status, `${stage}: ${text}`).toBe(200);
      const title = patchBody({ op: "replace", path: "title", value: "x" });
      const writes = [
        await moving.scim("POST", "/Users", userBody("frozen")),
        await moving.scim("PATCH", `/Users/${users[0]}`, title),
        await moving.scim("DELETE", `/Users/${users[0]}`),
        await gateway.call("POST", "/vaults", { key: moving.key, body: { name: "Frozen" } }),
      ];
      for (const { status, headers, text } of writes) {
        expect(status, `${stage}: ${text}`).toBe(503);
        expect(headers.get("retry-after")).toMatch(/^\d+$/);
      }
    };
    // Every row is copied; then, by hand, one commit of the flip after the other.
    expect((await moving.step()).body).toMatchObject({ phase: "copy" });
    await place(moving.from, "frozen", 1);
    await place(moving.to, "arriving", 2);
    await expectReadOnly("source frozen");
    await place(moving.to, "frozen", 2);
    await expectReadOnly("target opened");
    await route(moving.to, 2);
    await expectReadOnly("CONTROL routes");
    await place(moving.from, "moved", 1);
    await expectReadOnly("source left");
    await moving.moveAll();
    expect((await moving.place()).status).toBe("active");
    expect((await moving.scim("GET", `/Users/${users[0]}`)).status).toBe(200);
    expect((await moving.scim("DELETE", `/Users/${users[0]}`)).status).toBe(204);
  });

  it("does not let a page land that was read before the source was frozen", async () => {
    const moving = await organization();
    await populate(moving, 3);
    await moving.step();
    const shard = gateway.deps().shard(moving.to);
    const table = TENANT_TABLES.find(({ name }) => name === "users");
    if (shard === undefined || table === undefined) throw new Error("both are there");
    const receiving = { tenantNo: moving.tenantNo as never, status: "moved" as const, epoch: 2 };
    const page = { from: undefined, until: undefined, rows: [] };
    await writeTablePage(shard, receiving, table, page);
    await moving.moveAll();
    const late = writeTablePage(shard, receiving, table, page);
    await expect(late).rejects.toMatchObject({ word: "not_receiving" });
    expect((await rowsOf(moving.to, moving.tenantNo))["users"]).toHaveLength(3);
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

describe("a move that is given up", () => {
  it("leaves the tenant where it was, wherever it stood and whichever call was lost, and can begin again", async () => {
    const moving = await organization();
    const { users } = await populate(moving, 5);
    const before = await rowsOf(moving.from, moving.tenantNo);
    const losing = (call: number, when: "before" | "after") => {
      gateway.alter.deps = (deps) => withFault(deps, faultAt(call, when, OVERLOADED));
    };
    let call = 1;
    for (; ; call += 3) {
      expect(call).toBeLessThan(1_000);
      // The move dies at one of its calls, and so does the way back; both are looked at by nobody.
      losing(call, call % 2 === 0 ? "before" : "after");
      const begun = await moving.step();
      if (begun.status === 200) await moving.step(begun.body["cursor"] as object);
      gateway.alter.deps = inner;
      if ((await moving.place()).shard === moving.to) break;
      losing(1 + (call % 9), call % 2 === 0 ? "after" : "before");
      await moving.abort();
      gateway.alter.deps = inner;
      for (let phase = ""; phase !== "done"; ) {
        const answer = await moving.abort();
        expect(answer.status, answer.text).toBe(200);
        ({ phase } = answer.body as unknown as MoveStep);
      }
      expect(await moving.place()).toMatchObject({ shard: moving.from, status: "active" });
      expect(Object.values(await rowsOf(moving.to, moving.tenantNo)).flat()).toEqual([]);
      const title = patchBody({ op: "replace", path: "title", value: `after ${call}` });
      const written = await moving.scim("PATCH", `/Users/${users[0]}`, title);
      expect([200, 204], written.text).toContain(written.status);
    }
    expect(call).toBeGreaterThan(50);
    await moving.moveAll();
    expect((await rowsOf(moving.to, moving.tenantNo))["users"]).toHaveLength(before["users"]?.length ?? 0);
    expect(Object.values(await rowsOf(moving.from, moving.tenantNo)).flat()).toEqual([]);
    expect((await moving.scim("POST", "/Users", userBody("once-more"))).status).toBe(201);
  }, 120_000);

  it("loses nothing that was acknowledged before, meanwhile and after", async () => {
    const moving = await organization();
    const { users, group } = await populate(moving, 60);
    const client = callingAllTheTime(moving, users, group);
    for (let round = 0; round < 5; round += 1) {
      // Late enough that the source is frozen in most rounds.
      gateway.alter.deps = (deps) => withFault(deps, faultAt(100 + 20 * round, "after", OVERLOADED));
      const begun = await moving.step();
      gateway.alter.deps = (deps) => withFault(deps, faultAt(60 + 20 * round, "after", OVERLOADED));
      await moving.step(begun.body["cursor"] as object);
      gateway.alter.deps = inner;
      if ((await moving.place()).shard === moving.to) break;
      const answer = await moving.abort();
      expect(answer.status, answer.text).toBe(200);
    }
    await client.stop();
    expect(client.created.size).toBeGreaterThan(5);
    await client.expectNothingLost();
  }, 60_000);

  it("has to be one that has not arrived, and only one goes on at a time", async () => {
    const moving = await organization();
    await populate(moving, 2);
    expect((await moving.abort()).body).toMatchObject({ phase: "done", rows: 0 });
    expect((await moving.place()).epoch).toBe(1);
    await moving.moveAll();
    expect((await moving.abort()).body).toMatchObject({ phase: "done", rows: 0 });
    expect(await moving.place()).toMatchObject({ shard: moving.to, epoch: 2, status: "active" });
    // On its way back: a command that still names the first direction must not turn it round unnoticed.
    gateway.alter.deps = (deps) => withFault(deps, faultAt(20, "after", OVERLOADED));
    expect((await moving.step(undefined, operatorKey, moving.from)).status).toBe(503);
    gateway.alter.deps = inner;
    const refused = await moving.step(undefined, operatorKey, moving.to);
    expect(refused.status, refused.text).toBe(409);
    expect(refused.text).toContain(moving.from);
    // Routed, and not yet written: there is no way back but to arrive.
    await moving.moveAll(moving.from);
    await env.CONTROL.prepare("UPDATE tenants SET status = 'moving' WHERE tenant_no = ?")
      .bind(moving.tenantNo)
      .run();
    expect((await moving.abort()).status).toBe(409);
    await moving.moveAll(moving.from);
    expect(await moving.place()).toMatchObject({ shard: moving.from, status: "active" });
  }, 30_000);
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
