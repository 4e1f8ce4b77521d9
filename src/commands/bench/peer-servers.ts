/** Other SCIM servers, in a package of their own below test/bench that only this measurement installs. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Answer } from "../client/http.ts";
import { send } from "../client/http.ts";
import { projectDirectory } from "../development/wrangler.ts";

export type PeerServer = {
  request(method: string, path: string, body?: unknown): Promise<Answer>;
  stop(): Promise<void>;
};

const home = path.join(projectDirectory, "test/bench");
const readyMs = 20_000;

/** @returns why the peers cannot be had, or nothing */
export async function installPeers(): Promise<string | undefined> {
  const lock = path.join(home, "package-lock.json");
  const installed = path.join(home, "node_modules/.package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return undefined;
  // Without a network npm would try for minutes.
  const patience = ["--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=30000"];
  const child = spawn("npm", ["ci", "--prefix", home, "--no-audit", "--no-fund", ...patience], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const [code] = (await Promise.race([once(child, "exit"), once(child, "error")])) as [unknown];
  if (code === 0) return undefined;
  const reason = output.split("\n").find((line) => /code|error/i.test(line)) ?? String(code);
  return `npm ci --prefix test/bench: ${reason}`;
}

/** A server whose data is in a file, in a directory that goes with it. */
export async function startPeer(name: string): Promise<PeerServer> {
  const directory = mkdtempSync(path.join(tmpdir(), "vestibule-peer-"));
  const token = randomBytes(32).toString("base64url");
  const program = path.join(home, "peers", `${name}.js`);
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", program, directory, token],
    {
      cwd: home,
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, NODE_ENV: "production" },
    },
  );
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const url = await address(child);
    return {
      stop,
      request: (method, resource, body) =>
        send(`${url}${resource}`, {
          method,
          headers: {
            authorization: `Bearer ${token}`,
            accept: "application/scim+json",
            ...(body === undefined ? {} : { "content-type": "application/scim+json" }),
          },
          ...(body === undefined ? {} : { body }),
        }),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The first line says where it listens. */
async function address(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("A peer without output cannot say where it listens.");
  const line = once(createInterface(child.stdout), "line") as Promise<[string]>;
  const ended = once(child, "exit").then(() => {
    throw new Error("The peer ended before it was ready.");
  });
  const late = new Promise<never>((_, reject) =>
    setTimeout(() => reject(new Error("The peer is not ready in time.")), readyMs).unref(),
  );
  const [text] = await Promise.race([line, ended, late]);
  // It may end later, when it is told to.
  ended.catch(() => undefined);
  return (JSON.parse(text) as { url: string }).url;
}
