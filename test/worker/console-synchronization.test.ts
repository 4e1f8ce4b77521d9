/** Synchronization of a vault in the console: the form, importing now, refusals both ways, turning off. */
import { expect, it } from "vitest";
import { addressOn, Browser } from "../support/console.ts";

const form = {
  provider: "scim",
  baseUrl: "http://127.0.0.1:9/scim/v2",
  secret: "a very secret token",
  "remoteId-0": "sales",
  "name-0": "Sales",
  "target-0": "Sellers",
  firstImport: "01:30",
  intervalMinutes: "30",
  licenseType: "named",
  enableDisabled: "on",
};

async function open() {
  const browser = await Browser.signUp(crypto.randomUUID());
  await browser.post("/vaults", { name: "Archive" });
  const vault = addressOn((await browser.get("/vaults")).html, /^\/vaults\/[0-9a-f]{8}-[0-9a-f-]+$/);
  return { browser, path: `${vault}/synchronization` };
}

it("is turned on, runs now, is tried, says what failed, and is turned off", async () => {
  const { browser, path } = await open();
  const empty = await browser.get(path);
  expect(empty.html).toContain("provisioning is strongly recommended");
  expect(empty.html).toMatch(/placeholder="\d+"/);
  const saved = await browser.post(path, form);
  expect([saved.status, saved.html.includes("The settings are saved")]).toEqual([200, true]);
  expect(saved.html).not.toContain(form.secret);
  expect(saved.html).toMatch(/name="enableDisabled" checked/);
  expect(saved.html).toContain('value="Sellers"');
  expect((await browser.post(`${path}/test`)).html).toContain("The group Sales can be read");
  expect((await browser.post(`${path}/runs`)).html).toContain("The import is under way");
  const { secret: _, ...kept } = form;
  const again = await browser.post(path, { ...kept, secret: "", intervalMinutes: "60" });
  expect([again.status, again.html.includes('value="60"')]).toEqual([200, true]);
  expect((await browser.get(`${path}/end`)).html).toContain("Turn synchronization of Archive off?");
  expect((await browser.post(`${path}/end`, { members: "keep" })).html).toContain("Synchronization is off");
  expect((await browser.get(path)).html).toContain("Turn synchronization on");
});

it("keeps what was typed beside what is wrong with it, but never the credential", async () => {
  const { browser, path } = await open();
  const wrong = await browser.post(path, { ...form, intervalMinutes: "1", firstImport: "soon" });
  expect(wrong.status).toBe(400);
  expect(wrong.html).toContain("HH:MM, of one day at most");
  expect(wrong.html).toContain("At least 5.");
  expect(wrong.html).toContain('value="sales"');
  expect(wrong.html).not.toContain(form.secret);
  const half = await browser.post(path, { ...form, "name-0": "" });
  expect([half.status, half.html.includes("Each group needs")]).toEqual([400, true]);
  const bare = await browser.post(path, { ...form, secret: "" });
  expect([bare.status, bare.html.includes("enter the credential")]).toEqual([400, true]);
});

it("and configurations refuse each other, by name (R8, R9)", async () => {
  const { browser, path } = await open();
  const configuration = { name: "Directory", type: "other_scim", defaultLicenseType: "named" };
  await browser.post(path, form);
  const refused = await browser.post("/configurations", configuration);
  expect([refused.status, refused.html.includes("Archive")]).toEqual([409, true]);
  await browser.post(`${path}/end`, { members: "remove" });
  expect((await browser.post("/configurations", configuration)).status).toBe(201);
  const page = await browser.get(path);
  expect([page.html.includes("Directory"), page.html.includes('<form class="form"')]).toEqual([true, false]);
  expect((await browser.post(path, form)).status).toBe(409);
});
