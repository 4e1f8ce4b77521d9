/** Licenses of one tenant as its clients and administrators see them, over HTTP with the real allocator. */
import { expect } from "vitest";
import { GROUP, PATCH_OP, USER } from "../../src/scim/urn.ts";
import { expected, type Gateway, type ScimClient, signUpTenant, type Tenant } from "./gateway.ts";
import type { Json } from "./json-subset.ts";

type Listed = {
  items: {
    id: string;
    userName: string;
    license: { held: string | null; wanted: string | null; waiting: boolean };
  }[];
  nextCursor?: string;
};
export type Pool = {
  code: string;
  purchased: number;
  assignable: number;
  assigned: number;
  free: number;
  waiting: { unlicensed: number; upgrade: number };
  overAllocated: boolean;
  reclaimable: { count: number; atLeast: boolean };
};
export type Plan = {
  planHash: string;
  counts: Record<string, number>;
  pools: {
    code: string;
    assigned: { before: number; after: number };
    waiting: { before: number; after: number };
  }[];
} & Record<string, { userName: string; from: string | null; to: string | null; waitsFor: string | null }[]>;
export type LicenseEvent = {
  seq: number;
  action: string;
  reason: string | null;
  correlationId: string;
  subject: { kind: string; id?: string; name?: string };
  data: { from: Standing; to: Standing };
};
type Standing = { held: string | null; waiting: string | null };

export class LicenseStory {
  readonly tenant: Tenant;
  readonly scim: ScimClient;
  readonly ids = new Map<string, string>();

  constructor(tenant: Tenant, scim: ScimClient) {
    this.tenant = tenant;
    this.scim = scim;
  }

  static async begin(gateway: Gateway, purchased: Record<string, number>): Promise<LicenseStory> {
    const tenant = await signUpTenant(gateway);
    const story = new LicenseStory(tenant, await tenant.configure("other_scim"));
    for (const [code, count] of Object.entries(purchased)) await story.purchase(code, count);
    await story.settled();
    return story;
  }

  async ask<Body>(method: string, path: string, body?: Json, status = 200): Promise<Body> {
    return expected<Body>(await this.tenant.admin(method, path, body), status);
  }

  /** Provisions users one after the other. */
  async provision(...names: string[]): Promise<void> {
    for (const userName of names) {
      const { id } = await this.scim.call(201, "POST", "/Users", { schemas: [USER], userName });
      this.ids.set(userName, String(id));
    }
    await this.settled();
  }

  async group(displayName: string, ...members: string[]): Promise<string> {
    const { id } = await this.scim.call(201, "POST", "/Groups", { schemas: [GROUP], displayName });
    if (members.length > 0) await this.members(String(id), "add", ...members);
    return String(id);
  }

  async members(group: string, op: "add" | "remove", ...names: string[]): Promise<void> {
    for (const name of names) {
      const value = this.ids.get(name) ?? "";
      const operation =
        op === "add"
          ? { op, path: "members", value: [{ value }] }
          : { op, path: `members[value eq "${value}"]` };
      await this.scim.send("PATCH", `/Groups/${group}`, { schemas: [PATCH_OP], Operations: [operation] });
    }
    await this.settled();
  }

  async patch(name: string, value: Json): Promise<void> {
    const body = { schemas: [PATCH_OP], Operations: [{ op: "replace", value }] };
    await this.scim.call(200, "PATCH", `/Users/${this.ids.get(name)}`, body);
    await this.settled();
  }

  async remove(name: string): Promise<void> {
    await this.scim.send("DELETE", `/Users/${this.ids.get(name)}`);
    await this.settled();
  }

  async purchase(code: string, purchased: number): Promise<void> {
    await this.ask("PATCH", `/license-types/${code}`, { purchased });
    await this.settled();
  }

  async setGroup(group: string, change: { [name: string]: Json }): Promise<void> {
    await this.ask("PATCH", `/groups/${group}`, change);
    await this.settled();
  }

