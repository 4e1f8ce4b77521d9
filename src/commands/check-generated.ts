/** Fails when a generated file is not what its source generates now: migrations and the types of the bindings. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

// drizzle-kit takes every path as relative to the project.
const scratch = `node_modules/.cache/generated-${process.pid}`;
mkdirSync(scratch, { recursive: true });
const problems: string[] = [];

const schemas = { control: "./src/store/schema/control.ts", shard: "./src/store/schema/shard/*.ts" };

for (const [name, schema] of Object.entries(schemas)) {
  const copy = join(scratch, name);
  cpSync(`migrations/${name}`, copy, { recursive: true });
  const before = readdirSync(copy).length;
  const config = join(scratch, `${name}.json`);
  writeFileSync(config, JSON.stringify({ dialect: "sqlite", schema, out: copy }));
  const run = spawnSync("drizzle-kit", ["generate", "--config", config], { encoding: "utf8" });
  if (run.status !== 0) problems.push(`drizzle-kit failed for ${name}: ${run.stdout}${run.stderr}`);
  if (readdirSync(copy).length !== before) problems.push(`migrations/${name} lag behind ${schema}`);
}
rmSync(scratch, { recursive: true });

const types = spawnSync("wrangler", ["types", "--check", "--include-runtime=false", "src/env.d.ts"], {
  encoding: "utf8",
});
if (types.status !== 0)
  problems.push(`src/env.d.ts lags behind wrangler.toml: ${types.stdout}${types.stderr}`);

for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exit(problems.length === 0 ? 0 : 1);
