/**
 * The one accessor of D1, and the one way to write: `commit()` runs a list of statements as one batch, which
 * D1 executes as one transaction. There is no interactive transaction on D1, so every rule that must hold
 * together is expressed inside one batch, by guard statements (`guard.ts`).
 *
 * Every call is counted in a `Meter`, from D1's own meta; the figures leave as `Server-Timing` in development
 * and are what the budget tests read.
 */
import { fillPlaceholders, type SQL, sql } from "drizzle-orm";
import { GuardRaised, StoreUnavailable, UniqueViolated } from "./failure.ts";
import { persist } from "./retry.ts";
import { statementText } from "./statement-text.ts";

/** What a request has cost so far: round trips to D1 and the rows D1 says it read and wrote. */
export type Meter = { trips: number; rowsRead: number; rowsWritten: number; durationMs: number };

export const newMeter = (): Meter => ({ trips: 0, rowsRead: 0, rowsWritten: 0, durationMs: 0 });

/** A statement with its bound parameters; only the store makes them. */
export type Statement = SQL;

export type Row = Record<string, string | number | null>;

/** One D1 database as one request sees it. Obtain it from the composition root only. */
export type Database = {
  readonly name: string;
  readonly binding: D1Database;
  readonly meter: Meter;
  /** Resolves after so many milliseconds: between attempts. */
  pause(milliseconds: number): Promise<void>;
};

/**
 * What a tenant's row may say besides `active` for the fence to let a batch pass: `frozen` for reads, since the
 * tenant is still whole there while it is about to move; nothing more for writes.
 */
export const passingStatus = sql.placeholder("passingStatus");
type PassingStatus = "active" | "frozen";

function prepare(database: Database, statement: SQL, status: PassingStatus): D1PreparedStatement {
  const query = statementText(statement);
  const prepared = database.binding.prepare(query.sql);
  const params = fillPlaceholders(query.params, { [passingStatus.name]: status });
  return params.length === 0 ? prepared : prepared.bind(...params);
}

async function run(database: Database, statements: readonly SQL[], status: PassingStatus): Promise<Row[][]> {
  database.meter.trips += 1;
  let results: D1Result<Row>[];
  try {
    results = await database.binding.batch<Row>(
      statements.map((statement) => prepare(database, statement, status)),
    );
  } catch (error) {
    throw classify(error);
  }
  return results.map(({ results: rows, meta }) => {
    database.meter.rowsRead += meta.rows_read ?? 0;
    database.meter.rowsWritten += meta.rows_written ?? 0;
    database.meter.durationMs += meta.duration ?? 0;
    return rows ?? [];
  });
}

/**
 * Reads: one round trip, whatever the number of statements. Asking again is safe: passing faults are not noticed.
 * @throws GuardRaised when a guard among the statements raised; StoreUnavailable when D1 did not answer.
 */
export function read(database: Database, statements: readonly SQL[]): Promise<Row[][]> {
  return persist(database, () => run(database, statements, "frozen"));
}

/** As `read`, for those who repeat more than the read when it fails. */
export function readOnce(database: Database, statements: readonly SQL[]): Promise<Row[][]> {
  return run(database, statements, "frozen");
}

/**
 * Writes: all statements or none. Rows come back for statements that return some (`RETURNING`, guards).
 * @throws GuardRaised with the guard's word; UniqueViolated with the columns; StoreUnavailable when the
 *   outcome is unknown or D1 is overloaded.
 */
export function commit(database: Database, statements: readonly SQL[]): Promise<Row[][]> {
  return run(database, statements, "active");
}

/** D1 has one error type with a message; what it means is decided here and nowhere else. */
function classify(error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error);
  const word = /bad JSON path: '([a-z_]+)'/i.exec(message)?.[1];
  if (word !== undefined) return new GuardRaised(word);
  const columns = /UNIQUE constraint failed: ([^:]+)/.exec(message)?.[1];
  if (columns !== undefined) return new UniqueViolated(columns.split(",").map((column) => column.trim()));
  if (exhausted.test(message)) return new StoreUnavailable(message);
  if (passing.test(message)) return new StoreUnavailable(message, { passing: true });
  return error instanceof Error ? error : new Error(message);
}

/** Faults of the platform that say nothing about the statements (D1 documentation, "Debug D1"). */
const passing =
  /network connection lost|caused object to be reset|code was updated|starting up D1 DB|cannot resolve D1 DB|D1 DB storage operation/i;

/** Too much to do, or too much at once: asking again makes it worse. */
const exhausted =
  /overloaded|too many requests queued|queued for too long|exceeded timeout|exceeded its (CPU|memory)/i;
