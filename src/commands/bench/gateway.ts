/** A gateway for measurements: state of its own that is gone afterwards, and the floors beside it in one workerd. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { applyMigrations } from "../development/migrations.ts";
import { freePort } from "../development/port.ts";
import { ensureSecrets, settingArguments } from "../development/secrets.ts";
import { projectDirectory, spawnWrangler } from "../development/wrangler.ts";

export type BenchGateway = { base: string; startMs: number; stop(): Promise<void> };

const readyMs = 60_000;

/** wrangler.toml with another entry; paths in it are relative to the file. */
function writeConfiguration(directory: string): string {
  const file = path.join(directory, "wrangler.toml");
  const text = readFileSync(path.join(projectDirectory, "wrangler.toml"), "utf8")
    .replace('main = "src/index.ts"', `main = "${path.join(projectDirectory, "test/bench/worker.ts")}"`)
    .replaceAll('migrations_dir = "', `migrations_dir = "${projectDirectory}/`);
  writeFileSync(file, text);
  return file;
}

/** @param rateScale what the configured rates are multiplied with; by default nobody ever meets them */
export async function startBenchGateway(rateScale = 100_000): Promise<BenchGateway> {
  const directory = mkdtempSync(path.join(tmpdir(), "vestibule-bench-"));
  const secrets = path.join(directory, "dev.vars");
  ensureSecrets(secrets);
  await applyMigrations(directory);
  const port = await freePort();
  const startedAt = performance.now();
  const child = spawnWrangler(directory, [
    ...["dev", "--config", writeConfiguration(directory), "--port", String(port)],
    ...["--persist-to", directory, "--env-file", secrets, "--inspector-port", "0"],
    ...["--show-interactive-dev-session=false", "--log-level", "log"],
    ...settingArguments(secrets).map((argument) =>
      argument.replace(/^RATE_LIMIT_SCALE:.*/, `RATE_LIMIT_SCALE:${rateScale}`),
    ),
  ]);
  const stop = async () => {
    if (child.exitCode === null) {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await ready(child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { base: `http://localhost:${port}`, startMs: performance.now() - startedAt, stop };
}

function ready(child: ChildProcess): Promise<void> {
  let output = "";
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`The gateway is not ready in time:\n${output}`)),
      readyMs,
    );
    const hear = (chunk: Buffer) => {
      if (output.includes("Ready on")) return;
      output += chunk.toString();
      if (!output.includes("Ready on")) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.once("exit", (code) => reject(new Error(`The gateway ended with ${code}:\n${output}`)));
  });
}

/** Runs wrangler on the product's own configuration, to its end. */
export async function runWrangler(arguments_: readonly string[]): Promise<void> {
  const program = path.join(projectDirectory, "node_modules/wrangler/bin/wrangler.js");
  const child = spawn(process.execPath, [program, ...arguments_], {
    cwd: projectDirectory,
    stdio: "ignore",
    env: { ...process.env, CI: "1", WRANGLER_SEND_METRICS: "false" },
  });
  const [code] = (await once(child, "exit")) as [number];
  if (code !== 0) throw new Error(`wrangler ${arguments_[0]} ended with ${code}.`);
}

/** Size of the Worker as it would be deployed, gzipped as the platform counts it. */
export async function bundleBytes(): Promise<number> {
  const directory = mkdtempSync(path.join(tmpdir(), "vestibule-bundle-"));
  try {
    await runWrangler(["deploy", "--dry-run", "--outdir", directory]);
    const modules = readdirSync(directory).filter((name) => /\.(js|wasm|txt|bin)$/.test(name));
    return modules.reduce((sum, name) => sum + gzipSync(readFileSync(path.join(directory, name))).length, 0);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
