/** Databases and queues: those that are missing are created, by their names in wrangler.toml. */
import { say } from "../terminal.ts";
import { type Configuration, type DatabaseEntry, writeDatabaseId } from "./configuration.ts";
import { parsed, type Wrangler } from "./wrangler.ts";

type Listed = { name: string; uuid: string };

const list = async (wrangler: Wrangler): Promise<Listed[]> =>
  parsed<Listed[]>(await wrangler.run("d1", "list", "--json"), "d1 list");

/**
 * A database is known by its id in the file, or else by its name: one that an interrupted run created, or another
 * machine, is found and not created twice. Returns how many were there before.
 */
export async function ensureDatabases(
  wrangler: Wrangler,
  file: string,
  { databases }: Configuration,
): Promise<number> {
  let listed = await list(wrangler);
  let found = 0;
  for (const database of databases) {
    const there = listed.find(({ name, uuid }) =>
      database.id === undefined ? name === database.name : uuid === database.id,
    );
    if (there !== undefined) found += 1;
    else {
      refuseForeign(database);
      await wrangler.run("d1", "create", database.name);
      listed = await list(wrangler);
    }
    const { uuid } = there ?? named(listed, database);
    if (database.id === undefined) writeDatabaseId(file, database, uuid);
    say(`Database ${database.name}: ${there === undefined ? "created" : "there"}`);
  }
  return found;
}

/** The id of another account, or of a database that was deleted: nothing is put in its place unasked. */
function refuseForeign({ name, id }: DatabaseEntry): void {
  if (id === undefined) return;
  throw new Error(
    `Database ${name}: this account has none with the id ${id}. Is it the right account? To begin with an empty database, take the line database_id out of wrangler.toml.`,
  );
}

function named(listed: readonly Listed[], { name }: DatabaseEntry): Listed {
  const database = listed.find((each) => each.name === name);
  if (database === undefined) throw new Error(`Database ${name} was created but is not listed. Try again.`);
  return database;
}

export async function ensureQueues(wrangler: Wrangler, { queues }: Configuration): Promise<void> {
  for (const queue of queues) {
    const info = await wrangler.attempt("queues", "info", queue);
    // Only this means that there is none; anything else is not for guessing.
    if (!info.ok && !info.text.includes("does not exist"))
      throw new Error(`Queue ${queue}:\n${info.text.trim()}`);
    if (!info.ok) await wrangler.run("queues", "create", queue);
    say(`Queue ${queue}: ${info.ok ? "there" : "created"}`);
  }
}

export async function migrate(wrangler: Wrangler, { databases }: Configuration): Promise<void> {
  for (const { binding, name } of databases) {
    const output = await wrangler.run("d1", "migrations", "apply", binding, "--remote");
    say(`Migrations of ${name}: ${output.includes("No migrations to apply") ? "current" : "applied"}`);
  }
}
