/** What administrators do to vaults beside links: pausing, drift and repair, access explained, groups of their own. */
import { describe, expect, it } from "vitest";
import { propagate } from "../../src/gateway/outbox/propagation.ts";
import { listDrift, repairDrift } from "../../src/gateway/vaults/drift.ts";
import { explainVaultAccess } from "../../src/gateway/vaults/vault-access.ts";
import {
  addMember,
  changeVaultGroup,
  removeMember,
  removeVaultGroup,
} from "../../src/gateway/vaults/vault-groups.ts";
import { createVaultGroup } from "../../src/gateway/vaults/vaults.ts";
import { type LinkedTenant, linkedTenant, type Place, type Target, value } from "../support/linked-tenant.ts";

async function linkedVault(size: number, members: number[]) {
  const world = await linkedTenant(size);
  const group = await world.group("G", members);
  const target = await world.target(await world.vault("V"), "T");
  const link = await world.link(group, target);
  await world.settle();
  return { world, group, target, link };
}

describe("a paused link", () => {
  it("does nothing, keeps its people, and catches up when it is resumed", async () => {
    const { world, group, target, link } = await linkedVault(5, [1, 2, 3]);
    const other = await world.group("O", [1]);
    await world.link(other, await world.target(target.vault, "Other"));
    await world.settle();
    expect(await world.switchLink(link, "paused")).toMatchObject({ state: "paused" });
    expect(await world.switchLink(link, "paused")).toMatchObject({ state: "paused" });
    await world.add(group, 4);
    await world.remove(group, 2);
    // Whom the paused link covers stays enabled when another lets go (I19).
    await world.remove(other, 1);
    await world.settle();
    expect(await world.members(target)).toEqual([1, 2, 3]);
    expect(await world.vaultUsers(target.vault)).toEqual(["1:enabled", "2:enabled", "3:enabled"]);
    expect(await world.switchLink(link, "active")).toMatchObject({ state: "pending" });
    await world.settle();
    expect(await world.linkState(link)).toMatchObject({ state: "active", done: 4, total: 4 });
    expect(await world.members(target)).toEqual([1, 3, 4]);
    expect(await world.vaultUsers(target.vault)).toEqual([
      "1:enabled",
      "2:disabled(sync)",
      "3:enabled",
      "4:enabled",
    ]);
    expect(await world.events("link.paused")).toHaveLength(1);
    expect(await world.events("link.resumed")).toHaveLength(1);
  });

  it("stops in the middle of a run, which then does nothing any more", async () => {
    const world = await linkedTenant(2_500);
    const everybody = Array.from({ length: 2_500 }, (_, index) => index + 1);
    const group = await world.group("G", everybody);
    const target = await world.target(await world.vault("V"), "T");
    const link = await world.link(group, target);
    const [message] = await world.messages();
    if (message === undefined) throw new Error("no run");
    expect(await propagate(world.tenant.deps(), message, 0)).toBe("more");
    await world.switchLink(link, "paused");
    expect(await propagate(world.tenant.deps(), message)).toBe("done");
    expect(await world.messages()).toEqual([]);
    expect(await world.members(target)).toHaveLength(1_000);
    await world.switchLink(link, "active");
    await world.settle();
    expect(await world.members(target)).toEqual(everybody);
  });

  it("learns on resuming that its source is gone; a link without one cannot be switched", async () => {
    const { world, group, target, link } = await linkedVault(2, [1, 2]);
    await world.switchLink(link, "paused");
    await world.deleteGroup(group);
    await world.settle();
    expect(await world.members(target)).toEqual([1, 2]);
    await world.switchLink(link, "active");
    await world.settle();
    expect(await world.members(target)).toEqual([]);
    expect(await world.linkState(link)).toMatchObject({ state: "source_deleted" });
    await expect(world.switchLink(link, "paused")).rejects.toThrow("no longer exists");
    await world.unlink(link, "remove");
    await expect(world.switchLink(link, "active")).rejects.toThrow("taken off");
  });
});

