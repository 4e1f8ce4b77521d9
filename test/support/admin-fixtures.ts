/**
 * One organization with one of everything, and for every route of the admin API a request that succeeds on it.
 * The security suite runs each against callers who may not; a route without a fixture fails there.
 */
import { env } from "cloudflare:workers";
import type { Gateway } from "./admin-gateway.ts";

export type Organization = {
  key: string;
  tenantId: string;
  /** Stands in every name of this organization and in no other. */
  marker: string;
  shard: "SHARD_0" | "SHARD_1";
  tenantNo: number;
  apiKeyId: string;
  configurationId: string;
  clientId: string;
  secretId: string;
  userId: string;
  groupId: string;
  vaultId: string;
  vaultGroupId: string;
  /** A user group that no link fills, with the user in it. */
  freeGroupId: string;
  /** A vault with a SCIM service of its own, where nobody answers. */
  connectedVaultId: string;
  linkId: string;
  planHash: string;
  deadSeq: number;
  stagedEffectsId: string;
};

export type Fixture = {
  path: string;
  body?: unknown;
  /** What an administrator of the organization has to do first. */
  before?: readonly (readonly [method: string, path: string, body?: unknown])[];
};

/** A vault reads its groups by itself only where no configuration provisions. */
const alone = ({ configurationId }: Organization) =>
  ["DELETE", `/configurations/${configurationId}`] as const;
const synchronizationOf = ({ vaultId }: Organization) => `/vaults/${vaultId}/synchronization`;
const synchronizationSettings = {
  source: {
    provider: "scim",
    baseUrl: "http://127.0.0.1:9/scim/v2",
    authentication: { type: "bearer", token: "token" },
  },
  groups: [{ remoteId: "sales", name: "Sales", newVaultGroupName: "Sellers" }],
  licenseType: "named",
};
const synchronized = (own: Organization) =>
  [alone(own), ["PUT", synchronizationOf(own), synchronizationSettings]] as const;

