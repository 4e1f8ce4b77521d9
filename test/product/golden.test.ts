/**
 * The golden scenarios of provisioning, one after the other on one tenant, with the exact numbers: three
 * read-only licenses, one named, default read-only, five users. (The eleventh stands in concurrency.test.ts,
 * the ninth and tenth are about pulling and about adoption.)
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Named } from "../../src/commands/client/answers.ts";
import { addMembers, removeMembers } from "../../src/commands/client/messages.ts";
import { type Gateway, startGateway } from "./support/gateway.ts";
import { inOrder } from "./support/story.ts";
import { createGroup, createUser, newTenant, type TestTenant } from "./support/tenant.ts";

let gateway: Gateway;
let tenant: TestTenant;
const users: Record<string, string> = {};
let groupG: string;
let groupK: string;
type Vault = Named & { groups: Record<string, string> };
let v1: Vault;
let v2: Vault;

beforeAll(async () => {
  gateway = await startGateway();
  tenant = await newTenant(gateway.base, { read_only: 3, named: 1 });
});
afterAll(() => gateway?.dispose());

/** Who holds and who waits for what, e.g. `{ u2: "read_only, waits for named" }`. */
async function licenses(): Promise<Record<string, string>> {
  const accounts = await tenant.admin.users();
  return Object.fromEntries(
    accounts.map(({ userName, license: { held, wanted, waiting } }) => [
      userName,
      [held ?? "none", ...(waiting ? [`waits for ${wanted}`] : [])].join(", "),
    ]),
  );
}

async function waitingOnHome(): Promise<{ total: number; unlicensed: number; upgrade: number }> {
  const { waiting } = (await tenant.admin.tenant()).home;
  expect(await tenant.admin.users("?waiting=true")).toHaveLength(waiting.total);
  return { total: waiting.total, unlicensed: waiting.unlicensed, upgrade: waiting.upgrade };
}

async function pools(): Promise<Record<string, string>> {
  const types = await tenant.admin.licenseTypes();
  return Object.fromEntries(types.map(({ code, assigned, purchased }) => [code, `${assigned}/${purchased}`]));
}

/** A vault's people, e.g. `{ u2: "enabled in Editors" }`; tombstones are nobody. */
async function people(vault: Vault): Promise<Record<string, string>> {
  const list = await tenant.admin.vaultUsers(vault.id);
  return Object.fromEntries(
    list
      .filter(({ state }) => state !== "deleted")
      .map(({ userName, state, disabledBy, groups }) => [
        userName,
        `${state}${disabledBy ? ` by ${disabledBy}` : ""} in ${
          groups
            .map(({ name }) => name)
            .sort()
            .join("+") || "no group"
        }`,
      ]),
  );
}

async function membersOf(vault: Vault, group: string): Promise<string[]> {
  const members = await tenant.admin.vaultMembers(vault.id, vault.groups[group] ?? "");
  return members.map(({ userName }) => userName).sort();
}

const changeMembers = async (group: string, change: unknown) => {
  await tenant.entraScim.call("PATCH", `/Groups/${group}`, change);
  await tenant.admin.settled();
};

async function newVault(name: string, ...groupNames: string[]): Promise<Vault> {
  const vault = await tenant.admin.createVault(name);
  const groups: Record<string, string> = {};
  for (const groupName of groupNames) {
    groups[groupName] = (await tenant.admin.createVaultGroup(vault.id, groupName)).id;
  }
  return { ...vault, groups };
}

