/** Vault users: what an administrator may do to one, and who has access to a vault. */

export const VAULT_USER_STATES = ["enabled", "disabled", "deleted"] as const;
export type VaultUserState = (typeof VAULT_USER_STATES)[number];

/** Name of the group that every vault has: all its enabled users. It can never be linked (I21). */
export const BUILT_IN_GROUP_NAME = "All users";

export type VaultUser = {
  /** `deleted` is a tombstone: synchronization never brings the person back (R60). */
  state: VaultUserState;
  /** Set exactly while disabled. */
  disabledBy: "sync" | "admin" | null;
  /** `sync` once a link has covered the person (A14); a `manual` one is left alone when links let go (A15). */
  origin: "sync" | "manual";
  /** Stays enabled when the last link lets go (A14). */
  pinned: boolean;
};

export type AdminAct = "enable" | "disable" | "delete" | "pin" | "unpin";

/** State that an administrator's act leads to; undefined when there is nothing to change. */
export function afterAdminAct(user: VaultUser, act: AdminAct): VaultUser | "deleted" | undefined {
  switch (act) {
    case "enable":
      // Also the explicit restore of a tombstone, which only an administrator may do (I17).
      return user.state === "enabled" ? undefined : { ...user, state: "enabled", disabledBy: null };
    case "disable":
      // A tombstone must first be restored: disabling it would bring the person back in silence.
      if (user.state === "deleted") return "deleted";
      return user.disabledBy === "admin" ? undefined : { ...user, state: "disabled", disabledBy: "admin" };
    case "delete":
      return user.state === "deleted"
        ? undefined
        : { ...user, state: "deleted", disabledBy: null, pinned: false };
    case "pin":
      if (user.state === "deleted") return "deleted";
      return user.pinned ? undefined : { ...user, pinned: true };
    case "unpin":
      return user.pinned ? { ...user, pinned: false } : undefined;
  }
}

/** What access to a vault depends on. */
export type AccessFacts = {
  active: boolean;
  adminDisabled: boolean;
  holdsLicense: boolean;
  /** Undefined: the vault has never heard of the person. */
  vaultUser: Pick<VaultUser, "state" | "disabledBy"> | undefined;
};

export const ACCESS_CHECKS = [
  "account_active",
  "not_disabled_by_admin",
  "license_held",
  "vault_user_enabled",
] as const;
export type AccessCheck = { check: (typeof ACCESS_CHECKS)[number]; passed: boolean };

/** The chain of reasons: access is what every link of it lets through (I22). */
export function accessChecks({ active, adminDisabled, holdsLicense, vaultUser }: AccessFacts): AccessCheck[] {
  const passed: Record<AccessCheck["check"], boolean> = {
    account_active: active,
    not_disabled_by_admin: !adminDisabled,
    license_held: holdsLicense,
    vault_user_enabled: vaultUser?.state === "enabled",
  };
  return ACCESS_CHECKS.map((check) => ({ check, passed: passed[check] }));
}

/** Effective access to a vault (I22): the one function that pages, API and explanations use. */
export const hasVaultAccess = (person: AccessFacts): boolean =>
  accessChecks(person).every(({ passed }) => passed);
