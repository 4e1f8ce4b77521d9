/** Vaults and their user groups, for administrators. */
import type { ConnectorType } from "../../domain/connector.ts";
import { BUILT_IN_GROUP_NAME, type VaultUserState } from "../../domain/vault.ts";
import { fold } from "../../scim/fold.ts";
import { type Row, read, type Statement } from "../../store/database.ts";
import { tenantFence } from "../../store/fence.ts";
import { outboxPointers } from "../../store/outbox.ts";
import { selectVaultGroupMembers } from "../../store/vaults/vault-users.ts";
import {
  insertVault,
  insertVaultGroup,
  selectVault,
  selectVaultGroup,
  selectVaultGroups,
  selectVaults,
  type VaultGroupRecord,
  type VaultRecord,
  vaultGroupRecord,
  vaultRecord,
} from "../../store/vaults/vaults.ts";
import type { Admin } from "../admin.ts";
import { commitAct } from "../administrative-act.ts";
import {
  type Connection,
  type ConnectorTest,
  type NewConnector,
  prepareConnector,
  presentConnection,
  testConnector,
} from "../connectors/connectors.ts";
import { decodeCursor, type Page, type PageRequest, toPage } from "../page.ts";
import { done, type Outcome, type Problem, refuse } from "../problem.ts";
import { answered } from "../refusals.ts";

export type Vault = {
  id: string;
  name: string;
  connector: ConnectorType;
  /** The vault's own SCIM service. */
  connection: Connection | null;
  enabledUsers: number;
  createdAt: string;
};

export type VaultGroup = {
  id: string;
  name: string;
  /** The group of all enabled users; it cannot be linked. */
  builtIn: boolean;
  memberCount: number;
  createdAt: string;
};

export type VaultMember = { userId: string; userName: string; state: VaultUserState };

export const noVault: Problem = { kind: "not_found", detail: "There is no vault with this id." };
export const noVaultGroup: Problem = {
  kind: "not_found",
  detail: "This vault has no user group with this id.",
};

/** Rows of one statement, behind the fence. */
export async function fenced({ scope }: Admin, statement: Statement): Promise<Row[]> {
  const [, rows = []] = await read(scope.shard, [tenantFence(scope), statement]);
  return rows;
}

export async function findVault(admin: Admin, id: string): Promise<VaultRecord | undefined> {
  const [row] = await fenced(admin, selectVault(admin.scope, id));
  return row && vaultRecord(row);
}

export async function createVault(
  admin: Admin,
  { name, connector }: { name: string; connector?: NewConnector | undefined },
): Promise<Outcome<Vault>> {
  const { deps, scope } = admin;
  const vaultId = deps.newId();
  const prepared = connector && (await prepareConnector(admin, vaultId, connector));
  if (prepared?.ok === false) return prepared;
  const vault = {
    vaultId,
    name: name.trim(),
    builtInGroupId: deps.newId(),
    connector: prepared?.value,
  };
  const created = await answered(commitAct(admin, [tenantFence(scope), ...insertVault(scope, vault)]), {
    unique: () => ({ kind: "conflict", detail: `There is a vault called ${name} already.` }),
  });
  return created.ok ? getVault(admin, vaultId) : created;
}

export async function getVault(admin: Admin, id: string): Promise<Outcome<Vault>> {
  const vault = await findVault(admin, id);
  return vault === undefined ? refuse(noVault) : done(presentVault(vault));
}

export async function listVaults(admin: Admin, request: PageRequest): Promise<Outcome<Page<Vault>>> {
  const cursor = decodeCursor(request.cursor, ["number"]);
  if (!cursor.ok) return cursor;
  const rows = await fenced(
    admin,
    selectVaults(admin.scope, Number(cursor.value?.[0] ?? 0), request.limit + 1),
  );
  return done(toPage(rows.map(vaultRecord), request, ({ vaultNo }) => [vaultNo], presentVault));
}

