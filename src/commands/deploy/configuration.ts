/** What the deployment reads from wrangler.toml, and the one thing it writes there: ids of databases. */
import { readFileSync, renameSync, writeFileSync } from "node:fs";

export type DatabaseEntry = { binding: string; name: string; id: string | undefined };

export type Configuration = {
  databases: DatabaseEntry[];
  /** Of producers, consumers and dead letters. */
  queues: string[];
  requiredSecrets: string[];
  mailFrom: string;
};

export function readConfiguration(file: string): Configuration {
  const text = readFileSync(file, "utf8").replaceAll(/^\s*#.*$/gm, "");
  const queues = [...text.matchAll(/^(?:queue|dead_letter_queue)\s*=\s*"([^"]+)"/gm)].map(
    ([, name = ""]) => name,
  );
  const required = /^required\s*=\s*\[([^\]]*)\]/m.exec(text)?.[1] ?? "";
  return {
    databases: databaseTables(text).map((table) => ({
      binding: needed(table, "binding"),
      name: needed(table, "database_name"),
      id: value(table, "database_id"),
    })),
    queues: [...new Set(queues)],
    requiredSecrets: [...required.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => name),
    mailFrom: value(text, "MAIL_FROM") ?? "",
  };
}

const head = "[[d1_databases]]";

/** The text of each table, up to the next one of any kind. */
const databaseTables = (text: string): string[] =>
  text
    .split(head)
    .slice(1)
    .map((rest) => rest.split(/^\[/m)[0] ?? "");

const value = (table: string, key: string): string | undefined =>
  new RegExp(`^${key}\\s*=\\s*"([^"]*)"`, "m").exec(table)?.[1];

function needed(table: string, key: string): string {
  const found = value(table, key);
  if (found === undefined) throw new Error(`wrangler.toml: a ${head} table lacks ${key}.`);
  return found;
}

/**
 * Writes the id below the database's name; the rest of the file stays as it is. The database on this machine is
 * known by its own id, or else by this one: with an id of its own it stays the one it was.
 */
export function writeDatabaseId(file: string, { binding, name }: DatabaseEntry, id: string): void {
  const text = readFileSync(file, "utf8");
  const table = databaseTables(text).find((each) => value(each, "binding") === binding);
  const [line] = table?.match(/^database_name[^\n]*$/m) ?? [];
  if (table === undefined || line === undefined) throw new Error(`wrangler.toml: no database ${name}.`);
  const own = value(table, "preview_database_id") !== undefined;
  const local = own ? "" : `\n# On this machine.\npreview_database_id = "${binding}"`;
  const changed = table.replace(line, () => `${line}\ndatabase_id = "${id}"${local}`);
  // Whole or not at all: a run that is interrupted here has lost nothing.
  writeFileSync(
    `${file}.new`,
    text.replace(table, () => changed),
  );
  renameSync(`${file}.new`, file);
}
