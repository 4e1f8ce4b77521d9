/**
 * Statements that move a tenant: pages of its tables from one shard to another, and the rows that say where it
 * is. While it moves, the target's `tenants` row is `moved` under the coming epoch: nothing there is alive.
 */
import { type SQL, sql } from "drizzle-orm";
import type { TenantNo } from "../../domain/id.ts";
import { MOVED_PAGE_BYTES_MAX, MOVED_PAGE_ROWS_MAX } from "../../domain/limits.ts";
import { commit, type Database, type Row, read } from "../database.ts";
import { recordEvent } from "../events.ts";
import { guard, guardChangedOne } from "../guard.ts";
import type { TenantScope } from "../scope.ts";
import { TENANT_TABLES, type TenantTable } from "./tenant-tables.ts";

export type MovingTenant = {
  tenantNo: TenantNo;
  name: string;
  shard: string;
  epoch: number;
  status: "active" | "moving";
};

export async function findMovingTenant(
  control: Database,
  tenantId: string,
): Promise<MovingTenant | undefined> {
  const [[row] = []] = await read(control, [
    sql`SELECT tenant_no, name, shard, epoch, status FROM tenants WHERE tenant_id = ${tenantId}`,
  ]);
  return (
    row && {
      tenantNo: Number(row["tenant_no"]) as TenantNo,
      name: String(row["name"]),
      shard: String(row["shard"]),
      epoch: Number(row["epoch"]),
      status: row["status"] === "moving" ? "moving" : "active",
    }
  );
}

export type TenantRow = { status: "active" | "moved"; epoch: number };

export async function readTenantRow(shard: Database, tenantNo: TenantNo): Promise<TenantRow | undefined> {
  const [[row] = []] = await read(shard, [
    sql`SELECT status, epoch FROM tenants WHERE tenant_no = ${tenantNo}`,
  ]);
  return row && { status: row["status"] === "active" ? "active" : "moved", epoch: Number(row["epoch"]) };
}

const tenantColumns = sql.raw(
  "tenant_no, tenant_id, subscription_id, name, status, epoch, allocation_version, created_at",
);

/** Says in CONTROL that the tenant moves. Nothing else changes by it. */
export async function markMoving(control: Database, { tenantNo, epoch }: MovingTenant): Promise<void> {
  await commit(control, [
    sql`UPDATE tenants SET status = 'moving' WHERE tenant_no = ${tenantNo} AND epoch = ${epoch}`,
    guardChangedOne("moved_on"),
  ]);
}

/** Writes the target's row under the coming epoch, not alive. @throws GuardRaised `alive` when it is. */
export async function prepareTarget(source: Database, target: Database, moving: MovingTenant): Promise<void> {
  const { tenantNo, epoch } = moving;
  const [[row] = []] = await read(source, [
    sql`SELECT ${tenantColumns} FROM tenants WHERE tenant_no = ${tenantNo}`,
  ]);
  if (row === undefined) throw new Error(`${source.name} has no row of tenant ${tenantNo}`);
  await commit(target, [
    guard(
      "alive",
      sql`NOT EXISTS (SELECT 1 FROM tenants WHERE tenant_no = ${tenantNo} AND status = 'active')`,
    ),
    sql`INSERT INTO tenants (${tenantColumns}) VALUES (${tenantNo}, ${row["tenant_id"]}, ${row["subscription_id"]},
        ${row["name"]}, 'moved', ${epoch + 1}, ${row["allocation_version"]}, ${row["created_at"]})
      ON CONFLICT (tenant_no) DO UPDATE SET name = excluded.name, epoch = excluded.epoch,
        allocation_version = excluded.allocation_version`,
  ]);
}

/** From here on every fence on the source raises `fenced`; done already, it changes nothing. */
export async function freezeSource(source: Database, { tenantNo, epoch }: MovingTenant): Promise<void> {
  await commit(source, [
    sql`UPDATE tenants SET status = 'moved' WHERE tenant_no = ${tenantNo} AND epoch = ${epoch}`,
  ]);
}

/** What a page ends with: the key of its last row; none for the beginning. */
export type PageKey = readonly (string | number)[] | undefined;

export type TablePage = { rows: Row[]; last: PageKey };

const list = (columns: readonly string[]): SQL => sql.raw(columns.join(", "));

function after(key: readonly string[], bound: PageKey, comparison: ">" | "<="): SQL {
  if (bound === undefined || key.length === 0) return sql.raw("1");
  const values = bound.map((value) => sql`${value}`);
  return sql`(${list(key)}) ${sql.raw(comparison)} (${sql.join(values, sql.raw(", "))})`;
}

/** A page in order of the key; `last` is undefined when nothing follows. */
export async function readTablePage(
  shard: Database,
  tenantNo: TenantNo,
  { name, columns, key }: TenantTable,
  from: PageKey,
  until?: PageKey,
): Promise<TablePage> {
  const [rows = []] = await read(shard, [
    sql`SELECT ${list(columns)} FROM ${sql.raw(name)} WHERE tenant_no = ${tenantNo} AND ${after(key, from, ">")}
      AND ${after(key, until, "<=")} ORDER BY ${list(["tenant_no", ...key])} LIMIT ${MOVED_PAGE_ROWS_MAX + 1}`,
  ]);
  const page = rows.slice(0, MOVED_PAGE_ROWS_MAX);
  const last = rows.length > page.length ? page.at(-1) : undefined;
  return { rows: page, last: last && key.map((column) => last[column] ?? 0) };
}

