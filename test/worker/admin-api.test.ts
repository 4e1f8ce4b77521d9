import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { AdminRoute } from "../../src/http/admin/route.ts";
import { adminRoutes } from "../../src/http/admin/routes.ts";
import { adminFixtures, foundOrganization, type Organization } from "../support/admin-fixtures.ts";
import { LOOPBACK, openGateway } from "../support/admin-gateway.ts";

const gateway = openGateway();
const guarded = adminRoutes.filter(({ access }) => access !== "public");

const fixtureOf = (route: AdminRoute, own: Organization) => {
  const fixture = adminFixtures[route.operationId];
  if (fixture === undefined) throw new Error(`no fixture for ${route.operationId}`);
  return fixture(own);
};
const run = (route: AdminRoute, own: Organization, key?: string) => {
  const { path, body } = fixtureOf(route, own);
  return gateway.call(route.method.toUpperCase(), path, { key, body });
};

/** Everything of the organization in both databases, but when its keys were last used. */
async function snapshot({ shard, tenantNo }: Organization): Promise<string> {
  const rows = async (database: D1Database) => {
    const { results: tables } = await database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%tenant_no%' ORDER BY name")
      .all<{ name: string }>();
    const found = tables.map(({ name }) =>
      database.prepare(`SELECT * FROM ${name} WHERE tenant_no = ?`).bind(tenantNo),
    );
    return (await database.batch<Record<string, unknown>>(found)).map(({ results }) =>
      results.map(({ last_used_at: _, ...row }) => row),
    );
  };
  return JSON.stringify([await rows(env[shard]), await rows(env.CONTROL)]);
}

describe("every route of the admin API", () => {
  let alpha: Organization;
  let beta: Organization;
  const keys = { revoked: "", powerless: "" };

  beforeAll(async () => {
    alpha = await foundOrganization(gateway);
    beta = await foundOrganization(gateway);
    const made = await gateway.call<{ id: string; key: string }>("POST", "/api-keys", {
      key: alpha.key,
      body: { name: "Revoked" },
    });
    keys.revoked = made.body.key;
    await gateway.call("DELETE", `/api-keys/${made.body.id}`, { key: alpha.key });
    const powerless = await gateway.call<{ key: string }>("POST", "/api-keys", {
      key: alpha.key,
      body: { name: "Powerless", role: "no_role" },
    });
    keys.powerless = powerless.body.key;
  });

  it("has a fixture, and no fixture is without a route", () => {
    expect(Object.keys(adminFixtures).sort()).toEqual(guarded.map(({ operationId }) => operationId).sort());
  });

  it("stands on another shard for the other organization", () => {
    expect(alpha.shard).not.toBe(beta.shard);
  });

  describe.each(guarded.map((route) => [`${route.method} ${route.path}`, route] as const))(
    "%s",
    (_, route) => {
      it("answers its own organization as described", async () => {
        const own = await foundOrganization(gateway);
        for (const [method, path, body] of fixtureOf(route, own).before ?? []) {
          await gateway.call(method, path, { key: own.key, body });
        }
        const answer = await run(route, own, own.key);
        expect([answer.text, answer.status]).toEqual([answer.text, route.status]);
      });

      it("refuses callers without a valid key or the permission, and tells them nothing", async () => {
        const before = await snapshot(alpha);
        const refused: [key: string | undefined, status: number][] = [
          [undefined, 401],
          ["vst_wrong", 401],
          [keys.revoked, 401],
          [keys.powerless, 403],
        ];
        for (const [key, status] of refused) {
          const answer = await run(route, alpha, key);
          expect([answer.status, answer.text.includes(alpha.marker)]).toEqual([status, false]);
          if (status === 401) expect(answer.headers.get("www-authenticate")).toContain("Bearer");
        }
        expect(await snapshot(alpha)).toBe(before);
      });

      it("shows and changes nothing of another organization", async () => {
        const before = await snapshot(alpha);
        const answer = await run(route, alpha, beta.key);
        const { path, body } = fixtureOf(route, alpha);
        const names = [alpha.userId, alpha.groupId, alpha.vaultId, alpha.linkId, alpha.configurationId];
        const namesAlpha = names.some((id) => `${path}${JSON.stringify(body ?? {})}`.includes(id));
        if (namesAlpha || route.operationId === "revokeApiKey") {
          expect([answer.text, answer.status]).toEqual([answer.text, 404]);
        }
        for (const secret of [alpha.marker, alpha.clientId, alpha.tenantId, alpha.configurationId]) {
          expect(answer.text).not.toContain(secret);
        }
        expect(await snapshot(alpha)).toBe(before);
      });
    },
  );
});

