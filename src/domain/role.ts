/** Roles of administrators and what each may do (domain matrix: see and configure provisioning, buy, read). */

export const ROLES = ["subscription_admin", "access_admin", "billing_admin", "no_role"] as const;
export type Role = (typeof ROLES)[number];

export const PERMISSIONS = [
  /** See the subscription, vaults and users. */
  "read",
  /** See and change provisioning: configurations of the gallery kind, groups, links, vaults, accounts. */
  "provision",
  /** Create and change configurations for other SCIM providers (R11). */
  "provision_other",
  /** Set purchased license counts (A25). */
  "purchase",
  /** API keys, and everything else of the subscription. */
  "administer",
] as const;
export type Permission = (typeof PERMISSIONS)[number];

const granted: Record<Role, readonly Permission[]> = {
  subscription_admin: PERMISSIONS,
  access_admin: ["read", "provision"],
  billing_admin: ["read", "purchase"],
  no_role: [],
};

export const may = (role: Role, permission: Permission): boolean => granted[role].includes(permission);

/** Nobody hands out more than they have. */
export const mayGrant = (granter: Role, role: Role): boolean =>
  granted[role].every((permission) => may(granter, permission));
