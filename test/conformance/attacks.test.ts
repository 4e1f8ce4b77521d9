/** What a hostile client, administrator or stranger tries, beyond asking for what belongs to others by its id. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { consolePages } from "../../src/console/routes.ts";
import { buildDeps } from "../../src/entry/deps.ts";
import { log } from "../../src/entry/log.ts";
import { createApp } from "../../src/http/app.ts";
import { BODY_RECEIVED_WITHIN_MS, FILTER_LENGTH_MAX } from "../../src/scim/limits.ts";
import { type ScimClient, send, signUpTenant, type Tenant } from "../support/gateway.ts";
import { gateway } from "../support/gateway-worker.ts";
import type { Json } from "../support/json-subset.ts";
import { bulkBody, groupBody, userBody } from "../support/scim-messages.ts";

let victim: Tenant;
let attacker: Tenant;
let victims: ScimClient;
let attackers: ScimClient;

beforeAll(async () => {
  [victim, attacker] = [await signUpTenant(gateway), await signUpTenant(gateway)];
  [victims, attackers] = [await victim.configure("other_scim"), await attacker.configure("other_scim")];
});

const field = (body: Json | undefined, name: string): string =>
  String((body as { [key: string]: Json })[name]);

/** An organization's group, vault and plan to link them. */
async function plan(tenant: Tenant, client: ScimClient, word: string) {
  const member = field((await client.send("POST", "/Users", userBody(`${word}-member`))).body, "id");
  const groupId = field(
    (await client.send("POST", "/Groups", groupBody(`${word}-group`, [member]))).body,
    "id",
  );
  const vaultId = field((await tenant.admin("POST", "/vaults", { name: `${word}-vault` })).body, "id");
  const wanted = { groupId, vaultId, newVaultGroupName: `${word}-target` };
  const preview = await tenant.admin("POST", "/links/preview", wanted);
  return { wanted, planHash: field(preview.body, "planHash") };
}

describe("what one organization was given, in the hands of another", () => {
  it("plan hashes and the ids they stand for open nothing", async () => {
    const theirs = await plan(victim, victims, "secret");
    const ours = await plan(attacker, attackers, "own");
    const foreign = await attacker.admin("POST", "/links", { ...theirs.wanted, planHash: theirs.planHash });
    expect(foreign.status).toBe(404);
    expect(foreign.text).not.toContain("secret-");
    const swapped = await attacker.admin("POST", "/links", { ...ours.wanted, planHash: theirs.planHash });
    expect(swapped.status).toBe(409);
    expect(swapped.text).not.toContain("secret-");
    for (const part of ["groupId", "vaultId"] as const) {
      const mixed = { ...ours.wanted, [part]: theirs.wanted[part] };
      expect((await attacker.admin("POST", "/links/preview", mixed)).status).toBe(404);
    }
    const linked = await victim.admin("POST", "/links", { ...theirs.wanted, planHash: theirs.planHash });
    expect(linked.status).toBe(201);
    const link = field(linked.body, "id");
    expect((await attacker.admin("GET", `/links/${link}`)).status).toBe(404);
    expect((await attacker.admin("DELETE", `/links/${link}?members=remove`)).status).toBe(404);
    expect(field((await victim.admin("GET", `/links/${link}`)).body, "state")).not.toBe("unlinking");
  });

  it("cursors of the admin API page through one's own and nothing else", async () => {
    for (const word of ["hidden-1", "hidden-2", "hidden-3"])
      await victims.call(201, "POST", "/Users", userBody(word));
    for (const path of ["/users", "/events"]) {
      const page = await victim.admin("GET", `${path}?limit=1`);
      const cursor = field(page.body, "nextCursor");
      const stolen = await attacker.admin("GET", `${path}?limit=100&cursor=${encodeURIComponent(cursor)}`);
      expect([200, 400]).toContain(stolen.status);
      expect(stolen.text).not.toMatch(/hidden-|secret-/);
    }
  });

  it("bulkIds mean something within their own request only", async () => {
    const member = { ...groupBody("Bulk group"), members: [{ value: "bulkId:shared" }] };
    const [ours] = await Promise.all([
      attackers.call<{ Operations: { status: string; response?: Json }[] }>(
        200,
        "POST",
        "/Bulk",
        bulkBody({ method: "POST", path: "/Groups", bulkId: "mine", data: member }),
      ),
      victims.call(
        200,
        "POST",
        "/Bulk",
        bulkBody({ method: "POST", path: "/Users", bulkId: "shared", data: userBody("bulk-victim") }),
      ),
    ]);
    expect(ours.Operations).toMatchObject([{ status: expect.stringMatching(/^4/) }]);
  });
});

