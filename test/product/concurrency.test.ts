/** Many clients at once, each on a socket of its own: nothing is lost, nothing happens twice. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Answer } from "../../src/commands/client/http.ts";
import {
  addMembers,
  ENTERPRISE_SCHEMA,
  patch,
  removeMembers,
  type ScimResource,
} from "../../src/commands/client/messages.ts";
import { type Gateway, startGateway } from "./support/gateway.ts";
import { createGroup, createUser, groupBody, newTenant, userBody } from "./support/tenant.ts";

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway?.dispose());

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const statuses = (answers: readonly Answer[]) => {
  const counted: Record<number, number> = {};
  for (const { status } of answers) counted[status] = (counted[status] ?? 0) + 1;
  return counted;
};

describe("concurrent clients", () => {
  it("50 PATCHes, each adding another member to one group, end with 50 members", async () => {
    const { entraScim, admin } = await newTenant(gateway.base, { read_only: 50 });
    const ids = await Promise.all(numbers(50).map((number) => createUser(entraScim, `member-${number}`)));
    const group = await createGroup(entraScim, "Everybody");
    const answers = await Promise.all(
      ids.map((id) => entraScim.request("PATCH", `/Groups/${group}`, addMembers(id))),
    );
    expect(statuses(answers)).toEqual({ 204: 50 });
    const { members } = await entraScim.call<{ members: { value: string }[] }>("GET", `/Groups/${group}`);
    expect(members.map(({ value }) => value).sort()).toEqual([...ids].sort());
    await admin.settled();
    expect((await admin.groups())[0]).toMatchObject({ members: 50 });
  });

  it("20 POSTs of one userName, in any case, end with one user", async () => {
    const { entraScim, admin } = await newTenant(gateway.base);
    const answers = await Promise.all(
      numbers(20).map((number) =>
        entraScim.request("POST", "/Users", userBody(number % 2 === 0 ? "Same.Name" : "same.name")),
      ),
    );
    expect(statuses(answers)).toEqual({ 201: 1, 409: 19 });
    for (const { status, body } of answers) {
      if (status === 409) expect(body).toMatchObject({ scimType: "uniqueness" });
    }
    await admin.settled();
    expect(await admin.users()).toHaveLength(1);
  });

  it("POSTs of one group name end with one group", async () => {
    const { entraScim, admin } = await newTenant(gateway.base);
    const answers = await Promise.all(
      numbers(10).map(() => entraScim.request("POST", "/Groups", groupBody("Everybody"))),
    );
    expect(statuses(answers)).toEqual({ 201: 1, 409: 9 });
    expect(await admin.groups()).toHaveLength(1);
  });

  it("PATCHes of one user, each of another attribute, are all kept", async () => {
    const { entraScim } = await newTenant(gateway.base);
    const id = await createUser(entraScim, "patched");
    const attributes = ["nickName", "title", "userType", "locale", "timezone", "displayName"];
    const subAttributes = ["employeeNumber", "costCenter", "organization", "division", "department"];
    const paths = [...attributes, ...subAttributes.map((name) => `${ENTERPRISE_SCHEMA}:${name}`)];
    const answers = await Promise.all(
      paths.map((path) =>
        entraScim.request("PATCH", `/Users/${id}`, patch({ op: "Replace", path, value: `value of ${path}` })),
      ),
    );
    expect(statuses(answers)).toEqual({ 200: paths.length });
    const user = await entraScim.call<Record<string, unknown>>("GET", `/Users/${id}`);
    for (const name of attributes) expect(user[name]).toBe(`value of ${name}`);
    for (const name of subAttributes) {
      expect(user[ENTERPRISE_SCHEMA]).toMatchObject({ [name]: `value of ${ENTERPRISE_SCHEMA}:${name}` });
    }
  });

  it("members of a licensed group that is linked twice come and go at once, and everything follows", async () => {
    const { entraScim, admin } = await newTenant(gateway.base, { read_only: 40, named: 10 });
    const ids = await Promise.all(numbers(40).map((number) => createUser(entraScim, `linked-${number}`)));
    const group = await createGroup(entraScim, "Linked", ids.slice(0, 20));
    await admin.setGroupLicense(group, "named");
    await admin.setBrake({ floor: 1_000 });
    const vaults = [await admin.createVault("V1"), await admin.createVault("V2")];
    for (const { id } of vaults) {
      await admin.link({ groupId: group, vaultId: id, newVaultGroupName: "Linked" });
    }
    const answers = await Promise.all(
      ids.map((id, index) =>
        entraScim.request("PATCH", `/Groups/${group}`, index < 20 ? removeMembers(id) : addMembers(id)),
      ),
    );
    expect(statuses(answers)).toEqual({ 204: 40 });
    await admin.settled();
    for (const { vault, target } of await admin.links()) {
      const members = await admin.vaultMembers(vault.id, target.id);
      expect(members.map(({ userId }) => userId).sort()).toEqual(ids.slice(20).sort());
      const enabled = (await admin.vaultUsers(vault.id)).filter(({ state }) => state === "enabled");
      expect(enabled).toHaveLength(20);
    }
    const accounts = await admin.users();
    expect(accounts.filter(({ license }) => license.held === "named")).toHaveLength(10);
    expect(accounts.filter(({ license }) => license.held === "read_only")).toHaveLength(30);
  });

  it("200 first provisionings on 50 licenses: all 201, 50 hold one, 150 wait (golden scenario 11)", async () => {
    const { entraScim, admin } = await newTenant(gateway.base, { read_only: 50 });
    const answers = await Promise.all(
      numbers(200).map((number) => entraScim.request("POST", "/Users", userBody(`user-${number}`))),
    );
    expect(statuses(answers)).toEqual({ 201: 200 });
    expect(new Set(answers.map(({ body }) => (body as ScimResource).id)).size).toBe(200);
    await admin.settled();
    const accounts = await admin.users();
    expect(accounts.filter(({ license }) => license.held === "read_only")).toHaveLength(50);
    expect(accounts.filter(({ license }) => license.waiting)).toHaveLength(150);
    expect(accounts.filter(({ license }) => license.waiting && license.held !== null)).toEqual([]);
    const { home } = await admin.tenant();
    expect(home.waiting).toMatchObject({ total: 150, unlicensed: 150, upgrade: 0, undecided: 0 });
    const readOnly = home.licenses.find(({ code }) => code === "read_only");
    expect(readOnly).toMatchObject({ purchased: 50, assigned: 50, free: 0 });
  });
});