  async settled(): Promise<void> {
    await expect
      .poll(async () => (await this.ask<{ idle: boolean }>("GET", "/activity")).idle, {
        timeout: 20_000,
        interval: 20,
      })
      .toBe(true);
  }

  /** Who holds and who waits for what, such as `{ u2: "read_only, waits for named" }`. */
  async standing(): Promise<Record<string, string>> {
    const result: Record<string, string> = {};
    for (const { userName, license } of (await this.ask<Listed>("GET", "/users?limit=200")).items) {
      const { held, wanted, waiting } = license;
      result[userName] = [held ?? "none", ...(waiting ? [`waits for ${wanted}`] : [])].join(", ");
    }
    return result;
  }

  async pool(code: string): Promise<Pool> {
    const { items } = await this.ask<{ items: Pool[] }>("GET", "/license-types");
    const pool = items.find((candidate) => candidate.code === code);
    if (pool === undefined) throw new Error(`no license type ${code}`);
    return pool;
  }

  async home(): Promise<{ total: number; unlicensed: number; upgrade: number }> {
    const { home } = await this.ask<{
      home: { waiting: { total: number; unlicensed: number; upgrade: number } };
    }>("GET", "/tenant");
    const { total, unlicensed, upgrade } = home.waiting;
    return { total, unlicensed, upgrade };
  }

  async queue(code: string): Promise<string[]> {
    const { items } = await this.ask<{ items: { userName: string }[] }>(
      "GET",
      `/license-types/${code}/queue`,
    );
    return items.map(({ userName }) => userName);
  }

  /** Transitions of one user, or of everybody, oldest first. */
  async transitions(name?: string): Promise<LicenseEvent[]> {
    const events: LicenseEvent[] = [];
    const id = name === undefined ? "" : `subject=user:${this.ids.get(name)}&`;
    for (let cursor = ""; ; ) {
      const path = `/events?${id}limit=200${cursor === "" ? "" : `&cursor=${cursor}`}`;
      const page = await this.ask<{ items: LicenseEvent[]; nextCursor?: string }>("GET", path);
      events.push(...page.items);
      if (page.nextCursor === undefined) break;
      cursor = page.nextCursor;
    }
    return events.filter(({ data }) => data.from !== undefined && data.to !== undefined).reverse();
  }

  async told(name: string): Promise<string[]> {
    return (await this.transitions(name)).map(
      ({ action, reason }) => `${action.replace("license.", "")} ${reason}`,
    );
  }

  /** Counters of all pools, by replaying every transition from nothing (I25). */
  async replayed(): Promise<Record<string, { assigned: number; unlicensed: number; upgrade: number }>> {
    const counters: Record<string, { assigned: number; unlicensed: number; upgrade: number }> = {};
    const of = (code: string) => (counters[code] ??= { assigned: 0, unlicensed: 0, upgrade: 0 });
    const count = ({ held, waiting }: Standing, by: number) => {
      if (held !== null) of(held).assigned += by;
      if (waiting !== null) of(waiting)[held === null ? "unlicensed" : "upgrade"] += by;
    };
    for (const { data } of await this.transitions()) {
      count(data.from, -1);
      count(data.to, 1);
    }
    return counters;
  }

  /** Replayed events give the counters, and home, tags and queues tell the same number (I6, I25). */
  async consistent(): Promise<void> {
    const replayed = await this.replayed();
    const { items } = await this.ask<{ items: Pool[] }>("GET", "/license-types");
    const none = { assigned: 0, unlicensed: 0, upgrade: 0 };
    for (const { code, assigned, waiting } of items) {
      expect({ code, assigned, ...waiting }).toEqual({ code, ...(replayed[code] ?? none) });
    }
    const tagged = Object.values(await this.standing()).filter((text) => text.includes("waits")).length;
    const queued = (await Promise.all(items.map(({ code }) => this.queue(code)))).flat().length;
    expect([(await this.home()).total, queued]).toEqual([tagged, tagged]);
  }
}
