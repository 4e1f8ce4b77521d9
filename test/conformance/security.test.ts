/**
 * Nobody sees or changes anything of anybody else. The routes come from the application itself: one without a
 * fixture here fails. Two tenants on two shards; in one of them, two configurations.
 */
import { env } from "cloudflare:workers";
import { decodeJwt, decodeProtectedHeader, importJWK, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { scimEndpoint } from "../../src/http/scim/routes.ts";
import {
  type Answer,
  type Call,
  type ScimClient,
  send,
  signUpTenant,
  type Tenant,
} from "../support/gateway.ts";
import { gateway } from "../support/gateway-worker.ts";
import type { Json } from "../support/json-subset.ts";
import { bulkBody, groupBody, patchBody, searchBody, userBody } from "../support/scim-messages.ts";
import { breaches } from "../support/transcript.ts";

/** One configuration, what it owns, and the words by which any of that would be recognized. */
type Side = {
  client: ScimClient;
  userId: string;
  groupId: string;
  userName: string;
  groupName: string;
  canaries: string[];
};

type Fixture = {
  /** A request about the resources of a side. */
  request: (side: Side) => Call;
  /** What its owner gets, and what another gets who sends it to their own address with these ids. */
  owner: number;
  stranger: number;
};

const fresh = (): string => crypto.randomUUID();
const get = (path: string | ((side: Side) => string), owner = 200, stranger = owner): Fixture => ({
  request: (side) => ({ method: "GET", path: typeof path === "string" ? path : path(side) }),
  owner,
  stranger,
});
const refused = (method: string, path: string, status: number): Fixture => ({
  request: () => ({ method, path }),
  owner: status,
  stranger: status,
});
const user = ({ userId }: Side): string => `/Users/${userId}`;
const group = ({ groupId }: Side): string => `/Groups/${groupId}`;

/** Destructive ones come last: the owner's turn is taken in this order. */
const fixtures: Record<string, Fixture> = {
  "GET /Users": get("/Users"),
  "GET /Users/:id": get(user, 200, 404),
  "POST /Users": {
    request: () => ({ method: "POST", path: "/Users", body: userBody(`new-${fresh()}`) }),
    owner: 201,
    stranger: 201,
  },
  "POST /Users/.search": {
    request: ({ userName }) => ({
      method: "POST",
      path: "/Users/.search",
      body: searchBody({ filter: `userName eq "${userName}"` }),
    }),
    owner: 200,
    stranger: 200,
  },
  "PUT /Users/:id": {
    request: (side) => ({ method: "PUT", path: user(side), body: userBody(`put-${fresh()}`) }),
    owner: 200,
    stranger: 404,
  },
  "PATCH /Users/:id": {
    request: (side) => ({
      method: "PATCH",
      path: user(side),
      body: patchBody({ op: "replace", path: "title", value: "changed" }),
    }),
    owner: 200,
    stranger: 404,
  },
  "GET /Groups": get("/Groups"),
  "GET /Groups/:id": get(group, 200, 404),
  "POST /Groups": {
    request: ({ userId }) => ({
      method: "POST",
      path: "/Groups",
      body: groupBody(`new ${fresh()}`, [userId]),
    }),
    owner: 201,
    // The member named is nobody here.
    stranger: 400,
  },
  "POST /Groups/.search": {
    request: ({ userId }) => ({
      method: "POST",
      path: "/Groups/.search",
      body: searchBody({ filter: `members eq "${userId}"` }),
    }),
    owner: 200,
    stranger: 200,
  },
  "PUT /Groups/:id": {
    request: (side) => ({
      method: "PUT",
      path: group(side),
      body: groupBody(`put ${fresh()}`, [side.userId]),
    }),
    owner: 200,
    stranger: 404,
  },
  "PATCH /Groups/:id": {
    request: (side) => ({
      method: "PATCH",
      path: group(side),
      body: patchBody({ op: "add", path: "members", value: [{ value: side.userId }] }),
    }),
    owner: 204,
    stranger: 404,
  },
  "GET /ServiceProviderConfig": get("/ServiceProviderConfig"),
  "GET /ResourceTypes": get("/ResourceTypes"),
  "GET /ResourceTypes/:name": get("/ResourceTypes/User"),
  "GET /Schemas": get("/Schemas"),
  "GET /Schemas/:id": get("/Schemas/urn:ietf:params:scim:schemas:core:2.0:User"),
  "GET /": get("/"),
  "POST /.search": {
    request: ({ userId }) => ({
      method: "POST",
      path: "/.search",
      body: searchBody({ filter: `id eq "${userId}"` }),
    }),
    owner: 200,
    stranger: 200,
  },
  "ALL /Me": refused("GET", "/Me", 501),
  "POST /Bulk": {
    request: (side) => ({
      method: "POST",
      path: "/Bulk",
      body: bulkBody({
        method: "PATCH",
        path: user(side),
        data: patchBody({ op: "replace", path: "title", value: "changed in bulk" }),
      }),
    }),
    owner: 200,
    stranger: 200,
  },
  "ALL /Bulk": refused("GET", "/Bulk", 405),
  "ALL /Users": refused("PUT", "/Users", 405),
  "ALL /Groups": refused("DELETE", "/Groups", 405),
  "ALL /Users/.search": refused("GET", "/Users/.search", 405),
  "ALL /Groups/.search": refused("GET", "/Groups/.search", 405),
  "ALL /Users/:id": {
    request: (side) => ({ method: "POST", path: user(side), body: {} }),
    owner: 405,
    stranger: 405,
  },
  "ALL /Groups/:id": {
    request: (side) => ({ method: "POST", path: group(side), body: {} }),
    owner: 405,
    stranger: 405,
  },
  "ALL /ServiceProviderConfig": refused("POST", "/ServiceProviderConfig", 405),
  "ALL /ResourceTypes/:name?": refused("DELETE", "/ResourceTypes/User", 405),
  "ALL /Schemas/:id?": refused("PUT", "/Schemas", 405),
  "ALL /*": refused("GET", "/Devices", 404),
  "DELETE /Users/:id": {
    request: (side) => ({ method: "DELETE", path: user(side) }),
    owner: 204,
    stranger: 404,
  },
  "DELETE /Groups/:id": {
    request: (side) => ({ method: "DELETE", path: group(side) }),
    owner: 204,
    stranger: 404,
  },
};

let north: Tenant;
let south: Tenant;
/** Of one tenant: a gallery configuration and another; and one of the other tenant. */
let gallery: Side;
let neighbor: Side;
let foreigner: Side;

async function settle(client: ScimClient, name: string): Promise<Side> {
  const mark = `${name}-${fresh()}`;
  const attributes = {
    displayName: `display-${mark}`,
    externalId: `external-${mark}`,
    emails: [{ value: `${mark}@mail.example`, type: "work", primary: true }],
  };
  const userName = `user-${mark}`;
  const groupName = `group-${mark}`;
  const { id: userId } = await client.call<{ id: string }>(
    201,
    "POST",
    "/Users",
    userBody(userName, attributes),
  );
  const { id: groupId } = await client.call<{ id: string }>(
    201,
    "POST",
    "/Groups",
    groupBody(groupName, [userId]),
  );
  return { client, userId, groupId, userName, groupName, canaries: [mark, userId, groupId] };
}

beforeAll(async () => {
  north = await signUpTenant(gateway);
  south = await signUpTenant(gateway);
  gallery = await settle(await north.configure("entra_gallery"), "gallery");
  neighbor = await settle(await north.configure("other_scim"), "neighbor");
  foreigner = await settle(await south.configure("other_scim"), "foreigner");
});

/** Sends every fixture about `side` to its own address with this authorization, and expects to be kept out. */
async function expectKeptOut(side: Side, authorization: string | undefined): Promise<void> {
  for (const [route, { request }] of Object.entries(fixtures)) {
    const call = request(side);
    const headers = authorization === undefined ? {} : { authorization };
    const answer = await send(gateway, {
      ...call,
      path: `${side.client.configuration.tenantUrl}${call.path}`,
      headers,
    });
    expect(answer.status, `${route}: ${answer.text}`).toBe(401);
    expect(breaches(answer), route).toEqual([]);
    expectNothingOf(side, answer, route);
  }
}

function expectNothingOf(side: Side, { text, headers }: Answer, route: string, sent = ""): void {
  const shown = `${text} ${JSON.stringify([...headers])}`;
  // What the caller wrote may come back in the words of a refusal; anything beside it may not.
  const revealed = side.canaries.filter((canary) => shown.includes(canary) && !sent.includes(canary));
  expect(revealed, `${route}: ${text}`).toEqual([]);
}

/** That nothing of a side has changed, by its own eyes. */
async function expectUntouched({ client, userId, groupId, userName, groupName }: Side): Promise<void> {
  const found = await client.call(200, "GET", `/Users/${userId}`);
  expect(found).toMatchObject({ userName, meta: { version: 'W/"1"' } });
  const held = await client.call(200, "GET", `/Groups/${groupId}`);
  expect(held).toMatchObject({ displayName: groupName, members: [{ value: userId }] });
}

describe("the routes", () => {
  it("all have a fixture", () => {
    const routes = scimEndpoint().routes.map(({ method, path }) => `${method} ${path}`);
    expect(new Set(Object.keys(fixtures))).toEqual(new Set(routes));
  });

  it("are of two tenants on two shards", async () => {
    const tenants = env.CONTROL.prepare("SELECT DISTINCT shard FROM tenants WHERE tenant_id IN (?, ?)");
    const { results } = await tenants.bind(north.id, south.id).all();
    expect(results).toHaveLength(2);
  });
});

describe("without a credential of the configuration", () => {
  it("no token and garbage are refused", async () => {
    await expectKeptOut(gallery, undefined);
    for (const header of [
      "Bearer garbage",
      "Bearer",
      "Bearer a.b.c",
      "garbage",
      "Basic !",
      "Basic bm9jb2xvbg==",
    ]) {
      await expectKeptOut(gallery, header);
    }
  });

  it("tokens of other configurations are refused", async () => {
    const token = async ({ client }: Side): Promise<string> => `Bearer ${await client.token()}`;
    await expectKeptOut(gallery, await token(neighbor));
    await expectKeptOut(gallery, await token(foreigner));
    await expectKeptOut(neighbor, await token(gallery));
    await expectKeptOut(foreigner, await token(neighbor));
  });

  it("Basic of another configuration is refused, and on the gallery configuration its own too", async () => {
    await expectKeptOut(gallery, gallery.client.basic);
    await expectKeptOut(gallery, neighbor.client.basic);
    await expectKeptOut(neighbor, foreigner.client.basic);
    await expectKeptOut(neighbor, gallery.client.basic);
    const { clientId } = neighbor.client.configuration;
    const { clientSecret } = foreigner.client.configuration;
    await expectKeptOut(neighbor, `Basic ${btoa(`${clientId}:${clientSecret}`)}`);
  });

  it("tokens of other making are refused", async () => {
    const token = await gallery.client.token();
    const claims = decodeJwt(token);
    const header = { ...decodeProtectedHeader(token), alg: "ES256" };
    const jwk = JSON.parse(env.TOKEN_SIGNING_KEY);
    const key = await importJWK(jwk, "ES256");
    const stranger = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
      "sign",
      "verify",
    ]);
    const { privateKey } = stranger as CryptoKeyPair;
    const signed = (
      payload: JWTPayload,
      protectedHeader = header,
      by: Parameters<SignJWT["sign"]>[0] = key,
    ) => new SignJWT(payload).setProtectedHeader(protectedHeader).sign(by);
    const other = foreigner.client.configuration.id;
    const now = Math.floor(Date.now() / 1000);

    const path = `${gallery.client.configuration.tenantUrl}/Users`;
    const genuine = { authorization: `Bearer ${await signed(claims)}` };
    expect((await send(gateway, { method: "GET", path, headers: genuine })).status).toBe(200);

    const forged: Record<string, string> = {
      "alg none": new UnsecuredJWT(claims).encode(),
      "another kid": await signed(claims, { ...header, kid: "another" }),
      "no kid": await signed(claims, { alg: "ES256", typ: "JWT" }),
      "another key": await signed(claims, header, privateKey),
      "a shared secret": await signed(claims, { ...header, alg: "HS256" }, new TextEncoder().encode(jwk.x)),
      expired: await signed({ ...claims, iat: now - 7200, exp: now - 3600 }),
      "another audience": await signed({ ...claims, aud: `configuration:${other}` }),
      "no audience": await signed({ ...claims, aud: "" }),
      "another subject": await signed({ ...claims, sub: other, aud: `configuration:${other}` }),
      "another issuer": await signed({ ...claims, iss: "somebody" }),
      "no expiry": await signed(
        Object.fromEntries(Object.entries(claims).filter(([name]) => name !== "exp")),
      ),
    };
    for (const [what, value] of Object.entries(forged)) {
      const headers = { authorization: `Bearer ${value}` };
      expect((await send(gateway, { method: "GET", path, headers })).status, what).toBe(401);
      if (["alg none", "another kid", "expired", "another audience"].includes(what)) {
        await expectKeptOut(gallery, headers.authorization);
      }
    }
  });

  it("nothing was touched", async () => {
    for (const side of [gallery, neighbor, foreigner]) await expectUntouched(side);
  });
});