describe("golden scenarios", () => {
  inOrder();

  it("1: five users on three licenses: three hold, two wait", async () => {
    for (const name of ["u1", "u2", "u3", "u4", "u5"]) users[name] = await createUser(tenant.entraScim, name);
    await tenant.admin.settled();
    expect(await licenses()).toEqual({
      u1: "read_only",
      u2: "read_only",
      u3: "read_only",
      u4: "none, waits for read_only",
      u5: "none, waits for read_only",
    });
    expect(await waitingOnHome()).toEqual({ total: 2, unlicensed: 2, upgrade: 0 });
  });

  it("2: a group with named licenses: one is upgraded, its seat goes to the first who waits", async () => {
    groupG = await createGroup(tenant.entraScim, "G");
    await changeMembers(groupG, addMembers(users["u1"] ?? "", users["u2"] ?? ""));
    expect(await pools()).toMatchObject({ read_only: "3/3", named: "0/1" });
    await tenant.admin.setGroupLicense(groupG, "named");
    await tenant.admin.settled();
    expect(await licenses()).toEqual({
      u1: "named",
      u2: "read_only, waits for named",
      u3: "read_only",
      u4: "read_only",
      u5: "none, waits for read_only",
    });
    expect(await pools()).toMatchObject({ read_only: "3/3", named: "1/1" });
    expect(await waitingOnHome()).toEqual({ total: 2, unlicensed: 1, upgrade: 1 });
  });

  it("3: one more named license serves both queues", async () => {
    await tenant.admin.purchase("named", 2);
    await tenant.admin.settled();
    expect(await licenses()).toEqual({
      u1: "named",
      u2: "named",
      u3: "read_only",
      u4: "read_only",
      u5: "read_only",
    });
    expect(await pools()).toMatchObject({ read_only: "3/3", named: "2/2" });
    expect(await waitingOnHome()).toEqual({ total: 0, unlicensed: 0, upgrade: 0 });
  });

  it("4: links bring the members, and nobody else, into two vaults", async () => {
    v1 = await newVault("V1", "Editors", "Readers");
    v2 = await newVault("V2", "Editors");
    for (const vault of [v1, v2]) {
      await tenant.admin.link({
        groupId: groupG,
        vaultId: vault.id,
        vaultGroupId: vault.groups["Editors"] ?? "",
      });
    }
    await tenant.admin.settled();
    for (const vault of [v1, v2]) {
      expect(await people(vault)).toEqual({ u1: "enabled in Editors", u2: "enabled in Editors" });
      expect(await membersOf(vault, "Editors")).toEqual(["u1", "u2"]);
    }
    expect((await tenant.admin.links()).map(({ state }) => state)).toEqual(["active", "active"]);
  });

  it("5: who leaves the group is disabled in the vaults, and keeps account and license", async () => {
    await changeMembers(groupG, removeMembers(users["u1"] ?? ""));
    for (const vault of [v1, v2]) {
      expect(await people(vault)).toEqual({ u1: "disabled by sync in no group", u2: "enabled in Editors" });
      expect(await membersOf(vault, "Editors")).toEqual(["u2"]);
    }
    expect(await tenant.entraScim.call("GET", `/Users/${users["u1"]}`)).toMatchObject({ active: true });
    expect((await licenses())["u1"]).toBe("named");
  });

  it("6: who is still in another linked group of the vault stays enabled there", async () => {
    groupK = await createGroup(tenant.entraScim, "K", [users["u2"] ?? ""]);
    await tenant.admin.link({ groupId: groupK, vaultId: v1.id, vaultGroupId: v1.groups["Readers"] ?? "" });
    await tenant.admin.settled();
    expect((await people(v1))["u2"]).toBe("enabled in Editors+Readers");
    await changeMembers(groupG, removeMembers(users["u2"] ?? ""));
    expect((await people(v1))["u2"]).toBe("enabled in Readers");
    expect((await people(v2))["u2"]).toBe("disabled by sync in no group");
  });

  it("7: what an administrator disabled stays disabled; what synchronization disabled comes back", async () => {
    await tenant.admin.setVaultUserState(v1.id, users["u2"] ?? "", "disabled");
    await changeMembers(groupG, addMembers(users["u2"] ?? ""));
    expect((await people(v1))["u2"]).toBe("disabled by admin in Editors+Readers");
    expect((await people(v2))["u2"]).toBe("enabled in Editors");
  });

  it("8: what an administrator deleted is not created again, and an event says why", async () => {
    await tenant.admin.deleteVaultUser(v2.id, users["u2"] ?? "");
    await changeMembers(groupG, removeMembers(users["u2"] ?? ""));
    await changeMembers(groupG, addMembers(users["u2"] ?? ""));
    expect((await people(v2))["u2"]).toBeUndefined();
    expect(await membersOf(v2, "Editors")).toEqual([]);
    expect((await people(v1))["u2"]).toBe("disabled by admin in Editors+Readers");
    const events = await tenant.admin.events(`user:${users["u2"]}`);
    const skipped = events.find(({ action }) => action === "vault_user.skipped");
    expect(JSON.stringify(skipped)).toContain("deleted_in_vault");
  });
});
