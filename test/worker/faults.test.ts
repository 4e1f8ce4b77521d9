/**
 * D1 fails at every call a request makes, before and after the batch is committed. Whatever happens: what is
 * acknowledged is there once, what is not acknowledged says so with 503 and Retry-After, and nobody hears 401,
 * 404 or 409 about a write of their own.
 */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { buildDeps } from "../../src/entry/deps.ts";
import { openGateway, requestToken } from "../support/admin-gateway.ts";
import {
  everyLoss,
  type Fault,
  faultAt,
  LOST,
  noFault,
  OVERLOADED,
  outageFrom,
  withFault,
} from "../support/faults.ts";
import type { Json } from "../support/json-subset.ts";
import { bulkBody, groupBody, patchBody, userBody } from "../support/scim-messages.ts";

const gateway = openGateway();
const inner = gateway.alter.deps;
let key = "";
let client: { tenantUrl: string; tokenEndpoint: string; clientId: string; clientSecret: string };
let token = "";

beforeAll(async () => {
  ({ key } = await gateway.signUp());
  const body = { name: "Faults", type: "other_scim", defaultLicenseType: "read_only" };
  client = (await gateway.call<typeof client>("POST", "/configurations", { key, body })).body;
  token = String((await requestToken(gateway, client)).body["access_token"]);
});

type Body = Record<string, Json>;