describe("groups that others fill", () => {
  /** Every status and word of the refusals. */
  async function refusals(own: Organization, acts: [method: string, path: string, body?: unknown][]) {
    const before = await snapshot(own);
    const told = new Set<string>();
    for (const [method, path, body] of acts) {
      const { status, body: problem } = await gateway.call<{ detail: string }>(method, path, {
        key: own.key,
        body,
      });
      told.add(`${status} ${problem.detail}`);
    }
    expect(await snapshot(own)).toBe(before);
    return [...told];
  }

  it("provisioned ones are not renamed, filled or deleted here: the refusal names who provisions them (R34)", async () => {
    const own = await foundOrganization(gateway);
    const acts = (groupId: string) =>
      [
        ["PATCH", `/groups/${groupId}`, { name: "Mine" }],
        ["PATCH", `/groups/${groupId}`, { displayName: "Mine", licenseType: "named" }],
        ["PATCH", `/groups/${groupId}`, { members: [] }],
        ["DELETE", `/groups/${groupId}`],
        ["POST", `/groups/${groupId}/members`, { userId: own.userId }],
        ["PUT", `/groups/${groupId}/members`, []],
        ["DELETE", `/groups/${groupId}/members/${own.userId}`],
      ] satisfies Parameters<typeof refusals>[1];
    expect(await refusals(own, acts(own.groupId))).toEqual([
      `409 ${own.marker} is provisioned by the configuration ${own.marker}: rename it, delete it or change its members at the identity provider.`,
    ]);
    expect(await refusals(own, acts("nothing"))).toEqual(["404 There is no provisioned group with this id."]);
  });

  it("linked ones of a vault are not renamed, filled or deleted: the refusal names source and configuration (R34)", async () => {
    const own = await foundOrganization(gateway);
    const path = `/vaults/${own.vaultId}/groups/${own.vaultGroupId}`;
    const told = await refusals(own, [
      ["PATCH", path, { name: "Mine" }],
      ["DELETE", path],
      ["POST", `${path}/members`, { userId: own.userId }],
      ["DELETE", `${path}/members/${own.userId}`],
    ]);
    expect(told).toEqual([
      `409 ${own.marker} is linked to the group ${own.marker}, which ${own.marker} provisions: its members and its name change there only. Take the link off first.`,
    ]);
  });
});

