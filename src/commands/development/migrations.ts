/** Brings the local databases of a state directory to the schema of this checkout. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { projectDirectory, spawnWrangler } from "./wrangler.ts";

/** Bindings and their migrations, as in wrangler.toml. */
function databases(): { binding: string; migrations: string }[] {
  const settings = readFileSync(path.join(projectDirectory, "wrangler.toml"), "utf8");
  return settings
    .split("[[d1_databases]]")
    .slice(1)
    .map((table) => ({ binding: value(table, "binding"), migrations: value(table, "migrations_dir") }));
}

function value(table: string, key: string): string {
  const found = new RegExp(`^${key}\\s*=\\s*"([^"]+)"`, "m").exec(table)?.[1];
  if (found === undefined) throw new Error(`wrangler.toml: a [[d1_databases]] table lacks ${key}.`);
  return found;
}

function digest(migrations: string): string {
  const hash = createHash("sha256");
  const directory = path.join(projectDirectory, migrations);
  for (const name of readdirSync(directory).sort()) {
    if (name.endsWith(".sql")) hash.update(name).update(readFileSync(path.join(directory, name)));
  }
  return hash.digest("hex");
}

/** Every database with a digest of its migrations: the text of the note that `applyMigrations` leaves. */
export function schemaState(): string {
  return databases()
    .map(({ binding, migrations }) => `${binding} ${digest(migrations)}\n`)
    .join("");
}

/**
 * Applies what is missing, one database after the other: wrangler opens a shared file exclusively. A note
 * beside the databases tells the next start that there is nothing to do, which saves it six seconds.
 */
export async function applyMigrations(stateDirectory: string): Promise<"applied" | "current"> {
  const note = path.join(stateDirectory, "migrations-applied");
  const text = schemaState();
  if (existsSync(note) && readFileSync(note, "utf8") === text) return "current";
  for (const { binding } of databases()) await apply(binding, stateDirectory);
  mkdirSync(stateDirectory, { recursive: true });
  writeFileSync(note, text);
  return "applied";
}

function apply(binding: string, stateDirectory: string): Promise<void> {
  const child = spawnWrangler(stateDirectory, [
    ...["d1", "migrations", "apply", binding, "--local"],
    ...["--persist-to", stateDirectory],
  ]);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`The migrations of ${binding} could not be applied.\n${output}`));
    });
  });
}
