/**
 * What else the gateway leans on, failing: look-ups of who is calling, the mail binding, the rate limit bindings,
 * and the SCIM services of vaults. Nobody hears 401 for a fault, and nobody is made twice.
 */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { MailEnvironment } from "../../src/entry/mail.ts";
import type { AccessClaims } from "../../src/gateway/deps.ts";
import { openGateway, requestToken, tokenOf } from "../support/admin-gateway.ts";
import { ConnectedTenant } from "../support/connected-tenant.ts";
import {
  everyLoss,
  type Fault,
  faultAt,
  noFault,
  OVERLOADED,
  outageFrom,
  withFault,
} from "../support/faults.ts";
import { groupBody, userBody } from "../support/scim-messages.ts";
import { ScimService } from "../support/scim-service.ts";
import { restoreTenant, type TenantRows, tenantRows } from "../support/tenant-rows.ts";

const gateway = openGateway();
let key = "";
let client: { tenantUrl: string; tokenEndpoint: string; clientId: string; clientSecret: string };

beforeAll(async () => {
  ({ key } = await gateway.signUp());
  const body = { name: "Doors", type: "other_scim", defaultLicenseType: "read_only" };
  client = (await gateway.call<typeof client>("POST", "/configurations", { key, body })).body;
});

/** To another isolate each time: nothing is known from before. */
function ask(authorization: string, fault: Fault) {
  const fresh = openGateway();
  fresh.alter.deps = (deps) => withFault(deps, fault);
  return fresh.send(new Request(`${client.tenantUrl}/Users?count=0`, { headers: { authorization } }));
}

const callers: Record<string, () => Promise<string>> = {
  "client id and secret": async () => `Basic ${btoa(`${client.clientId}:${client.clientSecret}`)}`,
  "a token": async () => `Bearer ${String((await requestToken(gateway, client)).body["access_token"])}`,
  "a token from before the organization moved": async () => {
    const { tokens, now, shardNames } = gateway.deps();
    const token = String((await requestToken(gateway, client)).body["access_token"]);
    const claims = (await tokens.verify(token, now())) as AccessClaims;
    const shard = shardNames.find((name) => name !== claims.shard) ?? "";
    return `Bearer ${await tokens.sign({ ...claims, shard }, now())}`;
  },
};

describe.each(Object.entries(callers))("a caller with %s", (_, credential) => {
  it("is let in whichever look-up is lost; 503 and never 401 while D1 stays away", async () => {
    const authorization = await credential();
    const counted = noFault();
    expect((await ask(authorization, counted)).status).toBe(200);
    for (const { call, when, name } of everyLoss(counted.calls)) {
      expect((await ask(authorization, faultAt(call, when))).status, name).toBe(200);
      for (const outage of [outageFrom(call, when), outageFrom(call, when, OVERLOADED)]) {
        const away = await ask(authorization, outage);
        // The last call of all notes when the client came, which is nobody's business.
        if (away.status === 200) expect(call, name).toBe(counted.calls);
        else {
          expect([away.status, away.body["status"]], name).toEqual([503, "503"]);
          expect(away.headers.get("retry-after"), name).toMatch(/^[1-9]\d*$/);
        }
      }
    }
  });
});

