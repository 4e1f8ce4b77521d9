/** Imports of a vault: the one that is open, and those that are over. Functions return statements. */
import { type SQL, sql } from "drizzle-orm";
import type { ImportState } from "../../domain/import.ts";
import { IMPORT_RUNS_KEPT, IMPORTS_PER_SWEEP } from "../../domain/limits.ts";
import type { Row } from "../database.ts";
import { recordEvent } from "../events.ts";
import { guardChangedOne } from "../guard.ts";
import { enqueue } from "../outbox.ts";
import type { TenantScope } from "../scope.ts";

export type ImportCounts = {
  read: number;
  created: number;
  added: number;
  removed: number;
  enabled: number;
  skipped: number;
};

export type ImportRun = ImportCounts & {
  runNo: number;
  runId: string;
  state: ImportState;
  scheduledFor: number;
  startedAt: number | null;
  finishedAt: number | null;
  error: string | null;
};

const numberOrNull = (value: string | number | null | undefined): number | null =>
  value === null || value === undefined ? null : Number(value);

export const importRun = (row: Row): ImportRun => ({
  runNo: Number(row["run_no"]),
  runId: String(row["run_id"]),
  state: String(row["state"]) as ImportState,
  scheduledFor: Number(row["scheduled_for"]),
  startedAt: numberOrNull(row["started_at"]),
  finishedAt: numberOrNull(row["finished_at"]),
  read: Number(row["read"]),
  created: Number(row["created"]),
  added: Number(row["added"]),
  removed: Number(row["removed"]),
  enabled: Number(row["enabled"]),
  skipped: Number(row["skipped"]),
  error: row["error"] === null ? null : String(row["error"]),
});

/** Newest first. */
export const selectRuns = ({ tenantNo }: TenantScope, vaultNo: number, before: number, limit: number): SQL =>
  sql`SELECT * FROM import_runs WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo} AND run_no < ${before}
    ORDER BY run_no DESC LIMIT ${limit}`;

export const selectOpenRun = ({ tenantNo }: TenantScope, vaultNo: number): SQL =>
  sql`SELECT * FROM import_runs WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo} AND finished_at IS NULL`;

/** When the next imports of the other vaults begin: rows of `scheduled_for`. */
export const selectOtherTurns = ({ tenantNo }: TenantScope, vaultNo: number): SQL =>
  sql`SELECT scheduled_for FROM import_runs INDEXED BY import_runs_scheduled
    WHERE tenant_no = ${tenantNo} AND state = 'scheduled' AND vault_no <> ${vaultNo}`;

/** The next import. Violates `import_runs_open` while another is open: never two for one vault. */
export function scheduleRun({ tenantNo }: TenantScope, vaultNo: number, runId: string, at: number): SQL {
  return sql`INSERT INTO import_runs (tenant_no, vault_no, run_no, run_id, state, scheduled_for)
    SELECT ${tenantNo}, ${vaultNo}, COALESCE(MAX(run_no), 0) + 1, ${runId}, 'scheduled', ${at}
    FROM import_runs WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo}`;
}

/** Settings changed, or are gone: what is open ends here, and a consumer that is at work writes nothing more. */
export function endOpenRun(scope: TenantScope, vaultNo: number, error: string): SQL[] {
  const { tenantNo, now } = scope;
  const open = sql`tenant_no = ${tenantNo} AND vault_no = ${vaultNo} AND finished_at IS NULL`;
  const running = sql`EXISTS (SELECT 1 FROM import_runs WHERE ${open} AND state = 'running')`;
  return [
    sql`DELETE FROM import_runs WHERE ${open} AND state = 'scheduled'`,
    ...recordEvent(
      scope,
      { action: "import.failed", subjectKind: "vault", subjectNo: vaultNo, data: { error } },
      running,
    ),
    sql`UPDATE import_runs SET state = 'failed', finished_at = ${now}, error = ${error} WHERE ${open}`,
    sql`DELETE FROM outbox WHERE tenant_no = ${tenantNo} AND kind = 'import' AND json_extract(payload, '$.vault') = ${vaultNo}`,
    forgetPages(scope, vaultNo),
  ];
}

