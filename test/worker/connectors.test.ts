/** Vaults with a SCIM service of their own: what is pushed, what becomes of failures, and what administrators see. */
import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { CONNECTOR_LEASE_MS, CONNECTOR_PARALLEL_REQUESTS, DELIVERIES_MAX } from "../../src/domain/limits.ts";
import { hasVaultAccess, VAULT_USER_STATES } from "../../src/domain/vault.ts";
import { queueHandler } from "../../src/entry/queue.ts";
import { openSealing } from "../../src/entry/sealing.ts";
import type { Deps } from "../../src/gateway/deps.ts";
import { propagate } from "../../src/gateway/outbox/propagation.ts";
import { read } from "../../src/store/database.ts";
import { pendingUser, selectPendingUsers } from "../../src/store/vaults/connectors.ts";
import { ConnectedTenant } from "../support/connected-tenant.ts";
import { faultAt, withFault } from "../support/faults.ts";
import { groupBody, patchBody, userBody } from "../support/scim-messages.ts";
import { ScimService } from "../support/scim-service.ts";
import { seedTenant } from "../support/tenant.ts";

const baseUrl = "http://localhost/scim";
const token = "a-very-secret-token";

type Shown = {
  connection: { error: string | null; lastSuccessAt: string | null; throttledUntil: string | null };
};

/** An organization with `count` people in a group that is linked to `Readers` of a connected vault. */
async function open(count: number, prepare: (service: ScimService) => void = () => {}) {
  const tenant = await ConnectedTenant.open();
  const service = new ScimService();
  prepare(service);
  const deps: Deps = tenant.deps(service.fetch);
  const from = await tenant.configure();
  const authentication = { type: "bearer", token };
  const vault = await tenant.admin("POST", "/vaults", {
    name: "Connected",
    connector: { type: "scim", baseUrl, authentication },
  });
  const names = Array.from({ length: count }, (_, index) => `p${String(index).padStart(3, "0")}`);
  const ids: string[] = [];
  for (const name of names) {
    ids.push((await from.call("POST", "/Users", userBody(name, { externalId: `x-${name}` }))).id);
  }
  const group = await from.call("POST", "/Groups", groupBody("Source", ids));
  const link = await tenant.link(group.id, vault.id, "Readers");
  const change = (path: string, ...operations: Parameters<typeof patchBody>) =>
    from.call("PATCH", path, patchBody(...operations));
  return {
    tenant,
    service,
    deps,
    from,
    vault,
    names,
    ids,
    group,
    link,
    settle: (...more: Parameters<ConnectedTenant["settle"]> extends [Deps, ...infer Rest] ? Rest : never) =>
      tenant.settle(deps, ...more),
    title: (index: number, value: string) =>
      change(`/Users/${ids[index]}`, { op: "replace", path: "title", value }),
    leave: (index: number) =>
      change(`/Groups/${group.id}`, { op: "remove", path: `members[value eq "${ids[index]}"]` }),
    shown: () => tenant.admin<Shown>("GET", `/vaults/${vault.id}`),
    pushRows: () =>
      tenant.rows("SELECT seq, payload, error FROM outbox WHERE tenant_no = ? AND kind = 'connector'"),
  };
}

const tell = (status: number, headers: Record<string, string> = {}) =>
  new Response(null, { status, headers });

