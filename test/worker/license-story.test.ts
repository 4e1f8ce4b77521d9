/** Licenses over HTTP, with the real databases and the real allocator: golden scenarios, and every rule once. */
import { describe, expect, it } from "vitest";
import { expected } from "../support/gateway.ts";
import { gateway } from "../support/gateway-worker.ts";
import { LicenseStory, type Plan } from "../support/license-story.ts";

const begin = (purchased: Record<string, number>) => LicenseStory.begin(gateway, purchased);

describe("golden scenarios", () => {
  it("1, 2, 3: default, raise with swap, purchase", async () => {
    const story = await begin({ read_only: 3, named: 1 });
    await story.provision("u1", "u2", "u3", "u4", "u5");
    const waits = "none, waits for read_only";
    expect(await story.standing()).toEqual({
      u1: "read_only",
      u2: "read_only",
      u3: "read_only",
      u4: waits,
      u5: waits,
    });
    expect(await story.home()).toEqual({ total: 2, unlicensed: 2, upgrade: 0 });
    await story.consistent();

    const group = await story.group("G", "u1", "u2");
    expect(await story.pool("named")).toMatchObject({ assigned: 0 });
    await story.setGroup(group, { licenseType: "named" });
    expect(await story.standing()).toEqual({
      u1: "named",
      u2: "read_only, waits for named",
      u3: "read_only",
      u4: "read_only",
      u5: waits,
    });
    expect(await story.home()).toEqual({ total: 2, unlicensed: 1, upgrade: 1 });
    await story.consistent();

    await story.purchase("named", 2);
    expect(Object.values(await story.standing())).toEqual([
      "named",
      "named",
      "read_only",
      "read_only",
      "read_only",
    ]);
    expect(await story.home()).toEqual({ total: 0, unlicensed: 0, upgrade: 0 });
    await story.consistent();
  });

  it("10: adoption of an account that holds more; the report says so before", async () => {
    const story = await begin({ read_only: 2, named: 1 });
    await story.ask("POST", "/users", { userName: "z", licenseType: "named" }, 201);
    await story.settled();
    const { id } = story.scim.configuration;
    const report = await story.ask<Plan>("GET", `/configurations/${id}/adoption-report`);
    expect(report.counts).toMatchObject({ lowers: 1, lowersLater: 0 });
    expect(report["lowers"]).toMatchObject([{ userName: "z", from: "named", to: "read_only" }]);
    await story.provision("z");
    expect(await story.standing()).toEqual({ z: "read_only" });
    expect(await story.pool("named")).toMatchObject({ assigned: 0, free: 1 });
    expect(await story.told("z")).toEqual(["granted manual", "lowered first_provisioning"]);
    await story.consistent();
  });

  it("10 without a free seat: the report tells who keeps the higher one, and who would lose it in strict mode", async () => {
    const story = await begin({ read_only: 1, named: 2 });
    for (const userName of ["y", "z"]) {
      await story.ask("POST", "/users", { userName, licenseType: "named" }, 201);
    }
    await story.ask("POST", "/users", { userName: "x" }, 201);
    await story.settled();
    const path = `/configurations/${story.scim.configuration.id}/adoption-report`;
    const safe = await story.ask<Plan>("GET", path);
    // First in the queue is x, who holds nothing; y and z keep what they have until a seat is free.
    expect(safe.counts).toMatchObject({ grants: 1, lowersLater: 2, lowers: 0, releases: 0 });
    expect(safe["lowersLater"]).toMatchObject([{ userName: "y", to: "named" }, { userName: "z" }]);
    await story.ask("PATCH", "/policies", { licenses: { strictAdoption: true } });
    await story.settled();
    const strict = await story.ask<Plan>("GET", path);
    expect(strict.counts).toMatchObject({ lowers: 1, releases: 1, waits: 2, grants: 0 });
  });

  it("11: 200 at once on 50 seats, all 201", async () => {
    const story = await begin({ read_only: 50 });
    const schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"];
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        story.scim.send("POST", "/Users", { schemas, userName: `p${index}` }),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    await story.settled();
    expect(await story.pool("read_only")).toMatchObject({
      assigned: 50,
      waiting: { unlicensed: 150, upgrade: 0 },
    });
    expect(await story.home()).toEqual({ total: 150, unlicensed: 150, upgrade: 0 });
    // In the order of arrival, as the accounts were created.
    const held = Object.values(await story.standing()).map((text) => text === "read_only");
    expect(held).toEqual([...Array(50).fill(true), ...Array(150).fill(false)]);
  });
});

