/** Pages of licenses: queues, plans before they are carried out, policies, and what taking accounts over would do. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { PREVIEW_ACCOUNTS_MAX } from "../../src/domain/limits.ts";
import { addressOn, Browser, copied, hidden } from "../support/console.ts";
import { configure, groupBody, userBody } from "../support/furnished-console.ts";

const configurationOf = (html: string): string =>
  /\/t\/([\w-]+)\//.exec(copied(html, "tenant-url"))?.[1] ?? "";

/** People who all wait for a read-only license. */
async function waiting(organization: string, names: readonly string[]) {
  const browser = await Browser.signUp(organization);
  const { created, scim } = await configure(browser, "Okta");
  const ids: string[] = [];
  for (const name of names) {
    ids.push((await scim("POST", "/Users", userBody(`${name}@example.com`, name)))["id"] ?? "");
    await browser.settled();
  }
  return { browser, scim, ids, configuration: configurationOf(created.html) };
}

/** Places and names in the order of the page. */
const queueOn = (html: string): string[] =>
  [...html.matchAll(/<td class="number">(\d+)<\/td><th scope="row"><a href="[^"]+">(\w+)@/g)].map(
    (match) => `${match[1]} ${match[2]}`,
  );

describe("one license type", () => {
  it("lists who waits in the order of service; a group's priority moves its members ahead", async () => {
    const { browser, scim, ids } = await waiting("Queueing", ["ann", "bob", "cem"]);
    const first = await browser.get("/licenses/read_only");
    expect(queueOn(first.html)).toEqual(["1 ann", "2 bob", "3 cem"]);
    expect(first.html).toContain(`href="/users/${ids[0]}#license"`);
    const group = (await scim("POST", "/Groups", groupBody("First", [ids[2]])))["id"] ?? "";
    const unseen = { licenseType: "read_only", unseen: "on" };
    expect((await browser.post(`/groups/${group}`, unseen)).html).toContain("is saved");
    const saved = await browser.post(`/groups/${group}/priority`, { waitingPriority: "5" });
    expect(saved.html).toContain("The priority is saved");
    expect(saved.html).toMatch(/name="waitingPriority"[^>]* value="5"/);
    await browser.settled();
    expect(queueOn((await browser.get("/licenses/read_only")).html)).toEqual(["1 cem", "2 ann", "3 bob"]);
    const wrong = await browser.post(`/groups/${group}/priority`, { waitingPriority: "high" });
    expect([wrong.status, wrong.html]).toEqual([400, expect.stringContaining("Enter a whole number.")]);
    expect((await browser.get("/licenses/none")).status).toBe(404);
  });

  it("shows whom more seats reach, sets exactly that, and keeps the history", async () => {
    const { browser, scim } = await waiting("Planning", ["ann", "bob"]);
    const plan = await browser.get("/licenses/read_only/preview?purchased=1");
    expect(plan.html).toContain("1</span> get a license");
    expect(plan.html).toContain("ann@example.com");
    expect(plan.html).not.toContain("bob@example.com");
    const fields = hidden(plan.html);
    // Meanwhile somebody else gives seats, so the plan no longer holds.
    await browser.post("/licenses/read_only", { purchased: "1" });
    await scim("POST", "/Users", userBody("cem@example.com", "Cem"));
    await browser.settled();
    const outdated = await browser.post("/licenses/read_only", { ...fields, purchased: "2" });
    expect([outdated.status, outdated.html]).toEqual([409, expect.stringContaining("This is the new plan")]);
    expect(outdated.html).toContain("bob@example.com");
    const set = await browser.post("/licenses/read_only", hidden(outdated.html));
    expect([set.status, set.html]).toEqual([200, expect.stringContaining("2 purchased")]);
    await browser.settled();
    const over = await browser.get("/licenses/read_only/preview?purchased=2&assignablePercent=150");
    expect(over.html).toContain("cem@example.com");
    await browser.post("/licenses/read_only", hidden(over.html));
    await browser.settled();
    const type = await browser.get("/licenses/read_only");
    expect(type.html).toContain("Nobody waits");
    expect(type.html).toContain("<td>Seats per hundred purchased</td>");
    expect(type.html).toMatch(/<td>Purchased<\/td><td class="number">1<\/td><td class="number">2<\/td>/);
    const wrong = await browser.get("/licenses/read_only/preview?purchased=2&assignablePercent=50");
    expect([wrong.status, wrong.html]).toEqual([400, expect.stringContaining("At least 100.")]);
  });
});

