/** A gateway as `npm start` runs it, with the rates of production; what its processes and files weigh. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { freePort } from "../development/port.ts";
import { ensureSecrets } from "../development/secrets.ts";
import { projectDirectory } from "../development/wrangler.ts";

export type SoakGateway = {
  base: string;
  /** Resident memory of the runtime that holds the Worker, in bytes. */
  memory(): number;
  /** Everything that D1 keeps, in bytes. */
  databases(): number;
  stop(): Promise<void>;
};

const readyMs = 90_000;

export async function startSoakGateway(): Promise<SoakGateway> {
  const directory = mkdtempSync(path.join(tmpdir(), "vestibule-soak-"));
  const secrets = path.join(directory, "dev.vars");
  ensureSecrets(secrets);
  // Development does not count requests as strictly: here whoever stays within the limits must never meet them.
  writeFileSync(
    secrets,
    readFileSync(secrets, "utf8").replace(/^RATE_LIMIT_SCALE=.*$/m, "RATE_LIMIT_SCALE=1"),
  );
  const port = await freePort();
  const program = path.join(projectDirectory, "src/commands/start.ts");
  const options = [
    "--persist-to",
    directory,
    "--dev-vars",
    secrets,
    "--port",
    String(port),
    "--until-stdin-closes",
  ];
  const child = spawn(process.execPath, [program, ...options], {
    cwd: projectDirectory,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await new Promise<void>((resolve, reject) => {
      let output = "";
      const timer = setTimeout(
        () => reject(new Error(`The gateway is not ready in time:\n${output}`)),
        readyMs,
      );
      const hear = (chunk: Buffer) => {
        output = `${output}${chunk.toString()}`.slice(-10_000);
        if (!output.includes("Vestibule is ready")) return;
        clearTimeout(timer);
        resolve();
      };
      child.stdout.on("data", hear);
      child.stderr.on("data", hear);
      child.once("exit", (code) => reject(new Error(`The gateway ended with ${code}:\n${output}`)));
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    base: `http://localhost:${port}`,
    memory: () => memoryBelow(child.pid ?? 0),
    databases: () => bytesOf(path.join(directory, "v3/d1")),
    stop,
  };
}

const field = (status: string, name: string): string =>
  new RegExp(`^${name}:\\s*(\\S+)`, "m").exec(status)?.[1] ?? "";

/** Resident memory of every workerd that descends from the process, as Linux tells it. */
function memoryBelow(ancestor: number): number {
  const parents = new Map<number, number>();
  const runtimes = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const status = readStatus(name);
    parents.set(Number(name), Number(field(status, "PPid")));
    if (field(status, "Name") === "workerd")
      runtimes.set(Number(name), 1_024 * Number(field(status, "VmRSS")));
  }
  const descends = (process: number | undefined): boolean =>
    process === ancestor || (process !== undefined && process > 1 && descends(parents.get(process)));
  const own = [...runtimes].filter(([process]) => descends(process)).map(([, bytes]) => bytes);
  if (own.length === 0) throw new Error("No workerd runs below the gateway.");
  return own.reduce((sum, bytes) => sum + bytes, 0);
}

function readStatus(process: string): string {
  try {
    return readFileSync(`/proc/${process}/status`, "utf8");
  } catch (error) {
    // It has ended since it was listed.
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return "";
    throw error;
  }
}

function bytesOf(directory: string): number {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.sqlite(-wal)?$/.test(name))
    .reduce((sum, name) => sum + statSync(path.join(directory, name)).size, 0);
}