export const adminFixtures: Record<string, (own: Organization) => Fixture> = {
  getTenant: () => ({ path: "/tenant" }),
  listApiKeys: () => ({ path: "/api-keys" }),
  createApiKey: () => ({ path: "/api-keys", body: { name: "One more" } }),
  revokeApiKey: ({ apiKeyId }) => ({ path: `/api-keys/${apiKeyId}` }),
  listConfigurations: () => ({ path: "/configurations" }),
  createConfiguration: () => ({
    path: "/configurations",
    body: { name: crypto.randomUUID(), type: "other_scim", defaultLicenseType: "named" },
  }),
  getConfiguration: ({ configurationId }) => ({ path: `/configurations/${configurationId}` }),
  changeConfiguration: ({ configurationId }) => ({
    path: `/configurations/${configurationId}`,
    body: { name: crypto.randomUUID() },
  }),
  deleteConfiguration: ({ configurationId }) => ({ path: `/configurations/${configurationId}` }),
  createClientSecret: ({ configurationId }) => ({ path: `/configurations/${configurationId}/secrets` }),
  revokeClientSecret: ({ configurationId, secretId }) => ({
    path: `/configurations/${configurationId}/secrets/${secretId}`,
  }),
  listLicenseTypes: () => ({ path: "/license-types" }),
  createLicenseType: () => ({
    path: "/license-types",
    body: { code: "partner", name: "Partner", rank: 20 },
  }),
  listQueue: () => ({ path: "/license-types/read_only/queue" }),
  listLicenseTypeHistory: () => ({ path: "/license-types/named/history" }),
  previewLicenseType: () => ({ path: "/license-types/read_only/preview", body: { purchased: 7 } }),
  previewGroupLicenseType: ({ groupId }) => ({
    path: `/groups/${groupId}/preview`,
    body: { licenseType: "named" },
  }),
  previewConfiguration: ({ configurationId }) => ({
    path: `/configurations/${configurationId}/preview`,
    body: { defaultLicenseType: "named", applyToExisting: true },
  }),
  previewConfigurationDeletion: ({ configurationId }) => ({
    path: `/configurations/${configurationId}/deletion-preview`,
  }),
  reportAdoption: ({ configurationId }) => ({ path: `/configurations/${configurationId}/adoption-report` }),
  setPurchasedLicenses: () => ({ path: "/license-types/named", body: { purchased: 7 } }),
  listUsers: () => ({ path: "/users?limit=200" }),
  createUser: () => ({ path: "/users", body: { userName: crypto.randomUUID(), licenseType: "named" } }),
  getUser: ({ userId }) => ({ path: `/users/${userId}` }),
  disableUser: ({ userId }) => ({ path: `/users/${userId}`, body: { disabled: true } }),
  explainLicense: ({ userId }) => ({ path: `/users/${userId}/license` }),
  chooseLicense: ({ userId }) => ({ path: `/users/${userId}/license`, body: { licenseType: "named" } }),
  releaseLicense: ({ userId }) => ({ path: `/users/${userId}/license-release` }),
  listGroups: () => ({ path: "/groups" }),
  getGroup: ({ groupId }) => ({ path: `/groups/${groupId}` }),
  listGroupMembers: ({ groupId }) => ({ path: `/groups/${groupId}/members` }),
  deleteGroup: ({ groupId }) => ({ path: `/groups/${groupId}` }),
  addGroupMember: ({ groupId, userId }) => ({ path: `/groups/${groupId}/members`, body: { userId } }),
  replaceGroupMembers: ({ groupId }) => ({ path: `/groups/${groupId}/members`, body: [] }),
  removeGroupMember: ({ groupId, userId }) => ({ path: `/groups/${groupId}/members/${userId}` }),
  setGroupLicenseType: ({ groupId }) => ({ path: `/groups/${groupId}`, body: { licenseType: "named" } }),
  listVaults: () => ({ path: "/vaults" }),
  createVault: () => ({ path: "/vaults", body: { name: crypto.randomUUID() } }),
  getVault: ({ vaultId }) => ({ path: `/vaults/${vaultId}` }),
  changeConnector: ({ connectedVaultId }) => ({
    path: `/vaults/${connectedVaultId}/connector`,
    body: {
      baseUrl: "http://127.0.0.1:9/scim",
      authentication: { type: "bearer", token: "another token" },
      membersPerRequest: 50,
    },
  }),
  removeConnector: ({ connectedVaultId }) => ({ path: `/vaults/${connectedVaultId}/connector` }),
  testConnector: ({ connectedVaultId }) => ({ path: `/vaults/${connectedVaultId}/connector/test` }),
  getSynchronization: (own) => ({ path: synchronizationOf(own), before: synchronized(own) }),
  setSynchronization: (own) => ({
    path: synchronizationOf(own),
    body: synchronizationSettings,
    before: [alone(own)],
  }),
  endSynchronization: (own) => ({
    path: `${synchronizationOf(own)}?members=remove`,
    before: synchronized(own),
  }),
  listImports: (own) => ({ path: `${synchronizationOf(own)}/runs`, before: synchronized(own) }),
  orderImport: (own) => ({ path: `${synchronizationOf(own)}/runs`, before: synchronized(own) }),
  testSynchronization: (own) => ({ path: `${synchronizationOf(own)}/test`, before: synchronized(own) }),
  listVaultGroups: ({ vaultId }) => ({ path: `/vaults/${vaultId}/groups` }),
  createVaultGroup: ({ vaultId }) => ({
    path: `/vaults/${vaultId}/groups`,
    body: { name: crypto.randomUUID() },
  }),
  listVaultGroupMembers: ({ vaultId, vaultGroupId }) => ({
    path: `/vaults/${vaultId}/groups/${vaultGroupId}/members`,
  }),
  renameVaultGroup: ({ vaultId, freeGroupId }) => ({
    path: `/vaults/${vaultId}/groups/${freeGroupId}`,
    body: { name: crypto.randomUUID() },
  }),
  deleteVaultGroup: ({ vaultId, freeGroupId }) => ({ path: `/vaults/${vaultId}/groups/${freeGroupId}` }),
  addVaultGroupMember: ({ vaultId, freeGroupId, userId }) => ({
    path: `/vaults/${vaultId}/groups/${freeGroupId}/members`,
    body: { userId },
  }),
  removeVaultGroupMember: ({ vaultId, freeGroupId, userId }) => ({
    path: `/vaults/${vaultId}/groups/${freeGroupId}/members/${userId}`,
  }),
  explainVaultAccess: ({ vaultId, userId }) => ({ path: `/vaults/${vaultId}/users/${userId}/access` }),
  listDrift: ({ vaultId }) => ({ path: `/vaults/${vaultId}/drift` }),
  repairDrift: ({ vaultId, userId }) => ({
    path: `/vaults/${vaultId}/drift/repair`,
    body: { userIds: [userId] },
  }),
  listVaultUsers: ({ vaultId }) => ({ path: `/vaults/${vaultId}/users` }),
  changeVaultUser: ({ vaultId, userId }) => ({
    path: `/vaults/${vaultId}/users/${userId}`,
    body: { pinned: true },
  }),
  deleteVaultUser: ({ vaultId, userId }) => ({ path: `/vaults/${vaultId}/users/${userId}` }),
  previewLink: ({ groupId, vaultId }) => ({
    path: "/links/preview",
    body: { groupId, vaultId, newVaultGroupName: "Preview" },
  }),
  createLink: ({ groupId, vaultId, planHash }) => ({
    path: "/links",
    body: { groupId, vaultId, newVaultGroupName: "Applied", planHash },
  }),
  listLinks: () => ({ path: "/links" }),
  getLink: ({ linkId }) => ({ path: `/links/${linkId}` }),
  deleteLink: ({ linkId }) => ({ path: `/links/${linkId}?members=keep` }),
  setLinkState: ({ linkId }) => ({ path: `/links/${linkId}`, body: { state: "paused" } }),
  listStagedEffects: () => ({ path: "/staged-effects" }),
  getStagedEffects: ({ stagedEffectsId }) => ({ path: `/staged-effects/${stagedEffectsId}` }),
  approveStagedEffects: ({ stagedEffectsId }) => ({ path: `/staged-effects/${stagedEffectsId}/approve` }),
  discardStagedEffects: ({ stagedEffectsId }) => ({ path: `/staged-effects/${stagedEffectsId}/discard` }),
  getPolicies: () => ({ path: "/policies" }),
  setPolicies: () => ({ path: "/policies", body: { brake: { percent: 50 } } }),
  listEvents: ({ userId }) => ({ path: `/events?subject=user:${userId}` }),
  exportUsers: () => ({ path: "/exports/users.csv" }),
  exportWaiting: () => ({ path: "/exports/waiting.csv" }),
  exportGroups: () => ({ path: "/exports/groups.csv" }),
  exportGroupMembers: () => ({ path: "/exports/group-members.csv" }),
  exportVaultUsers: ({ vaultId }) => ({ path: `/exports/vault-users.csv?vault=${vaultId}` }),
  exportEvents: () => ({ path: "/exports/events.csv" }),
  getActivity: () => ({ path: "/activity" }),
  listDeadLetters: () => ({ path: "/dead-letters" }),
  redriveDeadLetter: ({ deadSeq }) => ({ path: `/dead-letters/license/${deadSeq}/redrive` }),
};

