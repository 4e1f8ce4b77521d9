/** Runs the pinned wrangler: quiet, without questions, and without calls to anything but this machine. */
import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const projectDirectory = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
const program = path.join(projectDirectory, "node_modules/wrangler/bin/wrangler.js");

/**
 * The child stays in this process's group, so that whoever kills the group kills wrangler and workerd too.
 * @param stateDirectory also takes the logs and the registry of running workers: two gateways share nothing.
 */
export function spawnWrangler(stateDirectory: string, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [program, ...args], {
    cwd: projectDirectory,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      // `CI` answers every question with its default. The rest would reach for the network.
      CI: "1",
      WRANGLER_SEND_METRICS: "false",
      WRANGLER_SEND_ERROR_REPORTS: "false",
      WRANGLER_HIDE_BANNER: "true",
      CLOUDFLARE_CF_FETCH_ENABLED: "false",
      // Traces of every request, kept in a database beside ours: costs time and is never read here.
      X_LOCAL_OBSERVABILITY: "false",
      WRANGLER_LOG_PATH: path.join(stateDirectory, "logs"),
      WRANGLER_REGISTRY_PATH: path.join(stateDirectory, "registry"),
    },
  });
}