describe("what is pushed", () => {
  it("250 people in requests of at most 100 members, a few at a time, and nothing on repetition", async () => {
    const { tenant, service, deps, names, settle } = await open(250);
    expect(await settle()).toEqual([]);
    expect(service.active()).toEqual(names);
    expect(service.membersOf("Readers")).toEqual(names);
    expect(service.memberCounts.toSorted()).toEqual([100, 100, 50]);
    expect(service.parallel).toBeLessThanOrEqual(CONNECTOR_PARALLEL_REQUESTS);
    const asked = service.requests.length;
    for (const message of await tenant.messages()) await propagate(deps, message);
    await settle();
    expect(service.requests).toHaveLength(asked);
  });

  it("one change of one person is one request, a member who leaves two", async () => {
    const { service, settle, title, leave, names } = await open(3);
    await settle();
    service.requests.length = 0;
    await title(0, "Director");
    await settle();
    expect(service.requests).toEqual(["PUT /Users/r2"]);
    service.requests.length = 0;
    await leave(1);
    await settle();
    expect(service.requests.map((request) => request.split("/", 2).join("/"))).toEqual([
      "PUT /Users",
      "PATCH /Groups",
    ]);
    expect(service.active()).toEqual([names[0], names[2]]);
    expect(service.names()).toEqual(names);
  });

  it("people and groups that are there already are matched, not doubled; strangers stay, strays leave", async () => {
    const { service, settle } = await open(3, (held) => {
      const named = held.addUser("p000", { title: "Old" });
      const renamed = held.addUser("old-name", { externalId: "x-p001" });
      const stranger = held.addUser("stranger", { active: true });
      held.addGroup("Readers", [named.id, renamed.id, stranger.id]);
    });
    await settle();
    expect(service.names()).toEqual(["p000", "p001", "p002", "stranger"]);
    expect(service.users.get("r1")).toMatchObject({ userName: "p000", active: true });
    expect(service.users.get("r1")).not.toHaveProperty("title");
    expect(service.membersOf("Readers")).toEqual(["p000", "p001", "p002", "stranger"]);
  });

  it("an external id that names somebody else's account is no match", async () => {
    const { tenant, service, settle, from, group } = await open(1);
    await settle();
    const other = await from.call("POST", "/Users", userBody("other", { externalId: "x-p000" }));
    await from.call(
      "PATCH",
      `/Groups/${group.id}`,
      patchBody({ op: "add", path: "members", value: [{ value: other.id }] }),
    );
    await settle();
    expect(service.names()).toEqual(["other", "p000"]);
    expect(await tenant.rows("SELECT DISTINCT remote_id FROM vault_users WHERE tenant_no = ?")).toHaveLength(
      2,
    );
  });

  it("whom and what the service lost is made again, with the memberships", async () => {
    const { service, settle, names, title } = await open(3);
    await settle();
    const lost = [...service.users.values()].find(({ userName }) => userName === "p001");
    service.users.delete(lost?.id ?? "");
    for (const group of service.groups.values()) group.members.delete(lost?.id ?? "");
    await title(1, "Back");
    await settle();
    expect(service.membersOf("Readers")).toEqual(names);
  });

  it("a group the service lost is filled again by the next change of a member", async () => {
    const { service, settle, leave } = await open(3);
    await settle();
    service.groups.clear();
    await leave(0);
    await settle();
    expect(service.membersOf("Readers")).toEqual(["p001", "p002"]);
  });

  it("a person without a license is there, disabled, and enabled when one is bought", async () => {
    const { tenant, service, settle, deps, from, group } = await open(1);
    await settle();
    await tenant.admin("PATCH", "/license-types/named", { purchased: 1 });
    const late = await from.call("POST", "/Users", userBody("late"));
    await from.call(
      "PATCH",
      `/Groups/${group.id}`,
      patchBody({ op: "add", path: "members", value: [{ value: late.id }] }),
    );
    await settle();
    expect(service.active()).toEqual(["p000"]);
    expect(service.membersOf("Readers")).toEqual(["late", "p000"]);
    await tenant.admin("PATCH", "/license-types/named", { purchased: 2 });
    await tenant.settle(deps);
    expect(service.active()).toEqual(["late", "p000"]);
  });

  it("an empty user group is made at once", async () => {
    const { tenant, service, settle, vault } = await open(1);
    await tenant.admin("POST", `/vaults/${vault.id}/groups`, { name: "Empty" });
    await settle();
    expect(service.membersOf("Empty")).toEqual([]);
  });

  it("many consumers at once, each message three times: one of them works, and nothing is doubled", async () => {
    const { tenant, service, deps, names, title, settle } = await open(30);
    for (let turn = 0; turn < 40 && (await tenant.messages()).length > 0; turn += 1) {
      await settle((messages) => messages.slice(0, 1), 1).catch(() => []);
      const messages = (await tenant.messages()).flatMap((message) => [message, message, message]);
      await Promise.all(messages.map((message) => propagate(deps, message)));
    }
    await Promise.all([title(0, "A"), title(1, "B"), title(2, "C")]);
    const messages = await tenant.messages();
    await Promise.all([...messages, ...messages].map((message) => propagate(deps, message)));
    await settle();
    expect(service.names()).toEqual(names);
    expect(service.membersOf("Readers")).toEqual(names);
    expect(service.parallel).toBeLessThanOrEqual(CONNECTOR_PARALLEL_REQUESTS);
    expect([...service.users.values()].filter(({ title: held }) => held !== undefined)).toHaveLength(3);
  });

  it("a state that was never confirmed is written again, even when the person went back to the one before", async () => {
    const { service, settle, title, deps, tenant } = await open(1);
    await title(0, "First");
    await settle();
    service.intercept = async (_, pass) => {
      await pass();
      throw new Error("the answer is lost");
    };
    await title(0, "Second");
    const [message] = await tenant.messages();
    if (message === undefined) throw new Error("nothing to push");
    await expect(propagate(deps, message)).rejects.toThrow("connection failed");
    service.intercept = (_, pass) => pass();
    await title(0, "First");
    await settle();
    expect([...service.users.values()][0]).toMatchObject({ title: "First" });
  });
});