describe("a pinned vault user (A14)", () => {
  it("stays enabled when the last link lets go, and is disabled once unpinned", async () => {
    const { world, group, target } = await linkedVault(3, [1, 2, 3]);
    const { vault } = target;
    expect(value(await world.act(vault, 1, "pin"))).toMatchObject({ state: "enabled", pinned: true });
    value(await world.act(vault, 1, "pin"));
    value(await world.act(vault, 3, "pin"));
    await world.remove(group, 1, 2);
    await world.settle();
    expect(await world.members(target)).toEqual([3]);
    expect(await world.vaultUsers(vault)).toEqual(["1:enabled", "2:disabled(sync)", "3:enabled"]);
    expect(value(await world.act(vault, 1, "unpin"))).toMatchObject({ state: "enabled", pinned: false });
    value(await world.act(vault, 3, "unpin"));
    value(await world.act(vault, 2, "unpin"));
    await world.settle();
    expect(await world.vaultUsers(vault)).toEqual(["1:disabled(sync)", "2:disabled(sync)", "3:enabled"]);
    expect(await world.events("vault_user.pinned")).toHaveLength(2);
    expect(await world.events("vault_user.unpinned")).toHaveLength(2);
    expect(await world.miscounts()).toEqual([]);
  });

  it("is told from others in the plan of a link, comes without its pin out of deletion, and was there by hand", async () => {
    const world = await linkedTenant(3);
    const vault = await world.vault("V");
    const target = await world.target(vault, "T");
    const at = { vaultId: vault.id, vaultGroupId: target.group.id };
    value(await addMember(world.tenant.admin(), { ...at, userId: "u1" }));
    value(await world.act(vault, 1, "pin"));
    const link = await world.link(await world.group("G", [1, 2]), target);
    await world.settle();
    await world.unlink(link, "keep");
    const plan = await world.preview(await world.group("H", [3]), target);
    expect([plan.removes, plan.disables]).toEqual([["u1", "u2"], ["u2"]]);
    // By hand and never a link's: unpinning leaves such a person alone.
    value(await addMember(world.tenant.admin(), { ...at, userId: "u3" }));
    value(await world.act(vault, 3, "pin"));
    value(await world.act(vault, 3, "unpin"));
    value(await world.act(vault, 1, "delete"));
    expect(await world.act(vault, 1, "pin")).toMatchObject({ problem: { kind: "conflict" } });
    expect(value(await world.act(vault, 1, "enable"))).toMatchObject({ pinned: false });
    await world.settle();
    expect(await world.vaultUsers(vault)).toEqual(["1:enabled", "2:enabled", "3:enabled"]);
  });
});

