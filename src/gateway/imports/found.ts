/** A vault and what its synchronization is like, as every use case of it begins. */
import type { ImportState } from "../../domain/import.ts";
import { read } from "../../store/database.ts";
import { tenantFence } from "../../store/fence.ts";
import { type ImportGroupRecord, importGroupRecord, selectImportGroups } from "../../store/imports/groups.ts";
import {
  type ImportCounts,
  importRun,
  type ImportRun as RunRecord,
  selectOpenRun,
  selectRuns,
} from "../../store/imports/runs.ts";
import { type ImportRecord, importRecord, selectImport } from "../../store/imports/settings.ts";
import type { VaultRecord } from "../../store/vaults/vaults.ts";
import type { Admin } from "../admin.ts";
import type { Problem } from "../problem.ts";
import { findVault } from "../vaults/vaults.ts";

export const notSynchronized: Problem = {
  kind: "not_found",
  detail: "This vault does not synchronize by itself.",
};

export type Found = {
  vault: VaultRecord;
  record: ImportRecord | undefined;
  groups: ImportGroupRecord[];
  open: RunRecord | undefined;
  last: RunRecord | undefined;
};

/** A vault with what its synchronization is like, as one snapshot. */
export async function findImport(admin: Admin, vaultId: string): Promise<Found | undefined> {
  const vault = await findVault(admin, vaultId);
  if (vault === undefined) return undefined;
  const { scope } = admin;
  const [, [row] = [], groups = [], [open] = [], runs = []] = await read(scope.shard, [
    tenantFence(scope),
    selectImport(scope, vault.vaultNo),
    selectImportGroups(scope, vault.vaultNo),
    selectOpenRun(scope, vault.vaultNo),
    selectRuns(scope, vault.vaultNo, Number.MAX_SAFE_INTEGER, 2),
  ]);
  return {
    vault,
    record: row && importRecord(row),
    groups: groups.map(importGroupRecord),
    open: open && importRun(open),
    last: runs.map(importRun).find(({ finishedAt }) => finishedAt !== null),
  };
}

export const movedOn: Problem = {
  kind: "conflict",
  detail: "Others are changing this at the same time. Try again.",
};

export type ImportRun = ImportCounts & {
  id: string;
  state: ImportState;
  scheduledFor: string;
  startedAt: string | null;
  finishedAt: string | null;
  /** Why it failed; of a running import, what it waits for. */
  error: string | null;
};

const at = (time: number | null): string | null => (time === null ? null : new Date(time).toISOString());

export const presentRun = ({ runNo: _, runId, scheduledFor, ...run }: RunRecord): ImportRun => ({
  ...run,
  id: runId,
  scheduledFor: new Date(scheduledFor).toISOString(),
  startedAt: at(run.startedAt),
  finishedAt: at(run.finishedAt),
});