describe("when the service fails", () => {
  it("429 and 503 with Retry-After are waited for, by every row of the vault, and never buried", async () => {
    const { tenant, service, settle, title, shown, deps, pushRows } = await open(2);
    await settle();
    service.requests.length = 0;
    service.intercept = () => tell(429, { "retry-after": "120" });
    await title(0, "A");
    await title(1, "B");
    for (const message of await tenant.messages()) expect(await propagate(deps, message)).toBe("waiting");
    expect(service.requests).toHaveLength(1);
    const { connection } = await shown();
    expect(connection.error).toBe("PUT /scim/Users/r2: asked to wait (429)");
    const waitMs = Date.parse(connection.throttledUntil ?? "") - Date.now();
    expect(waitMs).toBeGreaterThan(110_000);
    expect(waitMs).toBeLessThanOrEqual(120_000);
    const rows = await tenant.rows<{ available_at: number }>(
      "SELECT available_at FROM outbox WHERE tenant_no = ? AND kind = 'connector'",
    );
    for (const row of rows) expect(row.available_at - Date.now()).toBeGreaterThan(110_000);
    service.intercept = (_, pass) => pass();
    tenant.gateway.clock.offsetMs = 121_000;
    const later = tenant.deps(service.fetch);
    await tenant.settle(later);
    expect(await pushRows()).toEqual([]);
    expect((await shown()).connection).toMatchObject({ error: null, throttledUntil: null });
  });

  it.each([
    ["503", () => tell(503)],
    ["a broken connection", () => Promise.reject(new Error("reset"))],
    ["401", () => tell(401)],
  ])("%s fails the attempt, shows on vault and link, and is over when it is", async (_what, broken) => {
    const { tenant, service, deps, link, leave, settle, shown } = await open(2);
    await settle();
    service.intercept = broken;
    await leave(0);
    await expect(tenant.settle(deps, undefined, 3)).rejects.toThrow("did not settle");
    expect((await shown()).connection.error).toBeTypeOf("string");
    expect(await tenant.admin("GET", `/links/${link.id}`)).toMatchObject({ state: "error" });
    service.intercept = (_, pass) => pass();
    await settle();
    expect((await shown()).connection).toMatchObject({ error: null });
    expect(await tenant.admin("GET", `/links/${link.id}`)).toMatchObject({ state: "active", error: null });
    expect(service.membersOf("Readers")).toEqual(["p001"]);
  });

  it.each([
    ["a redirect", () => tell(302, { location: "http://localhost/elsewhere" })],
    ["a giant answer", () => new Response(new Uint8Array(9_000_000))],
  ])("%s is not followed to its end", async (_what, broken) => {
    const { tenant, service, deps, settle, title, shown } = await open(1);
    await settle();
    service.requests.length = 0;
    service.intercept = broken;
    await title(0, "A");
    const [message] = await tenant.messages();
    if (message === undefined) throw new Error("nothing to push");
    await expect(propagate(deps, message)).rejects.toThrow();
    expect(service.requests).toEqual(["PUT /Users/r2"]);
    expect((await shown()).connection.error).toMatch(/redirect|too large/);
  });

  it("one person whom the service refuses holds up nobody else", async () => {
    const { tenant, service, deps, names, pushRows } = await open(30, (held) => {
      held.intercept = async (request, pass) => {
        const copy = request.clone();
        return request.method === "POST" && (await copy.text()).includes('"p007"') ? tell(422) : pass();
      };
    });
    await tenant.settle(deps, undefined, 6).catch(() => []);
    const others = names.filter((name) => name !== "p007");
    expect(service.active()).toEqual(others);
    expect(service.membersOf("Readers")).toEqual(others);
    expect(await pushRows()).toHaveLength(1);
    service.intercept = (_, pass) => pass();
    await tenant.settle(deps);
    expect(service.membersOf("Readers")).toEqual(names);
  });

  it("a vault whose service is down holds up no other vault", async () => {
    const { tenant, service, deps, group, names, settle, ids, from } = await open(2);
    await settle();
    const healthy = await tenant.admin("POST", "/vaults", {
      name: "Healthy",
      connector: {
        type: "scim",
        baseUrl: "http://localhost/scim",
        authentication: { type: "bearer", token: "other" },
      },
    });
    await tenant.link(group.id, healthy.id, "Elsewhere");
    await settle();
    service.intercept = (request, pass) =>
      request.headers.get("authorization") === `Bearer ${token}` ? tell(500) : pass();
    await from.call("PATCH", `/Users/${ids[0]}`, patchBody({ op: "replace", path: "title", value: "Both" }));
    await tenant.settle(deps, undefined, 2).catch(() => []);
    expect(service.users.get("r2")).toMatchObject({ title: "Both" });
    expect(service.membersOf("Elsewhere")).toEqual(names);
  });

  it("a consumer that died leaves the vault to the next after its lease", async () => {
    const { tenant, service, deps, settle, title } = await open(1);
    await settle();
    await title(0, "A");
    const until = Date.now() + CONNECTOR_LEASE_MS;
    await tenant.rows(
      `UPDATE vaults SET connector_settings = json_set(connector_settings, '$.lease', json_object('holder', 'dead', 'until', ${until}))
       WHERE tenant_no = ? RETURNING vault_no`,
    );
    const [message] = await tenant.messages();
    if (message === undefined) throw new Error("nothing to push");
    expect(await propagate(deps, message)).toBe("waiting");
    tenant.gateway.clock.offsetMs = CONNECTOR_LEASE_MS + 1_000;
    await tenant.settle(tenant.deps(service.fetch));
    expect([...service.users.values()][0]).toMatchObject({ title: "A" });
  });

  it.each(["before", "after"] as const)(
    "every D1 call may be lost once, %s its commit",
    async (when) => {
      const { tenant, service, from, group, ids, settle, title } = await open(3);
      await settle();
      let [call, fired] = [0, true];
      while (fired) {
        call += 1;
        await title(0, `Title ${call}`);
        const op = call % 2 === 1 ? { op: "remove", path: `members[value eq "${ids[1]}"]` } : undefined;
        const joined = { op: "add", path: "members", value: [{ value: ids[1] ?? "" }] };
        await from.call("PATCH", `/Groups/${group.id}`, patchBody(op ?? joined));
        await settle((messages) => messages.filter(({ kind }) => kind !== "connector"), 3).catch(() => []);
        const fault = faultAt(call, when);
        const faulty = withFault(tenant.deps(service.fetch), fault);
        for (const message of await tenant.messages()) await propagate(faulty, message).catch(() => "lost");
        fired = fault.calls >= call;
        // A lease whose holder never learned that it had it ends by itself.
        tenant.gateway.clock.offsetMs += CONNECTOR_LEASE_MS + 1_000;
        await tenant.settle(tenant.deps(service.fetch));
        const out = op !== undefined;
        expect(service.membersOf("Readers"), `call ${call}`).toEqual(
          out ? ["p000", "p002"] : ["p000", "p001", "p002"],
        );
        expect(service.active(), `call ${call}`).toEqual(out ? ["p000", "p002"] : ["p000", "p001", "p002"]);
        expect([...service.users.values()][0], `call ${call}`).toMatchObject({ title: `Title ${call}` });
      }
      expect(call).toBeGreaterThan(10);
    },
    30_000,
  );

  it.each([
    ["429", () => tell(429), 1, "acked"],
    ["500, the first time", () => tell(500), 1, "retried"],
    ["500, the last time", () => tell(500), DELIVERIES_MAX - 1, "acked"],
    ["401, the last time", () => tell(401), DELIVERIES_MAX - 1, "acked"],
    ["422, the last time", () => tell(422), DELIVERIES_MAX - 1, "retried"],
  ] as const)("the queue's message: %s", async (_what, broken, attempts, fate) => {
    const { tenant, service, settle, title } = await open(1);
    await settle();
    service.intercept = broken;
    await title(0, "A");
    const [body] = await tenant.messages();
    vi.stubGlobal("fetch", service.fetch);
    try {
      const batch = createMessageBatch("vestibule-propagation", [
        { id: "1", timestamp: new Date(), attempts, body },
      ]);
      const context = createExecutionContext();
      await queueHandler(batch, env, context);
      const { explicitAcks, retryMessages } = await getQueueResult(batch, context);
      expect({ acked: explicitAcks.length, retried: retryMessages.length }).toMatchObject({ [fate]: 1 });
      expect(explicitAcks.length + retryMessages.length).toBe(1);
    } finally {
      vi.unstubAllGlobals();
    }
    expect(await tenant.messages()).toHaveLength(1);
  });

  it("what fails too often is buried, and redriven by an administrator", async () => {
    const { tenant, service, settle, title, deps } = await open(1);
    await settle();
    service.intercept = () => tell(500);
    await title(0, "A");
    const [message] = await tenant.messages();
    if (message === undefined) throw new Error("nothing to push");
    await expect(propagate(deps, message)).rejects.toThrow("answered 500");
    const batch = createMessageBatch("vestibule-propagation-dead", [
      { id: "1", timestamp: new Date(), attempts: 1, body: message },
    ]);
    const context = createExecutionContext();
    await queueHandler(batch, env, context);
    expect((await getQueueResult(batch, context)).explicitAcks).toEqual(["1"]);
    const dead = await tenant.admin<{ items: { kind: string; seq: number }[] }>("GET", "/dead-letters");
    expect(dead.items).toMatchObject([{ kind: "connector", seq: message.seq }]);
    service.intercept = (_, pass) => pass();
    await tenant.admin("POST", `/dead-letters/connector/${message.seq}/redrive`);
    await settle();
    expect([...service.users.values()][0]).toMatchObject({ title: "A" });
  });
});

