/** What D1 is given of a statement: its text and the values bound to it. */
import { is, Name, Placeholder, SQL, StringChunk } from "drizzle-orm";

export type StatementText = { sql: string; params: unknown[] };

/**
 * One pass over what our templates are made of: literals, values, names and other templates. drizzle's own
 * dialect copies its settings and lists at every level and would be the dearest part of a request.
 */
export function statementText(statement: SQL): StatementText {
  const params: unknown[] = [];
  return { sql: write(statement, params), params };
}

function write(statement: SQL, params: unknown[]): string {
  let text = "";
  for (const chunk of statement.queryChunks) {
    if (chunk instanceof StringChunk) text += chunk.value.join("");
    else if (chunk instanceof SQL) text += write(chunk, params);
    else if (chunk instanceof Placeholder || chunk === null || typeof chunk !== "object") {
      if (chunk === undefined) continue;
      params.push(chunk);
      text += "?";
    } else if (is(chunk, Name)) text += `"${chunk.value}"`;
    else throw new TypeError("A statement is made of literals, values, names and other statements.");
  }
  return text;
}
