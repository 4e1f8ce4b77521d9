/** Pages of vaults: the brake, differences, links one can act on, SCIM services, and access with its reasons. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { addressOn, Browser, type Page } from "../support/console.ts";
import {
  configure,
  createVault,
  escaped,
  furnish,
  groupBody,
  linkGroup,
  type Place,
  type Scim,
  script,
  userBody,
  withoutMember,
} from "../support/furnished-console.ts";

let place: Place;
beforeAll(async () => {
  place = await furnish("Vaults");
}, 60_000);

const path = (...parts: string[]): string =>
  parts.map((part) => (part.startsWith(":") ? (place.ids[part.slice(1)] ?? "") : part)).join("/");

/** The databases beneath, for what no page can bring about. */
async function database(organization: string) {
  const tenant = await env.CONTROL.prepare("SELECT tenant_no, shard FROM tenants WHERE name = ?")
    .bind(organization)
    .first<{ tenant_no: number; shard: "SHARD_0" | "SHARD_1" }>();
  if (tenant === null) throw new Error(`there is no ${organization}`);
  const run = (sql: string, ...more: unknown[]) =>
    env[tenant.shard]
      .prepare(sql)
      .bind(tenant.tenant_no, ...more)
      .run();
  return { run };
}

/** An organization with some people in a group that is linked to a vault. */
async function team(organization: string, size: number) {
  const browser = await Browser.signUp(organization);
  const { scim } = await configure(browser, "Okta");
  const ids: string[] = [];
  for (let index = 0; index < size; index += 1) {
    ids.push((await scim("POST", "/Users", userBody(`p${index}@example.com`, `P ${index}`)))["id"] ?? "");
  }
  const group = (await scim("POST", "/Groups", groupBody("Team", ids)))["id"] ?? "";
  const vault = await createVault(browser, "Drawings");
  const link = await linkGroup(browser, group, vault, "Editors");
  await browser.settled();
  return { browser, scim, ids, group, vault, link };
}

const leave = async (scim: Scim, group: string, ids: readonly string[]) => {
  for (const id of ids) await scim("PATCH", `/Groups/${group}`, withoutMember(id));
};

describe("the brake", () => {
  it("tells on Home, vault and link who would leave; approving lets them go", async () => {
    const { browser, scim, ids, group, vault, link } = await team("Braked", 3);
    await browser.post("/policies/brake", { percent: "0", floor: "1", absolute: "1000" });
    await leave(scim, group, ids.slice(0, 1));
    await browser.settled();
    for (const where of ["/home", `/links/${link}`]) {
      expect((await browser.get(where)).html).toContain("1 person would leave Drawings");
    }
    const onVault = await browser.get(`/vaults/${vault}`);
    expect(onVault.html).toContain("Held back by the brake");
    expect((await browser.get("/links")).html).toContain("1 person held back");
    const staged = addressOn(onVault.html, /^\/staged-effects\/[\w-]{20,}$/);
    const shown = await browser.get(staged);
    expect(shown.html).toContain("p0@example.com");
    expect(shown.html).toContain("leaves the user group and is disabled in the vault");
    expect(shown.html).toContain("too large a share of the vault&#39;s users at once");
    expect(shown.html).not.toContain("p1@example.com");
    const asked = await browser.get(`${staged}/approve`);
    expect(asked.html).toContain("Let 1 person leave Drawings?");
    const approved = await browser.post(addressOn(asked.html, /\/approve$/));
    expect(approved.html).toContain("Approved. Whoever is still to leave is being removed.");
    await browser.settled();
    expect((await browser.get(`/vaults/${vault}`)).html).toContain("2 enabled users");
    expect((await browser.get("/home")).html).not.toContain("would leave");
    expect((await browser.get("/staged-effects")).html).toContain("Nothing waits for you");
    expect((await browser.get("/staged-effects?show=all")).html).toContain(">approved</span>");
    const late = await browser.post(`${staged}/discard`);
    expect([late.status, late.html]).toEqual([409, expect.stringContaining("were approved already")]);
  });

  it("discarding keeps everybody, and the comparison says why", async () => {
    const { browser, scim, ids, group, vault } = await team("Discarded", 2);
    await browser.post("/policies/brake", { percent: "0", floor: "1", absolute: "1000" });
    await leave(scim, group, ids.slice(0, 1));
    await browser.settled();
    const held = await browser.get(`/vaults/${vault}/drift`);
    expect(held.html).toContain(">held back</span>");
    const staged = addressOn((await browser.get("/staged-effects")).html, /^\/staged-effects\/[\w-]{20,}$/);
    expect((await browser.get(`${staged}/discard`)).html).toContain("Keep 1 person in Drawings?");
    expect((await browser.post(`${staged}/discard`)).html).toContain("Discarded. Nobody is removed.");
    const drift = await browser.get(`/vaults/${vault}/drift`);
    expect(drift.html).toContain("p0@example.com");
    expect(drift.html).toContain(">discarded</span>");
    expect((await browser.get(`/vaults/${vault}`)).html).toContain("2 enabled users");
  });
});

