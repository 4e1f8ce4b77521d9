/** Makes CONTROL's directory agree with the shard about a configuration's client secrets. */
import { tenantNo } from "../../domain/id.ts";
import { DIRECTORY_ATTEMPTS_MAX } from "../../domain/limits.ts";
import { GuardRaised, StoreUnavailable } from "../../store/failure.ts";
import { closeDirectoryRow, readDirectoryTruth, writeDirectory } from "../../store/identity/directory.ts";
import { persist } from "../../store/retry.ts";
import type { Deps } from "../deps.ts";

export type DirectoryRow = { seq: number; payload: string; correlationId: string };

/**
 * Level-triggered and idempotent: writes what the shard says now, whatever the row was about, then closes the
 * row. If the shard moved on meanwhile, another writer may have been overtaken by this one: do it again.
 * @throws StoreUnavailable when it could not be done; the row stays open.
 */
export async function completeDirectory(
  deps: Deps,
  shardName: string,
  tenant: number,
  row: DirectoryRow,
): Promise<void> {
  const shard = deps.shard(shardName);
  if (shard === undefined) throw new StoreUnavailable(`shard ${shardName} is not bound`);
  const place = { shard, tenantNo: tenantNo(tenant) };
  const { configuration } = JSON.parse(row.payload) as { configuration: number };
  for (let attempt = 0; attempt < DIRECTORY_ATTEMPTS_MAX; attempt += 1) {
    try {
      const truth = await readDirectoryTruth(place, configuration);
      await persist(deps, () => writeDirectory(deps.control, place.tenantNo, configuration, truth));
      for (const { clientId } of truth.clients) deps.directory.forget(clientId);
      return await persist(deps, () => closeDirectoryRow(place, configuration, truth, row.seq));
    } catch (error) {
      if (!(error instanceof GuardRaised)) throw error;
      // The row moved with its tenant, and is worked off where that lives.
      if (error.word === "fenced") return;
    }
  }
  throw new StoreUnavailable("the configuration keeps changing");
}
