/** Vaults that read their groups by themselves: what an import does to accounts and vault users, over HTTP. */
import { describe, expect, it } from "vitest";
import { ImportingVault } from "../support/importing-vault.ts";

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
