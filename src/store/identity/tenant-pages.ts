/** The rows of a moving tenant: read, written and removed page by page. */
import { type SQL, sql } from "drizzle-orm";
import type { TenantNo } from "../../domain/id.ts";
import { MOVED_PAGE_BYTES_MAX, MOVED_PAGE_ROWS_MAX } from "../../domain/limits.ts";
import { commit, type Database, type Row, read } from "../database.ts";
import { guard } from "../guard.ts";
import { TENANT_TABLES, type TenantTable } from "./tenant-tables.ts";

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
  { name, key }: TenantTable,
  from: PageKey,
  until?: PageKey,
): Promise<TablePage> {
  const [rows = []] = await read(shard, [
    sql`SELECT * FROM ${sql.raw(name)} WHERE tenant_no = ${tenantNo} AND ${after(key, from, ">")}
      AND ${after(key, until, "<=")} ORDER BY ${list(["tenant_no", ...key])} LIMIT ${MOVED_PAGE_ROWS_MAX + 1}`,
  ]);
  const page = rows.slice(0, MOVED_PAGE_ROWS_MAX);
  const last = rows.length > page.length ? page.at(-1) : undefined;
  return { rows: page, last: last && key.map((column) => last[column] ?? 0) };
}

/** Where rows may be written: what the target's own row has to say meanwhile. */
export type Receiving = { tenantNo: TenantNo; status: "moved" | "arriving"; epoch: number };

/**
 * Makes the target's rows of a page these and no others.
 * @throws GuardRaised `not_receiving` when the move has gone on without us: a page that was read before the
 *   source was frozen must not land after it was compared.
 */
export async function writeTablePage(
  target: Database,
  { tenantNo, status, epoch }: Receiving,
  table: TenantTable,
  { from, until, rows }: { from: PageKey; until: PageKey; rows: readonly Row[] },
): Promise<void> {
  const { name, key } = table;
  const columns = Object.keys(rows[0] ?? {});
  const values = sql.raw(columns.map((_, place) => `value ->> '$[${place}]'`).join(", "));
  const into = sql`INSERT INTO ${sql.raw(name)} (${list(columns)}) SELECT ${values}`;
  await commit(target, [
    guard(
      "not_receiving",
      sql`EXISTS (SELECT 1 FROM tenants
        WHERE tenant_no = ${tenantNo} AND status = ${status} AND epoch = ${epoch})`,
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
