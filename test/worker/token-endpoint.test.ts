import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify, SignJWT } from "jose";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { VERIFIED_TOKENS_KEPT_MAX } from "../../src/domain/limits.ts";
import { openTokens } from "../../src/entry/tokens.ts";
import { LOOPBACK, openGateway, requestToken } from "../support/admin-gateway.ts";

type Configuration = {
  id: string;
  tokenEndpoint: string;
  tenantUrl: string;
  clientId: string;
  clientSecret: string;
};

const gateway = openGateway();
let key = "";
let entra: Configuration;
let other: Configuration;

beforeAll(async () => {
  ({ key } = await gateway.signUp());
  const create = async (type: string) => {
    const body = { name: type, type, defaultLicenseType: "read_only" };
    return (await gateway.call<Configuration>("POST", "/configurations", { key, body })).body;
  };
  entra = await create("entra_gallery");
  other = await create("other_scim");
});

const form = { "content-type": "application/x-www-form-urlencoded" };
const basic = (id: string, secret: string) => ({ authorization: `Basic ${btoa(`${id}:${secret}`)}` });
const post = (body: string, headers: Record<string, string> = form, url = entra.tokenEndpoint) =>
  gateway.send(new Request(url, { method: "POST", headers, body }));
const inBody = ({ clientId, clientSecret } = entra) => `client_id=${clientId}&client_secret=${clientSecret}`;
const grant = "grant_type=client_credentials";

