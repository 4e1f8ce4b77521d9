/** How often is too often: the limits as they are configured, and who is not touched by them. */
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { openLimits } from "../../src/entry/limits.ts";
import { type Answer, openGateway, requestToken } from "../support/admin-gateway.ts";

type Configuration = {
  id: string;
  tenantUrl: string;
  tokenEndpoint: string;
  clientId: string;
  clientSecret: string;
};
type Gateway = ReturnType<typeof openGateway>;

async function client(gateway: Gateway, key: string, name = "Rates") {
  const body = { name, type: "other_scim", defaultLicenseType: "read_only" };
  const { body: made } = await gateway.call<Configuration>("POST", "/configurations", { key, body });
  const { access_token: token } = (await requestToken(gateway, made)).body;
  const get = (path = "/Users?count=0") =>
    gateway.send(
      new Request(`${made.tenantUrl}${path}`, { headers: { authorization: `Bearer ${String(token)}` } }),
    );
  return { ...made, get };
}

/**
 * Sends in rounds until one answer is a 429. Windows begin with the clock, so one may end meanwhile: what counts
 * is that nobody was refused early.
 */
async function untilRefused(most: number, send: (index: number) => Promise<Answer>) {
  const passed: Answer[] = [];
  const refused: Answer[] = [];
  for (let sent = 0; sent < most && refused.length === 0; sent += 50) {
    const round = await Promise.all(Array.from({ length: 50 }, (_, index) => send(sent + index)));
    for (const answer of round) (answer.status === 429 ? refused : passed).push(answer);
  }
  return { passed, refused };
}

/** Limits as configured, on a clock that only the test moves: how fast the machine is has no say. */
function onTheClock(gateway: Gateway, scale: number): void {
  const began = Date.now();
  const limits = openLimits(env, scale, () => began + gateway.clock.offsetMs);
  gateway.alter.deps = (deps) => ({ ...deps, limits });
}

