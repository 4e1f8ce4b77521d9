import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { completeDirectory } from "../../src/gateway/identity/directory.ts";
import { type Gateway, openGateway, requestToken } from "../support/admin-gateway.ts";

type Configuration = {
  id: string;
  name: string;
  type: string;
  defaultLicenseType: string;
  tenantUrl: string;
  tokenEndpoint: string;
  clientId: string;
  clientSecret: string;
  secrets: { id: string; state: string; expiresAt: string | null }[];
};

const gateway = openGateway();
let key = "";

beforeAll(async () => {
  ({ key } = await gateway.signUp());
});

const create = (body: Partial<Configuration>, as = key, at: Gateway = gateway) =>
  at.call<Configuration>("POST", "/configurations", {
    key: as,
    body: { name: crypto.randomUUID(), type: "entra_gallery", defaultLicenseType: "read_only", ...body },
  });
const roleKey = async (role: string) =>
  (await gateway.call<{ key: string }>("POST", "/api-keys", { key, body: { name: role, role } })).body.key;
const directory = async (clientId: string) =>
  (await env.CONTROL.prepare("SELECT * FROM client_secrets WHERE client_id = ?").bind(clientId).all())
    .results;
/** A request that the SCIM endpoint answers by its fence alone. */
const scimStatus = async ({ tenantUrl }: { tenantUrl: string }, authorization: string) =>
  (await gateway.send(new Request(`${tenantUrl}/ServiceProviderConfig`, { headers: { authorization } })))
    .status;
const bearer = async (configuration: Configuration) =>
  `Bearer ${(await requestToken(gateway, configuration)).body["access_token"]}`;
const basic = (configuration: Configuration, secret = configuration.clientSecret) =>
  `Basic ${btoa(`${configuration.clientId}:${secret}`)}`;