describe("drift", () => {
  async function drift(world: LinkedTenant, vault: Place, limit = 50) {
    const found: string[] = [];
    let examined = 0;
    for (let cursor: string | undefined; ; ) {
      const page = value(await listDrift(world.tenant.admin(), { vaultId: vault.id, limit, cursor }));
      examined += page.examined;
      for (const { userName, differences, reason } of page.items) {
        found.push(`${userName}: ${differences.join("+")} (${reason})`);
      }
      if (page.nextCursor === undefined) return { found, examined };
      cursor = page.nextCursor;
    }
  }

  /** What nobody does through the gateway. */
  async function tamper(world: LinkedTenant, { vault, group }: Target): Promise<void> {
    const { tenant } = world;
    const act = (text: string, ...rest: unknown[]) => tenant.run(text, tenant.tenantNo, ...rest);
    await act(
      "DELETE FROM vault_members WHERE tenant_no = ? AND vault_group_no = ? AND user_no = 1",
      group.no,
    );
    await act(
      "UPDATE vault_groups SET member_count = member_count - 1 WHERE tenant_no = ? AND vault_group_no = ?",
      group.no,
    );
    await act(
      "UPDATE vault_users SET state = 'disabled', disabled_by = 'sync' WHERE tenant_no = ? AND user_no = 2",
    );
    await act(
      "UPDATE vault_groups SET member_count = member_count - 1 WHERE tenant_no = ? AND vault_no = ? AND built_in = 1",
      vault.no,
    );
    await act("INSERT INTO vault_members (tenant_no, vault_group_no, user_no) VALUES (?, ?, 6)", group.no);
    await act(
      "UPDATE vault_groups SET member_count = member_count + 1 WHERE tenant_no = ? AND vault_group_no = ?",
      group.no,
    );
    await act(
      "INSERT INTO vault_users (tenant_no, vault_no, user_no, state, origin, created_at, updated_at) VALUES (?, ?, 6, 'enabled', 'sync', 0, 0)",
      vault.no,
    );
    await act(
      "UPDATE vault_groups SET member_count = member_count + 1 WHERE tenant_no = ? AND vault_no = ? AND built_in = 1",
      vault.no,
    );
  }

  it("names every difference with its reason, and is repaired for one or for all", async () => {
    const { world, group, target } = await linkedVault(6, [1, 2, 3, 4]);
    const clean = await drift(world, target.vault);
    expect(clean).toEqual({ found: [], examined: 4 });
    await tamper(world, target);
    await world.act(target.vault, 4, "delete");
    await world.add(group, 5);
    const expected = [
      "u1: not_member (changed_outside)",
      "u2: not_enabled (changed_outside)",
      "u5: not_in_vault+not_member (propagating)",
      "u6: still_enabled+still_member (changed_outside)",
    ];
    expect((await drift(world, target.vault)).found).toEqual(expected);
    expect((await drift(world, target.vault, 1)).found).toEqual(expected);
    const repair = (userIds?: string[]) =>
      repairDrift(world.tenant.admin(), { vaultId: target.vault.id, userIds });
    expect(value(await repair(["u1"]))).toEqual({ users: 1 });
    await world.settle();
    expect((await drift(world, target.vault)).found).toEqual([expected[1], expected[3]]);
    expect(value(await repair())).toEqual({ users: null });
    await world.settle();
    expect(await drift(world, target.vault)).toMatchObject({ found: [] });
    expect(await world.members(target)).toEqual([1, 2, 3, 5]);
    expect(await world.vaultUsers(target.vault)).toEqual([
      "1:enabled",
      "2:enabled",
      "3:enabled",
      "4:deleted",
      "5:enabled",
      "6:disabled(sync)",
    ]);
    expect(await world.miscounts()).toEqual([]);
    expect(await repair(["nobody"])).toMatchObject({ problem: { kind: "not_found" } });
    // Repairing what is as it should be writes nothing but the order.
    const before = await world.events("vault_group.members_changed");
    value(await repair());
    await world.settle();
    expect(await world.events("vault_group.members_changed")).toEqual(before);
  });

  it("tells of links that are paused, braked, decided against, or given up on", async () => {
    const { world, group, target, link } = await linkedVault(4, [1, 2, 3]);
    await world.brake({ percent: 0, floor: 1, absolute: 100 });
    await world.remove(group, 1);
    await world.settle();
    expect((await drift(world, target.vault)).found).toEqual([
      "u1: still_enabled+still_member (waiting_for_approval)",
    ]);
    await world.decideAll("discarded");
    expect((await drift(world, target.vault)).found).toEqual(["u1: still_enabled+still_member (discarded)"]);
    await world.switchLink(link, "paused");
    await world.add(group, 4);
    await world.settle();
    expect((await drift(world, target.vault)).found).toEqual([
      "u1: still_enabled+still_member (paused)",
      "u4: not_in_vault+not_member (paused)",
    ]);
    await world.switchLink(link, "active");
    await world.settle();
    await world.add(group, 1);
    await world.decideAll("approved");
    await world.settle();
    await world.act(target.vault, 3, "disable");
    await world.remove(group, 4);
    await world.tenant.run("UPDATE outbox SET dead_at = 1 WHERE tenant_no = ?", world.tenant.tenantNo);
    expect((await drift(world, target.vault)).found).toEqual(["u4: still_enabled+still_member (failed)"]);
  });

  it("is paged by what it compares", async () => {
    const everybody = Array.from({ length: 5_400 }, (_, index) => index + 1);
    const { world, target } = await linkedVault(5_400, everybody);
    const first = value(await listDrift(world.tenant.admin(), { vaultId: target.vault.id, limit: 10 }));
    expect([first.examined, first.items, first.nextCursor === undefined]).toEqual([5_000, [], false]);
    expect(await drift(world, target.vault)).toEqual({ found: [], examined: 5_400 });
  });
});

