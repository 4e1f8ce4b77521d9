/**
 * D1 fails at every call of what the pages' forms do. One lost call is not noticed; while D1 stays away the page says so
 * with 503, nobody is sent to sign in again, and who sends the form once more has the effect once.
 */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { consolePages } from "../../src/console/routes.ts";
import { buildDeps } from "../../src/entry/deps.ts";
import { createApp } from "../../src/http/app.ts";
import { foundOrganization, type Organization } from "../support/admin-fixtures.ts";
import { openGateway, requestToken } from "../support/admin-gateway.ts";
import { addressOn, Browser, copied, hidden, linkToken, type Page } from "../support/console.ts";
import { everyLoss, type Fault, faultAt, noFault, outageFrom, withFault } from "../support/faults.ts";
import { comparable, restoreTenant, type TenantRows, tenantRows } from "../support/tenant-rows.ts";

/** A browser whose gateway has the faults of the test; what follows from a change is not taken up. */
class FaultyBrowser extends Browser {
  fault = noFault();
  readonly #app = createApp(
    (bindings, waitUntil, origin, address) =>
      withFault(
        {
          ...buildDeps(bindings, waitUntil, origin, address),
          signals: { outboxWritten: () => {}, armSweeper: async () => {} },
        },
        this.fault,
      ),
    consolePages(),
  );

  override async send(request: Request): Promise<Response> {
    const context = createExecutionContext();
    const response = await this.#app.fetch(request, { ...env, ...this.settings } as Env, context);
    const text = await response.text();
    await waitOnExecutionContext(context);
    return new Response(text, response);
  }

  async under(fault: Fault, method: string, path: string, form: Record<string, string>): Promise<Page> {
    this.fault = fault;
    try {
      return await this.request(method, path, form);
    } finally {
      this.fault = noFault();
    }
  }
}

let own: Organization;
let email = "";
let browser: FaultyBrowser;
let before: TenantRows;

beforeAll(async () => {
  own = await foundOrganization(openGateway());
  const row = await env.CONTROL.prepare("SELECT email FROM administrators WHERE tenant_no = ?")
    .bind(own.tenantNo)
    .first<{ email: string }>();
  email = row?.email ?? "";
  browser = new FaultyBrowser();
  expect((await signIn(browser)).status).toBe(303);
  before = await tenantRows(own);
});

beforeEach(() => restoreTenant(own, before));

const forgetLinks = () => env.CONTROL.prepare("DELETE FROM sign_in_links").run();

async function signIn(by: FaultyBrowser, fault = noFault()): Promise<Page> {
  await forgetLinks();
  const sent = await by.request("POST", "/sign-in", { email });
  return by.under(fault, "POST", "/sign-in/confirm", { token: linkToken(sent.html) });
}

type Form = {
  path: string;
  fields(): Promise<Record<string, string>> | Record<string, string>;
  status: number;
  /** Of the same form sent once more after an answer that was lost for good. */
  again: readonly number[];
};

const forms: Record<string, () => Form> = {
  "creating a configuration": () => ({
    path: "/configurations",
    fields: () => ({ name: "By hand", type: "other_scim", defaultLicenseType: "named" }),
    status: 201,
    again: [201, 409],
  }),
  "creating a vault": () => ({
    path: "/vaults",
    fields: () => ({ name: "By hand" }),
    status: 303,
    again: [303, 409],
  }),
  "creating an account": () => ({
    path: "/users",
    fields: () => ({ userName: "by.hand", displayName: "", email: "", licenseType: "" }),
    status: 303,
    again: [303, 409],
  }),
  "disabling an account": () => ({
    path: `/users/${own.userId}/disable`,
    fields: () => ({}),
    status: 303,
    again: [303],
  }),
  "creating a link as previewed": () => ({
    path: "/links",
    async fields() {
      const { groupId, vaultId } = own;
      const query = new URLSearchParams({ groupId, vaultId, newVaultGroupName: "By hand" });
      return hidden((await browser.get(`/links/preview?${query}`)).html);
    },
    status: 303,
    again: [303, 409],
  }),
};

const rows = async () => comparable(await tenantRows(own));
/** What an outage left to the directory's consumer. */
const settled = ({ outbox = [], client_secrets: _, ...rest }: Record<string, string[]>) => ({
  ...rest,
  outbox: outbox.filter((row) => !row.includes('"directory"')),
});