describe("plans of groups and configurations", () => {
  it("a group's license type: who is upgraded, and then it happens", async () => {
    const { browser, scim, ids } = await waiting("Raising", ["ann"]);
    await browser.post("/licenses/named", { purchased: "1" });
    const group = (await scim("POST", "/Groups", groupBody("Raised", ids)))["id"] ?? "";
    const plan = await browser.get(`/groups/${group}/preview?licenseType=named`);
    expect(plan.html).toContain("1</span> get a license");
    expect(plan.html).toContain("no license to Named user");
    // Without the plan's hash nothing happens but the plan.
    const again = await browser.post(`/groups/${group}`, { licenseType: "named" });
    expect(hidden(again.html)).toEqual(hidden(plan.html));
    expect((await browser.post(`/groups/${group}`, hidden(plan.html))).html).toContain("is saved");
    await browser.settled();
    expect((await browser.get(`/users/${ids[0]}`)).html).toContain("Named user, from the group");
    const stale = await browser.post(`/groups/${group}`, { licenseType: "", planHash: "old" });
    expect([stale.status, stale.html]).toEqual([409, expect.stringContaining("This is the new plan")]);
  });

  it("a default for users who are here is never applied unseen", async () => {
    const { browser, configuration, ids } = await waiting("Defaulting", ["ann"]);
    await browser.post("/licenses/named", { purchased: "1" });
    const address = `/configurations/${configuration}`;
    const settings = { name: "Okta 2", defaultLicenseType: "named", applyToExisting: "on" };
    const plan = await browser.post(address, settings);
    expect(plan.html).toContain("Nothing has happened yet");
    expect(plan.html).toContain("1</span> get a license");
    expect((await browser.get(address)).html).toContain("<h1>Okta</h1>");
    const stale = await browser.post(address, { ...settings, planHash: "old" });
    expect([stale.status, stale.html]).toEqual([409, expect.stringContaining("This is the new plan")]);
    expect((await browser.post(address, hidden(plan.html))).html).toContain("<h1>Okta 2</h1>");
    await browser.settled();
    expect((await browser.get(`/users/${ids[0]}`)).html).toContain("Named user, the default");
    const later = await browser.get(`${address}/preview?defaultLicenseType=read_only`);
    expect(later.html).toContain("Those who are here keep theirs");
    expect(later.html).toContain("Nobody&#39;s license changes");
  });

  it("are done without when too many people are concerned: then the act itself is offered", async () => {
    const { browser, configuration } = await waiting("Crowded", ["ann"]);
    const tenant = await env.CONTROL.prepare(
      "SELECT tenant_no, shard FROM tenants WHERE name = 'Crowded'",
    ).first<{ tenant_no: number; shard: "SHARD_0" | "SHARD_1" }>();
    await env[tenant?.shard ?? "SHARD_0"]
      .prepare(
        `WITH RECURSIVE n(v) AS (SELECT 2 UNION ALL SELECT v + 1 FROM n WHERE v <= ?2)
         INSERT INTO users (tenant_no, user_no, configuration_no, scim_id, user_name, user_name_folded, active, origin,
           version, created_at, updated_at, wanted_type_no, held_type_no, default_type_no, document, folded)
         SELECT tenant_no, v, configuration_no, 'crowd' || v, 'crowd' || v, 'crowd' || v, 1, 'scim', 1, 1, 1,
           wanted_type_no, wanted_type_no, default_type_no, '{}', '{}' FROM n CROSS JOIN users
         WHERE tenant_no = ?1 AND user_no = 1`,
      )
      .bind(tenant?.tenant_no, PREVIEW_ACCOUNTS_MAX)
      .run();
    const settings = { name: "Okta", defaultLicenseType: "named", applyToExisting: "on" };
    const page = await browser.post(`/configurations/${configuration}`, settings);
    expect(page.html).toContain("too many for a preview");
    expect(page.html).toContain("Set the default without a preview");
    expect(hidden(page.html)).toEqual({ ...settings, unseen: "on" });
    expect((await browser.get(`/configurations/${configuration}/delete`)).html).toContain(
      "too many for a preview",
    );
  });

  it("the end of a configuration: who leaves the queue, only if that is still so", async () => {
    const { browser, configuration, scim } = await waiting("Ending", ["ann"]);
    const address = `/configurations/${configuration}/delete`;
    const plan = await browser.get(address);
    expect(plan.html).toContain("1</span> no longer wait");
    expect(plan.html).toContain("ann@example.com");
    await scim("POST", "/Users", userBody("bob@example.com", "Bob"));
    await browser.settled();
    const stale = await browser.post(address, hidden(plan.html));
    expect([stale.status, stale.html]).toEqual([409, expect.stringContaining("2</span> no longer wait")]);
    expect((await browser.post(address, hidden(stale.html))).html).toContain("No configuration yet");
  });

  it("reports what first provisioning would do to accounts that nobody owns", async () => {
    const browser = await Browser.signUp("Adopting");
    await browser.post("/licenses/named", { purchased: "1" });
    await browser.post("/licenses/read_only", { purchased: "1" });
    const { created } = await configure(browser, "Okta");
    const account = { userName: "eve@example.com", displayName: "", email: "", licenseType: "named" };
    await browser.post("/users", account);
    await browser.settled();
    const report = await browser.get(`/configurations/${configurationOf(created.html)}/adoption`);
    expect(report.html).toContain("eve@example.com");
    expect(report.html).toContain("Named user to Read-only user");
    expect(report.html).not.toContain('name="planHash"');
  });
});