/**
 * Makes the target's rows of a page these and no others.
 * @throws GuardRaised `alive` when the tenant lives there already: then the copy is no longer ours to touch.
 */
export async function writeTablePage(
  target: Database,
  { tenantNo, epoch }: MovingTenant,
  table: TenantTable,
  { from, until, rows }: { from: PageKey; until: PageKey; rows: readonly Row[] },
): Promise<void> {
  const { name, columns, key } = table;
  const values = sql.raw(columns.map((_, place) => `value ->> '$[${place}]'`).join(", "));
  const into = sql`INSERT INTO ${sql.raw(name)} (${list(columns)}) SELECT ${values}`;
  await commit(target, [
    guard(
      "alive",
      sql`EXISTS (SELECT 1 FROM tenants WHERE tenant_no = ${tenantNo} AND status = 'moved' AND epoch = ${epoch + 1})`,
    ),
    sql`DELETE FROM ${sql.raw(name)} WHERE tenant_no = ${tenantNo} AND ${after(key, from, ">")}
      AND ${after(key, until, "<=")}`,
    ...jsonChunks(rows, columns).map((chunk) => sql`${into} FROM json_each(${chunk})`),
  ]);
}

/** Rows as JSON arrays, cut so that no parameter comes near the 2 MB that D1 takes. */
function jsonChunks(rows: readonly Row[], columns: readonly string[]): string[] {
  const chunks: string[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    const text = JSON.stringify(columns.map((column) => row[column] ?? null));
    // Three bytes per unit of UTF-16 is the most that UTF-8 needs.
    if (size + text.length * 3 > MOVED_PAGE_BYTES_MAX) {
      chunks.push([]);
      size = 0;
    }
    chunks.at(-1)?.push(text);
    size += text.length * 3;
  }
  return chunks.map((texts) => `[${texts.join(",")}]`);
}

/** The tenant lives on the target from here on; its own first act there is to say so. */
export async function activateTarget(
  scope: TenantScope,
  from: string,
  allocationVersion: number,
): Promise<void> {
  const { tenantNo, epoch } = scope;
  await commit(scope.shard, [
    sql`UPDATE tenants SET status = 'active', allocation_version = ${allocationVersion}
      WHERE tenant_no = ${tenantNo} AND status = 'moved' AND epoch = ${epoch}`,
    guardChangedOne("alive"),
    ...recordEvent(scope, {
      action: "tenant.moved",
      subjectKind: "tenant",
      subjectNo: tenantNo,
      data: { from, to: scope.shard.name },
    }),
  ]);
}

export async function readAllocationVersion(source: Database, tenantNo: TenantNo): Promise<number> {
  const [[row] = []] = await read(source, [
    sql`SELECT allocation_version AS version FROM tenants WHERE tenant_no = ${tenantNo}`,
  ]);
  return Number(row?.["version"] ?? 0);
}

/** CONTROL routes to the target; done already, it changes nothing. */
export async function routeToTarget(control: Database, moving: MovingTenant, to: string): Promise<void> {
  const { tenantNo, epoch, shard } = moving;
  const still = sql`EXISTS (SELECT 1 FROM tenants WHERE tenant_no = ${tenantNo} AND epoch = ${epoch})`;
  await commit(control, [
    sql`INSERT INTO shards (shard, status, tenant_count) VALUES (${to}, 'open', 0) ON CONFLICT DO NOTHING`,
    sql`UPDATE shards SET tenant_count = tenant_count + CASE shard WHEN ${to} THEN 1 ELSE -1 END
      WHERE shard IN (${to}, ${shard}) AND ${still}`,
    sql`UPDATE tenants SET shard = ${to}, epoch = ${epoch + 1}, status = 'active'
      WHERE tenant_no = ${tenantNo} AND epoch = ${epoch}`,
  ]);
}

/** When the tenant arrived where it lives, by its own event. */
export async function readArrival(shard: Database, tenantNo: TenantNo): Promise<number | undefined> {
  const [[row] = []] = await read(shard, [
    sql`SELECT e.at FROM event_subjects s JOIN events e ON e.tenant_no = s.tenant_no AND e.seq = s.seq
      WHERE s.tenant_no = ${tenantNo} AND s.subject_kind = 'tenant' AND s.subject_no = ${tenantNo}
        AND e.action = 'tenant.moved' ORDER BY s.seq DESC LIMIT 1`,
  ]);
  return row && Number(row["at"]);
}

/** Removes a chunk of what a tenant left behind; the fence row stays. Returns how many rows went. */
export async function purgeChunk(left: Database, tenantNo: TenantNo): Promise<number> {
  const gone = guard(
    "alive",
    sql`EXISTS (SELECT 1 FROM tenants WHERE tenant_no = ${tenantNo} AND status = 'moved')`,
  );
  const results = await commit(left, [
    gone,
    ...TENANT_TABLES.map(({ name, key }) => {
      const table = sql.raw(name);
      const where =
        key.length === 0
          ? sql`tenant_no = ${tenantNo}`
          : sql`tenant_no = ${tenantNo} AND (${list(key)}) IN (SELECT ${list(key)} FROM ${table}
              WHERE tenant_no = ${tenantNo} LIMIT ${MOVED_PAGE_ROWS_MAX})`;
      return sql`DELETE FROM ${table} WHERE ${where} RETURNING 1 AS gone`;
    }),
  ]);
  return results.slice(1).reduce((sum, rows) => sum + rows.length, 0);
}
