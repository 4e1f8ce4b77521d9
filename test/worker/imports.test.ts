/** Vaults that read their groups by themselves: what an import does to accounts and vault users, over HTTP. */
import { describe, expect, it } from "vitest";
import { IMPORT_RUNS_KEPT } from "../../src/domain/limits.ts";
import { startDueImports } from "../../src/gateway/imports/start.ts";
import { propagate } from "../../src/gateway/outbox/propagation.ts";
import { oktaSource, scimSource } from "../support/directory-service.ts";
import { faultAt, OVERLOADED, withFault } from "../support/faults.ts";
import { ImportingVault } from "../support/importing-vault.ts";
import { userBody } from "../support/scim-messages.ts";

describe("golden scenario 9", () => {
  it("accounts that exist keep what they hold, newcomers get the license of the settings (R52, R53, R45)", async () => {
    const vault = await ImportingVault.open();
    await vault.tenant.admin("PATCH", "/license-types/concurrent", { purchased: 1 });
    await vault.tenant.admin("POST", "/users", { userName: "x", licenseType: "concurrent" });
    await vault.tenant.settle(vault.deps);
    vault.directory.join("sales", "x", "y");
    await vault.set();
    expect(await vault.import()).toMatchObject({
      state: "succeeded",
      read: 2,
      created: 1,
      added: 2,
      removed: 0,
    });
    expect(await vault.licenses("x", "y")).toEqual(["concurrent", "named"]);
    expect(await vault.account("x")).toMatchObject({ origin: "manual", license: { wanted: "concurrent" } });
    expect(await vault.account("y")).toMatchObject({ origin: "pull", license: { wanted: "named" } });
    expect(await vault.users()).toEqual({ x: "enabled, Sellers", y: "enabled, Sellers" });
  });

  it("with the setting, whom an administrator disabled is enabled by the next import, whom he deleted never (R58–R60)", async () => {
    const vault = await ImportingVault.open();
    vault.directory.join("sales", "kept", "disabled", "deleted");
    await vault.set();
    await vault.import();
    await vault.act("disabled", "disabled");
    await vault.act("deleted", "deleted");
    expect(await vault.import()).toMatchObject({ state: "succeeded", enabled: 0 });
    const without = { kept: "enabled, Sellers", disabled: "disabled by admin, Sellers", deleted: "deleted" };
    expect(await vault.users()).toEqual(without);
    await vault.set({ enableDisabledUsersFromImportedGroups: true });
    expect(await vault.users()).toEqual(without);
    expect(await vault.import()).toMatchObject({ state: "succeeded", enabled: 1, created: 0 });
    expect(await vault.users()).toEqual({ ...without, disabled: "enabled, Sellers" });
    expect(await vault.import()).toMatchObject({ state: "succeeded", enabled: 0 });
  });
});

