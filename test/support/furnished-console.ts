/** Organizations with something on every page of the console. */
import { Browser, copied, hidden, type Page } from "./console.ts";

/** A name that must never run, and how a page shows it. */
export const script = "<script>alert(1)</script>";
export const escaped = "&lt;script&gt;alert(1)&lt;/script&gt;";

export type Scim = (method: string, path: string, body?: object) => Promise<Record<string, string>>;

/** What the pages of one organization are about: ids for the parameters of every route. */
export type Place = {
  browser: Browser;
  scim: Scim;
  secret: string;
  created: Page;
  ids: Record<string, string>;
};

export async function configure(browser: Browser, name: string): Promise<{ created: Page; scim: Scim }> {
  const form = { name, type: "other_scim", defaultLicenseType: "read_only" };
  const created = await browser.post("/configurations", form);
  const authorization = `Basic ${btoa(`${copied(created.html, "client-id")}:${copied(created.html, "client-secret")}`)}`;
  const tenantUrl = copied(created.html, "tenant-url");
  const scim: Scim = async (method, path, body) => {
    const headers = { authorization, "content-type": "application/scim+json" };
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await browser.send(new Request(`${tenantUrl}${path}`, init));
    if (response.status > 299) throw new Error(await response.text());
    return response.status === 204 ? {} : ((await response.json()) as Record<string, string>);
  };
  return { created, scim };
}

export const userBody = (userName: string, displayName: string) => ({
  schemas: [
    "urn:ietf:params:scim:schemas:core:2.0:User",
    "urn:ietf:params:scim:schemas:extension:info:2.0:User",
  ],
  userName,
  displayName,
  "urn:ietf:params:scim:schemas:extension:info:2.0:User": { info1: `Room 7 ${script}` },
});

export const groupBody = (displayName: string, members: readonly (string | undefined)[]) => ({
  schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"],
  displayName,
  members: members.map((value) => ({ value })),
});

export const withoutMember = (id: string | undefined) => ({
  schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
  Operations: [{ op: "remove", path: `members[value eq "${id}"]` }],
});

/** Links a group to a new user group of a vault, through the pages. */
export async function linkGroup(
  browser: Browser,
  groupId = "",
  vaultId = "",
  name = "Target",
): Promise<string> {
  const query = new URLSearchParams({ groupId, vaultId, newVaultGroupName: name });
  const preview = await browser.get(`/links/preview?${query}`);
  const link = await browser.post("/links", hidden(preview.html));
  return /\/links\/([\w-]+)/.exec(link.url)?.[1] ?? "";
}

export async function createVault(browser: Browser, name: string): Promise<string> {
  const vault = await browser.post("/vaults", { name });
  return /\/vaults\/([\w-]+)/.exec(vault.url)?.[1] ?? "";
}

/** A person whose leaving the brake holds back; it then has its defaults again. */
async function holdBack(browser: Browser, scim: Scim, userId: string | undefined): Promise<string> {
  const group = await scim("POST", "/Groups", groupBody("Leavers", [userId]));
  await linkGroup(browser, group["id"], await createVault(browser, "Archive"));
  await browser.settled();
  await browser.post("/policies/brake", { percent: "0", floor: "1", absolute: "1000" });
  await scim("PATCH", `/Groups/${group["id"]}`, withoutMember(userId));
  await browser.settled();
  await browser.post("/policies/brake", { percent: "25", floor: "20", absolute: "500" });
  const { html } = await browser.get("/staged-effects");
  return /\/staged-effects\/([\w-]{20,})/.exec(html)?.[1] ?? "";
}

/** One licensed user, one who waits, a group of both, a vault, and a link between them; and one held back elsewhere. */
export async function furnish(organization: string): Promise<Place> {
  const browser = await Browser.signUp(organization);
  await browser.post("/licenses/read_only", { purchased: "1" });
  const { created, scim } = await configure(browser, `Okta ${script}`);
  const first = await scim("POST", "/Users", userBody("ada@example.com", `Ada ${script}`));
  await browser.settled();
  const second = await scim("POST", "/Users", userBody("bob@example.com", "Bob"));
  const group = await scim("POST", "/Groups", groupBody(`Editors ${script}`, [first["id"], second["id"]]));
  const vaultId = await createVault(browser, `Drawings ${script}`);
  const linkId = await linkGroup(browser, group["id"], vaultId, `Target ${script}`);
  await browser.settled();
  const stagedEffectsId = await holdBack(browser, scim, first["id"]);
  const configurationId = /\/t\/([\w-]+)\//.exec(copied(created.html, "tenant-url"))?.[1] ?? "";
  const shown = await browser.get(`/configurations/${configurationId}`);
  const vaultPage = await browser.get(`/vaults/${vaultId}`);
  return {
    browser,
    scim,
    created,
    secret: copied(created.html, "client-secret"),
    ids: {
      code: "read_only",
      configurationId,
      secretId: /secrets\/([\w-]+)\/revoke/.exec(shown.html)?.[1] ?? "",
      userId: second["id"] ?? "",
      firstUserId: first["id"] ?? "",
      groupId: group["id"] ?? "",
      vaultId,
      vaultGroupId: /\/groups\/([\w-]+)"/.exec(vaultPage.html)?.[1] ?? "",
      linkId,
      stagedEffectsId,
      apiKeyId: "none",
      kind: "link",
      seq: "999999",
    },
  };
}