export async function testVaultConnector(
  admin: Admin,
  { vaultId }: { vaultId: string },
): Promise<Outcome<ConnectorTest>> {
  const vault = await findVault(admin, vaultId);
  return vault === undefined ? refuse(noVault) : testConnector(admin, vault);
}

export async function createVaultGroup(
  admin: Admin,
  { vaultId, name }: { vaultId: string; name: string },
): Promise<Outcome<VaultGroup>> {
  const { deps, scope } = admin;
  const vault = await findVault(admin, vaultId);
  if (vault === undefined) return refuse(noVault);
  const group = { vaultGroupId: deps.newId(), name: name.trim() };
  const created = await answered(
    commitAct(admin, [tenantFence(scope), ...insertVaultGroup(scope, vault.vaultNo, group)]),
    { unique: () => groupNameTaken(name) },
  );
  if (!created.ok) return created;
  deps.signals.outboxWritten(scope.shard.name, scope.tenantNo, outboxPointers(created.value));
  const found = await findVaultGroup(admin, vaultId, group.vaultGroupId);
  return found === undefined ? refuse(noVaultGroup) : done(presentVaultGroup(found));
}

export const groupNameTaken = (name: string): Problem => ({
  kind: "conflict",
  detail:
    fold(name.trim()) === fold(BUILT_IN_GROUP_NAME)
      ? `${BUILT_IN_GROUP_NAME} is the built-in group of every vault.`
      : `This vault has a user group called ${name} already.`,
});

export async function findVaultGroup(
  admin: Admin,
  vaultId: string,
  vaultGroupId: string,
): Promise<VaultGroupRecord | undefined> {
  const [row] = await fenced(admin, selectVaultGroup(admin.scope, vaultId, vaultGroupId));
  return row && vaultGroupRecord(row);
}

export async function listVaultGroups(
  admin: Admin,
  request: PageRequest & { vaultId: string },
): Promise<Outcome<Page<VaultGroup>>> {
  const cursor = decodeCursor(request.cursor, ["string"]);
  if (!cursor.ok) return cursor;
  const vault = await findVault(admin, request.vaultId);
  if (vault === undefined) return refuse(noVault);
  const after = String(cursor.value?.[0] ?? "");
  const rows = await fenced(admin, selectVaultGroups(admin.scope, vault.vaultNo, after, request.limit + 1));
  return done(toPage(rows.map(vaultGroupRecord), request, ({ name }) => [fold(name)], presentVaultGroup));
}

export async function listVaultGroupMembers(
  admin: Admin,
  request: PageRequest & { vaultId: string; vaultGroupId: string },
): Promise<Outcome<Page<VaultMember>>> {
  const cursor = decodeCursor(request.cursor, ["number"]);
  if (!cursor.ok) return cursor;
  const group = await findVaultGroup(admin, request.vaultId, request.vaultGroupId);
  if (group === undefined) return refuse(noVaultGroup);
  const after = Number(cursor.value?.[0] ?? 0);
  const rows = await fenced(admin, selectVaultGroupMembers(admin.scope, group, after, request.limit + 1));
  return done(
    toPage(
      rows,
      request,
      (row) => [Number(row["user_no"])],
      (row) => ({
        userId: String(row["scim_id"]),
        userName: String(row["user_name"]),
        state: String(row["state"]) as VaultUserState,
      }),
    ),
  );
}

const presentVault = ({
  vaultId,
  name,
  connector,
  connection,
  enabledUsers,
  createdAt,
}: VaultRecord): Vault => ({
  id: vaultId,
  name,
  connector,
  connection: connection && presentConnection(connection.settings, connection.health),
  enabledUsers,
  createdAt: new Date(createdAt).toISOString(),
});

export const presentVaultGroup = (group: VaultGroupRecord): VaultGroup => ({
  id: group.vaultGroupId,
  name: group.name,
  builtIn: group.builtIn,
  memberCount: group.memberCount,
  createdAt: new Date(group.createdAt).toISOString(),
});
