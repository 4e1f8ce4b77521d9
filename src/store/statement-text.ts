/** What D1 is given of a statement: its text and the values bound to it. */
import { Placeholder, SQL, StringChunk } from "drizzle-orm";
import { SQLiteAsyncDialect } from "drizzle-orm/sqlite-core";

export type StatementText = { sql: string; params: unknown[] };

const dialect = new SQLiteAsyncDialect();

/**
 * One pass over what our templates are made of: literals, values and other templates. The dialect, which copies
 * its settings and lists at every level, would be the dearest part of a request; it writes whatever else there is.
 */
export function statementText(statement: SQL): StatementText {
  const params: unknown[] = [];
  const sql = write(statement, params);
  return sql === undefined ? dialect.sqlToQuery(statement) : { sql, params };
}

/** Undefined when a part needs the dialect. */
function write(statement: SQL, params: unknown[]): string | undefined {
  let text = "";
  for (const chunk of statement.queryChunks) {
    if (chunk instanceof StringChunk) {
      text += chunk.value.join("");
    } else if (chunk instanceof SQL) {
      const part = write(chunk, params);
      if (part === undefined) return undefined;
      text += part;
    } else if (chunk instanceof Placeholder || chunk === null || typeof chunk !== "object") {
      if (chunk === undefined) continue;
      params.push(chunk);
      text += "?";
    } else return undefined;
  }
  return text;
}