describe("differences of a vault", () => {
  it("shows each with its reason; repairs one, then all", async () => {
    const { browser, ids, vault } = await team("Drifting", 3);
    const drift = `/vaults/${vault}/drift`;
    const before = await browser.get(drift);
    expect(before.html).toContain("No differences");
    expect(before.html).toContain("3 people compared at");
    const { run } = await database("Drifting");
    await run("DELETE FROM vault_members WHERE tenant_no = ? AND user_no IN (1, 2)");
    const changed = await browser.get(drift);
    expect(changed.html).toContain("missing from the user group");
    expect(changed.html).toContain(">changed outside</span>");
    const one = await browser.post(`${drift}/repair`, { userId: ids[0] ?? "" });
    expect(one.html).toContain("The repair is under way");
    await browser.settled();
    const left = await browser.get(drift);
    expect(left.html).not.toContain("p0@example.com");
    expect(left.html).toContain("p1@example.com");
    const ask = await browser.get(`${drift}/repair`);
    expect(ask.html).toContain("Every link of this vault runs from end to end");
    await browser.post(addressOn(ask.html, /\/drift\/repair$/));
    await browser.settled();
    expect((await browser.get(drift)).html).toContain("No differences");
    expect((await browser.post(`${drift}/repair`, { userId: "nobody" })).status).toBe(404);
  });

  it("says that a SCIM service cannot be read, and where to look", async () => {
    const { browser, scim, vault } = await connected("Unreadable");
    const user = await scim("POST", "/Users", userBody("ada@example.com", "Ada"));
    const group = await scim("POST", "/Groups", groupBody("Team", [user["id"]]));
    await linkGroup(browser, group["id"], vault);
    const { run } = await database("Unreadable");
    await run("UPDATE vault_groups SET remote_id = 'g' WHERE tenant_no = ? AND built_in = 0");
    const drift = await browser.get(`/vaults/${vault}/drift`);
    expect(drift.html).toContain("SCIM service cannot be read");
    expect(drift.html).toContain(`href="/vaults/${vault}/connector"`);
  });
});

describe("links one can act on", () => {
  it("pauses and resumes; a failing one is set to work at once", async () => {
    const { browser, scim, ids, group, vault, link } = await team("Pausing", 2);
    const address = `/links/${link}`;
    const paused = await browser.post(`${address}/pause`);
    expect(paused.html).toContain(">paused</span>");
    expect(paused.html).not.toContain('http-equiv="refresh"');
    await leave(scim, group, ids.slice(0, 1));
    await browser.settled();
    expect((await browser.get(`/vaults/${vault}/drift`)).html).toContain(">paused</span>");
    const resumed = await browser.post(`${address}/resume`);
    expect(resumed.html).toContain("at work again");
    await browser.settled();
    expect((await browser.get(`/vaults/${vault}`)).html).toContain("1 enabled user");
    const { run } = await database("Pausing");
    await run("UPDATE links SET state = 'error', error = ?2 WHERE tenant_no = ?1", script);
    const failing = await browser.get(address);
    expect(failing.html).toContain(escaped);
    expect(failing.html).toContain("Try again now");
    expect(failing.html).toContain('http-equiv="refresh" content="2"');
    await browser.post(`${address}/resume`);
    await browser.settled();
    expect((await browser.get(address)).html).toContain(">active</span>");
  });

  it("shows done and total while it runs, and what is left when its group is gone", async () => {
    const { browser, scim, group, link } = await team("Gone", 2);
    const address = `/links/${link}`;
    const { run } = await database("Gone");
    await run("UPDATE links SET state = 'propagating', done = 1, total = 2 WHERE tenant_no = ?");
    const running = await browser.get(address);
    expect(running.html).toContain('<progress max="2" value="1"');
    expect(running.html).toContain('http-equiv="refresh" content="2"');
    await run("UPDATE links SET state = 'active', done = 2 WHERE tenant_no = ?");
    await scim("DELETE", `/Groups/${group}`);
    await browser.settled();
    const gone = await browser.get(address);
    expect(gone.html).toContain("source group deleted");
    expect(gone.html).toContain("has nothing left to do");
    expect(gone.html).toContain(`href="${address}/unlink"`);
    const resumed = await browser.post(`${address}/resume`);
    expect([resumed.status, resumed.html]).toEqual([409, expect.stringContaining("no longer exists")]);
    await browser.post(`${address}/unlink`, { members: "remove" });
    await browser.settled();
    expect((await browser.get(address)).html).toContain(">removed</span>");
  });
});

