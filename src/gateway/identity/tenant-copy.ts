/**
 * Passes over every table of a tenant that moves: pages that differ are copied. Nothing is remembered between
 * steps but a cursor that only saves time: whoever lost it begins the pass anew and finds most pages equal.
 */
import type { TenantNo } from "../../domain/id.ts";
import type { Database } from "../../store/database.ts";
import { type PageKey, readTablePage, writeTablePage } from "../../store/identity/tenant-pages.ts";
import { TENANT_TABLES, type TenantTable } from "../../store/identity/tenant-tables.ts";
import { persist } from "../../store/retry.ts";
import type { Deps } from "../deps.ts";

/** `copy`: the tenant lives on at the source. `flip`: the source is frozen, so that both sides become equal. */
export type PassKind = "copy" | "flip";

/** Where a pass stands. Without it a pass begins anew. */
export type MoveCursor = {
  phase: PassKind;
  pass: number;
  table: number;
  after?: (string | number)[] | undefined;
  /** Of this pass so far. */
  rows: number;
  copied: number;
  digest: string;
};

export type Copy = {
  deps: Deps;
  tenantNo: TenantNo;
  source: Database;
  target: Database;
  /** The epoch under which the target takes rows. */
  epoch: number;
};

export const beginning = (phase: PassKind, pass = 1): MoveCursor => ({
  phase,
  pass,
  table: 0,
  rows: 0,
  copied: 0,
  digest: "",
});

/** Name of the table that comes next; undefined at the end of the pass. */
export const nextTable = ({ table }: MoveCursor): string | undefined => TENANT_TABLES[table]?.name;

/** Goes on with a pass until it ends or time is up. */
export async function continuePass(copy: Copy, from: MoveCursor, deadline: number): Promise<MoveCursor> {
  let cursor = from;
  for (
    let table = TENANT_TABLES[cursor.table];
    table !== undefined && copy.deps.now() < deadline;
    table = TENANT_TABLES[cursor.table]
  ) {
    cursor = await onePage(copy, table, cursor);
  }
  return cursor;
}

async function onePage(copy: Copy, table: TenantTable, cursor: MoveCursor): Promise<MoveCursor> {
  const { deps, tenantNo, source, target, epoch } = copy;
  const from: PageKey = cursor.after;
  const here = await readTablePage(source, tenantNo, table, from);
  const isEqual = async () => {
    const there = await readTablePage(target, tenantNo, table, from, here.last);
    return there.last === undefined && JSON.stringify(there.rows) === JSON.stringify(here.rows);
  };
  const equal = await isEqual();
  if (!equal) {
    const status = cursor.phase === "copy" ? "moved" : "arriving";
    const page = { from, until: here.last, rows: here.rows };
    // Deleting and inserting the same rows again ends the same way: an answer that was lost does no harm.
    await persist(deps, () => writeTablePage(target, { tenantNo, status, epoch }, table, page));
    if (cursor.phase === "flip" && !(await isEqual())) {
      throw new Error(`the copy of ${table.name} differs from what was written`);
    }
  }
  const rows = cursor.rows + here.rows.length;
  const copied = cursor.copied + (equal ? 0 : here.rows.length);
  const digest = cursor.phase === "flip" ? await chain(cursor.digest, table.name, here.rows) : cursor.digest;
  const next = here.last === undefined ? { table: cursor.table + 1 } : { after: [...here.last] };
  return { ...cursor, after: undefined, ...next, rows, copied, digest };
}

/** Each page's digest takes in the one before: one value stands for every row, in order. */
async function chain(before: string, table: string, rows: readonly object[]): Promise<string> {
  const text = new TextEncoder().encode(`${before} ${table} ${JSON.stringify(rows)}`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", text));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