type Row = [
  name: string,
  given: Record<string, number>,
  act: (story: LicenseStory) => Promise<void>,
  then: Record<string, string>,
];
const waiting = "none, waits for read_only";

describe("the rows of the state machine", () => {
  const raise = async (story: LicenseStory, ...names: string[]) => {
    const group = await story.group("G", ...names);
    await story.setGroup(group, { licenseType: "named" });
    return group;
  };
  const rows: Row[] = [
    ["none, provisioned, free: assigned", { read_only: 1 }, (s) => s.provision("a"), { a: "read_only" }],
    ["none, provisioned, none free: waiting", {}, (s) => s.provision("a"), { a: waiting }],
    [
      "waiting, capacity and first: assigned",
      {},
      async (s) => {
        await s.provision("a", "b");
        await s.purchase("read_only", 1);
      },
      { a: "read_only", b: waiting },
    ],
    [
      "waiting, raised: waits for the higher type",
      {},
      async (s) => {
        await s.provision("a");
        await raise(s, "a");
      },
      { a: "none, waits for named" },
    ],
    [
      "waiting, raised, free: assigned directly",
      { named: 1 },
      async (s) => {
        await s.provision("a");
        await raise(s, "a");
      },
      { a: "named" },
    ],
    [
      "assigned, raised, free: swap, and the lower queue is served",
      { read_only: 1, named: 1 },
      async (s) => {
        await s.provision("a", "b");
        await raise(s, "a");
      },
      { a: "named", b: "read_only" },
    ],
    [
      "assigned, raised, not free: keeps and waits",
      { read_only: 1 },
      async (s) => {
        await s.provision("a");
        await raise(s, "a");
      },
      { a: "read_only, waits for named" },
    ],
    [
      "assigned and waiting, capacity: swap",
      { read_only: 1 },
      async (s) => {
        await s.provision("a", "b");
        await raise(s, "a");
        await s.purchase("named", 1);
      },
      { a: "named", b: "read_only" },
    ],
    [
      "assigned and waiting, left the group: leaves the queue, keeps what it holds",
      { read_only: 1 },
      async (s) => {
        await s.provision("a");
        await s.members(await raise(s, "a"), "remove", "a");
      },
      { a: "read_only" },
    ],
    [
      "waiting, type of the group cleared: waits for the default",
      {},
      async (s) => {
        await s.provision("a");
        await s.setGroup(await raise(s, "a"), { licenseType: null });
      },
      { a: waiting },
    ],
    [
      "assigned, left the group: keeps (A7)",
      { read_only: 1, named: 1 },
      async (s) => {
        await s.provision("a");
        await s.members(await raise(s, "a"), "remove", "a");
      },
      { a: "named" },
    ],
    [
      "assigned, left the group, recomputation on: comes down",
      { read_only: 1, named: 1 },
      async (s) => {
        await s.ask("PATCH", "/policies", { licenses: { recomputeOnLeave: true } });
        await s.provision("a");
        await s.members(await raise(s, "a"), "remove", "a");
      },
      { a: "read_only" },
    ],
    [
      "adopted, default not free: keeps the higher one (A3)",
      { named: 1 },
      async (s) => {
        await s.ask("POST", "/users", { userName: "a", licenseType: "named" }, 201);
        await s.settled();
        await s.provision("a");
      },
      { a: "named" },
    ],
    [
      "adopted, default not free, strict: waits without",
      { named: 1 },
      async (s) => {
        await s.ask("PATCH", "/policies", { licenses: { strictAdoption: true } });
        await s.ask("POST", "/users", { userName: "a", licenseType: "named" }, 201);
        await s.settled();
        await s.provision("a");
      },
      { a: waiting },
    ],
    [
      "adopted, then the default comes free: comes down",
      { named: 1 },
      async (s) => {
        await s.ask("POST", "/users", { userName: "a", licenseType: "named" }, 201);
        await s.settled();
        await s.provision("a");
        await s.purchase("read_only", 1);
      },
      { a: "read_only" },
    ],
    [
      "released by an administrator: none, and the queue is served",
      { read_only: 1 },
      async (s) => {
        await s.provision("a", "b");
        await s.ask("POST", `/users/${s.ids.get("a")}/license-release`, undefined, 202);
        await s.settled();
      },
      { a: "none", b: "read_only" },
    ],
    [
      "deactivated: unchanged (A8)",
      { read_only: 1 },
      async (s) => {
        await s.provision("a", "b");
        await s.patch("a", { active: false });
      },
      { a: "read_only", b: waiting },
    ],
    [
      "SCIM DELETE: none, and the queue is served",
      { read_only: 1 },
      async (s) => {
        await s.provision("a", "b");
        await s.remove("a");
      },
      { a: "none", b: "read_only" },
    ],
  ];
  it.each(rows)("%s", async (_, given, act, then) => {
    const story = await begin(given);
    await act(story);
    expect(await story.standing()).toEqual(then);
    await story.consistent();
  });
});