describe("mail that fails", () => {
  const bindings: Record<string, () => Promise<never>> = {
    rejects: () => Promise.reject(new Error("internal error")),
    throws: () => {
      throw new Error("internal error");
    },
  };

  it.each(Object.entries(bindings))(
    "when the binding %s: sign-up says so, and works once it is back",
    async (_, send) => {
      let down = true;
      const sent: { text: string }[] = [];
      const EMAIL = {
        send: async (message: { text: string }) => (down ? send() : void sent.push(message)),
      } as unknown as MailEnvironment["EMAIL"];
      const own = openGateway({ MAIL_FROM: "gateway@example.com", EMAIL });
      const body = { organization: "Mail", email: `${crypto.randomUUID()}@example.com` };
      for (let attempt = 0; attempt < 3; attempt += 1) {
        const failed = await own.call("POST", "/signups", { body });
        expect([failed.status, failed.body["type" as never]]).toEqual([
          503,
          "urn:vestibule:problem:mail_unavailable",
        ]);
        expect(failed.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
      }
      down = false;
      expect((await own.call("POST", "/signups", { body })).status).toBe(202);
      const link = /https?:\S+/.exec(sent[0]?.text ?? "")?.[0] ?? "";
      const confirmed = await own.call("POST", "/signups/confirmation", { body: { token: tokenOf(link) } });
      expect(confirmed.status).toBe(201);
    },
  );

  it.each(Object.entries(bindings))(
    "when the binding %s: sign-in answers alike to known and unknown addresses",
    async (_, send) => {
      const { email } = await gateway.signUp();
      const EMAIL = { send } as unknown as MailEnvironment["EMAIL"];
      const own = openGateway({ MAIL_FROM: "gateway@example.com", EMAIL });
      const known = await own.call("POST", "/sign-in-links", { body: { email } });
      const unknown = await own.call("POST", "/sign-in-links", {
        body: { email: `${crypto.randomUUID()}@example.com` },
      });
      expect([known.status, known.text]).toEqual([unknown.status, unknown.text]);
      expect(known.status).toBe(202);
    },
  );
});

describe("rate limits that cannot be asked", () => {
  const names = Object.keys(env).filter((name) => name.endsWith("_RATE"));
  const ways: Record<string, () => Promise<never>> = {
    reject: () => Promise.reject(new Error("internal error")),
    throw: () => {
      throw new Error("internal error");
    },
  };

  // Fail open, on purpose: they are a shield and no account, and secrets have 256 bits.
  it.each(Object.entries(ways))("when they %s, keep nobody out, and let nobody in", async (_, limit) => {
    expect(names).toHaveLength(7);
    const broken = Object.fromEntries(names.map((name) => [name, { limit }]));
    const open = () => openGateway({ MAIL_CAPTURE: "1", RATE_LIMIT_SCALE: "0.01", ...broken });
    const { email } = await open().signUp();
    expect((await open().call("POST", "/sign-in-links", { body: { email } })).status).toBe(202);
    const token = await requestToken(open(), client);
    expect(token.status).toBe(200);
    const authorization = `Bearer ${String(token.body["access_token"])}`;
    const list = (given: string) =>
      open().send(new Request(`${client.tenantUrl}/Users`, { headers: { authorization: given } }));
    expect((await list(authorization)).status).toBe(200);
    expect((await list(`Basic ${btoa(`${client.clientId}:wrong`)}`)).status).toBe(401);
    expect((await requestToken(open(), { ...client, clientSecret: "wrong" })).status).toBe(401);
  });
});

describe("a vault's SCIM service", () => {
  const people = ["ann", "bob"];
  let tenant: ConnectedTenant;
  let place: { shard: "SHARD_0" | "SHARD_1"; tenantNo: number };
  /** Everything still to be pushed. */
  let before: TenantRows;
  /** Requests of an undisturbed push. */
  let count = 0;

  beforeAll(async () => {
    tenant = await ConnectedTenant.open();
    const from = await tenant.configure();
    const vault = await tenant.admin("POST", "/vaults", {
      name: "Connected",
      connector: {
        type: "scim",
        baseUrl: "http://localhost/scim",
        authentication: { type: "bearer", token: "secret" },
      },
    });
    const ids: string[] = [];
    for (const name of people) {
      ids.push((await from.call("POST", "/Users", userBody(name, { externalId: `x-${name}` }))).id);
    }
    const group = await from.call("POST", "/Groups", groupBody("Source", ids));
    await tenant.link(group.id, vault.id, "Readers");
    const [row] = await tenant.rows<{ tenant_no: number }>(
      "SELECT tenant_no FROM tenants WHERE tenant_no = ?",
    );
    const tenantNo = row?.tenant_no ?? 0;
    const home = await env.CONTROL.prepare("SELECT shard FROM tenants WHERE tenant_no = ?")
      .bind(tenantNo)
      .first();
    place = { tenantNo, shard: home?.["shard"] as typeof place.shard };
    before = await tenantRows(place);
  });

  /** Pushes until nothing is open; the request with this number meets what `meets` does. */
  async function push(number: number, meets: ScimService["intercept"]): Promise<ScimService> {
    await restoreTenant(place, before);
    const service = new ScimService();
    service.intercept = (request, pass) =>
      service.requests.length === number ? meets(request, pass) : pass();
    const later = <T>(messages: T[]): T[] => {
      tenant.gateway.clock.offsetMs += 5_000;
      return messages;
    };
    await tenant.settle(tenant.deps(service.fetch), later);
    return service;
  }

  const tell = (status: number, headers = {}) => new Response(null, { status, headers });
  const reset = (): never => {
    throw new Error("connection reset");
  };
  const ways: Record<string, ScimService["intercept"]> = {
    "refuses the connection": reset,
    "answers 429 and when to come back": () => tell(429, { "retry-after": "1" }),
    "does it and the answer is lost": async (_, pass) => {
      await pass();
      return reset();
    },
    "does it and the answer ends in the middle": async (_, pass) => {
      const { status, body } = await pass();
      await body?.cancel();
      return new Response(
        new ReadableStream({ pull: (controller) => controller.error(new Error("reset")) }),
        {
          status: status === 204 ? 200 : status,
        },
      );
    },
  };

  it.each(Object.entries(ways))(
    "that %s, at whichever request: everybody is there once in the end",
    async (_, meets) => {
      count ||= (await push(0, (__, pass) => pass())).requests.length;
      expect(count).toBeGreaterThan(5);
      for (let number = 1; number <= count; number += 1) {
        const service = await push(number, meets);
        const what = `request ${number} of ${count}: ${service.requests[number - 1]}`;
        expect(service.requests.length, what).toBeGreaterThan(count - 1);
        expect(service.names(), what).toEqual(people);
        expect(service.active(), what).toEqual(people);
        expect(
          [...service.groups.values()].map(({ displayName }) => displayName),
          what,
        ).toEqual(["Readers"]);
        expect(service.membersOf("Readers"), what).toEqual(people);
      }
    },
  );
});
