/** The console as a browser without scripts sees it, on the real databases. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { consolePages } from "../../src/console/routes.ts";
import { addressOn, Browser, copied, hidden, linkToken } from "../support/console.ts";
import { configure, escaped, furnish, type Place, script } from "../support/furnished-console.ts";

const routes = consolePages().routes.filter(
  ({ method, path }) => method !== "ALL" && path !== "/*" && !path.startsWith("/assets/"),
);
const paths = (method: string) => [
  ...new Set(routes.filter((route) => route.method === method).map(({ path }) => path)),
];
const pagesOfAll = ["/", "/sign-up", "/sign-up/confirm", "/sign-in", "/sign-in/confirm", "/sign-out"];
const guarded = (method: string) => paths(method).filter((path) => !pagesOfAll.includes(path));

const fill = (path: string, ids: Record<string, string>): string =>
  path.replaceAll(/:(\w+)/g, (_, name: string) => {
    const id = ids[name];
    if (!id) throw new Error(`${path} has no fixture for :${name}`);
    return id;
  });

let one: Place;
let other: Place;
beforeAll(async () => {
  one = await furnish("One");
  other = await furnish("Other");
}, 60_000);

describe("signing up and in", () => {
  it("keeps what was typed beside what is wrong with it", async () => {
    const page = await new Browser().post("/sign-up", { organization: `A ${script}`, email: "nowhere" });
    expect(page.status).toBe(400);
    expect(page.html).toContain(`value="A ${escaped}"`);
    expect(page.html).toContain('value="nowhere"');
    expect(page.html).toContain("Enter an e-mail address, such as");
  });

  it("marks a captured link as development only, and sets a cookie that no script reads", async () => {
    const browser = new Browser();
    const sent = await browser.post("/sign-up", { organization: "Acme", email: "acme@example.com" });
    expect(sent.html).toContain("Development only");
    const token = linkToken(sent.html);
    // A mail scanner looks at the link first: nothing is used up.
    expect((await new Browser().get(`/sign-up/confirm?token=${token}`)).html).toContain(
      "Create the organization",
    );
    const answer = await browser.request("POST", "/sign-up/confirm", { token });
    expect(answer.status).toBe(303);
    const cookie = answer.headers.get("set-cookie") ?? "";
    for (const part of [/^session=[\w-]{43};/, /HttpOnly/, /SameSite=Lax/, /Path=\//])
      expect(cookie).toMatch(part);
    expect((await browser.get("/home")).html).toContain("Acme");
    // The second of two clicks in this browser lands on the same page; elsewhere the link is used.
    expect((await browser.request("POST", "/sign-up/confirm", { token })).headers.get("location")).toBe(
      "/home",
    );
    const reused = await new Browser().post("/sign-up/confirm", { token });
    expect([reused.status, reused.html]).toEqual([409, expect.stringContaining("used already")]);
  });

  it("uses a cookie bound to the host over https, and has no session over plain http elsewhere", async () => {
    const email = "https@example.com";
    await Browser.signUp("Encrypted", email);
    const browser = new Browser();
    const token = linkToken((await browser.post("/sign-in", { email })).html);
    const origin = "https://gateway.example";
    const answer = await browser.request("POST", `${origin}/sign-in/confirm`, { token }, { origin });
    expect(answer.headers.get("set-cookie")).toMatch(/^__Host-session=.*Secure/);
    const plain = await new Browser().get("http://gateway.example/sign-in");
    expect(plain.html).toContain("This address is not encrypted");
  });

  it("says so when mail does not work", async () => {
    const without = new Browser({ MAIL_CAPTURE: "", MAIL_FROM: "" });
    expect((await without.get("/")).html).toContain("cannot send mail");
    const refused = await without.post("/sign-up", { organization: "No mail", email: "x@example.com" });
    expect([refused.status, refused.html]).toEqual([503, expect.stringContaining("cannot send mail")]);
    expect((await without.post("/sign-in", { email: "x@example.com" })).status).toBe(503);
  });

  it("signs out for good", async () => {
    const browser = await Browser.signUp("Leaving");
    const { cookie } = browser;
    expect((await browser.post("/sign-out")).html).toContain("You are signed out");
    browser.cookie = cookie;
    expect((await browser.get("/home")).url).toContain("/home");
    expect((await browser.request("GET", "/home")).headers.get("location")).toContain("/sign-in");
  });
});

describe("every page", () => {
  it.each(guarded("GET"))(
    "%s answers its administrator, escapes names, and keeps to the policy",
    async (path) => {
      const address = path === "/links/preview" ? `${path}?${previewQuery(one)}` : fill(path, one.ids);
      const page = await one.browser.get(address);
      expect([page.status, page.html]).toEqual([
        200,
        expect.stringMatching(/^<!doctype html><html lang="en">/),
      ]);
      expect(page.html).not.toContain("<script>alert");
      expect(page.html).not.toContain(one.secret);
      expect(page.html).not.toMatch(/ style="| on\w+="|undefined|\[object/);
      expect(page.html.match(/<h1[ >]/g)).toHaveLength(1);
      expect(page.headers.get("cache-control")).toBe("no-store");
      expect(page.headers.get("content-security-policy")).toBe(
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
      );
    },
  );

  it.each(guarded("GET"))("%s sends strangers to sign in", async (path) => {
    const page = await new Browser().get(fill(path, one.ids));
    expect([page.status, page.headers.get("location")]).toEqual([303, "/sign-in?notice=sign-in-first"]);
  });

  it.each(guarded("POST"))("%s refuses strangers, and forms of other sites", async (path) => {
    const address = fill(path, one.ids);
    const stranger = await new Browser().request("POST", address, {});
    expect([stranger.status, stranger.headers.get("location")]).toEqual([
      303,
      "/sign-in?notice=sign-in-first",
    ]);
    const headers = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
    const forged = await one.browser.request("POST", address, { name: "forged" }, headers);
    expect(forged.status).toBe(403);
    expect(forged.html).toContain("was not sent from a page of this gateway");
  });

  it("previews nothing of another organization", async () => {
    for (const [group, vault] of [
      [one, other],
      [other, one],
    ] as const) {
      const ends = { groupId: group.ids["groupId"] ?? "", vaultId: vault.ids["vaultId"] ?? "" };
      const query = new URLSearchParams({ ...ends, newVaultGroupName: "Mixed" });
      expect((await one.browser.get(`/links/preview?${query}`)).status).toBe(404);
      expect((await one.browser.get(`/links/new?${query}`)).status).toBe(404);
      const applied = await one.browser.post("/links", {
        ...ends,
        newVaultGroupName: "Mixed",
        planHash: "x",
      });
      expect(applied.status).toBe(404);
    }
  });

  const withIds = (method: string) => guarded(method).filter((path) => /:(?!code)\w+/.test(path));

  it.each(withIds("GET"))("%s shows nothing of another organization", async (path) => {
    const page = await one.browser.get(fill(path, other.ids));
    expect([page.status, page.html]).toEqual([404, expect.stringContaining("Not found")]);
  });

  it.each(withIds("POST"))("%s changes nothing of another organization", async (path) => {
    const form = { name: "x", licenseType: "named", defaultLicenseType: "named", members: "keep" };
    expect((await one.browser.request("POST", fill(path, other.ids), form)).status).toBe(404);
  });

  it("offers its list as a file, to whoever is signed in", async () => {
    const { browser, ids } = one;
    for (const [path, count] of [
      ["/users", 1],
      ["/users?waiting=true", 1],
      ["/groups", 2],
      ["/events", 1],
      [`/vaults/${ids["vaultId"]}`, 1],
    ] as const) {
      const { html } = await browser.get(path);
      const files = [...html.matchAll(/href="(\/api\/v1\/exports\/[^"]+)"/g)].map(([, file = ""]) => file);
      expect([path, files]).toEqual([path, expect.objectContaining({ length: count })]);
      for (const file of files) {
        const answer = await browser.get(file);
        expect([file, answer.status, answer.headers.get("content-disposition")]).toEqual([
          file,
          200,
          expect.stringContaining("attachment"),
        ]);
        expect((await new Browser().get(file)).status).toBe(401);
      }
    }
  });

  it("has a page for addresses that do not exist", async () => {
    const page = await one.browser.get("/nothing/here");
    expect([page.status, page.html]).toEqual([404, expect.stringContaining("Not found")]);
    expect(page.html).toContain("Sign out");
  });

  it("serves style, script and icon under addresses that change with them", async () => {
    const { html } = await new Browser().get("/");
    for (const pattern of [/console\.css\?v=/, /icon\.svg/]) {
      const asset = await new Browser().get(addressOn(html, pattern));
      expect(asset.status).toBe(200);
      expect(asset.headers.get("cache-control")).toContain("public");
    }
  });
});

const previewQuery = ({ ids }: Place): string =>
  new URLSearchParams({
    groupId: ids["groupId"] ?? "",
    vaultId: ids["vaultId"] ?? "",
    newVaultGroupName: "Another",
  }).toString();

describe("configurations", () => {
  it("shows the secret exactly once, in the answer to its creation", async () => {
    expect(one.created.status).toBe(201);
    expect(one.created.html.split(one.secret)).toHaveLength(2);
    expect(one.created.html).toContain("will not be shown again");
    for (const id of ["tenant-url", "token-endpoint", "client-id", "client-secret"]) {
      expect(copied(one.created.html, id)).not.toBe("");
      expect(one.created.html).toContain(`data-copy="${id}"`);
    }
  });

  it("says that a name is taken, and keeps the form", async () => {
    const form = { name: `Okta ${script}`, type: "entra_gallery", defaultLicenseType: "named" };
    const page = await one.browser.post("/configurations", form);
    expect([page.status, page.html]).toEqual([409, expect.stringContaining("exists already")]);
    expect(page.html).toMatch(/<option value="named" selected/);
    // The second of two clicks: the way to a secret of one's own is one link away.
    expect(page.html).toContain(`href="/configurations/${one.ids["configurationId"]}"`);
  });

  it("waits for the first contact without calling it an error; renames, rotates, revokes, deletes", async () => {
    const browser = await Browser.signUp("Rotating");
    const { created, scim } = await configure(browser, "Okta");
    const path = addressOn(created.html, /^\/configurations\/[\w-]{20,}$/);
    const before = await browser.get(path);
    expect(before.html).toContain("awaiting first contact");
    expect(before.html).not.toContain('class="notice error"');
    const renamed = await browser.post(path, { name: "Okta 2", defaultLicenseType: "concurrent" });
    expect(renamed.html).toContain("<h1>Okta 2</h1>");
    const second = await browser.post(`${path}/secrets`);
    expect([second.status, copied(second.html, "client-secret")]).toEqual([
      201,
      expect.stringMatching(/^.{20,}$/),
    ]);
    const both = await browser.get(path);
    const revocations = [...both.html.matchAll(/action="([^"]+\/revoke)"/g)].map((match) => match[1] ?? "");
    expect(revocations).toHaveLength(2);
    for (const revocation of revocations) expect((await browser.post(revocation)).status).toBe(200);
    await expect(scim("GET", "/Users")).rejects.toThrow();
    expect((await browser.get(`${path}/delete`)).html).toContain("This cannot be undone");
    expect((await browser.post(`${path}/delete`)).html).toContain("No configuration yet");
    expect((await browser.get(path)).status).toBe(404);
  });
});

describe("licenses and users", () => {
  it("shows who waits on Home and on Users, and why on the user's page", async () => {
    const home = await one.browser.get("/home");
    expect(home.html).toMatch(/waiting for a license<\/p><p class="figure-value">1</);
    expect(home.html).toContain("1 with no license");
    const waiting = await one.browser.get("/users?waiting=true");
    expect(waiting.html).toContain("bob@example.com");
    expect(waiting.html).not.toContain("ada@example.com");
    expect(waiting.html).toContain(">waiting</span>");
    const user = await one.browser.get(`/users/${one.ids["userId"]}`);
    expect(user.html).toContain("the default of the configuration");
    expect(user.html).toContain(`Room 7 ${escaped}`);
    const found = await one.browser.get("/users?search=ada");
    expect(found.html).toContain(`Ada ${escaped}`);
    expect(found.html).not.toContain("bob@example.com");
  });

  it("refuses a count that is none beside its field", async () => {
    const page = await one.browser.post("/licenses/read_only", { purchased: "many" });
    expect([page.status, page.html]).toEqual([400, expect.stringContaining("Enter a whole number")]);
    expect(page.html).toContain('value="many"');
  });

  it("creates, disables and licenses an account by hand", async () => {
    const browser = await Browser.signUp("By hand");
    await browser.post("/licenses/named", { purchased: "1" });
    const form = { userName: "eve@example.com", displayName: "", email: "", licenseType: "named" };
    const created = await browser.post("/users", form);
    expect([created.status, created.html]).toEqual([200, expect.stringContaining("The account is created")]);
    await browser.settled();
    const path = new URL(created.url).pathname;
    expect((await browser.get(path)).html).toContain("Named user, chosen by an administrator");
    expect((await browser.post(`${path}/disable`)).html).toContain("disabled by admin");
    expect((await browser.post(`${path}/enable`)).html).toContain(">enabled</span>");
    await browser.post(`${path}/license-release`);
    await browser.settled();
    expect((await browser.get(path)).html).toContain("an administrator took it");
    const again = await browser.post("/users", form);
    expect([again.status, again.html]).toEqual([409, expect.stringContaining('value="eve@example.com"')]);
  });

  it("refuses a group type below the default beside its field", async () => {
    const { browser, ids } = one;
    await browser.post(`/configurations/${ids["configurationId"]}`, {
      name: `Okta ${script}`,
      defaultLicenseType: "concurrent",
    });
    const page = await browser.post(`/groups/${ids["groupId"]}`, { licenseType: "read_only" });
    expect([page.status, page.html]).toEqual([
      409,
      expect.stringContaining("below the default license type"),
    ]);
    const plan = await browser.get(`/groups/${ids["groupId"]}/preview?licenseType=named`);
    expect((await browser.post(`/groups/${ids["groupId"]}`, hidden(plan.html))).html).toContain("is saved");
  });
});

describe("vaults and links", () => {
  it("previews by name, refuses an outdated plan with the new one, and applies", async () => {
    const { browser, scim, ids } = other;
    const preview = await browser.get(`/links/preview?${previewQuery(other)}`);
    expect(preview.html).toContain("bob@example.com");
    expect(preview.html).toContain("2</span> join the user group");
    await scim("PATCH", `/Groups/${ids["groupId"]}`, {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
      Operations: [{ op: "remove", path: `members[value eq "${ids["userId"]}"]` }],
    });
    const outdated = await browser.post("/links", hidden(preview.html));
    expect([outdated.status, outdated.html]).toEqual([409, expect.stringContaining("This is the new plan")]);
    expect(outdated.html).not.toContain("bob@example.com");
    const link = await browser.post("/links", hidden(outdated.html));
    expect([link.status, link.html]).toEqual([200, expect.stringContaining("The link is created")]);
    await browser.settled();
    const settled = await browser.get(new URL(link.url).pathname);
    expect(settled.html).toContain(">active</span>");
    expect(settled.html).not.toContain('http-equiv="refresh"');
    const taken = await browser.get(`/links/preview?${previewQuery(other)}`);
    expect([taken.status, taken.html]).toEqual([409, expect.stringContaining("already")]);
    const kept = await browser.post(`${new URL(link.url).pathname}/unlink`, { members: "keep" });
    expect(kept.html).toContain("stay as they were");
  });

  it("shows how a vault's own SCIM service does, and never its credential", async () => {
    const { browser, ids } = other;
    const connector = {
      type: "scim",
      baseUrl: "http://127.0.0.1:9/scim",
      authentication: { type: "bearer", token: "a-hidden-token" },
    };
    const created = await browser.send(
      new Request("http://localhost/api/v1/vaults", {
        method: "POST",
        headers: {
          cookie: browser.cookie,
          origin: "http://localhost",
          "sec-fetch-site": "same-origin",
          "content-type": "application/json",
        },
        body: JSON.stringify({ name: "Connected", connector }),
      }),
    );
    const { id } = (await created.json()) as { id: string };
    const fresh = await browser.get(`/vaults/${id}`);
    expect(fresh.html).toContain("http://127.0.0.1:9/scim");
    expect(fresh.html).toContain("not used yet");
    const tenant = await env.CONTROL.prepare("SELECT shard FROM tenants WHERE name = 'Other'").first<{
      shard: "SHARD_0" | "SHARD_1";
    }>();
    await env[tenant?.shard ?? "SHARD_0"]
      .prepare(
        `UPDATE vaults SET connector_settings = json_set(connector_settings, '$.health',
           json('{"failedAt":1,"error":"POST /Users: 400 <b>","throttledUntil":0}')) WHERE vault_id = ?`,
      )
      .bind(id)
      .run();
    const failing = await browser.get(`/vaults/${id}`);
    expect(failing.html).toContain("failing");
    expect(failing.html).toContain("POST /Users: 400 &lt;b&gt;");
    expect(failing.html).not.toContain("a-hidden-token");
    expect((await browser.get(`/vaults/${ids["vaultId"]}`)).html).not.toContain("SCIM service");
  });

  it("disables, deletes and restores a vault user", async () => {
    const { browser, ids } = other;
    const path = `/vaults/${ids["vaultId"]}/users/${ids["firstUserId"]}`;
    expect((await browser.post(`${path}/disable`)).html).toContain("disabled by admin");
    expect((await browser.get(`${path}/delete`)).html).toContain("No link brings the person back");
    expect((await browser.post(`${path}/delete`)).html).toContain(">deleted</span>");
    expect((await browser.post(`${path}/enable`)).html).toContain(">enabled</span>");
  });

  it("pins and unpins a vault user", async () => {
    const { browser, ids } = other;
    const path = `/vaults/${ids["vaultId"]}/users/${ids["firstUserId"]}`;
    expect((await browser.post(`${path}/pin`)).html).toContain(">pinned</span>");
    expect((await browser.post(`${path}/unpin`)).html).not.toContain(">pinned</span>");
  });
});

describe("failed work", () => {
  it("is told on Home, shown with its error, and tried again", async () => {
    const browser = await Browser.signUp("Failing");
    expect((await browser.get("/home")).html).not.toContain("/failed-work");
    const tenant = await env.CONTROL.prepare(
      "SELECT tenant_no, shard FROM tenants WHERE name = 'Failing'",
    ).first<{
      tenant_no: number;
      shard: "SHARD_0" | "SHARD_1";
    }>();
    await env[tenant?.shard ?? "SHARD_0"]
      .prepare(
        `INSERT INTO outbox (tenant_no, kind, seq, payload, correlation_id, available_at, attempts, error, dead_at)
         VALUES (?, 'license', 1, '{"serve":true}', 'r', 0, 9, ?, 1)`,
      )
      .bind(tenant?.tenant_no, script)
      .run();
    expect((await browser.get("/home")).html).toContain('href="/failed-work"');
    const list = await browser.get("/failed-work");
    expect(list.html).toContain("Deciding licenses");
    expect(list.html).toContain(escaped);
    const retried = await browser.post(addressOn(list.html, /\/retry$/));
    expect(retried.html).toContain("It is being tried again");
    expect(retried.html).toContain("Nothing has failed");
    await browser.settled();
  });
});

describe("API keys and roles", () => {
  it("shows a key once; revoked it is gone", async () => {
    const { browser } = one;
    const created = await browser.post("/api-keys", { name: `CI ${script}`, role: "access_admin" });
    const key = copied(created.html, "api-key");
    expect([created.status, created.html.split(key).length]).toEqual([201, 2]);
    const listed = await browser.get("/api-keys");
    expect(listed.html).not.toContain(key);
    expect(listed.html).toContain(`CI ${escaped}`);
    const revoked = await browser.post(addressOn(listed.html, /\/revoke$/));
    expect(revoked.html).toContain("The API key is revoked");
  });

  it("shows each role its pages and no others", async () => {
    const email = "billing@example.com";
    const browser = await Browser.signUp("Roles", email);
    await env.CONTROL.prepare("UPDATE administrators SET role = 'billing_admin' WHERE email = ?")
      .bind(email)
      .run();
    const home = await browser.get("/home");
    expect(home.html).not.toContain('href="/configurations"');
    expect((await browser.get("/licenses")).html).toContain("Save");
    for (const path of ["/configurations", "/links", "/groups", "/api-keys", "/users/new"]) {
      const page = await browser.get(path);
      expect([page.status, page.html]).toEqual([403, expect.stringContaining("Billing admin")]);
    }
    expect((await browser.post("/vaults", { name: "V" })).status).toBe(403);
  });
});