describe("policies", () => {
  it("show the defaults, keep what is set, and what was typed beside its error", async () => {
    const browser = await Browser.signUp("Policies");
    const page = await browser.get("/policies");
    for (const value of ["25", "20", "500"]) expect(page.html).toContain(`value="${value}"`);
    const licenses = { recomputeOnLeave: "on", idleReleaseDays: "30" };
    const saved = await browser.post("/policies/licenses", licenses);
    expect(saved.html).toContain("The policies are saved");
    expect(saved.html).toMatch(/name="recomputeOnLeave" checked/);
    expect(saved.html).not.toMatch(/name="strictAdoption" checked/);
    expect(saved.html).toMatch(/name="idleReleaseDays"[^>]* value="30"/);
    const never = await browser.post("/policies/licenses", { idleReleaseDays: "" });
    expect(never.html).toMatch(/name="idleReleaseDays"[^>]* value=""/);
    expect(never.html).not.toMatch(/name="recomputeOnLeave" checked/);
    const wrong = await browser.post("/policies/licenses", { strictAdoption: "on", idleReleaseDays: "0" });
    expect([wrong.status, wrong.html]).toEqual([400, expect.stringContaining("At least 1.")]);
    expect(wrong.html).toMatch(/name="strictAdoption" checked/);
    const share = await browser.post("/policies/brake", { percent: "101", floor: "1", absolute: "1" });
    expect([share.status, share.html]).toEqual([400, expect.stringContaining("At most 100.")]);
  });

  it("are shown to billing admins, who also see queues and plans of seats", async () => {
    const email = "billing-licenses@example.com";
    const browser = await Browser.signUp("Billing licenses", email);
    await env.CONTROL.prepare("UPDATE administrators SET role = 'billing_admin' WHERE email = ?")
      .bind(email)
      .run();
    const policies = await browser.get("/policies");
    expect(policies.html).toContain("25 percent of a vault&#39;s users");
    expect(policies.html).toContain("Disabled accounts give their license back: never");
    expect((await browser.get("/licenses/named")).html).toContain("Show what will happen");
    const plan = await browser.get("/licenses/named/preview?purchased=3");
    expect(
      (await browser.post(addressOn(plan.html, /^\/licenses\/named$/), hidden(plan.html))).html,
    ).toContain("3 purchased");
    expect((await browser.get("/groups/any/preview")).status).toBe(403);
  });

  it("an access admin reads the queue and changes no seats", async () => {
    const email = "access-licenses@example.com";
    const browser = await Browser.signUp("Access licenses", email);
    await env.CONTROL.prepare("UPDATE administrators SET role = 'access_admin' WHERE email = ?")
      .bind(email)
      .run();
    expect((await browser.get("/licenses/named")).html).not.toContain("Show what will happen");
    expect((await browser.get("/licenses/named/preview?purchased=3")).status).toBe(403);
  });
});
