import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { tenantNo } from "../../src/domain/id.ts";
import { confirmSignIn, signOut } from "../../src/gateway/identity/sign-in.ts";
import { completeSignUps } from "../../src/gateway/identity/sign-up.ts";
import { hashSecret } from "../../src/gateway/secret.ts";
import { claimSignUp, createTenantInShard } from "../../src/store/identity/sign-ups.ts";
import { type Confirmed, LOOPBACK, openGateway, tokenOf } from "../support/admin-gateway.ts";

const newEmail = () => `${crypto.randomUUID()}@example.com`;
const rows = async (sql: string, ...parameters: unknown[]) =>
  (
    await env.CONTROL.prepare(sql)
      .bind(...parameters)
      .all<Record<string, unknown>>()
  ).results;

describe("sign-up", () => {
  it("creates the organization once, behind a one-time link", async () => {
    const gateway = openGateway();
    const email = newEmail();
    const requested = await gateway.call<{ confirmationUrl: string; mail: string }>("POST", "/signups", {
      body: { organization: " Example ", email },
    });
    expect(requested.status).toBe(202);
    expect(requested.body.mail).toBe("captured");
    expect(requested.body.confirmationUrl).toMatch(`${LOOPBACK}/sign-up/confirm?token=`);
    const token = tokenOf(requested.body.confirmationUrl);

    const confirmed = await gateway.call<Confirmed>("POST", "/signups/confirmation", { body: { token } });
    expect(confirmed.status).toBe(201);
    expect(confirmed.body.tenant.name).toBe("Example");
    expect(confirmed.body.administrator).toMatchObject({ email, role: "subscription_admin" });
    expect(gateway.armed).toHaveLength(1);

    const again = await gateway.call("POST", "/signups/confirmation", { body: { token } });
    expect(again.status).toBe(409);

    const { key } = confirmed.body.apiKey;
    expect(key).toMatch(/^vst_[\w-]{43}$/);
    const home = await gateway.call<{ me: object; home: object }>("GET", "/tenant", { key });
    expect(home.body.home).toMatchObject({
      users: 0,
      groups: 0,
      waiting: { total: 0, unlicensed: 0, upgrade: 0, undecided: 0 },
    });
    const events = await gateway.call<{ items: { action: string }[] }>("GET", "/events", { key });
    expect(events.body.items.map(({ action }) => action)).toEqual(["tenant.created"]);
  });

  it("keeps no key, token or link in clear text", async () => {
    const gateway = openGateway();
    const { key, email } = await gateway.signUp();
    const tables = ["sign_ups", "api_keys", "administrators", "sessions", "sign_in_links"];
    const dump = await Promise.all(tables.map((table) => rows(`SELECT * FROM ${table}`)));
    expect(JSON.stringify(dump)).toContain(email);
    expect(JSON.stringify(dump)).not.toContain(key.slice(4));
  });

  it("tells links that are wrong, expired and used apart from working ones", async () => {
    const gateway = openGateway();
    const wrong = await gateway.call("POST", "/signups/confirmation", { body: { token: "wrong" } });
    expect(wrong.status).toBe(400);
    const requested = await gateway.call<{ confirmationUrl: string }>("POST", "/signups", {
      body: { organization: "Late", email: newEmail() },
    });
    gateway.clock.offsetMs = 24 * 3_600_000 + 1_000;
    const token = tokenOf(requested.body.confirmationUrl);
    const late = await gateway.call("POST", "/signups/confirmation", { body: { token } });
    expect(late.status).toBe(400);
    expect(late.text).toContain("expired");
  });

  it("says so when there is no mail, and when capture is asked for by a public address", async () => {
    const body = { organization: "Mute", email: newEmail() };
    const mute = await openGateway({}).call("POST", "/signups", { body });
    expect(mute.status).toBe(503);
    expect(mute.text).toContain("mail");
    const origin = "https://vestibule.example.com";
    const captured = await openGateway({ MAIL_CAPTURE: "1" }).call("POST", "/signups", { body, origin });
    expect(captured.status).toBe(503);
    const refused = { send: () => Promise.reject(new Error("sender not allowed")) } as unknown as SendEmail;
    const failing = openGateway({ MAIL_FROM: "gateway@example.com", EMAIL: refused });
    expect((await failing.call("POST", "/signups", { body })).status).toBe(503);
    for (const link of ["/sign-in-links"]) {
      expect((await openGateway({}).call("POST", link, { body: { email: body.email } })).status).toBe(503);
    }
  });

  it("mails an address a few times per hour at most, however it is written", async () => {
    const gateway = openGateway();
    const email = newEmail();
    const statuses = [];
    for (const written of [email, email, email, email, email.toUpperCase(), email]) {
      const { status } = await gateway.call("POST", "/signups", {
        body: { organization: "A", email: written },
      });
      statuses.push(status);
    }
    expect(statuses).toEqual([202, 202, 202, 202, 202, 429]);
    gateway.clock.offsetMs = 3_700_000;
    const later = await gateway.call("POST", "/signups", { body: { organization: "A", email } });
    expect(later.status).toBe(202);
  });

  it("creates one organization and one key under twenty simultaneous clicks", async () => {
    const gateway = openGateway();
    const requested = await gateway.call<{ signUpId: string; confirmationUrl: string }>("POST", "/signups", {
      body: { organization: "Clicks", email: newEmail() },
    });
    const before = await rows("SELECT SUM(tenant_count) AS n FROM shards");
    const token = tokenOf(requested.body.confirmationUrl);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        gateway.call<Confirmed>("POST", "/signups/confirmation", { body: { token } }),
      ),
    );
    const created = answers.filter(({ status }) => status === 201);
    expect(created).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(19);
    const after = await rows("SELECT SUM(tenant_count) AS n FROM shards");
    expect(Number(after[0]?.["n"])).toBe(Number(before[0]?.["n"] ?? 0) + 1);
    const key = created[0]?.body.apiKey.key;
    expect((await gateway.call("GET", "/tenant", { key })).status).toBe(200);
    const keys = await rows(
      "SELECT 1 FROM api_keys k JOIN tenants t USING (tenant_no) WHERE t.tenant_id = ?",
      requested.body.signUpId,
    );
    expect(keys).toHaveLength(1);
  });

  it("spreads organizations over the shards", async () => {
    const gateway = openGateway();
    await gateway.signUp();
    await gateway.signUp();
    const counts = await rows("SELECT shard, tenant_count FROM shards ORDER BY shard");
    const [first, second] = counts.map((row) => Number(row["tenant_count"]));
    expect(Math.abs((first ?? 0) - (second ?? 0))).toBeLessThanOrEqual(1);
  });

  for (const halves of ["claimed", "shard written"] as const) {
    it(`is completed by the sweeper, or by the next click, when it stopped at: ${halves}`, async () => {
      const gateway = openGateway();
      const interrupted = async () => {
        const { body } = await gateway.call<{ signUpId: string; confirmationUrl: string }>(
          "POST",
          "/signups",
          { body: { organization: "Halves", email: newEmail() } },
        );
        const token = tokenOf(body.confirmationUrl);
        const deps = gateway.deps();
        const now = deps.now();
        const claim = await claimSignUp(deps.control, deps.shardNames, await hashSecret(token), now);
        const signUp = claim?.signUp;
        const shard = deps.shard(signUp?.shard ?? "");
        if (signUp === undefined || shard === undefined) throw new Error("not claimed");
        if (halves === "shard written") {
          await createTenantInShard(
            {
              shard,
              tenantNo: tenantNo(signUp.tenantNo),
              epoch: 1,
              cause: { actor: "system", correlationId: "first" },
              now,
            },
            { tenantId: signUp.tenantId, subscriptionId: "subscription-first", name: signUp.organization },
          );
        }
        return { token, id: body.signUpId };
      };

      const clicked = await interrupted();
      const click = await gateway.call<Confirmed>("POST", "/signups/confirmation", {
        body: { token: clicked.token },
      });
      expect(click.status).toBe(201);
      const subscription = click.body.tenant.subscriptionId;
      if (halves === "shard written") expect(subscription).toBe("subscription-first");
      const { key } = click.body.apiKey;
      const events = await gateway.call<{ items: unknown[] }>("GET", "/events", { key });
      expect(events.body.items).toHaveLength(1);

      const swept = await interrupted();
      expect(await completeSignUps(gateway.deps())).toBe(0);
      gateway.clock.offsetMs = 60_000;
      expect(await completeSignUps(gateway.deps())).toBe(1);
      expect(await completeSignUps(gateway.deps())).toBe(0);
      expect(await rows("SELECT 1 FROM tenants WHERE tenant_id = ?", swept.id)).toHaveLength(1);
      const late = await gateway.call("POST", "/signups/confirmation", { body: { token: swept.token } });
      expect(late.status).toBe(409);
    });
  }
});