/** Builds the organization through the public interface, but for what only background work would make. */
export async function foundOrganization(gateway: Gateway): Promise<Organization> {
  const marker = `m${crypto.randomUUID().replaceAll("-", "")}`;
  const { key, tenant } = await gateway.signUp(marker);
  const ask = async <Body>(method: string, path: string, body?: unknown): Promise<Body> => {
    const answer = await gateway.call<Body>(method, path, { key, body });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.text}`);
    return answer.body;
  };
  type Made = { id: string };
  const apiKey = await ask<Made>("POST", "/api-keys", { name: marker });
  const configuration = await ask<
    Made & { clientId: string; clientSecret: string; tenantUrl: string; secrets: Made[] }
  >("POST", "/configurations", { name: marker, type: "other_scim", defaultLicenseType: "read_only" });
  const provision = async (type: "User" | "Group", resource: object): Promise<string> => {
    const answer = await gateway.send(
      new Request(`${configuration.tenantUrl}/${type}s`, {
        method: "POST",
        headers: {
          authorization: `Basic ${btoa(`${configuration.clientId}:${configuration.clientSecret}`)}`,
          "content-type": "application/scim+json",
        },
        body: JSON.stringify({ schemas: [`urn:ietf:params:scim:schemas:core:2.0:${type}`], ...resource }),
      }),
    );
    if (answer.status !== 201) throw new Error(answer.text);
    return String(answer.body["id"]);
  };
  const userId = await provision("User", { userName: marker, externalId: marker });
  const groupId = await provision("Group", { displayName: marker, members: [{ value: userId }] });
  const vault = await ask<Made>("POST", "/vaults", { name: marker });
  const vaultGroup = await ask<Made>("POST", `/vaults/${vault.id}/groups`, { name: marker });
  const connectedVault = await ask<Made>("POST", "/vaults", {
    name: `${marker} connected`,
    connector: {
      type: "scim",
      baseUrl: "http://127.0.0.1:9/scim/v2",
      authentication: { type: "bearer", token: `${marker} token` },
    },
  });
  const freeGroup = await ask<Made>("POST", `/vaults/${vault.id}/groups`, { name: `${marker} free` });
  const ends = { groupId, vaultId: vault.id };
  const preview = (target: object) =>
    ask<{ planHash: string }>("POST", "/links/preview", { ...ends, ...target });
  const target = { vaultGroupId: vaultGroup.id };
  const { planHash: linked } = await preview(target);
  const link = await ask<Made>("POST", "/links", { ...ends, ...target, planHash: linked });
  const place = await env.CONTROL.prepare("SELECT tenant_no, shard FROM tenants WHERE tenant_id = ?")
    .bind(tenant.id)
    .first<{ tenant_no: number; shard: "SHARD_0" | "SHARD_1" }>();
  if (place === null) throw new Error("the organization is not in the directory");
  const deadSeq = await bury(place.shard, place.tenant_no);
  await ask("POST", `/vaults/${vault.id}/groups/${freeGroup.id}/members`, { userId });
  const stagedEffectsId = await hold(place.shard, place.tenant_no);
  const { planHash } = await preview({ newVaultGroupName: "Applied" });
  return {
    key,
    tenantId: tenant.id,
    marker,
    shard: place.shard,
    tenantNo: place.tenant_no,
    apiKeyId: apiKey.id,
    configurationId: configuration.id,
    clientId: configuration.clientId,
    secretId: configuration.secrets[0]?.id ?? "",
    userId,
    groupId,
    vaultId: vault.id,
    vaultGroupId: vaultGroup.id,
    freeGroupId: freeGroup.id,
    connectedVaultId: connectedVault.id,
    linkId: link.id,
    planHash,
    deadSeq,
    stagedEffectsId,
  };
}

/** What the queue would have done: a vault user, and a row that failed too often. Returns the row's number. */
async function bury(shard: Organization["shard"], tenantNo: number): Promise<number> {
  await env[shard]
    .prepare(
      `INSERT INTO vault_users (tenant_no, vault_no, user_no, state, origin, created_at, updated_at)
       VALUES (?, 1, 1, 'enabled', 'sync', 0, 0)`,
    )
    .bind(tenantNo)
    .run();
  const row = await env[shard]
    .prepare("UPDATE outbox SET dead_at = 1 WHERE tenant_no = ? AND kind = 'license' RETURNING seq")
    .bind(tenantNo)
    .first<{ seq: number }>();
  return row?.seq ?? 0;
}

/** What the brake would have done when the link's only member left. Returns the id. */
async function hold(shard: Organization["shard"], tenantNo: number): Promise<string> {
  const id = crypto.randomUUID();
  await env[shard]
    .prepare(
      `INSERT INTO staged_effects (tenant_no, staged_no, staged_id, vault_no, link_no, state, users, reason, created_at)
       VALUES (?, 1, ?, 1, 1, 'staged', '[1]', 'share', 0)`,
    )
    .bind(tenantNo, id)
    .run();
  return id;
}
