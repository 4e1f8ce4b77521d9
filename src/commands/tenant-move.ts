/**
 * `npm run tenant:move -- --base URL --tenant ID --to SHARD_1`: moves an organization to another database while
 * its identity provider keeps calling. Stopped anywhere, the same command goes on; with `--abort` in place of
 * `--to` the organization stays where it was. The operator's key is taken from OPERATOR_KEY, or from .dev.vars on
 * the machine of a developer.
 */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs, parseEnv } from "node:util";
import { type Answer, expectStatus, send } from "./client/http.ts";
import { projectDirectory } from "./development/wrangler.ts";
import { fail, say } from "./terminal.ts";

type Step = {
  phase: "copy" | "flip" | "purge" | "done";
  rows: number;
  copied: number;
  table?: string;
  digest?: string;
  waitMs?: number;
  cursor?: object;
};

/** Steps that may fail one after the other before the command gives up; the move itself loses nothing by it. */
const failuresMax = 10;

function operatorKey(devVars: string): string {
  const key =
    process.env["OPERATOR_KEY"] ??
    (existsSync(devVars) ? parseEnv(readFileSync(devVars, "utf8"))["OPERATOR_KEY"] : undefined);
  if (key === undefined) throw new Error("Set OPERATOR_KEY to the secret of the same name of the gateway.");
  return key;
}

const usage =
  "Usage: npm run tenant:move -- --base URL --tenant TENANT_ID --to SHARD_1, or --abort in place of --to SHARD_1";

/** What to do about a move that is neither here nor there. */
const halfDone =
  "The move is not finished: the organization may be refused its writes (503) until it is. Run the same command again to go on, or with --abort in place of --to to leave the organization where it was.";

async function move(): Promise<void> {
  const { values } = parseArgs({
    options: {
      base: { type: "string", default: "http://localhost:8787" },
      tenant: { type: "string" },
      to: { type: "string" },
      abort: { type: "boolean", default: false },
      "dev-vars": { type: "string", default: path.join(projectDirectory, ".dev.vars") },
    },
  });
  const { tenant, to, abort } = values;
  if (tenant === undefined || (to === undefined) !== abort) throw new Error(usage);
  const url = `${values.base.replace(/\/+$/, "")}/operator/tenants/${tenant}/move`;
  const headers = { authorization: `Bearer ${operatorKey(values["dev-vars"])}` };
  const step = (cursor: object | undefined): Promise<Answer> =>
    abort
      ? send(url, { method: "DELETE", headers })
      : send(url, { method: "POST", headers, body: { to, cursor } });
  process.once("SIGINT", () => {
    say(halfDone);
    process.exit(130);
  });
  await repeat(step, abort);
  if (abort) say("The organization stays where it was.");
}

async function repeat(step: (cursor: object | undefined) => Promise<Answer>, abort: boolean): Promise<void> {
  let cursor: object | undefined;
  let failures = 0;
  for (;;) {
    const answer = await step(cursor).catch((error: unknown) => error as Error);
    if (answer instanceof Error || answer.status >= 500) {
      const failure = answer instanceof Error ? answer.message : `The gateway answered ${answer.status}.`;
      failures += 1;
      if (failures > failuresMax) throw new Error(`${failure} ${halfDone}`);
      say(`${failure} Trying again.`);
      await pause(1_000);
      continue;
    }
    const taken = expectStatus(abort ? "The way back" : "The move", answer, 200).body as Step;
    failures = 0;
    cursor = taken.cursor;
    report(taken);
    if (taken.phase === "done") return;
    if (taken.waitMs !== undefined) await pause(Math.min(taken.waitMs, 10_000));
  }
}

function report({ phase, rows, copied, table, digest, waitMs }: Step): void {
  if (phase === "done") say("Done: the rows left behind are removed.");
  else if (digest !== undefined) say(`Moved: ${rows} rows are equal on both sides, SHA-256 ${digest}`);
  else if (waitMs !== undefined) say(`The rows left behind are removed in ${Math.ceil(waitMs / 1000)} s.`);
  else if (phase === "purge") say(`Removing what was left behind: ${rows} rows.`);
  else
    say(
      `${phase === "copy" ? "Copying" : "Comparing"} ${table ?? "the next pass"}: ${rows} rows seen, ${copied} copied.`,
    );
}

await move().catch(fail);
