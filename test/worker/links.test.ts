/** Links and vault users as administrators meet them: preview, plan hash, refusals, acts, failures. */
import { describe, expect, it } from "vitest";
import { activity } from "../../src/gateway/outbox/activity.ts";
import { propagate } from "../../src/gateway/outbox/propagation.ts";
import { previewLink } from "../../src/gateway/vaults/link-preview.ts";
import { applyLink } from "../../src/gateway/vaults/links.ts";
import { listVaultUsers } from "../../src/gateway/vaults/vault-users.ts";
import {
  createVault,
  createVaultGroup,
  listVaultGroupMembers,
  listVaultGroups,
} from "../../src/gateway/vaults/vaults.ts";
import { linkedTenant, value } from "../support/linked-tenant.ts";

describe("vaults", () => {
  it("have a built-in group of all enabled users, and unique names", async () => {
    const world = await linkedTenant(3);
    const admin = () => world.tenant.admin();
    const vault = await world.vault("Legal");
    expect(await createVault(admin(), { name: " legal " })).toMatchObject({
      ok: false,
      problem: { kind: "conflict" },
    });
    const name = "ALL USERS";
    expect(await createVaultGroup(admin(), { vaultId: vault.id, name })).toMatchObject({
      problem: { kind: "conflict" },
    });
    const group = await world.group("G", [1, 2, 3]);
    await world.link(group, await world.target(vault, "T"));
    await world.settle();
    await world.act(vault, 2, "disable");
    const groups = value(await listVaultGroups(admin(), { vaultId: vault.id, limit: 10 })).items;
    expect(groups.map((each) => [each.name, each.builtIn, each.memberCount])).toEqual([
      ["All users", true, 2],
      ["T", false, 3],
    ]);
    const builtIn = { vaultId: vault.id, vaultGroupId: groups[0]?.id ?? "" };
    const first = value(await listVaultGroupMembers(admin(), { ...builtIn, limit: 1 }));
    const rest = value(
      await listVaultGroupMembers(admin(), { ...builtIn, limit: 1, cursor: first.nextCursor }),
    );
    expect([...first.items, ...rest.items].map(({ userName }) => userName)).toEqual(["u1", "u3"]);
    expect(rest.nextCursor).toBeUndefined();
    expect(await previewLink(admin(), { groupId: group, ...builtIn })).toMatchObject({
      problem: { kind: "conflict" },
    });
    // Nobody holds a license here: enabled in the vault is not access to it (A22, I22).
    await world.tenant.run(
      "UPDATE users SET held_type_no = 1 WHERE tenant_no = ? AND user_no = 1",
      world.tenant.tenantNo,
    );
    const users = value(await listVaultUsers(admin(), { vaultId: vault.id, limit: 10 })).items;
    expect(
      users.map(({ userId, state, access, groups: of }) => [
        userId,
        state,
        access,
        of.map((each) => each.name),
      ]),
    ).toEqual([
      ["u1", "enabled", true, ["T"]],
      ["u2", "disabled", false, ["T"]],
      ["u3", "enabled", false, ["T"]],
    ]);
  });
});