it("access, in the SQL of what is pushed, is access as the domain has it (I22)", async () => {
  const tenant = await seedTenant();
  const flags = [0, 1];
  const people = flags.flatMap((active) =>
    flags.flatMap((adminDisabled) =>
      flags.flatMap((licensed) =>
        VAULT_USER_STATES.map((state) => ({ active, adminDisabled, licensed, state })),
      ),
    ),
  );
  for (const [index, { active, adminDisabled, licensed, state }] of people.entries()) {
    const userNo = index + 1;
    await tenant.run(
      `INSERT INTO users (tenant_no, user_no, configuration_no, scim_id, user_name, user_name_folded, active,
         admin_disabled, held_type_no, origin, version, created_at, updated_at, document, folded)
       VALUES (?1, ?2, 1, 'u' || ?2, 'u' || ?2, 'u' || ?2, ?3, ?4, CASE WHEN ?5 THEN 3 END, 'scim', 1, 0, 0, '{}', '{}')`,
      tenant.tenantNo,
      userNo,
      active,
      adminDisabled,
      licensed,
    );
    await tenant.run(
      `INSERT INTO vault_users (tenant_no, vault_no, user_no, state, origin, remote_id, created_at, updated_at)
       VALUES (?1, 1, ?2, ?3, 'sync', 'r' || ?2, 0, 0)`,
      tenant.tenantNo,
      userNo,
      state,
    );
  }
  const scope = tenant.scope();
  const [rows = []] = await read(scope.shard, [selectPendingUsers(scope, 1, "all", 0, 100)]);
  expect(rows.map(pendingUser).map(({ access }) => access)).toEqual(
    people.map(({ active, adminDisabled, licensed, state }) =>
      hasVaultAccess({
        active: active === 1,
        adminDisabled: adminDisabled === 1,
        holdsLicense: licensed === 1,
        vaultUser: { state, disabledBy: null },
      }),
    ),
  );
});