describe("provisioning configurations", () => {
  it("are created with four values to copy, the secret in that answer only (R1, R4)", async () => {
    const { status, body } = await create({ name: "Corp" });
    expect(status).toBe(201);
    expect(body.tenantUrl).toMatch(new RegExp(`/t/${body.id}/scim/v2$`));
    expect(body.tokenEndpoint).toMatch(new RegExp(`/t/${body.id}/oauth2/token$`));
    expect(body.clientSecret).toMatch(/^[\w-]{43}$/);
    expect(body.clientId).toMatch(/^[\w-]{24}$/);
    const shown = [
      await gateway.call("GET", `/configurations/${body.id}`, { key }),
      await gateway.call("GET", "/configurations", { key }),
      await gateway.call("GET", "/events", { key }),
    ];
    for (const { text } of shown) {
      expect(text).toContain(body.id);
      expect(text).not.toContain(body.clientSecret);
    }
    expect(await scimStatus(body, await bearer(body))).toBe(200);
  });

  it("tell when the identity provider first called (R70)", async () => {
    const { body } = await create({});
    const contact = async () =>
      (
        await gateway.call<Configuration & { lastContactAt: string | null }>(
          "GET",
          `/configurations/${body.id}`,
          { key },
        )
      ).body.lastContactAt;
    expect(await contact()).toBeNull();
    await requestToken(gateway, body);
    expect(Date.parse((await contact()) ?? "")).toBeGreaterThan(Date.now() - 60_000);
  });

  it("have a name of their own in the organization, whatever its case and spaces (R2)", async () => {
    expect((await create({ name: "Unique" })).status).toBe(201);
    const again = await create({ name: "  uNiQuE " });
    expect([again.status, again.text.includes("exists already")]).toEqual([409, true]);
    const elsewhere = await gateway.signUp();
    expect((await create({ name: "Unique" }, elsewhere.key)).status).toBe(201);
  });

  it("need a default license type that the subscription has (R3)", async () => {
    expect((await create({ defaultLicenseType: "platinum" })).status).toBe(400);
    const missing = await gateway.call("POST", "/configurations", {
      key,
      body: { name: "x", type: "other_scim" },
    });
    expect(missing.status).toBe(400);
    expect((await create({ name: "   " })).status).toBe(400);
  });

  it("are for roles by kind (R10, R11)", async () => {
    const access = await roleKey("access_admin");
    const billing = await roleKey("billing_admin");
    expect((await create({}, access)).status).toBe(201);
    expect((await create({ type: "other_scim" }, access)).status).toBe(403);
    expect((await create({}, billing)).status).toBe(403);
    const { body } = await create({ type: "other_scim" });
    const path = `/configurations/${body.id}`;
    const name = { name: crypto.randomUUID() };
    expect((await gateway.call("PATCH", path, { key: access, body: name })).status).toBe(403);
    expect((await gateway.call("DELETE", path, { key: access })).status).toBe(403);
    expect((await gateway.call("POST", `${path}/secrets`, { key: access })).status).toBe(403);
  });

  it("keep their type; name and default may change (R6, A5)", async () => {
    const { body } = await create({});
    const path = `/configurations/${body.id}`;
    const type = await gateway.call("PATCH", path, { key, body: { type: "other_scim" } });
    expect([type.status, type.text.includes("Delete this configuration")]).toEqual([409, true]);
    const name = crypto.randomUUID();
    const changed = await gateway.call<Configuration>("PATCH", path, {
      key,
      body: { name, defaultLicenseType: "concurrent", type: "entra_gallery" },
    });
    expect(changed.body).toMatchObject({ name, defaultLicenseType: "concurrent", type: "entra_gallery" });
    const unknown = await gateway.call("PATCH", path, { key, body: { defaultLicenseType: "x" } });
    expect(unknown.status).toBe(400);
    const { body: other } = await create({});
    expect((await gateway.call("PATCH", path, { key, body: { name: other.name } })).status).toBe(409);
  });

  it("cannot have a default above a group's own type (I10)", async () => {
    const { body } = await create({});
    const created = await gateway.send(
      new Request(`${body.tenantUrl}/Groups`, {
        method: "POST",
        headers: { authorization: await bearer(body), "content-type": "application/scim+json" },
        body: JSON.stringify({
          schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"],
          displayName: "Low group",
        }),
      }),
    );
    expect(created.status).toBe(201);
    const licensed = await gateway.call("PATCH", `/groups/${created.body["id"]}`, {
      key,
      body: { licenseType: "concurrent" },
    });
    expect(licensed.status).toBe(200);
    const set = (defaultLicenseType: string) =>
      gateway.call("PATCH", `/configurations/${body.id}`, { key, body: { defaultLicenseType } });
    const refused = await set("named");
    expect([refused.status, refused.text.includes("Low group")]).toEqual([409, true]);
    expect((await set("concurrent")).status).toBe(200);
    expect((await set("read_only")).status).toBe(200);
  });

  it("end at once when deleted: token requests, issued tokens, Basic (R7)", async () => {
    const { body } = await create({ name: "Doomed", type: "other_scim" });
    const token = await bearer(body);
    expect([await scimStatus(body, token), await scimStatus(body, basic(body))]).toEqual([200, 200]);
    const path = `/configurations/${body.id}`;
    expect((await gateway.call("DELETE", path, { key })).status).toBe(204);
    expect([await scimStatus(body, token), await scimStatus(body, basic(body))]).toEqual([401, 401]);
    expect((await requestToken(gateway, body)).status).toBe(401);
    expect(await directory(body.clientId)).toEqual([]);
    expect((await gateway.call("DELETE", path, { key })).status).toBe(404);
    expect((await gateway.call("GET", path, { key })).status).toBe(404);
    const { body: next } = await create({ name: "Doomed", type: "entra_gallery" });
    expect(next.tenantUrl).not.toBe(body.tenantUrl);
    expect(next.clientId).not.toBe(body.clientId);
  });

  it("end at once in isolates that still remember them", async () => {
    const { body } = await create({ type: "other_scim" });
    const remembering = openGateway();
    const status = async (authorization: string) =>
      (
        await remembering.send(
          new Request(`${body.tenantUrl}/ServiceProviderConfig`, { headers: { authorization } }),
        )
      ).status;
    const token = await bearer(body);
    expect(await status(basic(body))).toBe(200);
    await gateway.call("DELETE", `/configurations/${body.id}`, { key });
    expect([await status(basic(body)), await status(token)]).toEqual([401, 401]);
    expect((await requestToken(remembering, body)).status).toBe(401);
  });

  it("work beside each other, and no credential opens another's address (R15, R19)", async () => {
    const one = (await create({ type: "other_scim" })).body;
    const two = (await create({ type: "other_scim" })).body;
    expect([await scimStatus(one, basic(one)), await scimStatus(two, basic(two))]).toEqual([200, 200]);
    expect([await scimStatus(one, basic(two)), await scimStatus(one, await bearer(two))]).toEqual([401, 401]);
  });
});