describe("the token endpoint", () => {
  it("gives a token for secrets in the body, in the header, and in both when they are equal", async () => {
    const header = () => ({ ...form, ...basic(entra.clientId, entra.clientSecret) });
    const answers = [
      await post(`${grant}&${inBody()}`),
      await post(grant, header()),
      await post(`${grant}&${inBody()}`, header()),
      await post(`${grant}&client_id=${entra.clientId}`, header()),
      await post(`${grant}&${inBody()}`, {
        "content-type": "application/x-www-form-urlencoded; charset=utf-8",
      }),
      await post(
        `${grant}&${inBody()}&resource=x&resource=y&baseAddress=https%3A%2F%2Fexample.com&audience=`,
      ),
      await post(`${grant}&${inBody()}&scope=`),
    ];
    for (const { status, body, headers } of answers) {
      expect(status).toBe(200);
      expect(Object.keys(body).sort()).toEqual(["access_token", "expires_in", "token_type"]);
      expect(body).toMatchObject({ token_type: "Bearer", expires_in: 3600 });
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("pragma")).toBe("no-cache");
    }
    const scoped = await post(`${grant}&${inBody()}&scope=scim%20odd%2Fthings`);
    expect(scoped.body["scope"]).toBe("scim odd/things");
    expect((await requestToken(gateway, other)).status).toBe(200);
  });

  it("decodes each half of the header as form data", async () => {
    const encode = (text: string) =>
      [...text].map((character) => `%${character.charCodeAt(0).toString(16).padStart(2, "0")}`).join("");
    const headers = { ...form, ...basic(encode(entra.clientId), encode(entra.clientSecret)) };
    expect((await post(grant, headers)).status).toBe(200);
  });

  it("refuses as RFC 6749 §5.2 says", async () => {
    const wrong = "wrong-secret";
    const cases: [name: string, answer: ReturnType<typeof post>, status: number, error: string][] = [
      ["no credentials", post(grant), 401, "invalid_client"],
      ["client id alone", post(`${grant}&client_id=${entra.clientId}`), 401, "invalid_client"],
      [
        "wrong secret",
        post(`${grant}&client_id=${entra.clientId}&client_secret=${wrong}`),
        401,
        "invalid_client",
      ],
      ["unknown client", post(`${grant}&client_id=${wrong}&client_secret=${wrong}`), 401, "invalid_client"],
      ["client of another configuration", post(`${grant}&${inBody(other)}`), 401, "invalid_client"],
      [
        "header and body differ",
        post(`${grant}&${inBody(other)}`, { ...form, ...basic(entra.clientId, entra.clientSecret) }),
        401,
        "invalid_client",
      ],
      ["header is not base64", post(grant, { ...form, authorization: "Basic ???" }), 401, "invalid_client"],
      [
        "header has no colon",
        post(grant, { ...form, authorization: `Basic ${btoa("x")}` }),
        401,
        "invalid_client",
      ],
      ["header is a token", post(grant, { ...form, authorization: "Bearer x" }), 401, "invalid_client"],
      [
        "header has percent signs that encode nothing",
        post(grant, { ...form, ...basic("%zz", "%") }),
        401,
        "invalid_client",
      ],
      ["no grant type", post(inBody()), 400, "invalid_request"],
      ["other grant type", post(`grant_type=password&${inBody()}`), 400, "unsupported_grant_type"],
      ["repeated parameter", post(`${grant}&${grant}&${inBody()}`), 400, "invalid_request"],
      [
        "repeated secret",
        post(`${grant}&${inBody()}&client_secret=${entra.clientSecret}`),
        400,
        "invalid_request",
      ],
      [
        "JSON",
        post(JSON.stringify({ grant_type: "client_credentials" }), { "content-type": "application/json" }),
        400,
        "invalid_request",
      ],
      ["SCIM media type", post("{}", { "content-type": "application/scim+json" }), 400, "invalid_request"],
      ["too large", post(`${grant}&x=${"y".repeat(20_000)}`), 400, "invalid_request"],
      [
        "unknown configuration",
        post(`${grant}&${inBody()}`, form, `${LOOPBACK}/t/unknown/oauth2/token`),
        401,
        "invalid_client",
      ],
    ];
    for (const [name, pending, status, error] of cases) {
      const answer = await pending;
      expect([name, answer.status, answer.body["error"]]).toEqual([name, status, error]);
      expect(answer.headers.get("cache-control")).toBe("no-store");
      expect(answer.text).not.toContain(entra.clientSecret);
      const challenge = answer.headers.get("www-authenticate");
      expect([name, challenge?.startsWith("Basic") ?? false]).toEqual([name, name.startsWith("header")]);
    }
    const got = await gateway.send(new Request(entra.tokenEndpoint));
    expect([got.status, got.headers.get("allow")]).toEqual([405, "POST"]);
  });

  it("answers 503 and not 401 when the store does not answer", async () => {
    const failing = openGateway();
    failing.alter.deps = (deps) => ({
      ...deps,
      shard: (name) => {
        const shard = deps.shard(name);
        const binding = {
          prepare: () => ({ bind: () => ({}) }),
          batch: () => Promise.reject(new Error("Network connection lost")),
        };
        return shard && { ...shard, binding: binding as unknown as D1Database };
      },
    });
    const answer = await requestToken(failing, entra);
    expect([answer.status, answer.body["error"]]).toEqual([503, "temporarily_unavailable"]);
    expect(answer.headers.get("retry-after")).not.toBeNull();
  });
});

