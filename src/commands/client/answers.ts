/** What the admin API answers, as far as the commands and the product tests read it. */

export type LicenseTypeCode = "read_only" | "concurrent" | "named";

export type Activity = {
  idle: boolean;
  openOutboxRows: number;
  undoneChunks: number;
  undecidedAccounts: number;
  deadRows: number;
};

export type Configuration = {
  id: string;
  name: string;
  type: "entra_gallery" | "other_scim";
  defaultLicenseType: LicenseTypeCode;
  tenantUrl: string;
  tokenEndpoint: string;
  clientId: string;
};
export type CreatedConfiguration = Configuration & { clientSecret: string };

export type LicenseType = {
  code: LicenseTypeCode;
  name: string;
  rank: number;
  purchased: number;
  assignable: number;
  assigned: number;
  free: number;
  waiting: { unlicensed: number; upgrade: number };
  overAllocated: boolean;
};

export type Tenant = {
  id: string;
  name: string;
  subscriptionId: string;
  me: { kind: string; id: string; name: string; role: string };
  home: {
    users: number;
    groups: number;
    waiting: { total: number; unlicensed: number; upgrade: number; undecided: number };
    licenses: LicenseType[];
  };
};

export type User = {
  id: string;
  userName: string;
  displayName: string | null;
  active: boolean;
  adminDisabled: boolean;
  origin: string;
  configurationId: string | null;
  externalId: string | null;
  deprovisioned: boolean;
  license: {
    held: LicenseTypeCode | null;
    wanted: LicenseTypeCode | null;
    waiting: boolean;
    waitingSince: string | null;
    undecided: boolean;
  };
};

export type Named = { id: string; name: string };
export type Group = {
  id: string;
  displayName: string;
  members: number;
  links: number;
  licenseType: LicenseTypeCode | null;
};

export type VaultUser = {
  userId: string;
  userName: string;
  state: "enabled" | "disabled" | "deleted";
  disabledBy: "sync" | "admin" | null;
  groups: Named[];
};
export type VaultMember = { userId: string; userName: string };

export type LinkTarget = { groupId: string; vaultId: string } & (
  | { vaultGroupId: string }
  | { newVaultGroupName: string }
);
export type Plan = { planHash: string; adds: string[]; removes: string[] };
export type Link = {
  id: string;
  group: Named;
  vault: Named;
  target: Named;
  state: string;
  done: number;
  total: number;
  error: string | null;
  waitingForApproval: number;
};

export type Event = {
  seq: number;
  at: string;
  actor: string;
  action: string;
  subject: { kind: string; id?: string; name?: string };
  reason: string | null;
  data: unknown;
};

export type Page<T> = { items: T[]; nextCursor?: string };