describe("a SCIM client", () => {
  it("passes at 100 requests per second for ten seconds and more, as fast as they come", async () => {
    const gateway = openGateway({ MAIL_CAPTURE: "1", RATE_LIMIT_SCALE: "1" });
    onTheClock(gateway, 1);
    const { key } = await gateway.signUp();
    const { get } = await client(gateway, key);
    const statuses = new Set<number>();
    for (let burst = 0; burst < 10; burst += 1) {
      const answers = await Promise.all(Array.from({ length: 100 }, () => get("/Schemas")));
      for (const { status } of answers) statuses.add(status);
      gateway.clock.offsetMs += 1_000;
    }
    // Rested, it may send twice its rate at once.
    const answers = await Promise.all(Array.from({ length: 400 }, () => get("/Schemas")));
    for (const { status } of answers) statuses.add(status);
    expect([...statuses]).toEqual([200]);
  }, 30_000);

  it("is told when it may come back, at no cost to anybody else", async () => {
    const gateway = openGateway({ MAIL_CAPTURE: "1", RATE_LIMIT_SCALE: "0.1" });
    const began = Math.floor(Date.now() / 1000);
    onTheClock(gateway, 0.1);
    const { key } = await gateway.signUp();
    const { key: otherKey } = await gateway.signUp();
    const [loud, neighbor, stranger] = [
      await client(gateway, key, "Loud"),
      await client(gateway, key, "Neighbor"),
      await client(gateway, otherKey),
    ];
    const { passed, refused } = await untilRefused(100, () => loud.get());
    expect(passed.length).toBeGreaterThanOrEqual(40);
    expect(new Set(passed.map(({ status }) => status))).toEqual(new Set([200]));
    expect(refused).not.toEqual([]);
    for (const { status, headers, body } of refused) {
      expect(status).toBe(429);
      expect(headers.get("retry-after")).toMatch(/^([1-9]|10)$/);
      expect(headers.get("x-rate-limit-limit")).toBe("200");
      expect(headers.get("x-rate-limit-remaining")).toBe("0");
      expect(Number(headers.get("x-rate-limit-reset"))).toBeGreaterThanOrEqual(began);
      expect(headers.get("server-timing")).toContain("trips=0 ");
      expect(headers.get("content-type")).toContain("application/scim+json");
      expect(body).toMatchObject({
        schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"],
        status: "429",
        detail: expect.stringMatching(/^Too many requests\. Try again in \d+ seconds\.$/),
      });
    }
    expect((await neighbor.get()).status).toBe(200);
    expect((await stranger.get()).status).toBe(200);
    expect((await gateway.call("GET", "/configurations", { key })).status).toBe(200);
    gateway.clock.offsetMs += 1_000 * Number(refused[0]?.headers.get("retry-after"));
    expect((await loud.get()).status).toBe(200);
  }, 30_000);

  it("that floods is refused unread, and nobody else can use up what it may send", async () => {
    const gateway = openGateway({ MAIL_CAPTURE: "1" });
    const limits = openLimits(env, 0.1, () => 0);
    const verified = vi.fn();
    gateway.alter.deps = (deps) => ({
      ...deps,
      limits,
      tokens: {
        ...deps.tokens,
        verify: (token, now) => {
          verified(token);
          return deps.tokens.verify(token, now);
        },
      },
    });
    const { key } = await gateway.signUp();
    const made = await client(gateway, key);
    const token = String((await requestToken(gateway, made)).body["access_token"]);
    const send = (authorization: string) =>
      gateway.send(new Request(`${made.tenantUrl}/Schemas`, { headers: { authorization } }));
    // What a stranger may have: claims that name the organization, under a signature that is none.
    const forged = (number: number) => `Bearer ${token.slice(0, -8)}${String(number).padStart(8, "A")}`;
    for (let number = 0; number < 100; number += 1) expect((await send(forged(number))).status).toBe(401);
    for (let number = 0; number < 40; number += 1) {
      expect((await send(`Bearer ${token}`)).status, String(number)).toBe(200);
    }
    verified.mockClear();
    for (let number = 0; number < 20; number += 1) {
      const { status, headers } = await send(`Bearer ${token}`);
      expect(status).toBe(429);
      expect(headers.get("retry-after")).toBe("1");
    }
    expect(verified).not.toHaveBeenCalled();
    // Another secret of the same organization has an allowance of its own.
    const rotated = await gateway.call<{ clientSecret: string }>(
      "POST",
      `/configurations/${made.id}/secrets`,
      { key },
    );
    const basic = `Basic ${btoa(`${made.clientId}:${rotated.body.clientSecret}`)}`;
    expect((await send(basic)).status).toBe(200);
    expect((await send(forged(1))).status).toBe(401);
  }, 30_000);

  it("shares the limit of its organization with the other clients there", async () => {
    const gateway = openGateway({ MAIL_CAPTURE: "1", RATE_LIMIT_SCALE: "0.1" });
    onTheClock(gateway, 0.1);
    const { key } = await gateway.signUp();
    const { key: otherKey } = await gateway.signUp();
    const clients = await Promise.all(["a", "b", "c", "d"].map((name) => client(gateway, key, name)));
    const stranger = await client(gateway, otherKey);
    const { passed, refused } = await untilRefused(150, async (index) => {
      const [one] = clients.slice(index % clients.length);
      if (one === undefined) throw new Error("there are four");
      return one.get("/Schemas");
    });
    expect(passed.length).toBeGreaterThanOrEqual(100);
    expect(refused[0]?.headers.get("x-rate-limit-limit")).toBe("500");
    expect((await stranger.get()).status).toBe(200);
  }, 30_000);
});

