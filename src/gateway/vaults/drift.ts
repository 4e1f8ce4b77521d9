/** Drift: where a vault differs from what its links say, why, and its repair. */
import { type Difference, type DriftReason, differences, driftReason } from "../../domain/drift.ts";
import {
  DRIFT_CHUNKS_MAX,
  DRIFT_PEOPLE_PER_CHUNK,
  DRIFT_REMOTE_PEOPLE_PER_CHUNK,
} from "../../domain/limits.ts";
import { effectOf, type LinkState } from "../../domain/link.ts";
import { type Row, read } from "../../store/database.ts";
import { tenantFence } from "../../store/fence.ts";
import { outboxPointers } from "../../store/outbox.ts";
import { pushAgain } from "../../store/vaults/connector-changes.ts";
import {
  orderRepair,
  type PersonAtVault,
  personAtVault,
  selectLinksFrom,
  selectPeopleAtVault,
} from "../../store/vaults/drift.ts";
import type { LinkKey } from "../../store/vaults/link-facts.ts";
import { linkKey } from "../../store/vaults/links.ts";
import { selectUserNumbers } from "../../store/vaults/vault-users.ts";
import type { VaultRecord } from "../../store/vaults/vaults.ts";
import { UpstreamFailure } from "../../upstream/failure.ts";
import type { Admin } from "../admin.ts";
import { commitAct } from "../administrative-act.ts";
import { readService } from "../connectors/read-back.ts";
import { decodeCursor, encodeCursor, type PageRequest } from "../page.ts";
import { done, type Outcome, refuse } from "../problem.ts";
import { fenced, findVault, noVault } from "./vaults.ts";

export type DriftItem = {
  userId: string;
  userName: string;
  link: { id: string; group: string; target: string };
  differences: Difference[];
  reason: DriftReason;
};

/** `examined`: people compared for this page; a page without items may still have a next one. */
export type DriftPage = { items: DriftItem[]; examined: number; nextCursor?: string };

type Actual = PersonAtVault["actual"];

/**
 * What the vault itself has of these people at this link; the read-back of a connector answers from the vault's
 * own service, from what the gateway's tables have of the person and what the service says.
 */
export type ReadActual = (
  admin: Admin,
  vault: VaultRecord,
  link: LinkKey,
  people: readonly PersonAtVault[],
) => Promise<readonly Actual[]>;

/** The gateway's own tables, read with the specification in one snapshot. */
const readTables: ReadActual = async (_admin, _vault, _link, people) => people.map(({ actual }) => actual);

const readActual: Record<VaultRecord["connector"], { read: ReadActual; peoplePerChunk: number }> = {
  internal: { read: readTables, peoplePerChunk: DRIFT_PEOPLE_PER_CHUNK },
  scim: { read: readService, peoplePerChunk: DRIFT_REMOTE_PEOPLE_PER_CHUNK },
};

export async function listDrift(
  admin: Admin,
  request: PageRequest & { vaultId: string },
): Promise<Outcome<DriftPage>> {
  try {
    return await compareVault(admin, request);
  } catch (error) {
    if (!(error instanceof UpstreamFailure)) throw error;
    return refuse({
      kind: "conflict",
      detail: `The vault's own SCIM service cannot be read: ${error.message}`,
    });
  }
}

async function compareVault(
  admin: Admin,
  request: PageRequest & { vaultId: string },
): Promise<Outcome<DriftPage>> {
  const cursor = decodeCursor(request.cursor, ["number", "number"]);
  if (!cursor.ok) return cursor;
  const vault = await findVault(admin, request.vaultId);
  if (vault === undefined) return refuse(noVault);
  const [firstLink = 0, firstUser = 0] = (cursor.value ?? []).map(Number);
  const page: DriftPage = { items: [], examined: 0 };
  let chunks = 0;
  for (const link of await fenced(admin, selectLinksFrom(admin.scope, vault.vaultNo, firstLink))) {
    const { linkNo } = linkKey(link);
    let after = linkNo === firstLink ? firstUser : 0;
    for (let more = true; more; chunks += 1) {
      if (chunks === DRIFT_CHUNKS_MAX) return done({ ...page, nextCursor: encodeCursor([linkNo, after]) });
      const people = await chunk(admin, vault, link, after);
      for (const { userNo, item } of people) {
        page.examined += 1;
        after = userNo;
        if (item === undefined) continue;
        page.items.push(item);
        if (page.items.length === request.limit) {
          return done({ ...page, nextCursor: encodeCursor([linkNo, after]) });
        }
      }
      more = people.length === readActual[vault.connector].peoplePerChunk;
    }
  }
  return done(page);
}

async function chunk(admin: Admin, vault: VaultRecord, link: Row, after: number) {
  const { scope } = admin;
  const key = linkKey(link);
  const [, rows = []] = await read(scope.shard, [
    tenantFence(scope),
    selectPeopleAtVault(scope, key, after, readActual[vault.connector].peoplePerChunk),
  ]);
  const people = rows.map(personAtVault);
  const actual = await readActual[vault.connector].read(admin, vault, key, people);
  return people.map((person, index) => ({
    userNo: person.userNo,
    item: compare(link, person, actual[index] ?? person.actual),
  }));
}

function compare(link: Row, person: PersonAtVault, actual: Actual): DriftItem | undefined {
  const state = String(link["state"]) as LinkState;
  const paused = state === "paused";
  // A paused link is compared with what it will do once it is resumed.
  const effect = effectOf(paused ? "active" : state, Number(link["source_deleted"]) === 1);
  const found = differences({ ...person, ...actual, effect });
  if (found.length === 0) return undefined;
  return {
    userId: person.userId,
    userName: person.userName,
    link: {
      id: String(link["link_id"]),
      group: String(link["group_name"]),
      target: String(link["target_name"]),
    },
    differences: found,
    reason: driftReason({ ...person.circumstances, paused }),
  };
}

/** Starts the settlement of these people, or a run of every link of the vault. */
export async function repairDrift(
  admin: Admin,
  { vaultId, userIds }: { vaultId: string; userIds?: readonly string[] | undefined },
): Promise<Outcome<{ users: number | null }>> {
  const { deps, scope } = admin;
  const vault = await findVault(admin, vaultId);
  if (vault === undefined) return refuse(noVault);
  const users = userIds === undefined ? "all" : await numbersOf(admin, userIds);
  if (users !== "all" && users.length < new Set(userIds).size) {
    return refuse({ kind: "not_found", detail: "There is no account with one of these ids." });
  }
  const results = await commitAct(admin, [
    tenantFence(scope),
    ...orderRepair(scope, vault.vaultNo, users),
    ...pushAgain(scope, vault.vaultNo, users),
  ]);
  deps.signals.outboxWritten(scope.shard.name, scope.tenantNo, outboxPointers(results));
  return done({ users: users === "all" ? null : users.length });
}

async function numbersOf(admin: Admin, userIds: readonly string[]): Promise<number[]> {
  const rows = await fenced(admin, selectUserNumbers(admin.scope, userIds));
  return rows.map((row) => Number(row["user_no"]));
}