describe("access to a vault (I22)", () => {
  it("is explained by the first reason against it", async () => {
    const { world, group, target } = await linkedVault(3, [1]);
    const { tenant } = world;
    const explain = async (user: number) => {
      const { access, checks, links } = value(
        await explainVaultAccess(tenant.admin(), { vaultId: target.vault.id, userId: `u${user}` }),
      );
      const failed = checks.filter(({ passed }) => !passed);
      expect(access).toBe(failed.length === 0);
      return [
        failed.map(({ check }) => check).join("+"),
        failed[0]?.detail ?? "",
        links.map((each) => each.group).join(),
      ];
    };
    const set = (columns: string) =>
      tenant.run(`UPDATE users SET ${columns} WHERE tenant_no = ? AND user_no = 1`, tenant.tenantNo);
    expect(await explain(1)).toEqual(["license_held", "The account holds no license.", "G"]);
    await set("waiting_since = 1");
    expect(await explain(1)).toEqual(["license_held", "The account waits for a license.", "G"]);
    await set("waiting_since = NULL, held_type_no = 1");
    expect(await explain(1)).toEqual(["", "", "G"]);
    await set("active = 0");
    expect(await explain(1)).toEqual([
      "account_active",
      "The identity provider has disabled the account.",
      "G",
    ]);
    await set("active = 1, admin_disabled = 1");
    expect(await explain(1)).toEqual([
      "not_disabled_by_admin",
      "An administrator has disabled the account.",
      "G",
    ]);
    await set("admin_disabled = 0");
    await world.act(target.vault, 1, "disable");
    expect((await explain(1))[1]).toContain("An administrator disabled the vault user");
    await world.act(target.vault, 1, "delete");
    expect((await explain(1))[1]).toContain("deleted the vault user");
    await world.act(target.vault, 1, "enable");
    await world.settle();
    await world.remove(group, 1);
    await world.settle();
    expect(await explain(1)).toEqual([
      "vault_user_enabled",
      "Synchronization disabled the vault user: it left the last linked group.",
      "",
    ]);
    await tenant.run("UPDATE users SET held_type_no = 1 WHERE tenant_no = ?", tenant.tenantNo);
    expect((await explain(2))[1]).toBe(
      "The account is in no provisioned group that is linked to this vault.",
    );
    await world.add(group, 2);
    expect((await explain(2))[1]).toBe("The account is about to come into the vault through G.");
    const nobody = await explainVaultAccess(tenant.admin(), { vaultId: target.vault.id, userId: "nobody" });
    expect(nobody).toMatchObject({ problem: { kind: "not_found" } });
  });
});