describe("vault users", () => {
  it("are restored from a tombstone by an administrator only, with their groups (I17)", async ({
    expect,
  }) => {
    const world = await linkedTenant(2);
    const group = await world.group("G", [1, 2]);
    const target = await world.target(await world.vault("V"), "T");
    await world.link(group, target);
    await world.settle();
    await world.act(target.vault, 1, "delete");
    expect(await world.members(target)).toEqual([2]);
    expect(await world.act(target.vault, 1, "disable")).toMatchObject({ problem: { kind: "conflict" } });
    value(await world.act(target.vault, 1, "enable"));
    expect(value(await activity(world.tenant.admin())).idle).toBe(false);
    await world.settle();
    expect(value(await activity(world.tenant.admin()))).toMatchObject({ idle: true, openOutboxRows: 0 });
    expect(await world.members(target)).toEqual([1, 2]);
    expect(await world.vaultUsers(target.vault)).toEqual(["1:enabled", "2:enabled"]);
    expect(await world.act(target.vault, 77, "enable")).toMatchObject({ problem: { kind: "not_found" } });
    expect(await world.miscounts()).toEqual([]);
  });

  it("enabled by an administrator stay so without a link, and across the next run (R61)", async ({
    expect,
  }) => {
    const world = await linkedTenant(2);
    const group = await world.group("G", [1, 2]);
    const target = await world.target(await world.vault("V"), "T");
    await world.link(group, target);
    await world.settle();
    await world.act(target.vault, 1, "disable");
    await world.act(target.vault, 1, "enable");
    await world.remove(group, 2);
    await world.settle();
    await world.act(target.vault, 2, "enable");
    await world.remove(group, 1);
    await world.add(group, 1);
    await world.settle();
    expect(await world.vaultUsers(target.vault)).toEqual(["1:enabled", "2:enabled"]);
    expect(await world.members(target)).toEqual([1]);
  });
});

describe("preview and apply", () => {
  it("name who is added, removed, enabled, kept disabled and skipped; a stale plan is refused", async ({
    expect,
  }) => {
    const world = await linkedTenant(8);
    const vault = await world.vault("V");
    const [first, second] = [await world.target(vault, "First"), await world.target(vault, "Second")];
    const before = await world.group("before", [1, 2, 3, 4]);
    await world.link(before, first);
    await world.settle();
    await world.act(vault, 1, "disable");
    await world.act(vault, 2, "delete");
    await world.remove(before, 3);
    await world.settle();
    const [old] = await world.links();
    if (old === undefined) throw new Error("no link");
    await world.unlink(old, "keep");
    // Left in First: 1 (disabled by admin) and 4. Known to the vault: 2 (tombstone), 3 (disabled by sync).
    const group = await world.group("G", [1, 2, 3, 5]);
    const plan = await world.preview(group, first);
    expect(plan).toMatchObject({
      adds: ["u3", "u5"],
      creates: ["u5"],
      enables: ["u3"],
      removes: ["u4"],
      disables: ["u4"],
      keepsDisabled: ["u1"],
      skipped: ["u2"],
    });
    const ends = { groupId: group, vaultId: vault.id, vaultGroupId: first.group.id };
    expect((await world.preview(group, first)).planHash).toBe(plan.planHash);
    expect((await world.preview(group, second)).planHash).not.toBe(plan.planHash);
    await world.add(group, 6);
    const refused = await applyLink(world.tenant.admin(), { ...ends, planHash: plan.planHash });
    expect(refused).toMatchObject({
      ok: false,
      problem: { kind: "plan_outdated", plan: { creates: ["u5", "u6"] } },
    });
    expect(await world.links()).toEqual([]);
    const link = await world.link(group, first);
    await world.settle();
    expect(await world.members(first)).toEqual([1, 3, 5, 6]);
    expect(await world.vaultUsers(vault)).toEqual([
      "1:disabled(admin)",
      "2:deleted",
      "3:enabled",
      "4:disabled(sync)",
      "5:enabled",
      "6:enabled",
    ]);
    expect(await world.events("vault_user.skipped")).toMatchObject([{ data: { users: [2] } }]);
    expect(await world.linkState(link)).toMatchObject({ state: "active", error: null });
  });

  it("create the target group with the link; a second link to one target is refused (A17)", async ({
    expect,
  }) => {
    const world = await linkedTenant(3);
    const admin = () => world.tenant.admin();
    const vault = await world.vault("V");
    const [one, two] = [await world.group("One", [1]), await world.group("Two", [2])];
    const fresh = { groupId: one, vaultId: vault.id, newVaultGroupName: "Fresh" };
    const { planHash, target } = value(await previewLink(admin(), fresh));
    expect(target).toEqual({ id: null, name: "Fresh" });
    const link = value(await applyLink(admin(), { ...fresh, planHash }));
    expect(link).toMatchObject({ state: "pending", target: { name: "Fresh" } });
    expect(await previewLink(admin(), fresh)).toMatchObject({ problem: { kind: "conflict" } });
    const taken = { groupId: two, vaultId: vault.id, vaultGroupId: link.target.id };
    expect(await previewLink(admin(), taken)).toMatchObject({
      problem: { kind: "conflict", detail: expect.stringContaining("One") },
    });
    for (const unknown of [{ groupId: "no" }, { vaultId: "no" }, { vaultGroupId: "no" }]) {
      expect(await previewLink(admin(), { ...taken, ...unknown })).toMatchObject({
        problem: { kind: "not_found" },
      });
    }
    expect(await previewLink(admin(), { ...taken, newVaultGroupName: "x" })).toMatchObject({
      problem: { kind: "invalid" },
    });
    await world.deleteGroup(two);
    expect(await previewLink(admin(), taken)).toMatchObject({ problem: { kind: "not_found" } });
  });

  it("let one of many simultaneous links to a target through", async () => {
    const world = await linkedTenant(2);
    const target = await world.target(await world.vault("V"), "T");
    const groups = await Promise.all(["A", "B", "C", "D"].map((name) => world.group(name, [1])));
    const attempts = await Promise.allSettled(groups.map((group) => world.link(group, target)));
    expect(attempts.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await world.links()).toHaveLength(1);
  });
});

