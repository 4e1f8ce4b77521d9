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
  pinned: boolean;
};

export type AdminAct = "enable" | "disable" | "delete";

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
      return user.state === "deleted" ? undefined : { ...user, state: "deleted", disabledBy: null };
  }
}

/** Effective access to a vault (I22): the one function that pages, API and explanations use. */
export function hasVaultAccess(person: {
  active: boolean;
  adminDisabled: boolean;
  holdsLicense: boolean;
  vaultUser: Pick<VaultUser, "state"> | undefined;
}): boolean {
  const { active, adminDisabled, holdsLicense, vaultUser } = person;
  return active && !adminDisabled && holdsLicense && vaultUser?.state === "enabled";
}
