/**
 * What each operation may cost in D1: round trips, rows read, rows written, as D1 itself counts them and the
 * gateway tells in `Server-Timing`. Measured in a tenant of a thousand users with a group of all of them, so
 * that a cost which grows with the tenant shows.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answer, inParallel } from "../../src/commands/client/http.ts";
import {
  addMembers,
  filtered,
  patch,
  removeMembers,
  type ScimResource,
} from "../../src/commands/client/messages.ts";
import type { ScimClient } from "../../src/commands/client/scim.ts";
import { type Gateway, startGateway } from "./support/gateway.ts";
import { createGroup, createUser, newTenant, userBody } from "./support/tenant.ts";

const crowd = 1_000;
/** Groups of one of the users, all groups counted. */
const groupsOfJoiner = 5;

let gateway: Gateway;
let scim: ScimClient;
const ids: string[] = [];
let everybody: string;
let joiner: string;

beforeAll(async () => {
  gateway = await startGateway();
  const tenant = await newTenant(gateway.base, { read_only: crowd + 100 });
  scim = tenant.entraScim;
  const names = Array.from({ length: crowd }, (_, index) => `crowd-${index}`);
  await inParallel(names, 16, async (name) => {
    ids.push(await createUser(scim, name));
  });
  everybody = await createGroup(scim, "Everybody");
  for (let start = 0; start < crowd; start += 100) {
    await scim.call("PATCH", `/Groups/${everybody}`, addMembers(...ids.slice(start, start + 100)));
  }
  joiner = ids[10] ?? "";
  for (let number = 1; number < groupsOfJoiner; number += 1) {
    await createGroup(scim, `Small ${number}`, [joiner]);
  }
  await tenant.admin.settled(60_000);
});
afterAll(() => gateway?.dispose());

type Cost = { trips: number; read: number; written: number };

function cost({ status, headers, body }: Answer, wanted: number): Cost {
  expect(status, JSON.stringify(body)).toBe(wanted);
  const timing = headers.get("server-timing") ?? "";
  const found = /d1;desc="trips=(\d+) read=(\d+) written=(\d+)"/.exec(timing);
  expect(found, `Server-Timing: ${timing}`).not.toBeNull();
  const [, trips, read, written] = found ?? [];
  return { trips: Number(trips), read: Number(read), written: Number(written) };
}

async function expectCost(budget: Cost, wanted: number, ...request: [string, string, unknown?]) {
  const actual = cost(await scim.request(...request), wanted);
  const within = (key: keyof Cost) => (actual[key] <= budget[key] ? budget[key] : actual[key]);
  const shown = { trips: within("trips"), read: within("read"), written: within("written") };
  expect(shown, `${request[0]} ${request[1]} cost ${JSON.stringify(actual)}`).toEqual(budget);
}

const userId = (index: number) => ids[index] ?? "";
const inGroups = (count: number) => 6 + 4 * count;

describe("D1 budgets among a thousand users", () => {
  it("POST /Users", async () => {
    const budget = { trips: 1, read: 10, written: 10 };
    await expectCost(budget, 201, "POST", "/Users", userBody("one-email"));
    const twoEmails = {
      ...userBody("two-emails"),
      emails: [
        { type: "work", value: "a@test.example", primary: true },
        { type: "home", value: "b@test.example" },
      ],
    };
    await expectCost({ ...budget, written: 11 }, 201, "POST", "/Users", twoEmails);
  });

  it("GET /Users/{id} and look-ups by userName and externalId", async () => {
    const budget = (groups: number) => ({ trips: 1, read: inGroups(groups), written: 0 });
    await expectCost(budget(1), 200, "GET", `/Users/${userId(500)}`);
    await expectCost(budget(groupsOfJoiner), 200, "GET", `/Users/${joiner}`);
    await expectCost(budget(1), 200, "GET", filtered("/Users", 'userName eq "CROWD-500"'));
    await expectCost(budget(1), 200, "GET", filtered("/Users", 'externalId eq "external-crowd-500"'));
    await expectCost(budget(0), 200, "GET", filtered("/Users", 'userName eq "nobody"'));
  });

  it("PATCH /Users/{id}", async () => {
    const path = `/Users/${userId(20)}`;
    const budget = { trips: 2, read: 14, written: 5 };
    const rename = patch({ op: "Replace", path: "displayName", value: "Another" });
    await expectCost(budget, 200, "PATCH", path, rename);
    await expectCost(budget, 200, "PATCH", path, patch({ op: "Replace", path: "active", value: "False" }));
    const newName = patch({ op: "Replace", path: "userName", value: "renamed-20" });
    await expectCost({ ...budget, written: 7 }, 200, "PATCH", path, newName);
    const nickName = patch({ op: "Add", path: "nickName", value: "Jo" });
    await expectCost(
      { ...budget, read: 10 + 4 * groupsOfJoiner },
      200,
      "PATCH",
      `/Users/${joiner}`,
      nickName,
    );
  });

  it("PUT /Users/{id}", async () => {
    const path = `/Users/${userId(30)}`;
    const current = await scim.call<ScimResource>("GET", path);
    const body = { ...current, displayName: "Replaced" };
    await expectCost({ trips: 2, read: 14, written: 5 }, 200, "PUT", path, body);
  });

  it.each([1, 10, 50])("PATCH /Groups/{id} of a thousand members: %i removed, then added", async (n) => {
    const some = ids.slice(100, 100 + n);
    const budget = { trips: 1, read: 4 * n + 10, written: 2 * n + 5 };
    await expectCost(budget, 204, "PATCH", `/Groups/${everybody}`, removeMembers(...some));
    await expectCost(budget, 204, "PATCH", `/Groups/${everybody}`, addMembers(...some));
  });

  it("PATCH /Groups/{id}: one member by value path", async () => {
    const removal = patch({ op: "remove", path: `members[value eq "${userId(100)}"]` });
    await expectCost({ trips: 1, read: 14, written: 7 }, 204, "PATCH", `/Groups/${everybody}`, removal);
    await expectCost(
      { trips: 1, read: 14, written: 7 },
      204,
      "PATCH",
      `/Groups/${everybody}`,
      addMembers(userId(100)),
    );
  });

  it("GET /Groups/{id} without members", async () => {
    const budget = { trips: 1, read: 6, written: 0 };
    await expectCost(budget, 200, "GET", `/Groups/${everybody}?excludedAttributes=members`);
    const byName = `${filtered("/Groups", 'displayName eq "everybody"')}&excludedAttributes=members`;
    await expectCost(budget, 200, "GET", byName);
  });

  it("a page of users", async () => {
    const n = 50;
    const memberships = n + groupsOfJoiner - 1;
    const budget = { trips: 1, read: 2 * n + 6 + 4 * memberships, written: 0 };
    await expectCost(budget, 200, "GET", `/Users?startIndex=1&count=${n}`);
    const without = { ...budget, read: 2 * n + 6 };
    await expectCost(without, 200, "GET", `/Users?startIndex=1&count=${n}&excludedAttributes=groups`);
  });
});