describe("what follows from groups at the provider (R51–R57)", () => {
  it("who leaves one of two groups stays, who leaves the last is disabled and keeps account and license", async () => {
    const vault = await ImportingVault.open();
    vault.directory.join("sales", "a", "b");
    vault.directory.join("support", "b");
    const groups = [
      { remoteId: "sales", name: "Sales", newVaultGroupName: "Sellers" },
      { remoteId: "support", name: "Support", newVaultGroupName: "Helpers" },
    ];
    await vault.set({ groups });
    await vault.import();
    expect(await vault.users()).toEqual({ a: "enabled, Sellers", b: "enabled, Sellers, Helpers" });
    vault.directory.leave("sales", "a", "b");
    expect(await vault.import()).toMatchObject({ added: 0, removed: 2, created: 0 });
    expect(await vault.users()).toEqual({ a: "disabled by sync", b: "enabled, Helpers" });
    expect(await vault.account("a")).toMatchObject({ active: true, license: { held: "named" } });
    vault.directory.join("support", "a");
    expect(await vault.import()).toMatchObject({ added: 1, removed: 0, created: 0 });
    expect(await vault.users()).toEqual({ a: "enabled, Helpers", b: "enabled, Helpers" });
  });

  it("a provider that suddenly lists nearly nobody meets the brake: people stay until somebody decides (A21)", async () => {
    const vault = await ImportingVault.open();
    const names = Array.from({ length: 40 }, (_, index) => `p${index}`);
    vault.directory.join("sales", ...names);
    await vault.set();
    await vault.import();
    vault.directory.leave("sales", ...names.slice(1));
    expect(await vault.import()).toMatchObject({ state: "succeeded", removed: 39 });
    expect(Object.values(await vault.users()).filter((state) => state === "enabled, Sellers")).toHaveLength(
      40,
    );
    const staged = await vault.tenant.admin("GET", "/staged-effects?state=staged");
    expect(staged).toMatchObject({ items: [{ people: 39, reason: "share" }] });
  });

  it("an import, its newcomers and what it did stand in the events of vault and person (I25)", async () => {
    const vault = await ImportingVault.open();
    vault.directory.join("sales", "a");
    await vault.set();
    await vault.import();
    type Events = { items: { action: string; reason: string | null; data: object }[] };
    const ofVault = await vault.tenant.admin<Events>("GET", `/events?subject=vault:${vault.id}&limit=100`);
    expect(ofVault.items.map(({ action }) => action)).toEqual(
      expect.arrayContaining([
        "import.configured",
        "import.started",
        "user.imported",
        "import.succeeded",
        "vault_user.created",
      ]),
    );
    expect(ofVault.items.find(({ action }) => action === "import.succeeded")?.data).toMatchObject({
      read: 1,
      accounts: 1,
    });
    const person = await vault.account("a");
    const ofPerson = await vault.tenant.admin<Events>("GET", `/events?subject=user:${person?.id}&limit=100`);
    expect(ofPerson.items.map(({ action }) => action)).toEqual(
      expect.arrayContaining(["user.imported", "license.granted", "vault_user.created"]),
    );
  });

  it("who is inactive at the provider or has no usable name gets no account, and no license is spent", async () => {
    const vault = await ImportingVault.open();
    await vault.tenant.admin("POST", "/users", { userName: "known", licenseType: "read_only" });
    vault.directory.join("sales", "known", "gone", "fine", "x".repeat(300));
    for (const name of ["known", "gone"]) vault.directory.change(name, { active: false });
    await vault.set();
    expect(await vault.import()).toMatchObject({
      state: "succeeded",
      read: 4,
      created: 1,
      skipped: 2,
      added: 2,
    });
    expect(await vault.users()).toEqual({ fine: "enabled, Sellers", known: "enabled, Sellers" });
    expect(await vault.account("gone")).toBeUndefined();
  });

  it("names are compared without regard to case, and an account that was deprovisioned lives again", async () => {
    const vault = await ImportingVault.open();
    const client = await vault.tenant.configure();
    const { id } = await client.call("POST", "/Users", userBody("Returning@Example.com"));
    await client.call("DELETE", `/Users/${id}`);
    await vault.tenant.settle(vault.deps);
    await vault.tenant.admin("POST", "/users", { userName: "ANNA@example.com" });
    await vault.tenant.ask("DELETE", `/configurations/${client.id}`);
    vault.directory.join("sales", "returning@example.com", "anna@example.com");
    await vault.set({ licenseType: "named" });
    expect(await vault.import()).toMatchObject({ read: 2, created: 1, added: 2 });
    expect(await vault.users()).toEqual({
      "ANNA@example.com": "enabled, Sellers",
      "returning@example.com": "enabled, Sellers",
    });
    expect(await vault.account("returning@example.com")).toMatchObject({ origin: "pull" });
    expect(await vault.licenses("returning@example.com")).toEqual(["named"]);
  });

  it.each([
    ["okta", oktaSource],
    ["scim", scimSource],
  ])("%s: the same, with nested groups where the provider has them (R63, A27)", async (provider, source) => {
    const vault = await ImportingVault.open();
    vault.directory.pageSize = 2;
    vault.directory.join("sales", "a", "b", "c");
    vault.directory.join("inner", "d");
    if (provider === "scim") vault.directory.groups.get("sales")?.add("inner");
    await vault.set({ source, includeNested: true });
    const expected = provider === "scim" ? ["a", "b", "c", "d"] : ["a", "b", "c"];
    expect(await vault.import()).toMatchObject({ state: "succeeded", created: expected.length });
    expect(Object.keys(await vault.users())).toEqual(expected);
  });

  it("a large group comes in pages; an import that finds nothing new writes no member, account or vault user", async () => {
    const vault = await ImportingVault.open();
    const names = Array.from({ length: 2_300 }, (_, index) => `p${index}`);
    vault.directory.pageSize = 999;
    vault.directory.join("sales", ...names);
    await vault.set();
    expect(await vault.import()).toMatchObject({
      state: "succeeded",
      read: 2_300,
      created: 2_300,
      added: 2_300,
    });
    await vault.tenant.settle(vault.deps);
    const [counted] = await vault.tenant.rows(
      "SELECT COUNT(*) AS users, COUNT(held_type_no) AS licensed FROM users WHERE tenant_no = ?",
    );
    expect(counted).toEqual({ users: 2_300, licensed: 2_300 });
    const before = vault.deps.meter.rowsWritten;
    expect(await vault.import()).toMatchObject({
      state: "succeeded",
      read: 2_300,
      created: 0,
      added: 0,
      removed: 0,
    });
    expect(vault.deps.meter.rowsWritten - before).toBeLessThan(60);
    expect(await vault.tenant.rows("SELECT page_no FROM import_pages WHERE tenant_no = ?")).toEqual([]);
  });
});