describe("drift at the service", () => {
  type Drift = { items: { userName: string; differences: string[] }[]; examined: number };

  async function drifted() {
    const opened = await open(30);
    const { tenant, service, vault, settle } = opened;
    await settle();
    const { connectors } = tenant.deps(service.fetch);
    tenant.gateway.alter.deps = (deps) => ({ ...deps, connectors });
    const drift = async () =>
      (await tenant.admin<Drift>("GET", `/vaults/${vault.id}/drift`)).items.map(
        ({ userName, differences }) => `${userName}: ${differences.join(", ")}`,
      );
    expect(await drift()).toEqual([]);
    const [first, second, third] = [...service.users.values()];
    const [group] = service.groups.values();
    if (!first || !second || !third || !group) throw new Error("nothing was pushed");
    service.users.set(first.id, { ...first, active: false });
    group.members.delete(second.id);
    service.users.delete(third.id);
    group.members.delete(third.id);
    return { ...opened, drift };
  }

  it("is found by reading back, and repaired person by person", async () => {
    const { tenant, vault, settle, drift, ids, service, names } = await drifted();
    const [one, two, three] = ["p000: not_enabled", "p001: not_member", "p002: not_in_vault, not_member"];
    expect(await drift()).toEqual([one, two, three]);
    await tenant.admin("POST", `/vaults/${vault.id}/drift/repair`, { userIds: [ids[1]] });
    await settle();
    expect(await drift()).toEqual([one, three]);
    await tenant.admin("POST", `/vaults/${vault.id}/drift/repair`, { userIds: [ids[0], ids[2]] });
    await settle();
    expect(await drift()).toEqual([]);
    expect([service.active(), service.membersOf("Readers")]).toEqual([names, names]);
  });

  it("is repaired as a whole, people first and groups from end to end", async () => {
    const { tenant, vault, settle, drift, leave, service, names } = await drifted();
    await leave(4);
    await settle();
    const [group] = service.groups.values();
    const left = [...service.users.values()].find(({ userName }) => userName === "p004");
    group?.members.add(left?.id ?? "");
    await tenant.admin("POST", `/vaults/${vault.id}/drift/repair`, {});
    await settle();
    expect(await drift()).toEqual([]);
    expect(service.membersOf("Readers")).toEqual(names.filter((name) => name !== "p004"));
  });

  it("cannot be told while the service does not answer", async () => {
    const { tenant, vault, service } = await drifted();
    service.intercept = () => tell(503);
    const answer = await tenant.ask("GET", `/vaults/${vault.id}/drift`);
    expect([answer.status, answer.body["detail"]]).toEqual([
      409,
      "The vault's own SCIM service cannot be read: GET /scim/Groups/r1: answered 503",
    ]);
  });
});