describe("user groups of a vault", () => {
  const place = ({ vault, group }: Target) => ({ vaultId: vault.id, vaultGroupId: group.id });

  it("are filled, renamed and deleted by administrators while no link fills them", async () => {
    const world = await linkedTenant(3);
    const vault = await world.vault("V");
    const target = await world.target(vault, "T");
    const admin = () => world.tenant.admin();
    const at = place(target);
    value(await addMember(admin(), { ...at, userId: "u1" }));
    value(await addMember(admin(), { ...at, userId: "u1" }));
    value(await addMember(admin(), { ...at, userId: "u2" }));
    expect(await world.members(target)).toEqual([1, 2]);
    expect(await world.vaultUsers(vault)).toEqual(["1:enabled", "2:enabled"]);
    expect(await world.events("vault_user.created")).toHaveLength(2);
    expect(await world.events("vault_group.members_changed")).toHaveLength(2);
    value(await removeMember(admin(), { ...at, userId: "u1" }));
    expect(await removeMember(admin(), { ...at, userId: "u1" })).toMatchObject({
      problem: { kind: "not_found" },
    });
    expect(await addMember(admin(), { ...at, userId: "u9" })).toMatchObject({
      problem: { kind: "not_found" },
    });
    await world.act(vault, 1, "delete");
    expect(await addMember(admin(), { ...at, userId: "u1" })).toMatchObject({
      problem: { kind: "conflict" },
    });
    expect(value(await changeVaultGroup(admin(), { ...at, name: "Renamed" }))).toMatchObject({
      name: "Renamed",
      memberCount: 1,
    });
    await world.target(vault, "Taken");
    expect(await changeVaultGroup(admin(), { ...at, name: "taken" })).toMatchObject({
      problem: { kind: "conflict" },
    });
    expect(await world.miscounts()).toEqual([]);
    const last = await world.target(vault, "Last");
    value(await removeVaultGroup(admin(), place(last)));
    value(await removeVaultGroup(admin(), at));
    expect(await removeVaultGroup(admin(), at)).toMatchObject({ problem: { kind: "not_found" } });
    expect(await world.members(target)).toEqual([]);
    expect(await world.vaultUsers(vault)).toEqual(["1:deleted", "2:enabled"]);
    // A number is never used again: events of the deleted group stay its own.
    const next = await world.target(vault, "Next");
    expect(next.group.no).toBe(last.group.no + 1);
    const [builtIn] = await world.tenant.all(
      "SELECT vault_group_id AS id FROM vault_groups WHERE tenant_no = ? AND built_in = 1",
      world.tenant.tenantNo,
    );
    const all = { vaultId: vault.id, vaultGroupId: String(builtIn?.["id"]) };
    expect(await removeVaultGroup(admin(), all)).toMatchObject({ problem: { kind: "conflict" } });
  });

  it("that are linked refuse every change and name their owner (R34)", async () => {
    const { world, target, link } = await linkedVault(3, [1]);
    const admin = () => world.tenant.admin();
    const at = place(target);
    const refusals = [
      await changeVaultGroup(admin(), { ...at, name: "Mine" }),
      await removeVaultGroup(admin(), at),
      await addMember(admin(), { ...at, userId: "u2" }),
      await removeMember(admin(), { ...at, userId: "u1" }),
    ];
    for (const refusal of refusals) {
      expect(refusal).toMatchObject({
        problem: {
          kind: "conflict",
          detail: expect.stringMatching(/group G, which Configuration 1 provisions/),
        },
      });
    }
    await world.switchLink(link, "paused");
    expect(await removeVaultGroup(admin(), at)).toMatchObject({ problem: { kind: "conflict" } });
    await world.unlink(link, "keep");
    value(await addMember(admin(), { ...at, userId: "u2" }));
    expect(await world.members(target)).toEqual([1, 2]);
    expect(await createVaultGroup(admin(), { vaultId: target.vault.id, name: "t" })).toMatchObject({
      ok: false,
    });
  });

  it("filled by hand before a link are replaced, and whoever the link covers is its own from then on (A14, A15)", async () => {
    const world = await linkedTenant(4);
    const vault = await world.vault("V");
    const target = await world.target(vault, "T");
    for (const userId of ["u1", "u2"])
      value(await addMember(world.tenant.admin(), { ...place(target), userId }));
    const group = await world.group("G", [2, 3]);
    await world.link(group, target);
    await world.settle();
    expect(await world.members(target)).toEqual([2, 3]);
    await world.remove(group, 2, 3);
    await world.settle();
    // u1 was never the link's; u2 became so.
    expect(await world.vaultUsers(vault)).toEqual(["1:enabled", "2:disabled(sync)", "3:disabled(sync)"]);
  });
});