describe("provisioning and synchronization of vaults exclude each other", () => {
  it("a configuration is refused while vaults synchronize, and every one of them is named (R8)", async () => {
    const vault = await ImportingVault.open();
    const other = await ImportingVault.open(vault.directory, vault.tenant);
    await vault.set();
    await other.set();
    const configuration = { name: "C", type: "other_scim", defaultLicenseType: "named" };
    const names = await vault.tenant.rows<{ name: string }>("SELECT name FROM vaults WHERE tenant_no = ?");
    const refused = await vault.tenant.ask("POST", "/configurations", configuration);
    expect(refused.status).toBe(409);
    for (const { name } of names) expect(refused.body["detail"]).toContain(name);
    expect((await vault.tenant.ask("DELETE", vault.path)).status).toBe(204);
    const again = await vault.tenant.ask("POST", "/configurations", configuration);
    expect([again.status, String(again.body["detail"]).includes(names[0]?.name ?? "?")]).toEqual([
      409,
      false,
    ]);
    expect((await vault.tenant.ask("DELETE", other.path)).status).toBe(204);
    expect((await vault.tenant.ask("POST", "/configurations", configuration)).status).toBe(201);
  });

  it("synchronization is refused while there are configurations, and every one of them is named (R9)", async () => {
    const vault = await ImportingVault.open();
    const [first, second] = [await vault.tenant.configure(), await vault.tenant.configure()];
    const names = await vault.tenant.rows<{ name: string }>(
      "SELECT name FROM configurations WHERE tenant_no = ?",
    );
    const refused = await vault.tenant.ask("PUT", vault.path, vault.settings());
    expect(refused.status).toBe(409);
    for (const { name } of names) expect(refused.body["detail"]).toContain(name);
    await vault.tenant.ask("DELETE", `/configurations/${first.id}`);
    await vault.tenant.ask("DELETE", `/configurations/${second.id}`);
    expect((await vault.tenant.ask("PUT", vault.path, vault.settings())).status).toBe(200);
  });

  it("imported groups are nobody else's: no list, no link and no client knows them (I1, I26)", async () => {
    const vault = await ImportingVault.open();
    vault.directory.join("sales", "a");
    await vault.set();
    await vault.import();
    const [group] = await vault.tenant.rows<{ scim_id: string }>(
      "SELECT scim_id FROM groups WHERE tenant_no = ?",
    );
    const groupId = group?.scim_id ?? "";
    expect(await vault.tenant.admin("GET", "/groups")).toMatchObject({ items: [] });
    expect((await vault.tenant.ask("GET", `/groups/${groupId}`)).status).toBe(404);
    expect((await vault.tenant.ask("PATCH", `/groups/${groupId}`, { licenseType: "named" })).status).toBe(
      404,
    );
    const ends = { groupId, vaultId: vault.id, newVaultGroupName: "Other" };
    expect((await vault.tenant.ask("POST", "/links/preview", ends)).status).toBe(404);
    const [link] = (await vault.tenant.admin<{ items: { id: string; imported: boolean }[] }>("GET", "/links"))
      .items;
    expect(link?.imported).toBe(true);
    expect((await vault.tenant.ask("DELETE", `/links/${link?.id}?members=keep`)).status).toBe(409);
    await vault.tenant.ask("DELETE", vault.path);
    await vault.tenant.settle(vault.deps);
    const asked = vault.directory.requests.length;
    const client = await vault.tenant.configure();
    expect(await client.call("GET", "/Groups")).toMatchObject({ totalResults: 0 });
    await client.call("POST", "/Users", userBody("a"));
    await vault.tenant.settle(vault.deps);
    expect(vault.directory.requests).toHaveLength(asked);
  });
});

