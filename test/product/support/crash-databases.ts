/**
 * The databases of a gateway that is down, read from copies of the files, so that neither a request nor an open
 * file disturbs what the next start finds.
 */
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

export type Rows = Record<string, string | number | null>[];
/** One tenant in its shard; `query` names the tenant's number `:tenant`. */
export type TenantRows = { query(text: string): Rows };
export type Databases = { openOutboxRows: number; tenant(id: string): TenantRows };

export function readDatabases<T>(stateDirectory: string, use: (databases: Databases) => T): T {
  const directory = path.join(stateDirectory, "v3/d1/miniflare-D1DatabaseObject");
  const copies = mkdtempSync(path.join(tmpdir(), "vestibule-databases-"));
  const shards: DatabaseSync[] = [];
  try {
    for (const name of readdirSync(directory).filter((file) => /^[0-9a-f]+\.sqlite$/.test(file))) {
      for (const suffix of ["", "-wal"]) {
        const file = path.join(directory, name + suffix);
        if (existsSync(file)) copyFileSync(file, path.join(copies, name + suffix));
      }
      const database = new DatabaseSync(path.join(copies, name));
      if (database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'outbox'").get() === undefined)
        database.close();
      else shards.push(database);
    }
    if (shards.length === 0) throw new Error(`No shard found in ${directory}.`);
    return use({ openOutboxRows: countOpen(shards), tenant: (id) => tenantRows(shards, id) });
  } finally {
    for (const shard of shards) shard.close();
    rmSync(copies, { recursive: true });
  }
}

function countOpen(shards: readonly DatabaseSync[]): number {
  return shards
    .map((shard) => Number(shard.prepare("SELECT COUNT(*) AS rows FROM outbox").get()?.["rows"]))
    .reduce((sum, rows) => sum + rows, 0);
}

function tenantRows(shards: readonly DatabaseSync[], id: string): TenantRows {
  for (const shard of shards) {
    const found = shard.prepare("SELECT tenant_no FROM tenants WHERE tenant_id = ?").get(id);
    if (found === undefined) continue;
    const tenant = Number(found["tenant_no"]);
    return { query: (text) => shard.prepare(text).all({ tenant }) as Rows };
  }
  throw new Error(`No shard holds the tenant ${id}.`);
}