describe("pools", () => {
  it("over-allocation flags, evicts nobody, grants nothing; oversubscription; history", async () => {
    const story = await begin({ read_only: 3 });
    await story.provision("a", "b", "c", "d", "e");
    await story.purchase("read_only", 2);
    expect(await story.pool("read_only")).toMatchObject({
      purchased: 2,
      assigned: 3,
      free: 0,
      overAllocated: true,
    });
    await story.remove("a");
    expect(await story.standing()).toMatchObject({ b: "read_only", c: "read_only", d: waiting, e: waiting });
    await story.ask("PATCH", "/license-types/read_only", { assignablePercent: 150 });
    await story.settled();
    expect(await story.standing()).toMatchObject({ d: "read_only", e: waiting });
    expect(await story.pool("read_only")).toMatchObject({
      purchased: 2,
      assignable: 3,
      assigned: 3,
      overAllocated: false,
    });
    const { items } = await story.ask<{ items: object[] }>("GET", "/license-types/read_only/history");
    expect(items).toMatchObject([
      { figure: "assignablePercent", before: 100, after: 150 },
      { figure: "purchased", before: 3, after: 2 },
      { figure: "purchased", before: 0, after: 3 },
    ]);
    expect(
      (await story.tenant.admin("PATCH", "/license-types/read_only", { assignablePercent: 99 })).status,
    ).toBe(400);
  });

  it("types of one's own, ranked where the subscription says", async () => {
    const story = await begin({ read_only: 1 });
    const type = { code: "partner", name: "Partner", rank: 20 };
    await story.ask("POST", "/license-types", type, 201);
    for (const taken of [type, { ...type, rank: 21 }, { ...type, code: "guest" }]) {
      expect((await story.tenant.admin("POST", "/license-types", taken)).status).toBe(409);
    }
    await story.provision("a");
    const group = await story.group("G", "a");
    await story.setGroup(group, { licenseType: "partner" });
    expect(await story.standing()).toEqual({ a: "read_only, waits for partner" });
    await story.purchase("partner", 1);
    expect(await story.standing()).toEqual({ a: "partner" });
    await story.consistent();
  });

  it("counts what could be reclaimed: held by the inactive and by those an administrator disabled", async () => {
    const story = await begin({ read_only: 2 });
    await story.provision("a", "b", "c");
    await story.patch("a", { active: false });
    await story.patch("c", { active: false });
    expect((await story.pool("read_only")).reclaimable).toEqual({ count: 1, atLeast: false });
    await story.ask("PATCH", `/users/${story.ids.get("b")}`, { disabled: true });
    expect((await story.pool("read_only")).reclaimable).toEqual({ count: 2, atLeast: false });
    await story.patch("a", { active: true });
    expect((await story.pool("read_only")).reclaimable).toEqual({ count: 1, atLeast: false });
  });

  it("who is next: priority of groups first, then time; the place of one says the same", async () => {
    const story = await begin({});
    await story.provision("a", "b", "c", "d");
    const group = await story.group("Directors", "c", "d");
    await story.setGroup(group, { licenseType: "read_only", waitingPriority: 5 });
    expect(await story.queue("read_only")).toEqual(["c", "d", "a", "b"]);
    const why = await story.ask<{ queue: { place: number; priority: number } }>(
      "GET",
      `/users/${story.ids.get("d")}/license`,
    );
    expect(why.queue).toMatchObject({ place: 2, priority: 5 });
    const waitingPage = await story.ask<{ items: { userName: string }[] }>("GET", "/users?waiting=true");
    expect(waitingPage.items.map(({ userName }) => userName)).toEqual(["c", "d", "a", "b"]);
    const first = await story.ask<{ items: object[]; nextCursor: string }>(
      "GET",
      "/license-types/read_only/queue?limit=3",
    );
    const second = await story.ask<{ items: object[] }>(
      "GET",
      `/license-types/read_only/queue?limit=3&cursor=${first.nextCursor}`,
    );
    expect(second.items).toMatchObject([{ place: 4, userName: "b" }]);
    await story.purchase("read_only", 1);
    expect(await story.standing()).toMatchObject({ c: "read_only", a: waiting });
    await story.setGroup(group, { waitingPriority: 0 });
    expect(await story.queue("read_only")).toEqual(["a", "b", "d"]);
  });
});