describe("another address", () => {
  const elsewhere = "http://localhost:2/scim";
  const authentication = { type: "bearer", token: "for the other address" };

  /** Two services; which one is asked depends on the address. */
  async function moving(count: number, prepare: (next: ScimService) => void = () => {}) {
    const opened = await open(count);
    const { tenant, service, vault } = opened;
    const next = new ScimService();
    prepare(next);
    const seen = new Set<string>();
    const route = (request: Request) => {
      const { port } = new URL(request.url);
      seen.add(`${port === "2" ? "next" : "first"}: ${request.headers.get("authorization")}`);
      return (port === "2" ? next : service).fetch(request);
    };
    const deps = tenant.deps(route);
    await tenant.settle(deps);
    seen.clear();
    const move = (change: object) => tenant.ask("PATCH", `/vaults/${vault.id}/connector`, change);
    const remoteIds = () =>
      tenant.rows("SELECT DISTINCT substr(remote_id, 1, 1) AS id FROM vault_users WHERE tenant_no = ?");
    return { ...opened, deps, next, seen, move, remoteIds, settle: () => tenant.settle(deps) };
  }

  it("gets everybody, matched and not doubled, with the credential given for it", async () => {
    const { tenant, service, next, seen, move, settle, leave, names, shown } = await moving(30, (there) => {
      const known = there.addUser("p000", { title: "Old" });
      const renamed = there.addUser("old-name", { externalId: "x-p001" });
      const stranger = there.addUser("stranger", { active: true });
      const left = there.addUser("p004", { active: true });
      there.addGroup("Readers", [known.id, renamed.id, stranger.id, left.id]);
    });
    await leave(4);
    await leave(5);
    await settle();
    const asked = service.requests.length;
    seen.clear();
    const moved = await move({ baseUrl: `${elsewhere}/`, authentication, membersPerRequest: 20 });
    expect([moved.status, moved.body["connection"]]).toMatchObject([
      200,
      { baseUrl: elsewhere, membersPerRequest: 20, lastSuccessAt: null, error: null },
    ]);
    await settle();
    const members = names.filter((name) => name !== "p004" && name !== "p005");
    // p005 was out already: nobody is created to be disabled. p004 was there: disabled.
    expect(next.names()).toEqual([...members, "p004", "stranger"].toSorted());
    expect(next.active()).toEqual([...members, "stranger"].toSorted());
    expect(next.membersOf("Readers")).toEqual([...members, "stranger"].toSorted());
    expect(Math.max(...next.memberCounts)).toBe(20);
    expect(service.requests).toHaveLength(asked);
    expect([...seen]).toEqual(["next: Bearer for the other address"]);
    expect((await shown()).connection.lastSuccessAt).not.toBeNull();
    const told = next.requests.length;
    await tenant.settle(tenant.deps(next.fetch));
    expect(next.requests).toHaveLength(told);
  });

  it("of the same service: who left while it could not be reached is disabled, and comes back enabled", async () => {
    const { tenant, service, next, move, settle, leave, from, group, ids, deps, vault } = await moving(
      3,
      (there) => {
        for (const name of ["p000", "p001", "p002"]) there.addUser(name, { active: true });
      },
    );
    service.intercept = () => tell(500);
    await leave(1);
    await tenant.settle(deps, undefined, 3).catch(() => []);
    await move({ baseUrl: elsewhere, authentication });
    await settle();
    expect([next.names(), next.active()]).toEqual([
      ["p000", "p001", "p002"],
      ["p000", "p002"],
    ]);
    const links = await tenant.admin<{ items: { state: string; error: string | null }[] }>("GET", "/links");
    expect(links.items).toMatchObject([{ state: "active", error: null }]);
    const join = { op: "add", path: "members", value: [{ value: ids[1] ?? "" }] };
    await from.call("PATCH", `/Groups/${group.id}`, patchBody(join));
    await settle();
    expect(next.membersOf("Readers")).toEqual(["p000", "p001", "p002"]);
    expect(next.active()).toEqual(["p000", "p001", "p002"]);
    expect(await tenant.admin("GET", `/vaults/${vault.id}`)).toMatchObject({ enabledUsers: 3 });
  });

  it("is refused without a credential of its own; the same address in other letters is none", async () => {
    const { tenant, move, shown, pushRows, seen } = await moving(1);
    const before = await shown();
    const refused = await move({ baseUrl: elsewhere, membersPerRequest: 7 });
    expect([refused.status, refused.body["detail"]]).toEqual([
      400,
      "authentication: give the credential for the new address; the present one is not sent there.",
    ]);
    expect((await move({ baseUrl: "http://169.254.169.254/", authentication })).status).toBe(400);
    expect((await move({})).status).toBe(400);
    expect((await move({ membersPerRequest: 0 })).status).toBe(400);
    expect((await move({ baseUrl: `${baseUrl}/` })).body).toEqual(before);
    expect(await shown()).toEqual(before);
    expect((await move({ membersPerRequest: 7 })).body["connection"]).toMatchObject({ membersPerRequest: 7 });
    expect(await pushRows()).toEqual([]);
    expect(seen.size).toBe(0);
    const [event] = await tenant.rows<{ data: string }>(
      "SELECT data FROM events WHERE tenant_no = ? AND action = 'vault.connector_changed'",
    );
    expect(JSON.parse(event?.data ?? "")).toEqual({ changed: ["membersPerRequest"] });
  });

  it("given while a push is under way: nothing that the old service answers is kept", async () => {
    const { tenant, service, deps, next, move, title, names, remoteIds } = await moving(3);
    await title(0, "A");
    await title(1, "B");
    const [message] = await tenant.messages();
    if (message === undefined) throw new Error("nothing to push");
    service.intercept = async (_, pass) => {
      service.intercept = (_again, go) => go();
      await move({ baseUrl: elsewhere, authentication });
      return pass();
    };
    expect(await propagate(deps, message)).toBe("waiting");
    expect(await remoteIds()).toEqual([{ id: "" }]);
    // Until the lease of the push that was under way has ended nobody else sends.
    for (const each of await tenant.messages()) expect(await propagate(deps, each)).toBe("waiting");
    expect(next.requests).toEqual([]);
    tenant.gateway.clock.offsetMs = CONNECTOR_LEASE_MS + 1_000;
    const route = (request: Request) => (new URL(request.url).port === "2" ? next : service).fetch(request);
    await tenant.settle(tenant.deps(route));
    expect([next.names(), next.membersOf("Readers")]).toEqual([names, names]);
    expect(await remoteIds()).toEqual([{ id: "r" }]);
  });

  it("an administrator who knows an older address gives no credential to a newer one", async () => {
    const { tenant, move, vault } = await moving(1);
    const found = tenant.gateway.alter.deps;
    // Between the look at the vault and the change, another administrator moves it.
    tenant.gateway.alter.deps = (deps) => ({
      ...found(deps),
      sealing: {
        ...deps.sealing,
        async seal(plain, context) {
          tenant.gateway.alter.deps = found;
          await move({ baseUrl: elsewhere, authentication });
          return deps.sealing.seal(plain, context);
        },
      },
    });
    const late = await move({ authentication: { type: "bearer", token: "for the first address" } });
    expect([late.status, late.body["detail"]]).toEqual([
      409,
      "The connection was changed a moment ago. Look at it, and try again.",
    ]);
    expect(await tenant.admin("GET", `/vaults/${vault.id}`)).toMatchObject({
      connection: { baseUrl: elsewhere },
    });
  });

  it("another kind of authentication leaves nothing of the one before", async () => {
    const { move } = await moving(0);
    const client = { tokenEndpoint: "http://localhost:2/token", clientId: "c" };
    const both = await move({
      authentication: { type: "client_credentials", ...client, clientSecret: "never shown" },
    });
    expect(both.body["connection"]).toMatchObject({
      authentication: { type: "client_credentials", ...client },
    });
    expect(both.text).not.toContain("never shown");
    const bearer = await move({ authentication });
    expect(bearer.body["connection"]).toMatchObject({ authentication: { type: "bearer" } });
    expect(bearer.text).not.toContain("tokenEndpoint");
  });
});