async function scim(method: string, path: string, body?: Json, headers: Record<string, string> = {}) {
  const answer = await gateway.send(
    new Request(`${client.tenantUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/scim+json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  );
  return { ...answer, body: answer.body as Body };
}

/** Runs with the fault, and without it again whatever happens. */
async function under<T>(fault: Fault, work: () => Promise<T>): Promise<T> {
  gateway.alter.deps = (deps) => withFault(deps, fault);
  try {
    return await work();
  } finally {
    gateway.alter.deps = inner;
  }
}

const name = (word: string): string => `${word}-${crypto.randomUUID()}`;
const created = async (path: string, body: Json): Promise<string> =>
  String((await scim("POST", path, body)).body["id"]);
const newUser = (): Promise<string> => created("/Users", userBody(name("user")));
const newGroup = (members: string[] = []): Promise<string> =>
  created("/Groups", groupBody(name("group"), members));

/** One request, and what is to be found when it has been answered. */
type Case = {
  status: number;
  /** Makes what the request needs; the request itself; and what must hold once it was acknowledged. */
  prepare(): Promise<{ send(): ReturnType<typeof scim>; effect(body: Body): Promise<void> }>;
};

const events = async (subject: string): Promise<string[]> => {
  const { body } = await gateway.call<{ items: { action: string }[] }>("GET", `/events?subject=${subject}`, {
    key,
  });
  return body.items.map(({ action }) => action);
};

const cases: Record<string, Case> = {
  "POST /Users": {
    status: 201,
    async prepare() {
      const userName = name("created");
      return {
        send: () => scim("POST", "/Users", userBody(userName)),
        async effect({ id }) {
          const found = await scim("GET", `/Users?filter=userName eq "${userName}"`);
          expect(found.body).toMatchObject({ totalResults: 1, Resources: [{ id }] });
          expect(await events(`user:${String(id)}`)).toEqual(["user.created"]);
        },
      };
    },
  },
  "POST /Users over a deprovisioned account": {
    status: 201,
    async prepare() {
      const userName = name("revived");
      const former = await created("/Users", userBody(userName));
      await scim("DELETE", `/Users/${former}`);
      return {
        send: () => scim("POST", "/Users", userBody(userName)),
        async effect({ id }) {
          expect(id).not.toBe(former);
          const actions = await events(`user:${String(id)}`);
          expect(actions.filter((action) => action === "user.revived")).toHaveLength(1);
        },
      };
    },
  },
  "GET /Users/{id}": {
    status: 200,
    async prepare() {
      const id = await newUser();
      return { send: () => scim("GET", `/Users/${id}`), effect: async (body) => expect(body["id"]).toBe(id) };
    },
  },
  "GET /Users by filter": {
    status: 200,
    async prepare() {
      return {
        send: () => scim("GET", '/Users?filter=userName eq "nobody"'),
        effect: async (body) => expect(body["totalResults"]).toBe(0),
      };
    },
  },
  "PATCH /Users/{id}": {
    status: 200,
    async prepare() {
      const id = await newUser();
      return {
        send: () => scim("PATCH", `/Users/${id}`, patchBody({ op: "replace", path: "title", value: "new" })),
        async effect(body) {
          expect(body).toMatchObject({ title: "new", meta: { version: 'W/"2"' } });
          expect(await events(`user:${id}`)).toEqual(["user.changed", "user.created"]);
        },
      };
    },
  },
  "PUT /Users/{id} with If-Match": {
    status: 200,
    async prepare() {
      const userName = name("replaced");
      const id = await created("/Users", userBody(userName));
      const body = userBody(userName, { title: "new" });
      return {
        send: () => scim("PUT", `/Users/${id}`, body, { "if-match": 'W/"1"' }),
        async effect(answered) {
          expect(answered).toMatchObject({ title: "new", meta: { version: 'W/"2"' } });
          expect(await events(`user:${id}`)).toEqual(["user.changed", "user.created"]);
        },
      };
    },
  },
  "DELETE /Users/{id}": {
    status: 204,
    async prepare() {
      const id = await newUser();
      const group = await newGroup([id]);
      return {
        send: () => scim("DELETE", `/Users/${id}`),
        async effect() {
          expect((await scim("GET", `/Users/${id}`)).status).toBe(404);
          expect((await scim("GET", `/Groups/${group}`)).body["members"]).toBeUndefined();
        },
      };
    },
  },
  "POST /Groups with members": {
    status: 201,
    async prepare() {
      const displayName = name("created");
      const member = await newUser();
      return {
        send: () => scim("POST", "/Groups", groupBody(displayName, [member])),
        async effect({ id }) {
          const found = await scim("GET", `/Groups?filter=displayName eq "${displayName}"`);
          expect(found.body).toMatchObject({
            totalResults: 1,
            Resources: [{ id, members: [{ value: member }] }],
          });
          expect(await events(`group:${String(id)}`)).toEqual(["group.members_changed", "group.created"]);
        },
      };
    },
  },
  "PATCH /Groups/{id} members": {
    status: 204,
    async prepare() {
      const [group, member] = [await newGroup(), await newUser()];
      return {
        send: () =>
          scim(
            "PATCH",
            `/Groups/${group}`,
            patchBody({ op: "add", path: "members", value: [{ value: member }] }),
          ),
        async effect() {
          expect((await scim("GET", `/Groups/${group}`)).body).toMatchObject({
            members: [{ value: member }],
            meta: { version: 'W/"2"' },
          });
          expect(await events(`group:${group}`)).toEqual(["group.members_changed", "group.created"]);
        },
      };
    },
  },
  "PATCH /Groups/{id} name and members, with If-Match": {
    status: 204,
    async prepare() {
      const [group, member, displayName] = [await newGroup(), await newUser(), name("renamed")];
      const operations = [
        { op: "replace", path: "displayName", value: displayName },
        { op: "add", path: "members", value: [{ value: member }] },
      ];
      return {
        send: () => scim("PATCH", `/Groups/${group}`, patchBody(...operations), { "if-match": 'W/"1"' }),
        async effect() {
          expect((await scim("GET", `/Groups/${group}`)).body).toMatchObject({
            displayName,
            members: [{ value: member }],
          });
          expect(await events(`group:${group}`)).toHaveLength(3);
        },
      };
    },
  },
  "PUT /Groups/{id}": {
    status: 200,
    async prepare() {
      const [former, later] = [await newUser(), await newUser()];
      const displayName = name("group");
      const group = await created("/Groups", groupBody(displayName, [former]));
      return {
        send: () => scim("PUT", `/Groups/${group}`, groupBody(displayName, [later])),
        async effect() {
          expect((await scim("GET", `/Groups/${group}`)).body).toMatchObject({ members: [{ value: later }] });
          expect(await events(`group:${group}`)).toHaveLength(3);
        },
      };
    },
  },
  "DELETE /Groups/{id}": {
    status: 204,
    async prepare() {
      const group = await newGroup([await newUser()]);
      return {
        send: () => scim("DELETE", `/Groups/${group}`),
        effect: async () => expect((await scim("GET", `/Groups/${group}`)).status).toBe(404),
      };
    },
  },
  "POST /Bulk with a circle": {
    status: 200,
    async prepare() {
      const names = [name("bulk"), name("circle"), name("circle")] as const;
      const members = (bulkId: string) => [{ value: `bulkId:${bulkId}` }];
      const body = bulkBody(
        { method: "POST", path: "/Users", bulkId: "u", data: userBody(names[0]) },
        {
          method: "POST",
          path: "/Groups",
          bulkId: "a",
          data: { ...groupBody(names[1]), members: members("b") },
        },
        {
          method: "POST",
          path: "/Groups",
          bulkId: "b",
          data: { ...groupBody(names[2]), members: members("a") },
        },
      );
      return {
        send: () => scim("POST", "/Bulk", body),
        async effect(answered) {
          const statuses = (answered["Operations"] as { status: string }[]).map(({ status }) => status);
          expect(statuses).toEqual(["201", "201", "201"]);
          for (const displayName of names.slice(1)) {
            const found = await scim("GET", `/Groups?filter=displayName eq "${displayName}"`);
            expect(found.body["totalResults"]).toBe(1);
          }
        },
      };
    },
  },
};

describe.each(Object.entries(cases))("%s", (_, { status, prepare }) => {
  it("answers as ever and acts once, whichever one call is lost", async () => {
    const counted = noFault();
    const clean = await prepare();
    const answer = await under(counted, clean.send);
    expect(answer.status, answer.text).toBe(status);
    await clean.effect(answer.body);
    expect(counted.calls).toBeGreaterThan(0);
    for (let call = 1; call <= counted.calls; call += 1) {
      for (const when of ["before", "after"] as const) {
        const { send, effect } = await prepare();
        const fault = faultAt(call, when);
        const faulted = await under(fault, send);
        expect(faulted.status, `${call} ${when}: ${faulted.text}`).toBe(status);
        // More calls than usual, unless the lost one had been refused anyway.
        expect(fault.calls).toBeGreaterThanOrEqual(counted.calls);
        await effect(faulted.body);
      }
    }
  }, 60_000);

  it("says 503 and when to come back while D1 stays away, and can then be asked again", async () => {
    const { send } = await prepare();
    for (const message of [LOST, OVERLOADED]) {
      const fault = outageFrom(1, "before", message);
      const answer = await under(fault, send);
      const isBulk = answer.status === 200;
      if (isBulk) {
        const { Operations } = answer.body as unknown as { Operations: { status: string }[] };
        expect(new Set(Operations.map((operation) => operation.status))).toEqual(new Set(["503"]));
      } else {
        expect(answer.status, answer.text).toBe(503);
        expect(answer.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
        expect(answer.body).toMatchObject({ status: "503" });
      }
      // An overloaded database gets no second request; a lost connection a few.
      if (!isBulk) expect(fault.calls).toBe(message === OVERLOADED ? 1 : 4);
    }
    expect((await send()).status).toBe(status);
  });
});

describe("a write whose outcome nobody can tell", () => {
  it("is 503 when others have written since, and is not done again", async () => {
    const id = await newUser();
    const titled = (title: string) =>
      scim("PATCH", `/Users/${id}`, patchBody({ op: "replace", path: "title", value: title }));
    const fault = faultAt(2, "after");
    // Between the lost answer and the next look another writer comes.
    let calls = 0;
    gateway.alter.deps = (deps) => {
      const own = withFault(deps, fault);
      return {
        ...own,
        pause: async () => {
          gateway.alter.deps = inner;
          if (calls++ === 0) await titled("another");
        },
      };
    };
    const answer = await titled("mine");
    gateway.alter.deps = inner;
    expect(answer.status, answer.text).toBe(503);
    expect((await scim("GET", `/Users/${id}`)).body).toMatchObject({
      title: "another",
      meta: { version: 'W/"3"' },
    });
  });
});

describe("tokens", () => {
  it("are given whichever one call is lost; while D1 stays away the answer is 503", async () => {
    // Another isolate each time: nothing is known from before.
    const ask = (fault: Fault) => {
      const fresh = openGateway();
      fresh.alter.deps = (deps) => withFault(deps, fault);
      return requestToken(fresh, client);
    };
    const counted = noFault();
    expect((await ask(counted)).status).toBe(200);
    // Directory and shard; the last contact is noted behind the answer.
    expect(counted.calls).toBe(3);
    for (const { call, when, name } of everyLoss(counted.calls)) {
      expect((await ask(faultAt(call, when))).status, name).toBe(200);
    }
    for (const message of [LOST, OVERLOADED]) {
      const answer = await ask(outageFrom(1, "before", message));
      expect([answer.status, answer.body["error"]]).toEqual([503, "temporarily_unavailable"]);
      expect(answer.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
    }
  });
});

describe("signals", () => {
  it("that get lost delay the effect and nothing else", async () => {
    const down = () => Promise.reject(new Error("Network connection lost."));
    const broken = {
      ...env,
      PROPAGATION: { sendBatch: down },
      LICENSE_ALLOCATOR: { getByName: () => ({ wake: down }) },
    } as unknown as Env;
    const waited: Promise<unknown>[] = [];
    const deps = buildDeps(broken, (work) => waited.push(work));
    gateway.alter.deps = (own) => ({ ...own, signals: deps.signals });
    const id = await newUser();
    gateway.alter.deps = inner;
    expect((await scim("GET", `/Users/${id}`)).status).toBe(200);
    expect(await Promise.allSettled(waited)).toSatisfy((all: PromiseSettledResult<unknown>[]) =>
      all.every((outcome) => outcome.status === "fulfilled"),
    );
    const { body } = await gateway.call<{ openOutboxRows: number }>("GET", "/activity", { key });
    expect(body.openOutboxRows).toBeGreaterThan(0);
  });

  it("a sweeper that cannot be armed keeps a tenant from being made, and the link works again later", async () => {
    const { signUp } = await confirmable("Unarmed");
    for (const [failure, calls] of [
      [Object.assign(new Error("overloaded"), { retryable: true, overloaded: true }), 1],
      [Object.assign(new Error("the object moved"), { retryable: true }), 4],
    ] as const) {
      let asked = 0;
      const arm = () => {
        asked += 1;
        return Promise.reject(failure);
      };
      const broken = { ...env, SHARD_SWEEPER: { getByName: () => ({ arm }) } } as unknown as Env;
      const { signals } = buildDeps(broken, () => {});
      gateway.alter.deps = (own) => ({ ...own, signals, pause: () => Promise.resolve() });
      const failed = await signUp();
      gateway.alter.deps = inner;
      expect(failed.status).toBe(503);
      expect(failed.headers.get("retry-after")).toMatch(/^\d+$/);
      expect(asked).toBe(calls);
    }
    expect((await signUp()).status).toBe(201);
  });
});

async function confirmable(organization: string) {
  const { body } = await gateway.call<{ confirmationUrl: string }>("POST", "/signups", {
    body: { organization, email: `${name("admin")}@example.com` },
  });
  const token = new URL(body.confirmationUrl).searchParams.get("token");
  const signUp = () =>
    gateway.call<{ apiKey: { key: string } }>("POST", "/signups/confirmation", { body: { token } });
  return { signUp };
}

describe("the birth of a tenant", () => {
  it("ends with one tenant and a working key, whichever one call is lost", async () => {
    const counted = noFault();
    const clean = await confirmable("Clean");
    expect((await under(counted, clean.signUp)).status).toBe(201);
    for (let call = 1; call <= counted.calls; call += 1) {
      for (const when of ["before", "after"] as const) {
        const { signUp } = await confirmable(`Lost ${call} ${when}`);
        let answer = await under(faultAt(call, when), signUp);
        if (answer.status === 503) answer = await signUp();
        expect(answer.status, `${call} ${when}: ${answer.text}`).toBe(201);
        const own = answer.body.apiKey.key;
        expect((await gateway.call("GET", "/tenant", { key: own })).status).toBe(200);
        const events = await gateway.call<{ items: { action: string }[] }>("GET", "/events", { key: own });
        expect(events.body.items.map(({ action }) => action)).toEqual(["tenant.created"]);
      }
    }
  });
});