describe("what if", () => {
  it("a group's type: who gains, who waits, who keeps; applied by hash, refused when outdated", async () => {
    const story = await begin({ read_only: 3, named: 1 });
    await story.provision("a", "b", "c", "d");
    const group = await story.group("G", "a", "b");
    const path = `/groups/${group}`;
    const plan = await story.ask<Plan>("POST", `${path}/preview`, { licenseType: "named" });
    expect(plan.counts).toMatchObject({ upgrades: 1, waits: 1, grants: 1, keeps: 0 });
    expect(plan["upgrades"]).toMatchObject([{ userName: "a", from: "read_only", to: "named" }]);
    expect(plan["waits"]).toMatchObject([{ userName: "b", waitsFor: "named" }]);
    expect(plan["grants"]).toMatchObject([{ userName: "d", from: null, to: "read_only" }]);
    await story.members(group, "add", "c");
    const outdated = await story.tenant.admin("PATCH", path, {
      licenseType: "named",
      planHash: plan.planHash,
    });
    expect(outdated).toMatchObject({ status: 409, body: { type: "urn:vestibule:problem:plan_outdated" } });
    const { plan: next } = expected<{ plan: Plan }>(outdated, 409);
    expect(next.counts).toMatchObject({ upgrades: 1, waits: 2 });
    expect(await story.standing()).toMatchObject({ a: "read_only", d: waiting });
    await story.setGroup(group, { licenseType: "named", planHash: next.planHash });
    expect(await story.standing()).toEqual({
      a: "named",
      b: "read_only, waits for named",
      c: "read_only, waits for named",
      d: "read_only",
    });
    const down = await story.ask<Plan>("POST", `${path}/preview`, { licenseType: null });
    expect(down.counts).toMatchObject({ lowersLater: 1, stopsWaiting: 2 });
    expect((await story.tenant.admin("POST", `${path}/preview`, { licenseType: "gold" })).status).toBe(400);
  });

  it("a purchase: exactly those it reaches, cascades included", async () => {
    const story = await begin({ read_only: 1 });
    await story.provision("a", "b", "c");
    const group = await story.group("G", "a");
    await story.setGroup(group, { licenseType: "named" });
    const plan = await story.ask<Plan>("POST", "/license-types/named/preview", { purchased: 5 });
    expect(plan.counts).toMatchObject({ upgrades: 1, grants: 1 });
    expect(plan["grants"]).toMatchObject([{ userName: "b" }]);
    await story.ask("PATCH", "/license-types/named", { purchased: 5, planHash: plan.planHash });
    await story.settled();
    expect(await story.standing()).toEqual({ a: "named", b: "read_only", c: waiting });
    const again = await story.tenant.admin("PATCH", "/license-types/named", {
      purchased: 5,
      planHash: plan.planHash,
    });
    expect(again.status).toBe(409);
  });

  it("another default: later accounts only (A5), or existing ones on demand, up and down", async () => {
    const story = await begin({ read_only: 3, concurrent: 2 });
    await story.provision("a", "b");
    const path = `/configurations/${story.scim.configuration.id}`;
    const plain = await story.ask<Plan>("POST", `${path}/preview`, { defaultLicenseType: "concurrent" });
    expect(Object.values(plain.counts).every((count) => count === 0)).toBe(true);
    await story.ask("PATCH", path, { defaultLicenseType: "concurrent" });
    // Looked at again for another reason, the earlier account keeps its default.
    await story.members(await story.group("G", "a"), "remove", "a");
    await story.ask("PUT", `/users/${story.ids.get("b")}/license`, { licenseType: null }, 202);
    await story.provision("c");
    expect(await story.standing()).toEqual({ a: "read_only", b: "read_only", c: "concurrent" });

    const body = { defaultLicenseType: "concurrent", applyToExisting: true };
    const plan = await story.ask<Plan>("POST", `${path}/preview`, body);
    expect(plan.counts).toMatchObject({ upgrades: 1, waits: 1, keeps: 1 });
    await story.ask("PATCH", path, { ...body, planHash: plan.planHash });
    await story.settled();
    expect(await story.standing()).toEqual({
      a: "concurrent",
      b: "read_only, waits for concurrent",
      c: "concurrent",
    });

    const lower = { defaultLicenseType: "read_only", applyToExisting: true };
    const down = await story.ask<Plan>("POST", `${path}/preview`, lower);
    expect(down.counts).toMatchObject({ lowers: 2, stopsWaiting: 1 });
    await story.ask("PATCH", path, { ...lower, planHash: down.planHash });
    await story.settled();
    expect(Object.values(await story.standing())).toEqual(["read_only", "read_only", "read_only"]);
    expect(await story.told("a")).toContain("lowered default_license_type_lowered");
    await story.consistent();
  });

  it("deleting a configuration: licenses stay, those who wait for its default stop; by hash", async () => {
    const story = await begin({ read_only: 1 });
    await story.provision("a", "b");
    const path = `/configurations/${story.scim.configuration.id}`;
    const plan = await story.ask<Plan>("POST", `${path}/deletion-preview`);
    expect(plan.counts).toMatchObject({ keeps: 1, stopsWaiting: 1, releases: 0 });
    expect(plan["stopsWaiting"]).toMatchObject([{ userName: "b" }]);
    await story.provision("c");
    const outdated = await story.tenant.admin("DELETE", `${path}?planHash=${plan.planHash}`);
    const { plan: next } = expected<{ plan: Plan }>(outdated, 409);
    await story.ask("DELETE", `${path}?planHash=${next.planHash}`, undefined, 204);
    await story.settled();
    expect(await story.standing()).toEqual({ a: "read_only", b: "none", c: "none" });
    await story.consistent();
  });
});
