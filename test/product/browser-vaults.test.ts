/**
 * Vaults as an administrator keeps them, in a real browser without scripts: one in a SCIM service of its own (another
 * organization of the same gateway), what somebody else changed there, and too many people leaving at once.
 */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { removeMembers } from "../../src/commands/client/messages.ts";
import { launchBrowser } from "./support/browser.ts";
import { type Gateway, startGateway } from "./support/gateway.ts";
import { inOrder } from "./support/story.ts";
import { createGroup, createUser, newTenant, type TestTenant } from "./support/tenant.ts";
import { openWindow, type Window } from "./support/window.ts";

let gateway: Gateway;
let browser: Browser;
let window: Window;
let own: TestTenant;
let downstream: TestTenant;
let people: string[];
let group: string;
let vaultId: string;

beforeAll(async () => {
  [gateway, browser] = await Promise.all([startGateway(), launchBrowser()]);
  [own, downstream] = [await newTenant(gateway.base, { read_only: 10 }), await newTenant(gateway.base)];
  people = await Promise.all(["ann", "bob", "cem", "dee"].map((name) => createUser(own.entraScim, name)));
  group = await createGroup(own.entraScim, "Designers", people);
  window = await openWindow(browser, gateway.base, { javaScriptEnabled: false });
  await window.page.goto("/sign-in");
  await window.page.getByLabel("Your e-mail address").fill(own.email);
  await window.follow(window.button("Send the link"));
  await window.follow(window.link("Follow the link"));
  await window.follow(window.page.locator("main button[type=submit]"));
});
afterEach(() => expect(window.complaints.splice(0)).toEqual([]));
afterAll(async () => {
  await browser?.close();
  await gateway?.dispose();
});

type Listed = { Resources?: { id: string; userName?: string; displayName?: string }[] };

/** The group as the vault's service has it. */
async function remoteGroup(): Promise<{ id: string; members: string[] }> {
  const found = await downstream.entraScim.call<Listed>("GET", "/Groups?count=10");
  const id = found.Resources?.find(({ displayName }) => displayName === "Editors")?.id ?? "";
  const { members = [] } = await downstream.entraScim.call<{ members?: { value: string }[] }>(
    "GET",
    `/Groups/${id}`,
  );
  return { id, members: members.map(({ value }) => value) };
}

describe("vaults in the console", () => {
  inOrder();

  it("creates a vault in a SCIM service, tries it, and fills it through a link", async () => {
    const { page, follow, button, link, visit, text } = window;
    const { tenantUrl, tokenEndpoint, clientId, clientSecret } = downstream.entra;
    await visit("Vaults");
    await follow(link("Connect a SCIM service"));
    await page.getByLabel("Name of the vault").fill("Archive");
    await page.getByLabel("Base address").fill(tenantUrl);
    expect(await page.locator("#clientSecret").isVisible()).toBe(false);
    await page.getByRole("radio", { name: /client credentials/ }).check();
    expect(await page.locator("#token").isVisible()).toBe(false);
    await page.getByLabel("Token endpoint").fill(tokenEndpoint);
    await page.getByRole("textbox", { name: "Client id" }).fill(clientId);
    await page.locator("#clientSecret").fill(clientSecret);
    await follow(button("Create the vault"));
    expect(await text()).toContain("The vault is created");
    await follow(button("Try the connection"));
    expect(await text()).toContain("The connection works");
    expect(await page.content()).not.toContain(clientSecret);
    vaultId = /vaults\/([\w-]+)/.exec(page.url())?.[1] ?? "";
    await own.admin.link({ groupId: group, vaultId, newVaultGroupName: "Editors" });
    await own.admin.settled();
    await page.goto(`/vaults/${vaultId}`);
    expect(await text()).toContain("in line");
    expect((await remoteGroup()).members).toHaveLength(4);
  });

  it("shows what somebody else changed in the service, and repairs it", async () => {
    const { page, follow, button, link, text } = window;
    const { id, members } = await remoteGroup();
    await downstream.entraScim.call("PATCH", `/Groups/${id}`, removeMembers(...members.slice(0, 1)));
    await follow(link("Compare with its links"));
    const row = page.getByRole("row").filter({ hasText: "missing from the user group" });
    expect(await row.count()).toBe(1);
    expect(await row.innerText()).toContain("changed outside");
    await follow(row.getByRole("button", { name: /^Repair / }));
    await own.admin.settled();
    expect((await remoteGroup()).members).toHaveLength(4);
    await page.goto(`/vaults/${vaultId}/drift`);
    expect(await text()).toContain("No differences");
    expect(await text()).toContain("4 people compared");
    await follow(link("Repair everything …"));
    await follow(button("Repair everything"));
    await own.admin.settled();
    expect((await remoteGroup()).members).toHaveLength(4);
  });

  it("holds back too many who leave at once, and lets them go on approval", async () => {
    const { page, follow, button, link, visit, heading, text } = window;
    await visit("Policies");
    await page.getByLabel("But at least so many people").fill("2");
    await follow(button("Save the brake"));
    await own.entraScim.call("PATCH", `/Groups/${group}`, removeMembers(...people.slice(0, 3)));
    await own.admin.settled();
    expect((await remoteGroup()).members).toHaveLength(4);
    await visit("Home");
    expect(await text()).toContain("3 people would leave Archive");
    await follow(link("see who, and decide"));
    expect(await heading()).toContain("3 people would leave Archive");
    expect(await page.getByRole("row").filter({ hasText: "is disabled in the vault" }).count()).toBe(3);
    await follow(link("Approve …"));
    await follow(button("Approve: let them leave"));
    expect(await text()).toContain("Approved");
    await own.admin.settled();
    expect((await remoteGroup()).members).toHaveLength(1);
    await visit("Home");
    expect(await text()).not.toContain("would leave");
  });

  it("says why a person has no access any more", async () => {
    const { page, follow, heading, text } = window;
    await page.goto(`/users/${people[0]}`);
    expect(await text()).toContain("has no access");
    await follow(page.getByRole("link", { name: "Why, in Archive" }));
    expect(await heading()).toBe("ann has no access");
    expect(await text()).toContain("it left the last linked group");
  });
});