describe("a connector that is taken off", () => {
  it("leaves the vault to the gateway, and the service as it is; open pushes end, links are well", async () => {
    const { tenant, service, deps, vault, link, leave, settle, names, pushRows } = await open(3);
    await settle();
    service.intercept = () => tell(500);
    await leave(0);
    await tenant.settle(deps, undefined, 3).catch(() => []);
    expect(await tenant.admin("GET", `/links/${link.id}`)).toMatchObject({ state: "error" });
    const removed = await tenant.ask("DELETE", `/vaults/${vault.id}/connector`);
    expect([removed.status, removed.text]).toEqual([204, ""]);
    expect(await tenant.admin("GET", `/vaults/${vault.id}`)).toMatchObject({
      connector: "internal",
      connection: null,
      enabledUsers: 2,
    });
    service.requests.length = 0;
    await settle();
    await leave(1);
    await settle();
    expect([service.requests, await pushRows()]).toEqual([[], []]);
    expect(service.active()).toEqual(names);
    expect(await tenant.admin("GET", `/links/${link.id}`)).toMatchObject({ state: "active", error: null });
    expect(
      await tenant.rows("SELECT connector_secret, connector_settings FROM vaults WHERE tenant_no = ?"),
    ).toEqual([{ connector_secret: null, connector_settings: null }]);
    expect(await tenant.rows("SELECT DISTINCT remote_id FROM vault_users WHERE tenant_no = ?")).toEqual([
      { remote_id: null },
    ]);
    const drift = await tenant.admin<{ items: unknown[] }>("GET", `/vaults/${vault.id}/drift`);
    expect(drift.items).toEqual([]);
    expect((await tenant.ask("DELETE", `/vaults/${vault.id}/connector`)).status).toBe(409);
  });

  it("in the middle of a push: the push ends, and leaves no id behind", async () => {
    const { tenant, service, deps, vault, settle, title } = await open(2);
    await settle();
    await title(0, "A");
    const [message] = await tenant.messages();
    if (message === undefined) throw new Error("nothing to push");
    service.intercept = async (_, pass) => {
      service.intercept = (_again, go) => go();
      await tenant.ask("DELETE", `/vaults/${vault.id}/connector`);
      return pass();
    };
    await propagate(deps, message);
    await settle();
    expect(await tenant.rows("SELECT DISTINCT remote_id FROM vault_users WHERE tenant_no = ?")).toEqual([
      { remote_id: null },
    ]);
  });
});

