/** What a vault's own SCIM service really holds, for the comparison with what it should. */
import { CONNECTOR_PARALLEL_REQUESTS } from "../../domain/limits.ts";
import type { VaultUser } from "../../domain/vault.ts";
import { type Row, read } from "../../store/database.ts";
import { tenantFence } from "../../store/fence.ts";
import { connectedGroup, selectConnectedGroup } from "../../store/vaults/connector-groups.ts";
import { connectorRecord, selectConnector, selectRemoteUsers } from "../../store/vaults/connectors.ts";
import type { PersonAtVault } from "../../store/vaults/drift.ts";
import type { LinkKey } from "../../store/vaults/link-facts.ts";
import type { VaultRecord } from "../../store/vaults/vaults.ts";
import type { ScimClient as ScimService } from "../../upstream/scim-client.ts";
import type { Admin } from "../admin.ts";
import { openConnection } from "./connectors.ts";

type Actual = PersonAtVault["actual"];

/**
 * Each person as the service has them: in the target or not, and enabled or not where that is not what the
 * gateway's tables say. A service that keeps members to itself is believed to have what was pushed.
 * @throws UpstreamFailure
 */
export async function readService(
  admin: Admin,
  vault: VaultRecord,
  { vaultGroupNo }: LinkKey,
  people: readonly PersonAtVault[],
): Promise<Actual[]> {
  const { scope } = admin;
  const numbers = people.map(({ userNo }) => userNo);
  const [, [connector] = [], [group] = [], users = []] = await read(scope.shard, [
    tenantFence(scope),
    selectConnector(scope, vault.vaultNo),
    selectConnectedGroup(scope, vaultGroupNo),
    selectRemoteUsers(scope, vault.vaultNo, numbers),
  ]);
  if (connector === undefined) return people.map(({ actual }) => actual);
  const service = await openConnection(admin, connectorRecord(connector));
  const members = await membersOf(service, group);
  const remote = new Map(users.map((row) => [Number(row["user_no"]), row]));
  const actual: Actual[] = [];
  for (let at = 0; at < people.length; at += CONNECTOR_PARALLEL_REQUESTS) {
    const round = people.slice(at, at + CONNECTOR_PARALLEL_REQUESTS);
    actual.push(
      ...(await Promise.all(
        round.map((person) => readPerson(service, person, members, remote.get(person.userNo))),
      )),
    );
  }
  return actual;
}

async function membersOf(
  service: ScimService,
  row: Row | undefined,
): Promise<ReadonlySet<string> | undefined> {
  const group = row && connectedGroup(row);
  if (group === undefined || group.remoteId === null) return new Set();
  const ids = await service.memberIds(group.remoteId);
  return ids === undefined ? undefined : new Set(ids === "missing" ? [] : ids);
}

async function readPerson(
  service: ScimService,
  { actual }: PersonAtVault,
  members: ReadonlySet<string> | undefined,
  row: Row | undefined,
): Promise<Actual> {
  const remoteId = row?.["remote_id"];
  // Never given to the service: a person who is out of the vault is as good as there (`selectPendingUsers`).
  if (typeof remoteId !== "string") {
    return actual.vaultUser?.state === "enabled" ? { vaultUser: undefined, inTarget: false } : actual;
  }
  const active = await service.isActive(remoteId);
  if (active === "missing") return { vaultUser: undefined, inTarget: false };
  const inTarget = members === undefined ? actual.inTarget : members.has(remoteId);
  return { vaultUser: asThere(actual.vaultUser, active, Number(row?.["access"]) === 1), inTarget };
}

/** Enabled there means access (I22): it differs from the vault user's state only when the service was changed. */
function asThere(vaultUser: VaultUser | undefined, active: boolean, access: boolean): VaultUser | undefined {
  if (vaultUser === undefined || active === access) return vaultUser;
  if (active) return { ...vaultUser, state: "enabled", disabledBy: null };
  return { ...vaultUser, state: "disabled", disabledBy: "sync" };
}
