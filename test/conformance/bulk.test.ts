/** Bulk requests (RFC 7644 §3.7) as a client sees them. */
import { beforeAll, describe, expect, it } from "vitest";
import { type ScimClient, signUpTenant, type Tenant } from "../support/gateway.ts";
import { gateway } from "../support/gateway-worker.ts";
import type { Json } from "../support/json-subset.ts";
import { GROUP, USER } from "../support/scim-messages.ts";

type Outcome = {
  method: string;
  bulkId?: string;
  status: string;
  location?: string;
  version?: string;
  response?: { schemas: string[]; scimType?: string; detail: string; status: string };
};

let tenant: Tenant;
let client: ScimClient;
const fresh = (): string => crypto.randomUUID().slice(0, 13);

beforeAll(async () => {
  tenant = await signUpTenant(gateway);
  client = await tenant.configure("entra_gallery");
});

async function bulk(operations: Json[], more: { [name: string]: Json } = {}): Promise<Outcome[]> {
  const body = {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
    ...more,
    Operations: operations,
  };
  const answer = await client.call<{ schemas: string[]; Operations: Outcome[] }>(200, "POST", "/Bulk", body);
  expect(answer.schemas).toEqual(["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]);
  return answer.Operations;
}

const user = (bulkId: string, more: { [name: string]: Json } = {}): Json => ({
  method: "POST",
  path: "/Users",
  bulkId,
  data: { schemas: [USER], userName: `${bulkId}-${fresh()}`, ...more },
});
const group = (bulkId: string, ...members: string[]): Json => ({
  method: "POST",
  path: "/Groups",
  bulkId,
  data: {
    schemas: [GROUP],
    displayName: `${bulkId} ${fresh()}`,
    members: members.map((value) => ({ value })),
  },
});
const idOf = ({ location }: Outcome): string => location?.split("/").pop() ?? "";
const statuses = (outcomes: Outcome[]): string[] => outcomes.map(({ status }) => status);
const memberIds = async (id: string): Promise<string[]> => {
  const { members = [] } = await client.call<{ members?: { value: string }[] }>(200, "GET", `/Groups/${id}`);
  return members.map(({ value }) => value).toSorted();
};

describe("references", () => {
  it("backward: a group names a user created before it", async () => {
    const [ada, group1] = await bulk([user("ada"), group("g", "bulkId:ada")]);
    if (ada === undefined || group1 === undefined) throw new Error("two outcomes");
    expect(ada).toMatchObject({ status: "201", bulkId: "ada", version: 'W/"1"' });
    expect(await memberIds(idOf(group1))).toEqual([idOf(ada)]);
  });

  it("forward: a group names a user created after it", async () => {
    const [made, ada] = await bulk([group("g", "bulkId:ada"), user("ada")]);
    if (ada === undefined || made === undefined) throw new Error("two outcomes");
    expect(await memberIds(idOf(made))).toEqual([idOf(ada)]);
  });

  it("circular: two groups hold each other, and both exist with both members", async () => {
    const [first, second] = await bulk([group("a", "bulkId:b"), group("b", "bulkId:a")]);
    if (first === undefined || second === undefined) throw new Error("two outcomes");
    expect(statuses([first, second])).toEqual(["201", "201"]);
    expect(await memberIds(idOf(first))).toEqual([idOf(second)]);
    expect(await memberIds(idOf(second))).toEqual([idOf(first)]);
  });

  it("of a manager is the id of the resource, not the words bulkId", async () => {
    const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    const manager = { [enterprise]: { manager: { value: "bulkId:boss" } } };
    const [employee, boss] = await bulk([user("employee", manager), user("boss")]);
    if (employee === undefined || boss === undefined) throw new Error("two outcomes");
    const stored = await client.call<{ [name: string]: Json }>(200, "GET", `/Users/${idOf(employee)}`);
    expect(stored[enterprise]).toMatchObject({ manager: { value: idOf(boss) } });
  });

  it("in the path: a PATCH of a group created in the same request", async () => {
    const data = {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
      Operations: [{ op: "add", path: "members", value: [{ value: "bulkId:ada" }] }],
    };
    const outcomes = await bulk([
      { method: "PATCH", path: "/Groups/bulkId:g", data },
      group("g"),
      user("ada"),
    ]);
    expect(statuses(outcomes)).toEqual(["204", "201", "201"]);
    const [, made, ada] = outcomes;
    if (ada === undefined || made === undefined) throw new Error("three outcomes");
    expect(await memberIds(idOf(made))).toEqual([idOf(ada)]);
  });

  it("in the filter of a PATCH path: a member that the same request creates leaves again", async () => {
    const data = {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
      Operations: [{ op: "remove", path: 'members[value eq "bulkId:ada"]' }],
    };
    const outcomes = await bulk([
      user("ada"),
      user("bob"),
      group("g", "bulkId:ada", "bulkId:bob"),
      { method: "PATCH", path: "/Groups/bulkId:g", data },
    ]);
    expect(statuses(outcomes)).toEqual(["201", "201", "201", "204"]);
    const [, bob, made] = outcomes;
    if (bob === undefined || made === undefined) throw new Error("four outcomes");
    expect(await memberIds(idOf(made))).toEqual([idOf(bob)]);
  });

  it("to nothing, or to an operation that failed, is 409 and creates nothing", async () => {
    const outcomes = await bulk([
      group("g", "bulkId:nobody"),
      user("bad", { userName: "" }),
      group("h", "bulkId:bad"),
    ]);
    expect(statuses(outcomes)).toEqual(["409", "400", "409"]);
    expect(outcomes[0]?.location).toBeUndefined();
    expect(outcomes[0]?.response?.detail).toContain("nobody");
  });
});

describe("a circle", () => {
  it("fails together and leaves nothing behind", async () => {
    const taken = await client.call<{ displayName: string }>(201, "POST", "/Groups", {
      schemas: [GROUP],
      displayName: `taken ${fresh()}`,
    });
    const inner = `inner ${fresh()}`;
    const named = (bulkId: string, displayName: string, member: string): Json => ({
      method: "POST",
      path: "/Groups",
      bulkId,
      data: { schemas: [GROUP], displayName, members: [{ value: `bulkId:${member}` }] },
    });
    const outcomes = await bulk([named("a", inner, "b"), named("b", taken.displayName, "a")]);
    expect(statuses(outcomes)).toEqual(["409", "409"]);
    expect(outcomes[0]?.response?.scimType).toBe("uniqueness");
    const filter = encodeURIComponent(`displayName eq "${inner}"`);
    expect(await client.call(200, "GET", `/Groups?filter=${filter}`)).toMatchObject({ totalResults: 0 });
  });

  it("of users and groups takes over whoever is free to be taken over", async () => {
    const userName = `returning-${fresh()}`;
    const before = await client.call<{ id: string }>(201, "POST", "/Users", { schemas: [USER], userName });
    await client.call(204, "DELETE", `/Users/${before.id}`);
    const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    const outcomes = await bulk([
      user("returning", { userName, [enterprise]: { manager: { value: "bulkId:boss" } } }),
      user("boss", { [enterprise]: { manager: { value: "bulkId:returning" } } }),
    ]);
    expect(statuses(outcomes)).toEqual(["201", "201"]);
    expect(outcomes.map(idOf)).not.toContain(before.id);
  });
});

describe("methods and versions", () => {
  it("runs PUT, PATCH and DELETE, with the version as If-Match", async () => {
    const [made] = await bulk([user("u")]);
    if (made === undefined) throw new Error("one outcome");
    const path = `/Users/${idOf(made)}`;
    const data = { schemas: [USER], userName: `renamed-${fresh()}` };
    const outcomes = await bulk([
      { method: "PUT", path, version: 'W/"1"', data },
      { method: "PUT", path, version: 'W/"1"', data: { ...data, displayName: "late" } },
      { method: "DELETE", path, version: 'W/"2"' },
      { method: "DELETE", path },
    ]);
    expect(statuses(outcomes)).toEqual(["200", "412", "204", "404"]);
    expect(outcomes[0]?.version).toBe('W/"2"');
    expect(outcomes[1]?.location).toContain(path);
  });

  it("answers a failed operation with the error of RFC 7644 §3.12", async () => {
    const [failed] = await bulk([{ method: "DELETE", path: "/Users/none" }]);
    expect(failed).toMatchObject({
      method: "DELETE",
      status: "404",
      response: { schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"], status: "404" },
    });
  });
});

describe("limits", () => {
  it("stops after failOnErrors failures and reports what it has done", async () => {
    const bad = { method: "DELETE", path: "/Users/none" };
    const outcomes = await bulk([user("kept"), bad, bad, user("never")], { failOnErrors: 2 });
    expect(statuses(outcomes)).toEqual(["201", "404", "404"]);
  });

  it("goes on after failures without failOnErrors", async () => {
    const bad = { method: "DELETE", path: "/Users/none" };
    expect(statuses(await bulk([bad, bad, user("last")]))).toEqual(["404", "404", "201"]);
  });

  it("announces what it enforces", async () => {
    const { bulk: announced } = await client.call<{
      bulk: { supported: boolean; maxOperations: number; maxPayloadSize: number };
    }>(200, "GET", "/ServiceProviderConfig");
    expect(announced.supported).toBe(true);
    const deletes = Array.from({ length: announced.maxOperations + 1 }, () => ({
      method: "DELETE",
      path: "/Users/1",
    }));
    const schemas = ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"];
    const tooMany = await client.send("POST", "/Bulk", { schemas, Operations: deletes });
    expect(tooMany).toMatchObject({ status: 413, body: { status: "413" } });
    const filler = "x".repeat(announced.maxPayloadSize);
    const tooLarge = await client.send("POST", "/Bulk", { schemas, filler, Operations: [] });
    expect(tooLarge).toMatchObject({ status: 413 });
    expect(tooLarge.text).toContain(String(announced.maxPayloadSize));
  });
});