describe("sign-in", () => {
  const signIn = async (gateway: ReturnType<typeof openGateway>, email: string) => {
    const { body } = await gateway.call<{ signInUrl: string }>("POST", "/sign-in-links", { body: { email } });
    const outcome = await confirmSignIn(gateway.deps(), { token: tokenOf(body.signInUrl) });
    if (!outcome.ok) throw new Error(outcome.problem.detail);
    return { url: body.signInUrl, session: outcome.value.sessionToken };
  };

  it("opens a session by a link that works once", async () => {
    const gateway = openGateway();
    const { email } = await gateway.signUp();
    const { url, session } = await signIn(gateway, email.toUpperCase());
    const again = await confirmSignIn(gateway.deps(), { token: tokenOf(url) });
    expect(again).toMatchObject({ ok: false, problem: { kind: "invalid" } });
    const cookie = `session=${session}`;
    const home = await gateway.call<{ me: { kind: string; name: string } }>("GET", "/tenant", { cookie });
    expect(home.body.me).toMatchObject({ kind: "session", name: email });

    await signOut(gateway.deps(), { session });
    expect((await gateway.call("GET", "/tenant", { cookie })).status).toBe(401);
  });

  it("takes one of two simultaneous uses of a link", async () => {
    const gateway = openGateway();
    const { email } = await gateway.signUp();
    const { body } = await gateway.call<{ signInUrl: string }>("POST", "/sign-in-links", { body: { email } });
    const token = tokenOf(body.signInUrl);
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => confirmSignIn(gateway.deps(), { token })));
    expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
  });

  it("ends sessions after twelve hours and links after fifteen minutes", async () => {
    const gateway = openGateway();
    const { email } = await gateway.signUp();
    const { session } = await signIn(gateway, email);
    const { body } = await gateway.call<{ signInUrl: string }>("POST", "/sign-in-links", { body: { email } });
    gateway.clock.offsetMs = 15 * 60_000 + 1_000;
    const late = await confirmSignIn(gateway.deps(), { token: tokenOf(body.signInUrl) });
    expect(late.ok).toBe(false);
    expect((await gateway.call("GET", "/tenant", { cookie: `session=${session}` })).status).toBe(200);
    gateway.clock.offsetMs = 12 * 3_600_000 + 1_000;
    expect((await gateway.call("GET", "/tenant", { cookie: `session=${session}` })).status).toBe(401);
  });

  it("lets a session change things from the gateway's own pages only", async () => {
    const gateway = openGateway();
    const { email } = await gateway.signUp();
    const { session } = await signIn(gateway, email);
    const cookie = `session=${session}`;
    const create = (headers: Record<string, string>) =>
      gateway.call("POST", "/api-keys", { cookie, headers, body: { name: "From a page" } });
    expect((await create({})).status).toBe(403);
    expect((await create({ origin: "https://evil.example.com" })).status).toBe(403);
    expect((await create({ origin: "null" })).status).toBe(403);
    expect((await create({ origin: LOOPBACK })).status).toBe(201);
  });

  it("does not take the loopback cookie over the network, nor the other way round", async () => {
    const gateway = openGateway();
    const { email } = await gateway.signUp();
    const { session } = await signIn(gateway, email);
    const at = async (origin: string, cookie: string) =>
      (await gateway.call("GET", "/tenant", { origin, cookie })).status;
    expect(await at("https://vestibule.example.com", `session=${session}`)).toBe(401);
    expect(await at("http://vestibule.example.com", `session=${session}`)).toBe(401);
    expect(await at("https://vestibule.example.com", `__Host-session=${session}`)).toBe(200);
  });

  it("answers alike for known and unknown addresses, and sends to the known one only", async () => {
    const { email } = await openGateway().signUp();
    const sent: { to: string; text: string }[] = [];
    const mailbox = {
      send: async (message: { to: string; text: string }) => {
        sent.push(message);
        return { messageId: "1" };
      },
    } as unknown as SendEmail;
    const gateway = openGateway({ MAIL_FROM: "gateway@example.com", EMAIL: mailbox });
    const ask = (address: string) => gateway.call("POST", "/sign-in-links", { body: { email: address } });
    const known = await ask(email);
    const unknown = await ask(newEmail());
    expect([known.status, known.text]).toEqual([202, '{"mail":"sent"}']);
    expect([unknown.status, unknown.text]).toEqual([known.status, known.text]);
    expect(sent.map(({ to }) => to)).toEqual([email]);
    for (let count = 0; count < 10; count += 1) await ask(email);
    expect(sent).toHaveLength(5);
  });

  it("sends a link for each organization of an address", async () => {
    const gateway = openGateway();
    const { email } = await gateway.signUp("First");
    await gateway.signUp("Second", email);
    const texts: string[] = [];
    gateway.alter.deps = (deps) => ({
      ...deps,
      mail: {
        mode: "captured",
        send: async ({ text }) => {
          texts.push(text);
          return "captured";
        },
      },
    });
    await gateway.call("POST", "/sign-in-links", { body: { email } });
    expect(texts[0]?.match(/sign-in\/confirm\?token=/g)).toHaveLength(2);
    expect(texts[0]).toMatch(/Second:[\s\S]*First:/);
  });
});