describe("with a credential of another configuration, at its own address", () => {
  it("ids of others are nobody, and nothing of others is shown", async () => {
    for (const [attacker, victim] of [
      [neighbor, gallery],
      [gallery, neighbor],
      [foreigner, gallery],
      [gallery, foreigner],
    ] as const) {
      for (const [route, { request, stranger }] of Object.entries(fixtures)) {
        const { method, path, body } = request(victim);
        const answer = await attacker.client.send(method, path, body);
        expect(answer.status, `${route}: ${answer.text}`).toBe(stranger);
        expectNothingOf(victim, answer, route, `${path}${JSON.stringify(body)}`);
        if (route === "POST /Bulk") {
          expect(answer.body).toMatchObject({ Operations: [{ status: "404" }] });
        }
      }
      await expectUntouched(victim);
    }
  });

  it("filters, sorts and pages return only one's own", async () => {
    const queries = [
      "",
      "?filter=userName pr",
      "?filter=id pr",
      '?filter=not (userName eq "nobody")',
      '?filter=userName co "-"',
      '?filter=userName sw "user-"',
      '?filter=displayName co "display-" or emails.value co "@mail.example"',
      '?filter=meta.created gt "2000-01-01T00:00:00Z"',
      "?filter=groups pr",
      "?sortBy=userName&sortOrder=descending",
      "?startIndex=2&count=1000",
      "?cursor&count=1000",
      "?count=0",
    ];
    const others = [
      "?filter=members pr",
      '?filter=displayName co "-"',
      "?filter=externalId pr or displayName pr",
    ];
    for (const [side, strangers] of [
      [gallery, [neighbor, foreigner]],
      [neighbor, [gallery, foreigner]],
      [foreigner, [gallery, neighbor]],
    ] as const) {
      const calls = [
        ...queries.flatMap((query) => [`/Users${query}`, `/${query}`]),
        ...[...queries.filter((query) => !/userName|emails|filter=groups/.test(query)), ...others].map(
          (query) => `/Groups${query}`,
        ),
      ];
      for (const path of calls) {
        const answer = await side.client.send("GET", path);
        expect(answer.status, `${path}: ${answer.text}`).toBe(200);
        for (const stranger of strangers) expectNothingOf(stranger, answer, path);
      }
      for (const { userName, userId, groupName, canaries } of strangers) {
        for (const path of [
          `/Users?filter=userName eq "${userName}"`,
          `/Users?filter=id eq "${userId}"`,
          `/Users?filter=externalId eq "external-${canaries[0]}"`,
          `/Users?filter=emails.value eq "${canaries[0]}@mail.example"`,
          `/Groups?filter=displayName eq "${groupName}"`,
          `/Groups?filter=members eq "${userId}"`,
          `/?filter=id eq "${userId}"`,
        ]) {
          expect(await side.client.call(200, "GET", path), path).toMatchObject({
            totalResults: 0,
            Resources: [],
          });
        }
      }
    }
  });

  it("cursors of others are refused", async () => {
    await neighbor.client.call(201, "POST", "/Users", userBody(`second-${fresh()}`));
    const page = await neighbor.client.call<{ nextCursor: string }>(200, "GET", "/Users?cursor&count=1");
    expect(page.nextCursor).toBeTypeOf("string");
    for (const { client } of [gallery, foreigner]) {
      const refusal = await client.call(400, "GET", `/Users?count=1&cursor=${page.nextCursor}`);
      expect(refusal).toMatchObject({ scimType: "invalidCursor" });
    }
  });

  it("members of another configuration are refused", async () => {
    for (const { client, groupId, userId } of [neighbor, foreigner]) {
      for (const [id, method, path, body] of [
        [
          gallery.userId,
          "PATCH",
          `/Groups/${groupId}`,
          patchBody({ op: "add", path: "members", value: [{ value: gallery.userId }] }),
        ],
        [
          gallery.groupId,
          "PATCH",
          `/Groups/${groupId}`,
          patchBody({ op: "add", path: "members", value: [{ value: gallery.groupId, type: "Group" }] }),
        ],
        [
          gallery.userId,
          "PATCH",
          `/Groups/${groupId}`,
          patchBody({
            op: "replace",
            path: "members",
            value: [{ value: userId }, { value: gallery.userId }],
          }),
        ],
        [gallery.userId, "PUT", `/Groups/${groupId}`, groupBody(`x ${fresh()}`, [userId, gallery.userId])],
        [gallery.userId, "POST", "/Groups", groupBody(`x ${fresh()}`, [gallery.userId])],
      ] as const) {
        const refusal = await client.call<{ [name: string]: Json }>(400, method, path, body);
        expect(refusal).toMatchObject({ scimType: "invalidValue" });
        expect(refusal["detail"]).toContain(id);
      }
      expect(await client.call(200, "GET", `/Groups/${groupId}`)).toMatchObject({
        members: [{ value: userId }],
      });
    }
  });

  it("a taken userName reveals nothing of who has it; another tenant does not even notice", async () => {
    const sent = userBody(gallery.userName.toUpperCase(), { externalId: "mine" });
    const conflict = await neighbor.client.send("POST", "/Users", sent);
    expect(conflict.status).toBe(409);
    expect(conflict.body).toMatchObject({ scimType: "uniqueness" });
    expectNothingOf(gallery, conflict, "409", gallery.userName);
    expect(conflict.text).not.toContain("gallery@");
    expect((await foreigner.client.send("POST", "/Users", sent)).status).toBe(201);
    expect((await neighbor.client.send("POST", "/Groups", groupBody(gallery.groupName))).status).toBe(201);
    const renamed = patchBody({ op: "replace", path: "userName", value: gallery.userName });
    expect((await neighbor.client.send("PATCH", `/Users/${neighbor.userId}`, renamed)).status).toBe(409);
    await expectUntouched(gallery);
  });
});