const secret = "a-hidden-secret";
const bearerForm = {
  name: `Connected ${script}`,
  baseUrl: "http://127.0.0.1:9/scim",
  authentication: "bearer",
  token: secret,
  membersPerRequest: "50",
};

async function connected(organization: string) {
  const browser = await Browser.signUp(organization);
  const { scim } = await configure(browser, "Okta");
  const created = await browser.post("/vaults/connected", bearerForm);
  const vault = /\/vaults\/([\w-]{20,})/.exec(created.url)?.[1] ?? "";
  return { browser, scim, created, vault };
}

describe("a vault in a SCIM service", () => {
  it("is created with a credential that no page shows, not even after an error", async () => {
    const { browser, created, vault } = await connected("Connecting");
    const pages: Page[] = [created];
    expect(created.html).toContain("The vault is created");
    expect(created.html).toContain("http://127.0.0.1:9/scim");
    expect(created.html).toContain("<dd>50</dd>");
    expect(created.html).toContain(`SCIM service of Connected ${escaped}`);
    const taken = await browser.post("/vaults/connected", bearerForm);
    expect([taken.status, taken.html]).toEqual([409, expect.stringContaining("already")]);
    const missing = await browser.post("/vaults/connected", { ...bearerForm, name: "New", token: "" });
    expect([missing.status, missing.html]).toEqual([400, expect.stringContaining("Enter the token.")]);
    const inside = { ...bearerForm, name: "New", baseUrl: "https://10.0.0.1/scim" };
    const refused = await browser.post("/vaults/connected", inside);
    expect([refused.status, refused.html]).toEqual([
      400,
      expect.stringMatching(/id="baseUrl-error">This address is not on the public internet/),
    ]);
    const endpoint = {
      ...inside,
      ...{ baseUrl: bearerForm.baseUrl, authentication: "client_credentials", clientId: "me" },
      ...{ tokenEndpoint: "https://10.0.0.1/token", clientSecret: secret },
    };
    const elsewhere = await browser.post("/vaults/connected", endpoint);
    expect([elsewhere.status, elsewhere.html]).toEqual([
      400,
      expect.stringMatching(/id="tokenEndpoint-error">This address is not/),
    ]);
    pages.push(taken, missing, refused, elsewhere, await browser.get(`/vaults/${vault}`));
    expect((await browser.get("/vaults")).html).toContain("127.0.0.1:9");
    for (const { html } of pages) expect(html).not.toContain(secret);
  });

  it("is tried stage by stage, changed, pushed again and taken off", async () => {
    const { browser, vault } = await connected("Trying");
    const address = `/vaults/${vault}/connector`;
    const tried = await browser.post(`${address}/test`);
    expect([tried.status, tried.html]).toEqual([200, expect.stringContaining("does not work")]);
    expect(tried.html).toContain("the connection failed");
    expect(tried.html).toContain("The service is down or cannot be reached");
    expect(tried.html).toContain(">not tried</span>");
    const change = {
      baseUrl: "http://127.0.0.1:10/scim",
      membersPerRequest: "25",
      ...{ authentication: "client_credentials", tokenEndpoint: "http://127.0.0.1:10/token" },
      ...{ clientId: "gateway", clientSecret: secret },
    };
    const short = await browser.post(address, { ...change, clientSecret: "" });
    expect([short.status, short.html]).toEqual([400, expect.stringContaining("Enter the client secret.")]);
    const changed = await browser.post(address, change);
    expect(changed.html).toContain("The connection is saved");
    expect(changed.html).toContain("<code>gateway</code>");
    expect(changed.html).toContain("<code>http://127.0.0.1:10/scim</code>");
    expect(changed.html).not.toContain(secret);
    expect((await browser.post(`${address}/push`)).html).toContain("being pushed to its SCIM service again");
    expect((await browser.get(`${address}/remove`)).html).toContain("nobody is removed");
    expect((await browser.post(`${address}/remove`)).html).toContain("The SCIM service is taken off");
    expect((await browser.get(address)).html).toContain("kept by the gateway itself");
    expect((await browser.post(`${address}/test`)).status).toBe(409);
  });
});

