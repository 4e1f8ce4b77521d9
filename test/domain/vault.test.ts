import { describe, expect, it } from "vitest";
import {
  type AdminAct,
  accessChecks,
  afterAdminAct,
  hasVaultAccess,
  type VaultUser,
} from "../../src/domain/vault.ts";

const user = (state: VaultUser["state"], disabledBy: VaultUser["disabledBy"] = null): VaultUser => ({
  state,
  disabledBy,
  origin: "sync",
  pinned: false,
});

const pinned = (vaultUser: VaultUser): VaultUser => ({ ...vaultUser, pinned: true });

describe("acts of an administrator on a vault user", () => {
  const cases: [string, VaultUser, AdminAct, VaultUser | "deleted" | undefined][] = [
    ["R58: disabling an enabled one is by admin", user("enabled"), "disable", user("disabled", "admin")],
    [
      "disabling one that sync disabled makes it the admin's",
      user("disabled", "sync"),
      "disable",
      user("disabled", "admin"),
    ],
    ["disabling twice changes nothing", user("disabled", "admin"), "disable", undefined],
    ["a tombstone cannot be disabled", user("deleted"), "disable", "deleted"],
    ["R61: enabling one that an admin disabled", user("disabled", "admin"), "enable", user("enabled")],
    ["R61: enabling one that sync disabled", user("disabled", "sync"), "enable", user("enabled")],
    ["enabling twice changes nothing", user("enabled"), "enable", undefined],
    ["I17: enabling a tombstone restores it", user("deleted"), "enable", user("enabled")],
    ["R60: deleting an enabled one leaves a tombstone", user("enabled"), "delete", user("deleted")],
    ["deleting a disabled one leaves a tombstone", user("disabled", "admin"), "delete", user("deleted")],
    ["deleting twice changes nothing", user("deleted"), "delete", undefined],
    ["A14: pinning an enabled one", user("enabled"), "pin", pinned(user("enabled"))],
    ["pinning enables nobody", user("disabled", "sync"), "pin", pinned(user("disabled", "sync"))],
    ["pinning twice changes nothing", pinned(user("enabled")), "pin", undefined],
    ["a tombstone cannot be pinned", user("deleted"), "pin", "deleted"],
    ["unpinning", pinned(user("enabled")), "unpin", user("enabled")],
    ["unpinning twice changes nothing", user("enabled"), "unpin", undefined],
    ["a pin holds across disabling", pinned(user("enabled")), "disable", pinned(user("disabled", "admin"))],
    ["a pin ends with deletion", pinned(user("enabled")), "delete", user("deleted")],
  ];
  it.each(cases)("%s", (_, before, act, after) => {
    expect(afterAdminAct(before, act)).toEqual(after);
  });
});

describe("access to a vault (I22)", () => {
  const full = { active: true, adminDisabled: false, holdsLicense: true, vaultUser: user("enabled") };
  it("needs every one of its conditions", () => {
    expect(hasVaultAccess(full)).toBe(true);
    for (const missing of [
      { active: false },
      { adminDisabled: true },
      { holdsLicense: false },
      { vaultUser: user("disabled", "sync") },
      { vaultUser: user("deleted") },
      { vaultUser: undefined },
    ]) {
      expect(hasVaultAccess({ ...full, ...missing }), JSON.stringify(missing)).toBe(false);
    }
  });

  it("is told check by check, in the order in which they keep people out", () => {
    const failed = (facts: Parameters<typeof accessChecks>[0]) =>
      accessChecks(facts).flatMap(({ check, passed }) => (passed ? [] : [check]));
    expect(failed(full)).toEqual([]);
    expect(failed({ ...full, holdsLicense: false })).toEqual(["license_held"]);
    const nobody = { active: false, adminDisabled: true, holdsLicense: false, vaultUser: undefined };
    expect(failed(nobody)).toEqual([
      "account_active",
      "not_disabled_by_admin",
      "license_held",
      "vault_user_enabled",
    ]);
  });
});
