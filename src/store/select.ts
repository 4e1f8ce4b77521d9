/**
 * Reads that the schema types: columns of drizzle's tables in, rows with the properties named and typed as the
 * schema has them out. What is guarded or set-based is written as SQL instead.
 */
import { type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import { type Database, read } from "./database.ts";

type Columns = Record<string, SQLiteColumn>;

export type Selected<C extends Columns> = {
  [Name in keyof C]: C[Name]["_"]["notNull"] extends true
    ? C[Name]["_"]["data"]
    : C[Name]["_"]["data"] | null;
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
  const [rows = []] = await read(database, [selection(columns, rest)]);
  return rows as Selected<C>[];
}

/** The statement alone, to stand beside others in one trip. */
export function selection(columns: Columns, rest: SQL): SQL {
  const list = Object.entries(columns).map(([name, column]) => sql`${column} AS ${sql.identifier(name)}`);
  return sql`SELECT ${sql.join(list, sql`, `)} ${rest}`;
}
