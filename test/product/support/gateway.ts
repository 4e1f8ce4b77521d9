/**
 * A gateway as a user runs it: `npm start` in a process group of its own, on a free port, with its own state.
 * The group can be killed as a power cut would, and started again on the same state.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { applyMigrations, schemaState } from "../../../src/commands/development/migrations.ts";
import { portIsFree } from "../../../src/commands/development/port.ts";
import { projectDirectory } from "../../../src/commands/development/wrangler.ts";

export type Gateway = {
  base: string;
  port: number;
  stateDirectory: string;
  /** What `npm start` has written so far, both streams. */
  output(): string;
  /** Milliseconds from spawn to ready, of the latest start. */
  readyMs(): number;
  /** Ctrl-C (SIGINT to the whole group), or what a supervisor does (SIGTERM to npm alone). */
  stop(how?: "ctrl-c" | "supervisor"): Promise<void>;
  /** SIGKILL of the whole process group, workerd included. */
  kill(): Promise<void>;
  /** Again, on the same state and port. */
  start(): Promise<void>;
  /** Ends it and removes its state. */
  dispose(): Promise<void>;
};

const readyTimeoutMs = 60_000;

export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("No port.");
  return address.port;
}

/** State with migrated, empty databases, made once per machine and schema, and copied: it takes six seconds. */
async function migratedState(directory: string): Promise<void> {
  const schema = createHash("sha256").update(schemaState()).digest("hex").slice(0, 16);
  const template = path.join(tmpdir(), `vestibule-migrated-${schema}`);
  if (!existsSync(template)) {
    const fresh = mkdtempSync(path.join(tmpdir(), "vestibule-migrating-"));
    await applyMigrations(fresh);
    try {
      renameSync(fresh, template);
    } catch {
      // Another test run was first: its template is as good.
      rmSync(fresh, { recursive: true });
    }
  }
  cpSync(template, directory, { recursive: true });
}

/** @param migrated false leaves everything, migrations included, to `npm start` */
export async function startGateway({ migrated = true } = {}): Promise<Gateway> {
  const stateDirectory = mkdtempSync(path.join(tmpdir(), "vestibule-state-"));
  if (migrated) await migratedState(stateDirectory);
  const port = await freePort();
  const base = `http://localhost:${port}`;
  let child: ChildProcess | undefined;
  let output = "";
  let readyMs = 0;

  async function start(): Promise<void> {
    const startedAt = performance.now();
    output = "";
    child = spawnStart(port, stateDirectory);
    const started = child;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`Not ready in time:\n${output}`)), readyTimeoutMs);
      const hear = (chunk: Buffer) => {
        output += chunk.toString();
        if (!/Vestibule is ready|Build failed/.test(output)) return;
        clearTimeout(timer);
        if (output.includes("Build failed")) reject(new Error(output));
        else resolve();
      };
      started.stdout?.on("data", hear);
      started.stderr?.on("data", hear);
      started.once("exit", (code) => {
        clearTimeout(timer);
        reject(new Error(`npm start ended with ${code}:\n${output}`));
      });
    });
    readyMs = performance.now() - startedAt;
  }

  async function end(signal: (leader: number) => void): Promise<void> {
    const ending = child;
    child = undefined;
    if (ending?.pid === undefined) return;
    const exited = ending.exitCode === null && ending.signalCode === null ? once(ending, "exit") : undefined;
    signal(ending.pid);
    await exited;
    try {
      await portClosed(port);
    } finally {
      signalGroup(ending.pid, "SIGKILL");
    }
  }
  const killGroup = (leader: number) => signalGroup(leader, "SIGKILL");

  const gateway: Gateway = {
    base,
    port,
    stateDirectory,
    output: () => output,
    readyMs: () => readyMs,
    start,
    stop: (how = "ctrl-c") =>
      end((leader) => {
        if (how === "ctrl-c") signalGroup(leader, "SIGINT");
        else process.kill(leader, "SIGTERM");
      }),
    kill: () => end(killGroup),
    async dispose() {
      await end(killGroup);
      rmSync(stateDirectory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  try {
    await start();
  } catch (error) {
    await gateway.dispose();
    throw error;
  }
  return gateway;
}

function spawnStart(port: number, stateDirectory: string): ChildProcess {
  const devVars = path.join(stateDirectory, "dev.vars");
  return spawn(
    "npm",
    ["start", "--", "--persist-to", stateDirectory, "--dev-vars", devVars, "--until-stdin-closes"],
    {
      cwd: projectDirectory,
      env: { ...process.env, PORT: String(port) },
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    },
  );
}

function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

async function portClosed(port: number): Promise<void> {
  const deadline = Date.now() + 8_000;
  while (!(await portIsFree(port))) {
    if (Date.now() > deadline) throw new Error(`Port ${port} is still held.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