describe("credentials that end", () => {
  it("a revoked secret and its tokens are refused from the next request on", async () => {
    const side = await settle(await north.configure("other_scim", "Rotated"), "rotated");
    const { configuration, basic } = side.client;
    const earlier = `Bearer ${await side.client.token()}`;
    const path = `${configuration.tenantUrl}/Users`;
    const status = async (authorization: string): Promise<number> =>
      (await send(gateway, { method: "GET", path, headers: { authorization } })).status;
    expect([await status(earlier), await status(basic)]).toEqual([200, 200]);

    const secrets = `/configurations/${configuration.id}/secrets`;
    const second = (await north.admin("POST", secrets)).body as { id: string; clientSecret: string };
    const known = (await north.admin("GET", `/configurations/${configuration.id}`)).body as {
      secrets: { id: string; state: string }[];
    };
    const first = known.secrets.find(({ id }) => id !== second.id);
    expect(first?.state).toBe("retiring");
    // Retiring: no new token, but what was issued lives on, and Basic until the secret expires.
    expect((await side.client.requestToken()).status).toBe(401);
    expect([await status(earlier), await status(basic)]).toEqual([200, 200]);
    const renewed = await side.client.requestToken(second.clientSecret);
    const later = `Bearer ${(renewed.body as { access_token: string }).access_token}`;

    expect((await north.admin("DELETE", `${secrets}/${first?.id}`)).status).toBe(204);
    await expectKeptOut(side, earlier);
    await expectKeptOut(side, basic);
    expect((await side.client.requestToken()).status).toBe(401);
    expect(await status(later)).toBe(200);
    expect(await status(`Basic ${btoa(`${configuration.clientId}:${second.clientSecret}`)}`)).toBe(200);
  });

  it("a deleted configuration and everything issued for it are refused from the next request on", async () => {
    const side = await settle(await south.configure("other_scim", "Deleted"), "deleted");
    const { configuration, basic } = side.client;
    const earlier = `Bearer ${await side.client.token()}`;
    expect((await side.client.send("GET", "/Users", undefined, { authorization: basic })).status).toBe(200);
    expect((await south.admin("DELETE", `/configurations/${configuration.id}`)).status).toBe(204);
    await expectKeptOut(side, earlier);
    await expectKeptOut(side, basic);
    expect((await side.client.requestToken()).status).toBe(401);
    const unknown = `${gateway.base}/t/${fresh()}/scim/v2/Users`;
    const headers = { authorization: earlier };
    expect((await send(gateway, { method: "GET", path: unknown, headers })).status).toBe(401);
  });

  it("a failing request of a revoked credential is 401 and tells nothing else", async () => {
    const client = await north.configure("entra_gallery", "Revoked");
    await client.token();
    expect((await north.admin("DELETE", `/configurations/${client.configuration.id}`)).status).toBe(204);
    for (const [method, path, body, headers] of [
      ["POST", "/Users", "not json", {}],
      ["POST", "/Users", "<xml/>", { "content-type": "text/xml" }],
      ["GET", "/Users?filter=nonsense", undefined, {}],
      ["GET", "/Schemas", undefined, {}],
      ["GET", "/nowhere", undefined, {}],
      ["PATCH", "/Users", undefined, {}],
    ] as const) {
      expect((await client.send(method, path, body, headers)).status, `${method} ${path}`).toBe(401);
    }
  });
});

describe("the owner", () => {
  it("gets what was asked on every route, so that the refusals above mean something", async () => {
    for (const side of [neighbor, gallery, foreigner]) {
      for (const [route, { request, owner }] of Object.entries(fixtures)) {
        const { method, path, body } = request(side);
        const answer = await side.client.send(method, path, body);
        expect(answer.status, `${route}: ${answer.text}`).toBe(owner);
        expect(breaches(answer), route).toEqual([]);
      }
    }
  });
});