describe.each(Object.entries(forms))("%s", (_, form) => {
  it("shows the usual page and happens once, whichever one call is lost", async () => {
    const { path, fields, status } = form();
    const sent = await fields();
    const counted = noFault();
    const clean = await browser.under(counted, "POST", path, sent);
    expect(clean.status, clean.html).toBe(status);
    const expected = await rows();
    for (const { call, when, name } of everyLoss(counted.calls)) {
      await restoreTenant(own, before);
      const page = await browser.under(faultAt(call, when), "POST", path, sent);
      expect(page.status, name).toBe(status);
      expect(await rows(), name).toEqual(expected);
    }
  });

  it("shows 503 while D1 stays away, never the way to sign in, and happens once", async () => {
    const { path, fields, status, again } = form();
    const sent = await fields();
    const counted = noFault();
    await browser.under(counted, "POST", path, sent);
    const expected = await rows();
    for (const { call, when, name } of everyLoss(counted.calls)) {
      await restoreTenant(own, before);
      const page = await browser.under(outageFrom(call, when), "POST", path, sent);
      if (page.status !== status) {
        expect(page.status, name).toBe(503);
        expect(page.headers.get("retry-after"), name).toMatch(/^[1-9]\d*$/);
        expect(again, name).toContain((await browser.request("POST", path, sent)).status);
      } else expect(page.headers.get("location") ?? "", name).not.toContain("sign-in");
      expect(settled(await rows()), name).toEqual(settled(expected));
    }
  });
});

describe("a configuration's secret", () => {
  it("is shown and works, whichever one call was lost; else a second one can be made where the page says", async () => {
    const form = { name: "Secrets", type: "other_scim", defaultLicenseType: "named" };
    const counted = noFault();
    await browser.under(counted, "POST", "/configurations", form);
    for (const { call, when, name } of everyLoss(counted.calls)) {
      await restoreTenant(own, before);
      const { html } = await browser.under(faultAt(call, when), "POST", "/configurations", form);
      const client = {
        tokenEndpoint: copied(html, "token-endpoint"),
        clientId: copied(html, "client-id"),
        clientSecret: copied(html, "client-secret"),
      };
      expect((await requestToken(openGateway(), client)).status, name).toBe(200);
    }
    await restoreTenant(own, before);
    expect(
      (await browser.under(outageFrom(counted.calls, "after"), "POST", "/configurations", form)).status,
    ).toBe(503);
    const taken = await browser.request("POST", "/configurations", form);
    expect(taken.status).toBe(409);
    const existing = addressOn(taken.html, /^\/configurations\/[0-9a-f-]{36}$/);
    const second = await browser.request("POST", `${existing}/secrets`, {});
    expect([second.status, copied(second.html, "client-secret").length]).toEqual([201, 43]);
  });
});

describe("signing in", () => {
  it("sends a working link whichever call is lost, and 503 while D1 stays away", async () => {
    const counted = noFault();
    await forgetLinks();
    const stranger = () => new FaultyBrowser();
    await stranger().under(counted, "POST", "/sign-in", { email });
    expect(counted.calls).toBe(2);
    for (const { call, when, name } of everyLoss(counted.calls)) {
      await forgetLinks();
      const other = stranger();
      const sent = await other.under(faultAt(call, when), "POST", "/sign-in", { email });
      const confirmed = await other.request("POST", "/sign-in/confirm", { token: linkToken(sent.html) });
      expect([confirmed.status, confirmed.headers.get("location")], name).toEqual([303, "/home"]);
      expect(
        (await stranger().under(outageFrom(call, when), "POST", "/sign-in", { email })).status,
        name,
      ).toBe(503);
    }
  });

  it("opens one session whichever call is lost; a link is not used up by an answer that never came", async () => {
    const other = new FaultyBrowser();
    const counted = noFault();
    expect((await signIn(other, counted)).status).toBe(303);
    const sessions = () => rows().then((all) => all["sessions"]?.length);
    for (const { call, when, name } of everyLoss(counted.calls)) {
      await restoreTenant(own, before);
      other.cookie = "";
      const page = await signIn(other, faultAt(call, when));
      expect([page.status, page.headers.get("location")], name).toEqual([303, "/home"]);
      expect((await other.get("/home")).status, name).toBe(200);
      expect(await sessions(), name).toBe(2);
    }
    other.cookie = "";
    const away = await signIn(other, outageFrom(1, "before"));
    expect([away.status, other.cookie]).toEqual([503, ""]);
  });

  it("does not end because D1 stays away: a page is 503, and there again later", async () => {
    browser.fault = outageFrom(1, "before");
    const page = await browser.get("/home");
    browser.fault = noFault();
    expect([page.status, page.headers.get("location")]).toEqual([503, null]);
    expect((await browser.get("/home")).status).toBe(200);
  });
});
