/**
 * Reads that the schema types: its columns in, rows with the properties named and typed as the schema has them
 * out. Only the types come from drizzle's tables, whose classes would be a tenth of the Worker. What is guarded
 * or set-based is written as SQL instead.
 */
import { type SQL, sql } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import { type Database, read } from "./database.ts";

type ColumnsOf<Table extends SQLiteTable> = {
  readonly [Name in keyof Table["$inferSelect"]]-?: SQL<Table["$inferSelect"][Name]>;
};

/** The columns of a table as statements name them. They are called as in the schema, with underscores. */
export function columnsOf<Table extends SQLiteTable>(table: Table["_"]["name"]): ColumnsOf<Table> {
  return new Proxy({} as ColumnsOf<Table>, {
    get: (_, name) =>
      sql.raw(`${table}.${String(name).replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`),
  });
}

type Columns = Record<string, SQL>;

export type Selected<C extends Columns> = {
  [Name in keyof C]: C[Name] extends SQL<infer Data> ? Data : never;
};

/**
 * `SELECT <columns> <rest>` in one trip.
 * @param rest from FROM on; tables stand in it unaliased, as columns name them
 */
export async function select<C extends Columns>(
  database: Database,
  columns: C,
  rest: SQL,
): Promise<Selected<C>[]> {
  const list = Object.entries(columns).map(([name, column]) => sql`${column} AS ${sql.identifier(name)}`);
  const [rows = []] = await read(database, [sql`SELECT ${sql.join(list, sql`, `)} ${rest}`]);
  return rows as Selected<C>[];
}
