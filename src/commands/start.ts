/**
 * `npm start`: the gateway on this machine, on embedded D1, Durable Objects and Queues.
 *
 *   PORT=8787 npm start -- --persist-to DIR --dev-vars FILE
 *
 * Makes what is absent (development secrets, local databases) and then runs `wrangler dev`.
 */
import type { ChildProcess } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { parseArgs } from "node:util";
import { applyMigrations } from "./development/migrations.ts";
import { portIsFree } from "./development/port.ts";
import { ensureSecrets, settingArguments } from "./development/secrets.ts";
import { projectDirectory, spawnWrangler } from "./development/wrangler.ts";
import { fail, say } from "./terminal.ts";

/** wrangler ends within a second or two; past this it hangs and is ended. */
const stopMs = 5_000;
/** How long the gateway outlives an npm that was ended alone. */
const orphanCheckMs = 250;

type Options = { port: number; stateDirectory: string; secretsFile: string; untilStdinCloses: boolean };

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      port: { type: "string" },
      "persist-to": { type: "string", default: path.join(projectDirectory, ".wrangler/state") },
      "dev-vars": { type: "string", default: path.join(projectDirectory, ".dev.vars") },
      "until-stdin-closes": { type: "boolean", default: false },
    },
  });
  const port = Number(values.port ?? process.env["PORT"] ?? 8787);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error("PORT must be a port number.");
  return {
    port,
    stateDirectory: path.resolve(values["persist-to"]),
    secretsFile: path.resolve(values["dev-vars"]),
    untilStdinCloses: values["until-stdin-closes"],
  };
}

async function start(): Promise<void> {
  const options = readOptions();
  const { port, stateDirectory, secretsFile } = options;
  if (!(await portIsFree(port))) {
    throw new Error(`Port ${port} is taken by another program. Choose another one: PORT=8788 npm start`);
  }
  if (ensureSecrets(secretsFile))
    say(`Made development secrets: ${path.relative(process.cwd(), secretsFile)}`);
  if ((await applyMigrations(stateDirectory)) === "applied")
    say("Applied migrations to the local databases.");
  const gateway = spawnWrangler(stateDirectory, [
    ...["dev", "--port", String(port), "--persist-to", stateDirectory, "--env-file", secretsFile],
    ...["--inspector-port", "0", "--show-interactive-dev-session=false"],
    ...settingArguments(secretsFile),
  ]);
  forwardOutput(gateway, port);
  stopWithThisProcess(gateway, options.untilStdinCloses);
}

/** Shows what the gateway says, less wrangler's chatter up to the first error and its line per request. */
function forwardOutput(gateway: ChildProcess, port: number): void {
  let held: string[] | undefined = [];
  const release = () => {
    if (held !== undefined && held.length > 0) process.stderr.write(`${held.join("\n")}\n`);
    held = undefined;
  };
  const hear = (line: string, target: NodeJS.WriteStream) => {
    if (line.includes("Ready on http")) {
      held = undefined;
      say(`Vestibule is ready: http://localhost:${port}  (stop with Ctrl-C; try: npm run demo)`);
    } else if (held !== undefined) {
      held.push(line);
      // A build that fails does not end wrangler: it waits for the file to change.
      if (line.includes("ERROR")) release();
    } else if (!/^\[wrangler:info\] ([A-Z]+ \/|QUEUE )|^\s*$/.test(line)) target.write(`${line}\n`);
  };
  const lines = (stream: Readable | null, target: NodeJS.WriteStream) => {
    if (stream !== null) createInterface({ input: stream }).on("line", (line) => hear(line, target));
  };
  lines(gateway.stdout, process.stdout);
  lines(gateway.stderr, process.stderr);
  gateway.once("exit", release);
}

function stopWithThisProcess(gateway: ChildProcess, untilStdinCloses: boolean): void {
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    gateway.kill("SIGTERM");
    setTimeout(() => gateway.kill("SIGKILL"), stopMs).unref();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  // npm hands SIGTERM to its shell, which dies without a word: being orphaned is the signal.
  if (process.env["npm_lifecycle_event"] !== undefined) {
    const parent = process.ppid;
    setInterval(() => process.ppid !== parent && stop(), orphanCheckMs).unref();
  }
  // A test that dies closes the pipe: nothing is left behind, however it died.
  if (untilStdinCloses) process.stdin.on("end", stop).resume();
  gateway.once("exit", (code) => process.exit(stopping ? 0 : (code ?? 1)));
}

await start().catch(fail);