describe("access tokens", () => {
  const signingKey = JSON.stringify({
    kty: "EC",
    crv: "P-256",
    x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    d: "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI",
    kid: "one",
  });
  const tokens = openTokens(signingKey);
  const claims = {
    tenantNo: 1,
    shard: "SHARD_0",
    configurationId: "c",
    configurationNo: 2,
    credentialNo: 3,
    epoch: 1,
  };
  const now = Date.UTC(2026, 0, 1);

  it("are verifiable with the published keys, which hold nothing private", async () => {
    const issued = await requestToken(gateway, entra);
    const token = String(issued.body["access_token"]);
    const published = await gateway.send(new Request(`${LOOPBACK}/.well-known/jwks.json`));
    expect(published.headers.get("cache-control")).toContain("max-age");
    const keys = published.body as unknown as JSONWebKeySet;
    expect(published.text).not.toContain('"d"');
    const { payload } = await jwtVerify(token, createLocalJWKSet(keys), { algorithms: ["ES256"] });
    expect(payload).toMatchObject({ iss: "vestibule", aud: `configuration:${entra.id}` });
    expect(Number(payload.exp) - Number(payload.iat)).toBe(3600);
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: "ES256", kid: "test" });
    expect(JSON.stringify(payload)).not.toContain(entra.clientSecret);
  });

  it("come back as they were signed, until they expire", async () => {
    const token = await tokens.sign(claims, now);
    expect(await tokens.verify(token, now)).toEqual(claims);
    expect(await tokens.verify(token, now + 3_600_000)).toEqual(claims);
    expect(await tokens.verify(token, now + 3_606_000)).toBeUndefined();
    // Known or not, a token ends at the same second.
    const end = now + 3_605_000;
    for (const asked of [tokens, openTokens(signingKey)]) {
      expect(await asked.verify(token, end - 1)).toEqual(claims);
      expect(await asked.verify(token, end)).toBeUndefined();
    }
  });

  it("are verified once by an isolate, which forgets the oldest of too many", async () => {
    const verify = vi.spyOn(crypto.subtle, "verify");
    const first = await tokens.sign({ ...claims, tenantNo: 10 }, now);
    for (let time = 0; time < 3; time += 1) {
      expect(await tokens.verify(first, now)).toMatchObject({ tenantNo: 10 });
    }
    expect(verify).toHaveBeenCalledTimes(1);
    for (let other = 0; other < VERIFIED_TOKENS_KEPT_MAX; other += 1) {
      const token = await tokens.sign({ ...claims, credentialNo: other }, now);
      expect(await tokens.verify(token, now)).toMatchObject({ credentialNo: other });
    }
    verify.mockClear();
    expect(await tokens.verify(first, now)).toMatchObject({ tenantNo: 10 });
    expect(verify).toHaveBeenCalledTimes(1);
    verify.mockRestore();
  });

  it("are refused when anything about them is not ours", async () => {
    const token = await tokens.sign(claims, now);
    const [header = "", payload = "", signature = ""] = token.split(".");
    const encode = (value: object) => btoa(JSON.stringify(value)).replaceAll("=", "");
    const decoded = JSON.parse(atob(payload)) as Record<string, unknown>;
    const privateKey = await crypto.subtle.importKey(
      "jwk",
      JSON.parse(signingKey) as JsonWebKey,
      { name: "ECDSA", namedCurve: "P-256" },
      false,
      ["sign"],
    );
    const signed = (change: object, head: object = {}) =>
      new SignJWT({ ...decoded, ...change })
        .setProtectedHeader({ alg: "ES256", kid: "one", typ: "JWT", ...head })
        .sign(privateKey);
    expect(await tokens.verify(await signed({}), now)).toEqual(claims);
    const forged = {
      "no algorithm": `${encode({ alg: "none", kid: "one", typ: "JWT" })}.${payload}.`,
      "other payload": `${header}.${encode({ ...decoded, tenant: 2 })}.${signature}`,
      "no signature": `${header}.${payload}.`,
      "not a token": "x",
      "other key id": await signed({}, { kid: "two" }),
      "other issuer": await signed({ iss: "other" }),
      "audience of another configuration": await signed({ aud: "configuration:d" }),
      "two audiences": await signed({ aud: ["configuration:c", "configuration:d"] }),
      "subject of another configuration": await signed({ sub: "d" }),
      "no expiry": await signed({ exp: undefined }),
      "tenant that is no number": await signed({ tenant: "1" }),
      "HMAC with the public key": await new SignJWT(decoded)
        .setProtectedHeader({ alg: "HS256", kid: "one", typ: "JWT" })
        .sign(new TextEncoder().encode(JSON.stringify((await tokens.jwks()).keys[0]))),
    };
    for (const [name, value] of Object.entries(forged)) {
      expect([name, await tokens.verify(value, now)]).toEqual([name, undefined]);
    }
    const others = openTokens(signingKey.replace('"one"', '"two"'));
    expect(await others.verify(token, now)).toBeUndefined();
  });

  it("need a signing key that fits", async () => {
    for (const value of [undefined, "", '{"kty":"RSA"}', signingKey.replace(',"kid":"one"', "")]) {
      await expect(openTokens(value).sign(claims, now)).rejects.toThrow("TOKEN_SIGNING_KEY");
    }
  });
});
