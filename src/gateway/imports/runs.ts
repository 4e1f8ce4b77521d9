/** Imports of a vault as administrators see them, order one, and try the way to the provider. */
import { tenantFence } from "../../store/fence.ts";
import { importRun, selectOpenRun, selectRuns, startRun } from "../../store/imports/runs.ts";
import { outboxPointers } from "../../store/outbox.ts";
import type { Directory } from "../../upstream/directory/directory.ts";
import { UpstreamFailure } from "../../upstream/failure.ts";
import type { Admin } from "../admin.ts";
import { commitAct } from "../administrative-act.ts";
import { decodeCursor, type Page, type PageRequest, toPage } from "../page.ts";
import { done, type Outcome, refuse } from "../problem.ts";
import { answered } from "../refusals.ts";
import { fenced, findVault, noVault } from "../vaults/vaults.ts";
import { openSource } from "./connection.ts";
import { findImport, type ImportRun, movedOn, notSynchronized, presentRun } from "./found.ts";

/** Newest first; those of before synchronization was turned off stay to be read. */
export async function listImportRuns(
  admin: Admin,
  request: PageRequest & { vaultId: string },
): Promise<Outcome<Page<ImportRun>>> {
  const cursor = decodeCursor(request.cursor, ["number"]);
  if (!cursor.ok) return cursor;
  const vault = await findVault(admin, request.vaultId);
  if (vault === undefined) return refuse(noVault);
  const before = Number(cursor.value?.[0] ?? Number.MAX_SAFE_INTEGER);
  const rows = await fenced(admin, selectRuns(admin.scope, vault.vaultNo, before, request.limit + 1));
  return done(toPage(rows.map(importRun), request, ({ runNo }) => [runNo], presentRun));
}

/** Import now. One that is at work already is the answer: two never run for one vault. */
export async function orderImport(
  admin: Admin,
  { vaultId }: { vaultId: string },
): Promise<Outcome<ImportRun>> {
  const found = await findImport(admin, vaultId);
  if (found === undefined) return refuse(noVault);
  const { record, open } = found;
  if (record === undefined || open === undefined) return refuse(notSynchronized);
  const { deps, scope } = admin;
  if (open.state === "scheduled") {
    const run = { vaultNo: found.vault.vaultNo, runNo: open.runNo };
    const started = await answered(
      commitAct(admin, [tenantFence(scope), ...startRun(scope, run, "ordered")]),
      { moved: () => movedOn },
    );
    if (started.ok)
      deps.signals.outboxWritten(scope.shard.name, scope.tenantNo, outboxPointers(started.value));
    // Somebody else was faster: what is open now tells.
    else if (started.problem !== movedOn) return started;
  }
  const [row] = await fenced(admin, selectOpenRun(scope, found.vault.vaultNo));
  return row === undefined ? refuse(notSynchronized) : done(presentRun(importRun(row)));
}

export type ImportTest = {
  passed: boolean;
  stages: {
    /** `credential`, or the name of a group. */
    stage: string;
    outcome: "passed" | "failed" | "skipped";
    detail: string | null;
  }[];
};

/** Tries the way to the provider and reads the first page of every group; changes nothing. */
export async function testSynchronization(
  admin: Admin,
  { vaultId }: { vaultId: string },
): Promise<Outcome<ImportTest>> {
  const found = await findImport(admin, vaultId);
  if (found === undefined) return refuse(noVault);
  const { record, groups } = found;
  if (record === undefined) return refuse(notSynchronized);
  let directory: Directory | undefined;
  const signIn = await failureOf(async () => {
    directory = await openSource(admin, record);
    await directory.authenticate();
  });
  const stages: ImportTest["stages"] = [outcomeOf("credential", signIn)];
  for (const { name, remoteId } of groups) {
    if (signIn !== undefined) stages.push({ stage: name, outcome: "skipped", detail: null });
    else
      stages.push(
        outcomeOf(name, await failureOf(async () => directory?.readPage(remoteId, false, undefined))),
      );
  }
  return done({ passed: stages.every(({ outcome }) => outcome === "passed"), stages });
}

const outcomeOf = (stage: string, failure: string | undefined): ImportTest["stages"][number] => ({
  stage,
  outcome: failure === undefined ? "passed" : "failed",
  detail: failure ?? null,
});

async function failureOf(attempt: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await attempt();
    return undefined;
  } catch (error) {
    if (error instanceof UpstreamFailure) return error.message;
    throw error;
  }
}