describe("what to do about a failing SCIM service", () => {
  let browser: Browser;
  let vault: string;
  beforeAll(async () => {
    ({ browser, vault } = await connected("Failing service"));
  });

  it.each([
    ["The service does not accept the credential (401).", "Get a new credential"],
    ["POST /Users: redirects are not followed (301)", "The address has moved"],
    ["PATCH /Groups/1: asked to wait (429)", "The gateway waits as long as it was asked to"],
    ["service.example: no answer within 30 s", "The service is down or cannot be reached"],
    ["GET /Users: 404", "check the base address"],
    ["POST /Users: 400, invalid title", "The service refuses what it was sent"],
    ["Something new", "Try the connection"],
  ])("is told: %s", async (error, advice) => {
    const { run } = await database("Failing service");
    await run(
      `UPDATE vaults SET connector_settings = json_set(connector_settings, '$.health',
         json_object('failedAt', 1, 'error', ?2, 'throttledUntil', 0)) WHERE tenant_no = ?1`,
      error,
    );
    expect((await browser.get("/vaults")).html).toContain(">failing</span>");
    const page = await browser.get(`/vaults/${vault}/connector`);
    expect(page.html).toContain(error);
    expect(page.html).toMatch(new RegExp(`What to do</dt><dd>[^<]*${advice}`));
    expect(page.html).toContain("Retry: push everything again");
  });
});

describe("access to vaults", () => {
  it("says on the user's page for every vault whether there is access, and why not", async () => {
    const waiting = await place.browser.get(path("/users", ":userId"));
    expect(waiting.html).toContain("because the account waits for a license.");
    const licensed = await place.browser.get(path("/users", ":firstUserId"));
    expect(licensed.html).toContain(">has access</span>");
    const every = await place.browser.get(path("/users", ":userId", "access"));
    expect(every.html).toContain(`Drawings ${escaped}`);
    expect(every.html).toContain(">Archive</a>");
  });

  it("explains one vault check by check, from the vault's users too", async () => {
    const vault = await place.browser.get(path("/vaults", ":vaultId"));
    const why = addressOn(vault.html, new RegExp(`/users/${place.ids["userId"]}/access$`));
    const page = await place.browser.get(why);
    expect(page.html).toContain("bob@example.com has no access");
    expect(page.html).toContain("The account waits for a license.");
    expect(page.html).toContain(`through Editors ${escaped}`);
    await place.browser.post(path("/vaults", ":vaultId", "users", ":firstUserId", "disable"));
    const shut = await place.browser.get(path("/vaults", ":vaultId", "users", ":firstUserId", "access"));
    expect(shut.html).toContain("because an administrator disabled the vault user");
    await place.browser.post(path("/vaults", ":vaultId", "users", ":firstUserId", "enable"));
    const open = await place.browser.get(path("/vaults", ":vaultId", "users", ":firstUserId", "access"));
    expect(open.html).toContain("ada@example.com has access");
  });
});

describe("roles", () => {
  it("billing admins see what is held back, differences and access, and decide nothing", async () => {
    const email = "billing-vaults@example.com";
    const browser = await Browser.signUp("Billing", email);
    const vault = await createVault(browser, "V");
    await env.CONTROL.prepare("UPDATE administrators SET role = 'billing_admin' WHERE email = ?")
      .bind(email)
      .run();
    for (const shown of [
      "/staged-effects",
      "/policies",
      `/vaults/${vault}/drift`,
      `/vaults/${vault}/connector`,
    ]) {
      const page = await browser.get(shown);
      expect(page.status).toBe(200);
      expect(page.html).not.toMatch(/<form method="post" action="(?!\/sign-out)/);
    }
    for (const refused of [`/vaults/${vault}/drift/repair`, "/vaults/connected"]) {
      expect((await browser.get(refused)).status).toBe(403);
      expect((await browser.post(refused)).status).toBe(403);
    }
    expect((await browser.post("/policies/brake", { percent: "1" })).status).toBe(403);
  });
});