describe("a link that fails (R50)", () => {
  it("shows its error, does not hold up others, and recovers", async () => {
    const world = await linkedTenant(3);
    const group = await world.group("G", [1]);
    const [good, bad] = [
      await world.target(await world.vault("Good"), "T"),
      await world.target(await world.vault("Bad"), "T"),
    ];
    const broken = await world.link(group, bad);
    await world.link(group, good);
    await world.settle();
    await world.tenant.run(
      `CREATE TRIGGER broken_vault BEFORE INSERT ON vault_members WHEN NEW.tenant_no = ${world.tenant.tenantNo}
         AND NEW.vault_group_no = ${bad.group.no} BEGIN SELECT RAISE(ABORT, 'vault out of order'); END`,
    );
    await world.add(group, 2);
    const [message] = await world.messages();
    if (message === undefined) throw new Error("no message");
    for (const _ of [1, 2]) {
      await expect(propagate(world.tenant.deps(), message)).rejects.toThrow("vault out of order");
    }
    expect(await world.members(good)).toEqual([1, 2]);
    expect(await world.linkState(broken)).toMatchObject({
      state: "error",
      error: expect.stringContaining("out of order"),
    });
    expect(await world.events("link.failed")).toHaveLength(1);
    expect(value(await activity(world.tenant.admin()))).toMatchObject({ idle: false, openOutboxRows: 1 });
    await world.tenant.run("DROP TRIGGER broken_vault");
    await world.settle();
    expect(await world.members(bad)).toEqual([1, 2]);
    expect(await world.linkState(broken)).toMatchObject({ state: "active", error: null });
  });
});

describe("a link that is taken off before it began", () => {
  it.each(["keep", "remove"] as const)("(%s) does nothing any more", async (members) => {
    const world = await linkedTenant(2);
    const target = await world.target(await world.vault("V"), "T");
    const link = await world.link(await world.group("G", [1, 2]), target);
    await world.unlink(link, members);
    await world.settle((messages) => messages.toReversed());
    expect(await world.members(target)).toEqual([]);
    expect(await world.vaultUsers(target.vault)).toEqual([]);
    expect(await world.linkState(link)).toMatchObject({ state: "removed" });
    await world.link(await world.group("H", [2]), target);
    await world.settle();
    expect(await world.members(target)).toEqual([2]);
  });
});