describe("bodies", () => {
  /** Never ends by itself, and never says how long it is. */
  function endless(chunk: Uint8Array): { stream: ReadableStream<Uint8Array>; sent: () => number } {
    let sent = 0;
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += chunk.byteLength;
        // A bug would read for ever: the test would rather fail.
        if (sent > 64 * 1024 * 1024) controller.close();
        else controller.enqueue(chunk);
      },
    });
    return { stream, sent: () => sent };
  }
  const spaces = new TextEncoder().encode(" ".repeat(65_536));
  const post = async (url: string, body: ReadableStream, headers: Record<string, string>) =>
    gateway.door(new Request(url, { method: "POST", body, headers, duplex: "half" } as RequestInit));

  it("without an end are refused at the limit of each door", async () => {
    const token = { authorization: `Bearer ${await attackers.token()}` };
    const { tenantUrl, tokenEndpoint } = attackers.configuration;
    const json = { "content-type": "application/json" };
    const form = { "content-type": "application/x-www-form-urlencoded" };
    for (const [url, headers, status] of [
      [`${tenantUrl}/Users`, { ...json, ...token }, 413],
      [`${tenantUrl}/Bulk`, { ...json, ...token }, 413],
      [tokenEndpoint, form, 400],
      [`${gateway.base}/api/v1/signups`, json, 413],
      [`${gateway.base}/sign-up`, { ...form, origin: gateway.base }, 413],
    ] as const) {
      const { stream, sent } = endless(spaces);
      const answer = await post(url, stream, headers);
      await answer.text();
      expect(answer.status, url).toBe(status);
      expect(sent(), url).toBeLessThan(16 * 1024 * 1024);
    }
  });

  it("that trickle without an end are refused when their time is up", async () => {
    const token = { authorization: `Bearer ${await attackers.token()}` };
    const { tenantUrl, tokenEndpoint } = attackers.configuration;
    const json = { "content-type": "application/json" };
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const app = createApp(buildDeps, consolePages());
    for (const [url, headers] of [
      [`${tenantUrl}/Users`, { ...json, ...token }],
      [`${tenantUrl}/Bulk`, { ...json, ...token }],
      [tokenEndpoint, form],
      [`${gateway.base}/api/v1/signups`, json],
      [`${gateway.base}/sign-up`, { ...form, origin: gateway.base }],
    ] as const) {
      // A byte each second, which no limit of bytes would ever end.
      const trickle = new ReadableStream<Uint8Array>({
        async pull(controller) {
          await new Promise((resolve) => setTimeout(resolve, 1_000));
          controller.enqueue(new TextEncoder().encode(" "));
        },
      });
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      try {
        const init = { method: "POST", body: trickle, headers, duplex: "half" } as RequestInit;
        let status = 0;
        const context = createExecutionContext();
        const answering = Promise.resolve(app.fetch(new Request(url, init), env, context)).then((answer) => {
          status = answer.status;
        });
        await vi.waitFor(() => expect(vi.getTimerCount()).toBe(2), { timeout: 5_000, interval: 5 });
        await vi.advanceTimersByTimeAsync(BODY_RECEIVED_WITHIN_MS - 1_500);
        expect(status, url).toBe(0);
        await vi.advanceTimersByTimeAsync(2_000);
        await answering;
        expect(status, url).toBe(408);
      } finally {
        vi.useRealTimers();
      }
    }
  });

  it("that name properties of every object change none", async () => {
    const body = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"proto","__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}`;
    const answer = await attackers.send("POST", "/Users", body);
    expect([201, 400]).toContain(answer.status);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    const patch = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"__proto__.polluted","value":true}]}`;
    const user = await attackers.call<{ id: string }>(201, "POST", "/Users", userBody("proto-patch"));
    expect((await attackers.send("PATCH", `/Users/${user.id}`, patch)).status).toBe(400);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe("what is longer than anything real", () => {
  it("is refused in every place, and the next request is answered", async () => {
    const long = (length: number) => "x".repeat(length);
    const nested = `${"(".repeat(2_000)}userName pr${")".repeat(2_000)}`;
    const wide = Array.from({ length: 300 }, (_, at) => `title eq "${at}"`).join(" or ");
    const refused = async (status: number, path: string, headers: Record<string, string> = {}) => {
      const answer = await attackers.send("GET", path, undefined, headers);
      expect(answer.status, `${path.slice(0, 60)}: ${answer.text.slice(0, 200)}`).toBe(status);
      // Nobody's screen is flooded by what they sent.
      expect(answer.text.length).toBeLessThan(2_000);
    };
    const filter = (text: string) => `/Users?filter=${encodeURIComponent(text)}`;
    await refused(400, filter(`userName eq "${long(FILTER_LENGTH_MAX)}"`));
    await refused(400, filter(nested));
    await refused(400, filter(wide));
    await refused(400, `/Users?cursor=${long(10_000)}`);
    await refused(400, `/Users?sortBy=${long(10_000)}`);
    await refused(400, `/Users?attributes=${Array.from({ length: 2_000 }, (_, at) => `a${at}`).join(",")}`);
    await refused(404, `/Users/${long(100_000)}`);
    await refused(404, `/${long(50_000)}`);
    await refused(401, "/Users", { authorization: `Bearer ${long(100_000)}` });
    await refused(401, "/Users", { authorization: `Basic ${btoa(`${long(50_000)}:${long(50_000)}`)}` });
    const user = await attackers.call<{ id: string }>(201, "POST", "/Users", userBody("tagged"));
    const tags = Array.from({ length: 5_000 }, (_, at) => `W/"${at}"`).join(", ");
    const patched = await attackers.send("DELETE", `/Users/${user.id}`, undefined, { "if-match": tags });
    expect([204, 412]).toContain(patched.status);
    const searched = await attacker.admin("GET", `/users?search=${long(50_000)}`);
    expect([200, 400]).toContain(searched.status);
    expect((await attackers.send("GET", "/Users?count=0")).status).toBe(200);
  });
});

describe("words that would be read as something else", () => {
  const hostile = [
    `'; DROP TABLE users; --`,
    `" or userName pr or "`,
    `%' OR 1=1 --`,
    "x\r\nSet-Cookie: stolen=1",
    'x\n{"level":"error","message":"forged"}',
    '=HYPERLINK("http://evil.example")',
    "<script>alert(1)</script>",
    "../../../api/v1/tenant",
    "\u202e\u0000\u001b[31m",
  ];

  it("stay words: in values, in filters, in ids, in headers", async () => {
    for (const word of hostile) {
      const made = await attackers.send(
        "POST",
        "/Users",
        userBody(`${word}-${crypto.randomUUID()}`, { title: word }),
      );
      expect([201, 400], `${JSON.stringify(word)}: ${made.text}`).toContain(made.status);
      if (made.status === 201) {
        const title = field(made.body, "title");
        expect(title).toBe(word);
        for (const [, value] of made.headers) expect(value).not.toMatch(/[\r\n]/);
        const filter = encodeURIComponent(`title eq ${JSON.stringify(word)}`);
        const found = await attackers.send("GET", `/Users?filter=${filter}`);
        expect(found.status, found.text).toBe(200);
        expect(found.text).toContain('"totalResults":1');
      }
      const asId = await attackers.send("GET", `/Users/${encodeURIComponent(word)}`);
      expect(asId.status).toBe(404);
      expect(asId.headers.get("set-cookie")).toBeNull();
      const asSort = await attackers.send("GET", `/Users?sortBy=${encodeURIComponent(word)}`);
      expect([200, 400]).toContain(asSort.status);
      const asSearch = await attacker.admin("GET", `/users?search=${encodeURIComponent(word)}`);
      expect(asSearch.status).toBe(200);
    }
    const { results } = await env.SHARD_0.prepare(
      "SELECT name FROM sqlite_schema WHERE name = 'users'",
    ).all();
    expect(results).toHaveLength(1);
  });

  it("in a log stay within their line", () => {
    const lines: string[] = [];
    const written = vi.spyOn(console, "error").mockImplementation((line: string) => {
      lines.push(line);
    });
    log({ level: "error", message: 'x\n{"level":"error","message":"forged"}', path: "/a\r\nb" });
    written.mockRestore();
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toMatch(/[\r\n]/);
  });

  it("a request id of the caller's is not taken over", async () => {
    const headers = { "x-request-id": "chosen-by-the-caller" };
    const answer = await send(gateway, { method: "GET", path: "/api/v1/openapi.json", headers });
    expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe("the host a request names", () => {
  const signUp = (origin: string, headers: Record<string, string> = {}) =>
    send(gateway, {
      method: "POST",
      path: `${origin}/api/v1/signups`,
      headers: { "content-type": "application/json", ...headers },
      body: { organization: "Host", email: `${crypto.randomUUID()}@example.com` },
    });

  it("never makes captured mail visible on an address of the network", async () => {
    for (const origin of [
      "https://gateway.example",
      "http://localhost.evil.example",
      "http://127.0.0.1.nip.io",
    ]) {
      const answer = await signUp(origin);
      // Sent by real mail where there is some, else refused; shown to nobody.
      expect([202, 503], origin).toContain(answer.status);
      expect(answer.text).not.toMatch(/confirmationUrl|captured|token=/);
    }
  });

  it("is the one of the connection: what proxies claim is not believed", async () => {
    const answer = await signUp("http://localhost", {
      "x-forwarded-host": "evil.example",
      forwarded: "host=evil.example",
      "x-forwarded-proto": "https",
    });
    expect(answer.status).toBe(202);
    expect(new URL(field(answer.body, "confirmationUrl")).origin).toBe("http://localhost");
    const found = await attackers.send("GET", "/Users?count=1", undefined, {
      "x-forwarded-host": "evil.example",
    });
    expect(found.text).not.toContain("evil.example");
  });
});