export const forgetPages = ({ tenantNo }: Pick<TenantScope, "tenantNo">, vaultNo: number): SQL =>
  sql`DELETE FROM import_pages WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo}`;

/** From scheduled to running, with the row that does the work. Raises `moved` when the run has begun already. */
export function startRun(
  scope: TenantScope,
  { vaultNo, runNo }: { vaultNo: number; runNo: number },
  reason: "schedule" | "ordered",
): SQL[] {
  const { tenantNo, now } = scope;
  const payload = { vault: vaultNo, run: runNo, at: 0, phase: "read", group: 0, page: 1 };
  return [
    sql`UPDATE import_runs SET state = 'running', started_at = ${now}, scheduled_for = MIN(scheduled_for, ${now})
      WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo} AND run_no = ${runNo} AND state = 'scheduled'`,
    guardChangedOne("moved"),
    forgetPages(scope, vaultNo),
    ...recordEvent(scope, {
      action: "import.started",
      subjectKind: "vault",
      subjectNo: vaultNo,
      reason,
      data: { run: runNo },
    }),
    enqueue(scope, "import", payload),
  ];
}

/** Due imports of the shard, the longest due first: tenant_no, epoch, vault_no, run_no. */
export const selectDueRuns = (now: number): SQL =>
  sql`SELECT r.tenant_no, t.epoch, r.vault_no, r.run_no FROM import_runs AS r INDEXED BY import_runs_scheduled
    JOIN tenants AS t ON t.tenant_no = r.tenant_no AND t.status = 'active'
    WHERE r.state = 'scheduled' AND r.scheduled_for <= ${now} ORDER BY r.scheduled_for LIMIT ${IMPORTS_PER_SWEEP}`;

export const countInRun = (
  { tenantNo }: TenantScope,
  { vaultNo, runNo }: { vaultNo: number; runNo: number },
  count: keyof ImportCounts,
  by: SQL | number,
): SQL =>
  sql`UPDATE import_runs SET ${sql.raw(count)} = ${sql.raw(count)} + ${by}
    WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo} AND run_no = ${runNo}`;

/** Why the run waits, while it does. */
export const noteRunError = (
  { tenantNo }: TenantScope,
  { vaultNo, runNo }: { vaultNo: number; runNo: number },
  error: string | null,
): SQL =>
  sql`UPDATE import_runs SET error = ${error} WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo}
    AND run_no = ${runNo} AND error IS NOT ${error}`;

/** The end of a run, with its counts as an event; then the next one stands, and the oldest are forgotten. */
export function finishRun(
  scope: TenantScope,
  { vaultNo, runNo }: { vaultNo: number; runNo: number },
  end: { error: string | null; nextRunId: string; nextAt: number },
): SQL[] {
  const { tenantNo, now } = scope;
  const run = sql`tenant_no = ${tenantNo} AND vault_no = ${vaultNo} AND run_no = ${runNo}`;
  return [
    sql`UPDATE import_runs SET state = ${end.error === null ? "succeeded" : "failed"}, finished_at = ${now},
        error = ${end.error} WHERE ${run} AND state = 'running'`,
    guardChangedOne("closed"),
    ...recordEvent(scope, {
      action: end.error === null ? "import.succeeded" : "import.failed",
      subjectKind: "vault",
      subjectNo: vaultNo,
      data: sql`(SELECT json_patch(json_object('run', run_no, 'read', read, 'accounts', created, 'membersAdded', added,
          'membersRemoved', removed, 'enabled', enabled, 'skipped', skipped), json_object('error', error))
        FROM import_runs WHERE ${run})`,
    }),
    sql`DELETE FROM import_runs WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo}
      AND run_no <= ${runNo - IMPORT_RUNS_KEPT}`,
    forgetPages(scope, vaultNo),
    scheduleRun(scope, vaultNo, end.nextRunId, end.nextAt),
  ];
}