describe("client secrets", () => {
  it("rotate: the older retires, yields no token, keeps Basic until it expires (R31)", async () => {
    const other = openGateway();
    const { body } = await create({ type: "other_scim" });
    const older = await bearer(body);
    expect((await requestToken(other, body)).status).toBe(200);
    const path = `/configurations/${body.id}/secrets`;
    const added = await gateway.call<{ id: string; clientSecret: string }>("POST", path, { key });
    expect(added.status).toBe(201);
    const newer = { ...body, clientSecret: added.body.clientSecret };

    expect((await requestToken(gateway, body)).status).toBe(401);
    expect((await requestToken(other, body)).status).toBe(401);
    expect((await requestToken(other, newer)).status).toBe(200);
    expect([await scimStatus(body, older), await scimStatus(body, basic(body))]).toEqual([200, 200]);
    expect(await scimStatus(body, basic(newer))).toBe(200);

    expect((await gateway.call("POST", path, { key })).status).toBe(409);
    const { body: shown } = await gateway.call<Configuration>("GET", `/configurations/${body.id}`, { key });
    expect(shown.secrets.map(({ state }) => state)).toEqual(["retiring", "active"]);
    expect(shown.secrets[0]?.expiresAt).not.toBeNull();

    gateway.clock.offsetMs = 8 * 24 * 3_600_000;
    expect(await scimStatus(body, basic(body))).toBe(401);
    expect(await scimStatus(body, basic(newer))).toBe(200);
    expect((await gateway.call("POST", path, { key })).status).toBe(201);
    gateway.clock.offsetMs = 0;
  });

  it("are revoked at once, with the tokens issued for them", async () => {
    const { body } = await create({ type: "other_scim" });
    const token = await bearer(body);
    const path = `/configurations/${body.id}/secrets`;
    const added = await gateway.call<{ id: string; clientSecret: string }>("POST", path, { key });
    const newer = { ...body, clientSecret: added.body.clientSecret };
    const first = body.secrets[0]?.id;
    expect((await gateway.call("DELETE", `${path}/${first}`, { key })).status).toBe(204);
    expect([await scimStatus(body, token), await scimStatus(body, basic(body))]).toEqual([401, 401]);
    expect(await scimStatus(body, basic(newer))).toBe(200);
    expect((await gateway.call("DELETE", `${path}/${first}`, { key })).status).toBe(404);
    expect((await directory(body.clientId)).length).toBe(1);
  });

  it("cannot be guessed into endless look-ups", async () => {
    const { body } = await create({ type: "other_scim" });
    const guessed = openGateway();
    let trips = 0;
    guessed.alter.deps = (deps) => {
      const batch: D1Database["batch"] = (statements) => {
        trips += 1;
        return deps.control.binding.batch(statements);
      };
      const binding = { prepare: (text: string) => deps.control.binding.prepare(text), batch };
      return { ...deps, control: { ...deps.control, binding: binding as D1Database } };
    };
    for (let count = 0; count < 60; count += 1) {
      const authorization = basic(body, `guess-${count}`);
      const request = new Request(`${body.tenantUrl}/ServiceProviderConfig`, { headers: { authorization } });
      expect((await guessed.send(request)).status).toBe(401);
    }
    expect(trips).toBeLessThan(30);
  });
});

describe("the directory", () => {
  /** A gateway whose CONTROL fails on writing the directory. */
  const withoutDirectory = () => {
    const broken = openGateway();
    broken.alter.deps = (deps) => {
      const { binding } = deps.control;
      const batch: D1Database["batch"] = (statements) =>
        JSON.stringify(statements).includes("INSERT INTO client_secrets")
          ? Promise.reject(new Error("Network connection lost"))
          : binding.batch(statements);
      const failing = { prepare: (text: string) => binding.prepare(text), batch } as D1Database;
      return { ...deps, control: { ...deps.control, binding: failing } };
    };
    return broken;
  };
  const openRows = async () => {
    const shards = [env.SHARD_0, env.SHARD_1];
    const found = await Promise.all(
      shards.map((shard, index) =>
        shard
          .prepare("SELECT tenant_no, seq, payload, correlation_id FROM outbox WHERE kind = 'directory'")
          .all<{ tenant_no: number; seq: number; payload: string; correlation_id: string }>()
          .then(({ results }) => results.map((row) => ({ ...row, shard: `SHARD_${index}` }))),
      ),
    );
    return found.flat();
  };

  it("follows the shard in the same request, and leaves no row open", async () => {
    const { body } = await create({});
    expect(await directory(body.clientId)).toHaveLength(1);
    expect(await openRows()).toEqual([]);
  });

  it("follows later when CONTROL fails meanwhile; doing it twice changes nothing", async () => {
    const { status, body } = await create({}, key, withoutDirectory());
    expect(status).toBe(201);
    expect(await directory(body.clientId)).toEqual([]);
    expect((await requestToken(gateway, body)).status).toBe(401);
    const [row] = await openRows();
    if (row === undefined) throw new Error("the row is closed");
    const task = { seq: row.seq, payload: row.payload, correlationId: row.correlation_id };
    await Promise.all([1, 2, 3].map(() => completeDirectory(gateway.deps(), row.shard, row.tenant_no, task)));
    expect(await directory(body.clientId)).toHaveLength(1);
    expect(await openRows()).toEqual([]);
    expect((await requestToken(gateway, body)).status).toBe(200);
  });
});