describe("at the doors", () => {
  it("a guesser of secrets is refused, the client at another address is not", async () => {
    const gateway = openGateway();
    const { key } = await gateway.signUp();
    const made = await client(gateway, key);
    const ask = (secret: string, address: string) =>
      gateway.send(
        new Request(made.tokenEndpoint, {
          method: "POST",
          headers: { "cf-connecting-ip": address },
          body: new URLSearchParams({
            grant_type: "client_credentials",
            client_id: made.clientId,
            client_secret: secret,
          }),
        }),
      );
    const guesses = await untilRefused(250, (guess) => ask(`guess-${guess}`, "192.0.2.1"));
    expect(guesses.passed.length).toBeGreaterThanOrEqual(100);
    expect(new Set(guesses.passed.map(({ status }) => status))).toEqual(new Set([401]));
    const refused = await ask(made.clientSecret, "192.0.2.1");
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(refused.headers.get("server-timing")).toContain("trips=0 ");
    expect(refused.body).toMatchObject({ error: "temporarily_unavailable" });
    expect((await ask(made.clientSecret, "192.0.2.2")).status).toBe(200);
  }, 30_000);

  it("tokens are limited by address, whoever asks", async () => {
    const gateway = openGateway({ MAIL_CAPTURE: "1", RATE_LIMIT_SCALE: "1" });
    const { key } = await gateway.signUp();
    const made = await client(gateway, key);
    const asked = vi.fn(async (_: { key: string }) => ({ success: asked.mock.calls.length <= 3 }));
    const limited = openLimits({ ...env, TOKEN_ADDRESS_RATE: { limit: asked } } as unknown as Env, 1);
    gateway.alter.deps = (deps) => ({ ...deps, limits: limited });
    const statuses: number[] = [];
    for (let turn = 0; turn < 5; turn += 1) statuses.push((await requestToken(gateway, made)).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    // The refusal is remembered; and it was the address that was counted.
    expect(asked.mock.calls.map(([{ key: counted }]) => counted)).toEqual(Array(4).fill("unknown"));
  });

  it("sign-up and sign-in are limited by address and by account", async () => {
    const gateway = openGateway({ MAIL_CAPTURE: "1", RATE_LIMIT_SCALE: "1" });
    const signIn = (email: string, address: string) =>
      gateway.call("POST", "/sign-in-links", { body: { email }, headers: { "cf-connecting-ip": address } });
    const account = await untilRefused(100, (place) => signIn("Some.One@example.com", `192.0.2.${place}`));
    expect(account.passed.length).toBeGreaterThanOrEqual(20);
    expect((await signIn("some.one@EXAMPLE.com", "192.0.2.200")).status).toBe(429);
    expect((await signIn("other@example.com", "192.0.2.200")).status).toBe(202);

    const one = await untilRefused(200, (place) => signIn(`p${place}@example.com`, "198.51.100.1"));
    expect(one.passed.length).toBeGreaterThanOrEqual(60);
    const refused = await gateway.call("POST", "/signups", {
      body: { organization: "One more", email: "new@example.com" },
      headers: { "cf-connecting-ip": "198.51.100.1" },
    });
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(refused.headers.get("content-type")).toContain("application/problem+json");
    const confirmation = await gateway.call("POST", "/signups/confirmation", {
      body: { token: "guess" },
      headers: { "cf-connecting-ip": "198.51.100.1" },
    });
    expect(confirmation.status).toBe(429);
  }, 30_000);

  it("client ids nobody has cannot make one address read the directory without end", async () => {
    const gateway = openGateway({ MAIL_CAPTURE: "1", RATE_LIMIT_SCALE: "1" });
    const { key } = await gateway.signUp();
    const { tenantUrl } = await client(gateway, key);
    const look = vi.fn(async () => ({ success: false }));
    const limited = openLimits({ ...env, LOOK_UP_ADDRESS_RATE: { limit: look } } as unknown as Env, 1);
    gateway.alter.deps = (deps) => ({ ...deps, limits: limited });
    const headers = { authorization: `Basic ${btoa("nobody:nothing")}` };
    const refused = await gateway.send(new Request(`${tenantUrl}/Users`, { headers }));
    expect(refused.status).toBe(429);
    expect(refused.headers.get("server-timing")).toContain("trips=0 ");
    expect(look).toHaveBeenCalledTimes(1);
  });
});

describe("the shield itself", () => {
  const withBinding = (limit: () => Promise<{ success: boolean }>, scale: number, now?: () => number) =>
    openLimits({ ...env, SCIM_CREDENTIAL_RATE: { limit } } as unknown as Env, scale, now);

  it("reports every tenth request only, and nothing while a refusal holds", async () => {
    let at = 1_000_003_000;
    const limit = vi.fn(async () => ({ success: limit.mock.calls.length < 3 }));
    const limits = withBinding(limit, 1, () => at);
    for (let request = 0; request < 29; request += 1)
      expect(await limits.count("scim_credential", "k")).toBeUndefined();
    expect(limit).toHaveBeenCalledTimes(2);
    const refusal = { limit: 2_000, retryAfterSeconds: 7, resetAtSeconds: 1_000_010 };
    expect(await limits.count("scim_credential", "k")).toEqual(refusal);
    for (let request = 0; request < 50; request += 1)
      expect(await limits.count("scim_credential", "k")).toEqual(refusal);
    expect(limit).toHaveBeenCalledTimes(3);
    expect(await limits.count("scim_credential", "another")).toBeUndefined();
    at = 1_000_010_000;
    expect(await limits.count("scim_credential", "k")).toBeUndefined();
  });

  it("lets a flood through at its rate and not in one go, and forgets it when it rests", async () => {
    let at = 0;
    const limits = withBinding(
      async () => ({ success: true }),
      0.1,
      () => at,
    );
    const passedPerSecond: number[] = [];
    for (let second = 0; second < 10; second += 1) {
      let passed = 0;
      for (let request = 0; request < 200; request += 1) {
        at = second * 1_000 + request * 5;
        if ((await limits.count("scim_credential", "k")) === undefined) passed += 1;
      }
      passedPerSecond.push(passed);
    }
    // Two seconds' worth at first, then 20 in each.
    expect(passedPerSecond).toEqual([59, ...Array.from({ length: 9 }, () => 20)]);
    expect(limits.held("scim_credential", "k")).toEqual({
      limit: 200,
      retryAfterSeconds: 1,
      resetAtSeconds: 10,
    });
    expect(await limits.count("scim_credential", "another")).toBeUndefined();
    at += 2_000;
    for (let request = 0; request < 40; request += 1) {
      expect(limits.held("scim_credential", "k")).toBeUndefined();
      expect(await limits.count("scim_credential", "k")).toBeUndefined();
    }
    // A clock that is set back gives nothing, and takes nothing.
    at -= 60_000;
    expect(await limits.count("scim_credential", "k")).toMatchObject({ retryAfterSeconds: 1 });
  });

  it("keeps nobody out when it is out of order", async () => {
    const limits = withBinding(() => Promise.reject(new Error("down")), 0.1);
    expect(await limits.count("scim_credential", "k")).toBeUndefined();
  });

  it("is told the numbers that are configured", async () => {
    const { default: configuration } = await import("../../wrangler.toml?raw");
    const named = [
      ...configuration.matchAll(/\[\[ratelimits\]\]\nname = "(\w+)"[^[]*limit = (\d+), period = (\d+)/g),
    ];
    expect(named).toHaveLength(7);
    for (const [, name = "", limit, period] of named) {
      const kind = name.toLowerCase().replace(/_rate$/, "") as "scim_tenant";
      const at = 0;
      const refuse = { limit: async () => ({ success: false }) };
      const limits = openLimits({ ...env, [name]: refuse } as unknown as Env, 0.1, () => at);
      expect(await limits.count(kind, "k"), name).toMatchObject({
        limit: Number(limit),
        retryAfterSeconds: Number(period),
      });
    }
  });
});