describe("settings", () => {
  it("the credential is sealed, never shown, and never sent to another address than it was entered for", async () => {
    const vault = await ImportingVault.open();
    vault.directory.join("sales", "a");
    expect(JSON.stringify(await vault.set({ source: scimSource }))).not.toContain("scim token");
    expect(
      JSON.stringify(await vault.tenant.rows("SELECT * FROM imports WHERE tenant_no = ?")),
    ).not.toContain("scim token");
    const bare = { ...scimSource, authentication: { type: "bearer" } };
    await vault.set({ source: bare });
    expect(await vault.import()).toMatchObject({ state: "succeeded", created: 1 });
    const elsewhere = { ...bare, baseUrl: "https://attacker.example/scim" };
    expect((await vault.tenant.ask("PUT", vault.path, vault.settings({ source: elsewhere }))).status).toBe(
      400,
    );
    const inside = { ...scimSource, baseUrl: "https://192.168.0.1/scim" };
    expect((await vault.tenant.ask("PUT", vault.path, vault.settings({ source: inside }))).status).toBe(400);
  });

  it("people in a chosen user group are replaced only by somebody who has seen their names (A15), and braked", async () => {
    const vault = await ImportingVault.open();
    const { id: vaultGroupId } = await vault.tenant.admin("POST", `/vaults/${vault.id}/groups`, {
      name: "Old",
    });
    for (let index = 0; index < 30; index += 1) {
      const { id: userId } = await vault.tenant.admin("POST", "/users", { userName: `old${index}` });
      await vault.tenant.ask("POST", `/vaults/${vault.id}/groups/${vaultGroupId}/members`, { userId });
    }
    vault.directory.join("sales", "new");
    const groups = [{ remoteId: "sales", name: "Sales", vaultGroupId }];
    const refused = await vault.tenant.ask("PUT", vault.path, vault.settings({ groups }));
    expect([refused.status, refused.body["detail"]]).toEqual([
      409,
      expect.stringMatching(/Old \(30: old0, old1,/),
    ]);
    await vault.set({ groups, replaceMembers: true });
    expect(await vault.import()).toMatchObject({ state: "succeeded", added: 1 });
    const users = await vault.users();
    expect([users["new"], users["old0"]]).toEqual(["enabled, Old", "enabled, Old"]);
    const staged = await vault.tenant.admin("GET", "/staged-effects?state=staged");
    expect(staged).toMatchObject({ items: [{ people: 30 }] });
  });

  it("a group that is taken out leaves its members where they are, or takes them along; so does turning off", async () => {
    const vault = await ImportingVault.open();
    for (const name of ["one", "two", "three"]) vault.directory.join(name, `in-${name}`);
    const group = (name: string) => ({ remoteId: name, name, newVaultGroupName: name });
    await vault.set({ groups: ["one", "two", "three"].map(group) });
    await vault.import();
    await vault.set({ groups: [group("two"), group("three")] });
    await vault.tenant.settle(vault.deps);
    expect(await vault.users()).toMatchObject({ "in-one": "enabled, one" });
    await vault.set({ groups: [group("three")], leftMembers: "remove" });
    await vault.tenant.settle(vault.deps);
    expect(await vault.users()).toMatchObject({ "in-one": "enabled, one", "in-two": "disabled by sync" });
    await vault.tenant.ask("DELETE", `${vault.path}?members=remove`);
    await vault.tenant.settle(vault.deps);
    expect(await vault.users()).toMatchObject({ "in-three": "disabled by sync" });
    expect((await vault.tenant.ask("GET", vault.path)).status).toBe(404);
    expect(await vault.licenses("in-three")).toEqual(["named"]);
    expect(await vault.tenant.rows("SELECT * FROM members WHERE tenant_no = ?")).toEqual([]);
    expect(await vault.runs()).toMatchObject([{ state: "succeeded" }]);
  });

  it("the target of an import cannot be filled or taken away by others, who are told whose it is (R34)", async () => {
    const vault = await ImportingVault.open();
    const { groups } = await vault.set();
    const path = `/vaults/${vault.id}/groups/${groups[0]?.vaultGroup.id}`;
    const refused = await vault.tenant.ask("DELETE", path);
    expect([refused.status, refused.body["detail"]]).toEqual([409, expect.stringContaining("Sales")]);
    expect((await vault.tenant.ask("PATCH", path, { name: "Mine" })).status).toBe(409);
  });

  it("the way to the provider is tried, group by group", async () => {
    const vault = await ImportingVault.open();
    vault.directory.join("sales", "a");
    vault.tenant.gateway.alter.deps = (deps) => ({ ...deps, connectors: vault.deps.connectors });
    const group = (name: string) => ({ remoteId: name, name, newVaultGroupName: name });
    await vault.set({ groups: [group("sales"), group("nowhere")] });
    expect(await vault.tenant.admin("POST", `${vault.path}/test`)).toMatchObject({
      passed: false,
      stages: [
        { stage: "credential", outcome: "passed" },
        { stage: "sales", outcome: "passed" },
        { stage: "nowhere", outcome: "failed", detail: expect.stringContaining("no group nowhere") },
      ],
    });
  });
});

describe("reads that fail", () => {
  const standing = async (vault: ImportingVault) => [
    await vault.users(),
    await vault.tenant.rows(
      "SELECT user_no, user_name, version FROM users WHERE tenant_no = ? ORDER BY user_no",
    ),
    await vault.tenant.rows("SELECT group_no, member_no FROM members WHERE tenant_no = ? ORDER BY 1, 2"),
  ];

  /** A vault of five people in pages of two; then everybody but the first leaves, and somebody comes. */
  async function changed() {
    const vault = await ImportingVault.open();
    vault.directory.pageSize = 2;
    vault.directory.join("sales", "a", "b", "c", "d", "e");
    await vault.set();
    await vault.import();
    vault.directory.leave("sales", "b", "c", "d", "e");
    vault.directory.join("sales", "f", "g");
    return { vault, before: await standing(vault) };
  }

  it.each([
    ["refuses the credential", () => new Response("{}", { status: 401 }), /credential/],
    ["forbids it", () => Response.json({ error: { message: "no" } }, { status: 403 }), /permission/],
    ["has lost the group", () => new Response("{}", { status: 404 }), /no group sales/],
    ["sends half a page", () => new Response('{"value":[{"@odata.type":"#micro'), /without a list/],
    ["sends no list", () => Response.json({ value: null }), /without a list/],
    ["redirects", () => Response.redirect("https://attacker.example/", 302), /redirects/],
    [
      "sends the next page elsewhere",
      () => Response.json({ value: [], "@odata.nextLink": "https://a.example/" }),
      /elsewhere/,
    ],
  ])(
    "when the provider %s after the first page, nothing is changed and the import says why",
    async (_, answer, words) => {
      const { vault, before } = await changed();
      vault.directory.intercept = (request, pass) => (request.url.includes("skiptoken") ? answer() : pass());
      const run = await vault.import();
      expect([run.state, run.error]).toEqual(["failed", expect.stringMatching(words)]);
      expect(run).toMatchObject({ created: 0, added: 0, removed: 0 });
      expect(await standing(vault)).toEqual(before);
      expect((await vault.show()).currentImport?.state).toBe("scheduled");
      vault.directory.intercept = (__, pass) => pass();
      expect(await vault.import()).toMatchObject({ state: "succeeded", created: 2, added: 2, removed: 4 });
      expect(await vault.users()).toMatchObject({
        a: "enabled, Sellers",
        b: "disabled by sync",
        g: "enabled, Sellers",
      });
    },
  );

  it("a provider that asks to wait is left alone so long, and the import goes on at the same page", async () => {
    const { vault, before } = await changed();
    let asked = 0;
    vault.directory.intercept = (request, pass) => {
      if (!request.url.includes("skiptoken")) return pass();
      asked += 1;
      return asked === 1 ? new Response(null, { status: 429, headers: { "retry-after": "40" } }) : pass();
    };
    await vault.order();
    const [message] = (await vault.tenant.messages()).filter(({ kind }) => kind === "import");
    if (message === undefined) throw new Error("no import");
    expect(await propagate(vault.deps, message)).toBe("waiting");
    const waiting = (await vault.show()).currentImport;
    expect([waiting?.state, waiting?.error]).toEqual(["running", expect.stringContaining("429")]);
    const [row] = await vault.tenant.rows<{ available_at: number }>(
      "SELECT available_at FROM outbox WHERE tenant_no = ? AND kind = 'import'",
    );
    expect((row?.available_at ?? 0) - vault.deps.now()).toBeGreaterThan(35_000);
    expect(await standing(vault)).toEqual(before);
    const first = vault.directory.requests.length;
    await vault.tenant.settle(vault.deps);
    expect((await vault.show()).lastImport).toMatchObject({ state: "succeeded", error: null, removed: 4 });
    expect(vault.directory.requests.slice(first)).toHaveLength(1);
  });

  it("one that is out of order is asked again a few times, then the import fails until its next turn", async () => {
    const { vault, before } = await changed();
    vault.directory.intercept = (request, pass) =>
      request.url.includes("skiptoken") ? new Response(null, { status: 500 }) : pass();
    const run = await vault.import();
    expect([run.state, run.error]).toEqual(["failed", expect.stringContaining("500")]);
    expect(vault.directory.requests.length).toBeLessThan(40);
    expect(await standing(vault)).toEqual(before);
  });

  it("a target that was taken before the group was read for the first time fails the import in words", async () => {
    const vault = await ImportingVault.open();
    vault.directory.join("sales", "a");
    await vault.set();
    await vault.tenant.rows(
      `INSERT INTO links (tenant_no, link_no, link_id, group_no, vault_no, vault_group_no, state, generation,
         created_at, updated_at)
       SELECT tenant_no, 99, 'taken', 99, vault_no, vault_group_no, 'paused', 1, 0, 0 FROM import_groups WHERE tenant_no = ?`,
    );
    const run = await vault.import();
    expect([run.state, run.error]).toEqual(["failed", expect.stringContaining("Sellers")]);
  });
});

describe("turns", () => {
  it("of 20 vaults with no time of their own, no two imports begin in the same minute (R65, R66)", async () => {
    const first = await ImportingVault.open();
    const minutes = new Set<number>();
    for (let index = 0; index < 20; index += 1) {
      const vault = index === 0 ? first : await ImportingVault.open(first.directory, first.tenant);
      const { currentImport } = await vault.set();
      minutes.add(Math.floor(Date.parse(currentImport?.scheduledFor ?? "") / 60_000));
    }
    expect(minutes.size).toBe(20);
  });

  it("begin when they are due, again after the interval, and never two at a time", async () => {
    const vault = await ImportingVault.open();
    const { clock } = vault.tenant.gateway;
    vault.directory.join("sales", "a");
    await vault.set({ firstImport: "01:00", intervalMinutes: 30 });
    const sweep = async (minutes: number) => {
      clock.offsetMs = minutes * 60_000;
      for (const shard of vault.deps.shardNames) await startDueImports(vault.deps, shard);
      return (await vault.runs()).map(({ state }) => state);
    };
    expect(await sweep(59)).toEqual(["scheduled"]);
    expect(await sweep(61)).toEqual(["running"]);
    expect(await sweep(95)).toEqual(["running"]);
    expect((await vault.order()).state).toBe("running");
    await vault.tenant.settle(vault.deps);
    expect(await sweep(96)).toEqual(["scheduled", "succeeded"]);
    const next = (await vault.show()).currentImport;
    expect(Math.round((Date.parse(next?.scheduledFor ?? "") - Date.now()) / 60_000)).toBe(120);
    expect(await sweep(121)).toEqual(["running", "succeeded"]);
    await vault.tenant.settle(vault.deps);
    expect(await sweep(122)).toEqual(["scheduled", "succeeded", "succeeded"]);
  });

  it("other settings end an import that is at work; its row does nothing more", async () => {
    const vault = await ImportingVault.open();
    vault.directory.join("sales", "a");
    await vault.set();
    await vault.order();
    const old = await vault.tenant.messages();
    await vault.set({ intervalMinutes: 60 });
    for (const message of old) await propagate(vault.deps, message);
    expect((await vault.runs()).map(({ state }) => state)).toEqual(["scheduled", "failed"]);
    expect(await vault.account("a")).toBeUndefined();
  });

  it("finished imports are forgotten past a number, and so are none of the newer", async () => {
    const vault = await ImportingVault.open();
    await vault.set({ groups: [] });
    const last = IMPORT_RUNS_KEPT + 50;
    await vault.tenant.rows("UPDATE import_runs SET run_no = ?2 WHERE tenant_no = ?1", last);
    await vault.tenant.rows(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2 - 1)
       INSERT INTO import_runs (tenant_no, vault_no, run_no, run_id, state, scheduled_for, finished_at)
       SELECT r.tenant_no, r.vault_no, i, 'run-' || i, 'succeeded', 0, 0 FROM import_runs AS r, n WHERE r.tenant_no = ?1`,
      last,
    );
    expect(await vault.import()).toMatchObject({ state: "succeeded", read: 0 });
    expect(await vault.runs()).toHaveLength(IMPORT_RUNS_KEPT + 1);
  });
});

describe("whatever goes wrong between two steps", () => {
  /** The vault as the directory has it: who is in the group is enabled, who was is disabled by synchronization. */
  const expected = (vault: ImportingVault) =>
    Object.fromEntries(
      [...vault.directory.people.keys()].map((id) => {
        const inside = vault.directory.groups.get("sales")?.has(id);
        return [id.slice(3), inside ? "enabled, Sellers" : "disabled by sync"] as const;
      }),
    );

  it.each(["before", "after"] as const)(
    "a call of D1 that fails %s it is committed changes nothing of the end",
    async (when) => {
      const vault = await ImportingVault.open();
      vault.directory.join("sales", "p0", "p1");
      await vault.set();
      await vault.import();
      for (let call = 1; ; call += 1) {
        vault.directory.join("sales", `p${call + 1}`);
        vault.directory.leave("sales", `p${call}`);
        await vault.order();
        const fault = faultAt(call, when, OVERLOADED);
        const faulty = withFault(vault.deps, fault);
        for (const message of (await vault.tenant.messages()).filter(({ kind }) => kind === "import")) {
          await propagate(faulty, message).catch(() => undefined);
        }
        await vault.tenant.settle(vault.deps);
        expect(await vault.users(), `call ${call}`).toEqual(expected(vault));
        expect((await vault.show()).lastImport).toMatchObject({
          state: "succeeded",
          created: 1,
          added: 1,
          removed: 1,
        });
        if (fault.calls < call) break;
      }
    },
    120_000,
  );

  it("messages that come twice, together or late do everything once", async () => {
    const vault = await ImportingVault.open();
    vault.directory.pageSize = 3;
    vault.directory.join("sales", ..."abcdefgh");
    await vault.set();
    await vault.order();
    const told = await vault.tenant.messages();
    for (let round = 0; round < 3; round += 1) {
      await Promise.allSettled([...told, ...told, ...told].map((message) => propagate(vault.deps, message)));
    }
    await vault.tenant.settle(vault.deps);
    expect(await vault.users()).toEqual(expected(vault));
    expect((await vault.show()).lastImport).toMatchObject({
      state: "succeeded",
      read: 8,
      created: 8,
      added: 8,
    });
    const before = vault.deps.meter.rowsWritten;
    for (const message of told) await propagate(vault.deps, message);
    expect(vault.deps.meter.rowsWritten).toBe(before);
  });

  it("a time that is up after every step lets the import go on where it was", async () => {
    const vault = await ImportingVault.open();
    vault.directory.pageSize = 1;
    vault.directory.join("sales", "a", "b", "c");
    await vault.set();
    await vault.order();
    for (;;) {
      const [message] = (await vault.tenant.messages()).filter(({ kind }) => kind === "import");
      if (message === undefined) break;
      let now = vault.deps.now();
      // Time passes with every look at the clock.
      await propagate({ ...vault.deps, now: () => (now += 1) }, message, now + 3);
    }
    await vault.tenant.settle(vault.deps);
    expect(await vault.users()).toEqual(expected(vault));
    expect(vault.directory.requests.filter((request) => request.includes("/members"))).toHaveLength(3);
  });

  it("another organization with the same names, ids and directory has its own (I1)", async () => {
    const vault = await ImportingVault.open();
    const other = await ImportingVault.open(vault.directory);
    vault.directory.join("sales", "a", "b");
    await Promise.all([vault.set(), other.set()]);
    await vault.import();
    expect([await other.users(), await other.account("a")]).toEqual([{}, undefined]);
    await other.import();
    expect(await other.users()).toEqual(await vault.users());
    expect((await other.account("a"))?.id).not.toBe((await vault.account("a"))?.id);
  });
});