describe("the frame", () => {
  let own: Organization;
  beforeAll(async () => {
    own = await foundOrganization(gateway);
  });

  it("answers problems for what it does not have", async () => {
    expect((await gateway.call("GET", "/nothing", { key: own.key })).status).toBe(404);
    const method = await gateway.call("PUT", "/api-keys", { key: own.key, body: {} });
    expect([method.status, method.headers.get("allow")]).toEqual([405, "GET, POST"]);
    const json = await gateway.call("POST", "/api-keys", { key: own.key, body: "{" });
    expect(json.status).toBe(400);
    const type = await gateway.call("POST", "/api-keys", {
      key: own.key,
      body: "name=x",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    expect(type.status).toBe(415);
    const large = await gateway.call("POST", "/api-keys", {
      key: own.key,
      body: { name: "x".repeat(70_000) },
    });
    expect(large.status).toBe(413);
    const extra = await gateway.call("POST", "/api-keys", { key: own.key, body: { name: "x", rolle: "y" } });
    expect([extra.status, extra.text.includes("rolle")]).toEqual([400, true]);
    const cursor = await gateway.call("GET", "/users?cursor=nonsense", { key: own.key });
    expect(cursor.status).toBe(400);
    const limit = await gateway.call("GET", "/users?limit=100000", { key: own.key });
    expect(limit.status).toBe(400);
  });

  it("hides what went wrong inside, and says 503 when the store did not answer", async () => {
    const failing = (message: string) => {
      const broken = openGateway();
      broken.alter.deps = (deps) => {
        const batch = () => Promise.reject(new Error(message));
        const binding = { prepare: () => ({ bind: () => ({}) }), batch } as unknown as D1Database;
        return { ...deps, control: { ...deps.control, binding } };
      };
      return broken.call("GET", "/tenant", { key: own.key });
    };
    const bug = await failing("no such column: secret_column");
    expect([bug.status, bug.text.includes("secret_column")]).toEqual([500, false]);
    expect(bug.text).toContain(bug.headers.get("x-request-id") ?? "none");
    const lost = await failing("Network connection lost");
    expect([lost.status, lost.headers.get("retry-after") !== null]).toEqual([503, true]);
  });

  it("describes every route, with every reference resolved", async () => {
    const answer = await gateway.send(new Request(`${LOOPBACK}/api/v1/openapi.json`));
    expect(answer.status).toBe(200);
    const document = answer.body as {
      openapi: string;
      paths: Record<string, Record<string, { operationId: string }>>;
      components: { schemas: Record<string, unknown> };
    };
    expect(document.openapi).toBe("3.1.0");
    for (const { method, path, operationId } of adminRoutes) {
      const described = document.paths[path.replaceAll(/:([a-zA-Z]+)/g, "{$1}")]?.[method];
      expect([path, described?.operationId]).toEqual([path, operationId]);
    }
    const references = [...answer.text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(
      ([, name]) => name,
    );
    expect(references.length).toBeGreaterThan(50);
    for (const name of references) expect(document.components.schemas).toHaveProperty([name ?? ""]);
    expect(answer.text).not.toContain("#/$defs");
  });
});

describe("lists", () => {
  it("page through users in order, through the queue, and by the beginning of the name", async () => {
    const own = await foundOrganization(gateway);
    for (const userName of ["bob", "Bea", "BO", "carl", "boris"]) {
      await gateway.call("POST", "/users", { key: own.key, body: { userName } });
    }
    const names = async (query: string) => {
      const found: string[] = [];
      let cursor = "";
      do {
        const path = `/users?limit=2&${query}${cursor === "" ? "" : `&cursor=${cursor}`}`;
        const { body, status } = await gateway.call<{ items: { userName: string }[]; nextCursor?: string }>(
          "GET",
          path,
          {
            key: own.key,
          },
        );
        expect(status).toBe(200);
        found.push(...body.items.map(({ userName }) => userName));
        cursor = body.nextCursor ?? "";
      } while (cursor !== "");
      return found;
    };
    expect(await names("")).toEqual([own.marker, "bob", "Bea", "BO", "carl", "boris"]);
    expect(await names("search=bO")).toEqual(["BO", "bob", "boris"]);
    expect(await names("search=%25")).toEqual([]);
    expect(await names("waiting=true")).toEqual([]);
    const wait = (userName: string, type: number, since: number) =>
      env[own.shard]
        .prepare(
          "UPDATE users SET wanted_type_no = ?, waiting_since = ? WHERE tenant_no = ? AND user_name = ?",
        )
        .bind(type, since, own.tenantNo, userName)
        .run();
    await wait("carl", 1, 30);
    await wait("bob", 1, 20);
    await wait("Bea", 2, 10);
    await wait("boris", 1, 20);
    expect(await names("waiting=true")).toEqual(["bob", "boris", "carl", "Bea"]);
    const both = await gateway.call("GET", "/users?waiting=true&search=b", { key: own.key });
    expect(both.status).toBe(400);
  });

  it("tell home figures without counting rows", async () => {
    const own = await foundOrganization(gateway);
    await gateway.call("POST", "/users", { key: own.key, body: { userName: "second" } });
    const { body } = await gateway.call<{ home: { users: number; groups: number; waiting: object } }>(
      "GET",
      "/tenant",
      { key: own.key },
    );
    expect(body.home).toMatchObject({
      users: 2,
      groups: 1,
      waiting: { total: 0, unlicensed: 0, upgrade: 0, undecided: 2 },
    });
  });

  it("show a user's groups, attributes and vaults, and the events of one subject, newest first", async () => {
    const own = await foundOrganization(gateway);
    const { body: user } = await gateway.call<{
      groups: { id: string }[];
      attributes: Record<string, unknown>;
      vaultUsers: { vault: { id: string }; state: string }[];
    }>("GET", `/users/${own.userId}`, { key: own.key });
    expect(user.groups).toEqual([{ id: own.groupId, displayName: own.marker }]);
    expect(user.attributes).toMatchObject({ userName: own.marker });
    expect(user.vaultUsers).toMatchObject([{ vault: { id: own.vaultId }, state: "enabled" }]);
    const { body: members } = await gateway.call("GET", `/groups/${own.groupId}/members`, { key: own.key });
    expect(members).toEqual({ items: [{ kind: "user", id: own.userId, name: own.marker }] });

    const { body: all } = await gateway.call<{ items: { seq: number }[] }>("GET", "/events?limit=200", {
      key: own.key,
    });
    const numbers = all.items.map(({ seq }) => seq);
    expect(numbers).toEqual(numbers.toSorted((left, right) => right - left));
    const { body: of } = await gateway.call<{ items: { action: string; subject: object }[] }>(
      "GET",
      `/events?subject=group:${own.groupId}`,
      { key: own.key },
    );
    expect(of.items.at(-1)).toMatchObject({
      action: "group.created",
      subject: { kind: "group", id: own.groupId, name: own.marker },
    });
    for (const subject of ["user", "nobody:1", "user:"]) {
      const refused = await gateway.call("GET", `/events?subject=${subject}`, { key: own.key });
      expect(refused.status).toBe(400);
    }
    expect((await gateway.call("GET", "/events?subject=user:unknown", { key: own.key })).status).toBe(404);
  });
});