describe("for administrators", () => {
  it("the credential is sealed, and in no answer and no row", async () => {
    const { tenant, vault, settle } = await open(1);
    await settle();
    const [row] = await tenant.rows("SELECT * FROM vaults WHERE tenant_no = ?");
    expect(String(row?.["connector_secret"])).toMatch(/^v1\.[\w-]{8}\.[\w-]{16}\.[\w-]+$/);
    for (const table of ["vaults", "events", "outbox"]) {
      expect(JSON.stringify(await tenant.rows(`SELECT * FROM ${table} WHERE tenant_no = ?`))).not.toContain(
        token,
      );
    }
    const shown = await tenant.ask("GET", `/vaults/${vault.id}`);
    expect(shown.text).not.toContain(token);
    expect(shown.body["connection"]).toMatchObject({
      baseUrl,
      authentication: { type: "bearer" },
      membersPerRequest: 100,
      error: null,
    });
  });

  it("another credential takes over, and the old one is gone", async () => {
    const { tenant, vault, service, settle, title } = await open(1);
    await settle();
    const seen: (string | null)[] = [];
    service.intercept = (request, pass) => {
      seen.push(request.headers.get("authorization"));
      return pass();
    };
    const replaced = await tenant.ask("PATCH", `/vaults/${vault.id}/connector`, {
      authentication: { type: "bearer", token: "the-next-token" },
    });
    expect([replaced.status, replaced.text.includes("the-next-token")]).toEqual([200, false]);
    await title(0, "A");
    await settle();
    expect(new Set(seen)).toEqual(new Set(["Bearer the-next-token"]));
  });

  it("a sealed credential opens for its own vault only, and under an older key until that is taken away", async () => {
    const [older, newer] = [1, 2].map((byte) => btoa(String.fromCharCode(...new Uint8Array(32).fill(byte))));
    const sealed = await openSealing(older).seal("secret", "connector:1:a");
    expect(await openSealing(`${newer},${older}`).open(sealed, "connector:1:a")).toBe("secret");
    await expect(openSealing(older).open(sealed, "connector:1:b")).rejects.toThrow();
    await expect(openSealing(newer).open(sealed, "connector:1:a")).rejects.toThrow("CONNECTOR_KEY");
    await expect(openSealing("short").seal("secret", "x")).rejects.toThrow("CONNECTOR_KEY");
    await expect(openSealing(undefined).seal("secret", "x")).rejects.toThrow("CONNECTOR_KEY");
  });

  it.each([
    "http://scim.example.com/",
    "https://169.254.169.254/",
    "https://user:x@scim.example.com/",
    "nonsense",
  ])("the address %s is refused", async (address) => {
    const tenant = await ConnectedTenant.open();
    const refused = await tenant.ask("POST", "/vaults", {
      name: "Refused",
      connector: { type: "scim", baseUrl: address, authentication: { type: "bearer", token } },
    });
    expect(refused.status).toBe(400);
  });

  it("loopback is refused where development does not allow it", async () => {
    const tenant = await ConnectedTenant.open();
    const { gateway } = tenant;
    const strict = {
      refuseAddress: () => "not here",
      connect: () => Promise.reject(new Error("not here")) as never,
      openDirectory: () => Promise.reject(new Error("not here")) as never,
    };
    gateway.alter.deps = (deps) => ({ ...deps, connectors: strict });
    const connector = { type: "scim", baseUrl, authentication: { type: "bearer", token } };
    expect((await tenant.ask("POST", "/vaults", { name: "Refused", connector })).body).toMatchObject({
      detail: "baseUrl: not here",
    });
  });

  it("the connection is tried stage by stage", async () => {
    const { tenant, vault, service } = await open(0);
    const { connectors } = tenant.deps(service.fetch);
    tenant.gateway.alter.deps = (deps) => ({ ...deps, connectors });
    const test = async () => (await tenant.ask("POST", `/vaults/${vault.id}/connector/test`)).body;
    expect(await test()).toMatchObject({ passed: true });
    service.intercept = (request, pass) => (request.url.includes("/Groups") ? tell(404) : pass());
    expect(await test()).toMatchObject({
      passed: false,
      stages: [
        { stage: "address", outcome: "passed" },
        { stage: "credential", outcome: "passed" },
        { stage: "users", outcome: "passed" },
        { stage: "groups", outcome: "failed", detail: "GET /Groups: 404" },
      ],
    });
    service.intercept = () => tell(401);
    expect(await test()).toMatchObject({
      passed: false,
      stages: [{}, {}, { outcome: "failed" }, { outcome: "skipped", detail: null }],
    });
  });

  it("a vault that lives here has no connection to test or change", async () => {
    const tenant = await ConnectedTenant.open();
    const vault = await tenant.admin("POST", "/vaults", { name: "Internal" });
    expect((await tenant.ask("GET", `/vaults/${vault.id}`)).body).toMatchObject({
      connector: "internal",
      connection: null,
    });
    expect((await tenant.ask("POST", `/vaults/${vault.id}/connector/test`)).status).toBe(409);
    const authentication = { type: "bearer", token };
    expect((await tenant.ask("PATCH", `/vaults/${vault.id}/connector`, { authentication })).status).toBe(409);
  });
});
