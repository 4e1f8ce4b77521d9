/**
 * The pages as an administrator meets them: one organization from its sign-up to its first link, in a real
 * browser against a real gateway. The identity provider is played over SCIM with the values that the pages show.
 */
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type AdminClient, adminClient } from "../../src/commands/client/admin.ts";
import { basicClient, bearerClient, type Credentials } from "../../src/commands/client/scim.ts";
import { launchBrowser } from "./support/browser.ts";
import { type Gateway, startGateway } from "./support/gateway.ts";
import { inOrder } from "./support/story.ts";
import { createGroup, createUser } from "./support/tenant.ts";
import { openWindow, type Window } from "./support/window.ts";

const email = "ada@browser.example";

let gateway: Gateway;
let browser: Browser;
let window: Window;
let page: Page;
let admin: AdminClient;

beforeAll(async () => {
  [gateway, browser] = await Promise.all([startGateway(), launchBrowser()]);
  window = await openWindow(browser, gateway.base);
  page = window.page;
});
afterEach(() => expect(window.complaints.splice(0)).toEqual([]));
afterAll(async () => {
  await browser?.close();
  await gateway?.dispose();
});

const heading = () => window.heading();
const button = (name: string) => window.button(name);
const link = (name: string) => window.link(name);
const visit = (name: string) => window.visit(name);
const follow = (target: Locator) => window.follow(target);

/** The values of the credentials page, as they are copied from it. */
async function shownCredentials(): Promise<Credentials> {
  const value = (id: string) => page.locator(`#${id}`).innerText();
  return {
    tenantUrl: await value("tenant-url"),
    tokenEndpoint: await value("token-endpoint"),
    clientId: await value("client-id"),
    clientSecret: await value("client-secret"),
  };
}

async function createConfiguration(name: string, type: RegExp): Promise<Credentials> {
  await visit("Configurations");
  await follow(page.getByRole("link", { name: "Create configuration" }).first());
  await page.getByLabel("Configuration name").fill(name);
  await page.getByRole("radio", { name: type }).check();
  await page.getByLabel("Default license type").selectOption("read_only");
  await follow(button("Create and show credentials"));
  return shownCredentials();
}

describe("the console", () => {
  inOrder();

  it("signs an organization up by a captured link", async () => {
    await page.goto("/");
    await page.getByLabel("Organization", { exact: true }).fill("Browser Works");
    await page.getByLabel("Your e-mail address").fill(email);
    await follow(button("Send the link"));
    expect(await heading()).toBe("No mail was sent");
    await follow(link("Follow the link"));
    expect(await heading()).toBe("Confirm your sign-up");
    await follow(button("Create the organization"));
    expect(await heading()).toBe("Browser Works");
    expect(await page.locator("main").innerText()).toContain("You are signed in as its subscription admin");
  });

  it("hands out an API key, shown once", async () => {
    await visit("API keys");
    await page.getByLabel("Name").fill("Automation");
    await follow(button("Create the key"));
    const key = await page.locator("#api-key").innerText();
    admin = adminClient(gateway.base, key);
    expect((await admin.tenant()).name).toBe("Browser Works");
    await visit("API keys");
    expect(await page.content()).not.toContain(key);
  });

  it("sets purchased counts", async () => {
    await visit("Licenses");
    const pool = page.getByRole("region", { name: "Read-only user" });
    await pool.getByRole("spinbutton").fill("2");
    await follow(pool.getByRole("button", { name: "Save" }));
    expect(page.url()).toContain("notice=purchased-saved");
    const types = await admin.licenseTypes();
    expect(types.find(({ code }) => code === "read_only")).toMatchObject({ purchased: 2 });
  });

  it("creates configurations of both kinds; the secret is shown once, with copy controls, and works", async () => {
    const entra = await createConfiguration("Entra", /Entra/);
    expect(await page.locator("main").innerText()).toContain("It will not be shown again");
    const copies = await page.getByRole("button", { name: "Copy" }).count();
    expect(copies).toBe(4);
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.locator('[data-copy="client-secret"]').click();
    await page.getByRole("button", { name: "Copied" }).waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe(entra.clientSecret);
    await follow(link("I have copied the secret"));
    expect(await page.content()).toContain(entra.clientId);
    expect(await page.content()).not.toContain(entra.clientSecret);

    const okta = await createConfiguration("Okta", /Other/);
    const scim = bearerClient(entra);
    const ids = [];
    for (const name of ["ann", "bob", "cem"]) ids.push(await createUser(scim, name));
    await createGroup(scim, "Designers", ids.slice(0, 2));
    expect((await basicClient(okta).request("GET", "/Users?startIndex=1&count=2")).status).toBe(200);
    await admin.settled();
  });

  it("shows who arrived and who waits", async () => {
    await visit("Home");
    const figures = await page.locator(".figures").innerText();
    expect(figures).toMatch(/Users\s+3/);
    expect(figures).toMatch(/waiting for a license\s+1/i);
    await visit("Users");
    const rows = page.getByRole("row");
    expect(await rows.filter({ hasText: "cem" }).innerText()).toContain("waiting");
    expect(await rows.filter({ hasText: "ann" }).innerText()).not.toContain("waiting");
    await visit("Groups");
    expect(await rows.filter({ hasText: "Designers" }).count()).toBe(1);
  });

  it("links a group to a vault: choose, see the plan, create", async () => {
    await visit("Vaults");
    await page.getByLabel("Name").fill("Drawings");
    await follow(button("Create the vault"));
    expect(await heading()).toContain("Drawings");
    await visit("Links");
    await follow(page.getByRole("link", { name: "Create link" }).first());
    await page.getByLabel("Provisioned group").selectOption({ label: "Designers" });
    await page.getByLabel("Vault", { exact: true }).selectOption({ label: "Drawings" });
    await follow(button("Continue"));
    await page.getByLabel("Name of the new user group").fill("Editors");
    await follow(button("Show what will happen"));
    expect(await page.locator("main").innerText()).toMatch(/2\s+join the user group/);
    await follow(button("Create the link"));
    expect(page.url()).toContain("notice=link-created");
    await admin.settled();
    await visit("Links");
    const row = page.getByRole("row").filter({ hasText: "Designers" });
    expect(await row.innerText()).toContain("active");
    expect(await admin.links()).toMatchObject([{ state: "active", target: { name: "Editors" } }]);
  });

  it("signs out, and in again by a captured link, without scripts", async () => {
    await follow(button("Sign out"));
    await page.goto("/home");
    expect(page.url()).toContain("/sign-in");
    window = await openWindow(browser, gateway.base, { javaScriptEnabled: false });
    page = window.page;
    await page.goto("/sign-in");
    await page.getByLabel("Your e-mail address").fill(email);
    await follow(button("Send the link"));
    await follow(link("Follow the link"));
    await follow(page.locator("main button[type=submit]"));
    expect(await heading()).toBe("Browser Works");
    expect(await page.getByRole("button", { name: "Copy" }).count()).toBe(0);
  });
});
