/**
 * `npm run tenant:move -- --base URL --tenant ID --to SHARD_1`: moves an organization to another database while
 * its identity provider keeps calling. Stopped anywhere, the same command goes on. The operator's key is taken
 * from OPERATOR_KEY, or from .dev.vars on the machine of a developer.
 */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs, parseEnv } from "node:util";
import { expectStatus, send } from "./client/http.ts";
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

async function move(): Promise<void> {
  const { values } = parseArgs({
    options: {
      base: { type: "string", default: "http://localhost:8787" },
      tenant: { type: "string" },
      to: { type: "string" },
      "dev-vars": { type: "string", default: path.join(projectDirectory, ".dev.vars") },
    },
  });
  const { tenant, to } = values;
  if (tenant === undefined || to === undefined) {
    throw new Error("Usage: npm run tenant:move -- --base URL --tenant TENANT_ID --to SHARD_1");
  }
  const url = `${values.base.replace(/\/+$/, "")}/operator/tenants/${tenant}/move`;
  const headers = { authorization: `Bearer ${operatorKey(values["dev-vars"])}` };
  let cursor: object | undefined;
  let failures = 0;
  for (;;) {
    const answer = await send(url, { method: "POST", headers, body: { to, cursor } });
    if (answer.status >= 500 && failures < failuresMax) {
      failures += 1;
      say(`The gateway answered ${answer.status}; trying again.`);
      await pause(1_000);
      continue;
    }
    const step = expectStatus("The move", answer, 200).body as Step;
    failures = 0;
    cursor = step.cursor;
    report(step);
    if (step.phase === "done") return;
    if (step.waitMs !== undefined) await pause(Math.min(step.waitMs, 10_000));
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
