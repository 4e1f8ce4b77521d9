/** A gateway as `npm start` runs it, with the rates of production; what its runtime and files weigh. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { freePort } from "../development/port.ts";
import { ensureSecrets } from "../development/secrets.ts";
import { projectDirectory } from "../development/wrangler.ts";
import { type MemoryProbe, openMemoryProbe } from "./memory.ts";

export type SoakGateway = {
  base: string;
  memory: MemoryProbe;
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
  const memory = await openMemoryProbe(child.pid ?? 0);
  return {
    base: `http://localhost:${port}`,
    memory,
    databases: () => bytesOf(path.join(directory, "v3/d1")),
    stop: () => {
      memory.close();
      return stop();
    },
  };
}

function bytesOf(directory: string): number {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.sqlite(-wal)?$/.test(name))
    .reduce((sum, name) => sum + statSync(path.join(directory, name)).size, 0);
}