describe("API keys", () => {
  it("are shown once, listed without the key, and refused as soon as they are revoked", async () => {
    const gateway = openGateway();
    const { key } = await gateway.signUp();
    const created = await gateway.call<{ id: string; key: string }>("POST", "/api-keys", {
      key,
      body: { name: "Deployment", role: "access_admin" },
    });
    expect(created.status).toBe(201);
    const list = await gateway.call<{ items: { id: string; lastUsedAt: string | null }[] }>(
      "GET",
      "/api-keys",
      {
        key,
      },
    );
    expect(list.body.items).toHaveLength(2);
    expect(list.text).not.toContain(created.body.key);
    expect(list.body.items[0]?.lastUsedAt).not.toBeNull();

    expect((await gateway.call("GET", "/users", { key: created.body.key })).status).toBe(200);
    expect((await gateway.call("GET", "/api-keys", { key: created.body.key })).status).toBe(403);
    const revoked = await gateway.call("DELETE", `/api-keys/${created.body.id}`, { key });
    expect(revoked.status).toBe(204);
    expect((await gateway.call("GET", "/users", { key: created.body.key })).status).toBe(401);
    expect((await gateway.call("DELETE", `/api-keys/${created.body.id}`, { key })).status).toBe(404);
    const events = await gateway.call<{ items: { action: string }[] }>("GET", "/events", { key });
    expect(events.body.items.map(({ action }) => action)).toEqual([
      "api_key.revoked",
      "api_key.created",
      "tenant.created",
    ]);
  });

  it("grant what the role grants and nothing else", async () => {
    const gateway = openGateway();
    const { key } = await gateway.signUp();
    const as = async (role: string) => {
      const body = { name: role, role };
      return (await gateway.call<{ key: string }>("POST", "/api-keys", { key, body })).body.key;
    };
    const statuses = async (own: string) => [
      (await gateway.call("GET", "/tenant", { key: own })).status,
      (await gateway.call("GET", "/configurations", { key: own })).status,
      (await gateway.call("PATCH", "/license-types/named", { key: own, body: { purchased: 1 } })).status,
      (await gateway.call("POST", "/api-keys", { key: own, body: { name: "x" } })).status,
    ];
    expect(await statuses(await as("access_admin"))).toEqual([200, 200, 403, 403]);
    expect(await statuses(await as("billing_admin"))).toEqual([200, 403, 200, 403]);
    expect(await statuses(await as("no_role"))).toEqual([403, 403, 403, 403]);
  });
});
