/**
 * Guards: statements that write nothing, pass when their condition holds, and otherwise make the whole batch
 * fail with a word of their own. SQLite raises `bad JSON path: 'word'` for a path that does not begin with `$`,
 * and evaluates the branches of a CASE lazily.
 */
import { type SQL, sql } from "drizzle-orm";

/** Raises `word` unless `condition` holds. `word` is a literal of the program, never input. */
export function guard(word: string, condition: SQL): SQL {
  return sql`SELECT CASE WHEN ${condition} THEN 1 ELSE json_extract('{}', ${sql.raw(`'${word}'`)}) END AS passed`;
}

/** Several guards in one statement: raises the word of the first condition that does not hold. */
export function guards(conditions: Readonly<Record<string, SQL>>): SQL {
  const branches = Object.entries(conditions).map(
    ([word, condition]) =>
      sql`WHEN (${condition}) IS NOT TRUE THEN json_extract('{}', ${sql.raw(`'${word}'`)})`,
  );
  return sql`SELECT CASE ${sql.join(branches, sql` `)} ELSE 1 END AS passed`;
}

/** Raises `word` unless the statement just before it in the batch changed exactly one row. */
export function guardChangedOne(word: string): SQL {
  return guard(word, sql`changes() = 1`);
}
