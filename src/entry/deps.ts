/**
 * The composition root: from bindings to what use cases are given. Nothing else reads `env`.
 *
 * What lives as long as an isolate (imported keys, the directory cache) is made once per `env` object and holds
 * nothing that is decided by it alone: the shard's fence has the last word on every request.
 */

import type { PropagationMessage } from "../domain/outbox.ts";
import type { Deps, Signals } from "../gateway/deps.ts";
import { DirectoryCache } from "../gateway/identity/directory-cache.ts";
import { type Database, type Meter, newMeter } from "../store/database.ts";
import { StoreUnavailable } from "../store/failure.ts";
import type { OutboxPointer } from "../store/outbox.ts";
import { openConnectors } from "./connectors.ts";
import { openCursors } from "./cursors.ts";
import { openLimits } from "./limits.ts";
import { log } from "./log.ts";
import { openMail } from "./mail.ts";
import { newSecret, uuidv7 } from "./random.ts";
import { openSealing } from "./sealing.ts";
import { openTokens } from "./tokens.ts";

/** Settings that exist only in `.dev.vars`; `wrangler.toml` names none of them. */
export type DevelopmentSettings = {
  MAIL_CAPTURE?: string;
  SERVER_TIMING?: string;
  SWEEP_SECONDS?: string;
  /** Also in production, as an optional secret: opens the routes of the operator. */
  OPERATOR_KEY?: string;
  /** Multiplies the rates that many tests from one machine would run into. */
  RATE_LIMIT_SCALE?: string;
  ALLOW_LOOPBACK_CONNECTORS?: string;
};

type Isolate = Pick<Deps, "tokens" | "cursors" | "directory" | "limits" | "sealing" | "connectors">;
const isolates = new WeakMap<Env, Isolate>();

function isolateOf(env: Env): Isolate {
  let isolate = isolates.get(env);
  if (isolate === undefined) {
    isolate = {
      tokens: openTokens(env.TOKEN_SIGNING_KEY),
      cursors: openCursors(env.TOKEN_SIGNING_KEY),
      directory: new DirectoryCache(),
      limits: openLimits(env, Number((env as Env & DevelopmentSettings).RATE_LIMIT_SCALE ?? 1)),
      sealing: openSealing(env.CONNECTOR_KEY),
      connectors: openConnectors({
        allowLoopback: (env as Env & DevelopmentSettings).ALLOW_LOOPBACK_CONNECTORS === "1",
      }),
    };
    isolates.set(env, isolate);
  }
  return isolate;
}

/**
 * @param waitUntil keeps work alive after the answer
 * @param origin of the request, absent behind queue, cron and alarms
 * @param address of the caller
 */
export function buildDeps(
  env: Env,
  waitUntil: (work: Promise<unknown>) => void,
  origin?: string,
  address = "unknown",
): Deps {
  const meter = newMeter();
  const shards = openShards(env, meter);
  const settings = env as Env & DevelopmentSettings;
  return {
    now: () => Date.now(),
    newId: () => uuidv7(Date.now()),
    newSecret,
    meter,
    showServerTiming: settings.SERVER_TIMING === "1",
    control: { name: "CONTROL", binding: env.CONTROL, meter, pause },
    shard: (name) => shards.get(name),
    shardNames: [...shards.keys()],
    signals: signals(env, waitUntil),
    mail: openMail(settings, origin),
    address,
    operatorKey: settings.OPERATOR_KEY || undefined,
    log,
    pause,
    afterResponse: waitUntil,
    ...isolateOf(env),
  };
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

const shardBindings = new WeakMap<Env, readonly (readonly [string, D1Database])[]>();

/** Every D1 binding called `SHARD_<n>` is a shard: adding one is a table in `wrangler.toml`. */
function findShards(env: Env): readonly (readonly [string, D1Database])[] {
  const found = Object.entries(env as unknown as Record<string, unknown>)
    .filter(([name]) => /^SHARD_\d+$/.test(name))
    .map(([name, binding]) => [name, binding as D1Database] as const);
  shardBindings.set(env, found);
  return found;
}

function openShards(env: Env, meter: Meter): Map<string, Database> {
  const bindings = shardBindings.get(env) ?? findShards(env);
  return new Map(bindings.map(([name, binding]) => [name, { name, binding, meter, pause }]));
}

function signals(env: Env, waitUntil: (work: Promise<unknown>) => void): Signals {
  return {
    outboxWritten(shard, tenantNo, pointers) {
      if (pointers.length === 0) return;
      const work = deliver(env, shard, tenantNo, pointers).catch((error: unknown) =>
        log({
          level: "warn",
          message: "signal lost; the sweeper will find the rows",
          shard,
          error: String(error),
        }),
      );
      waitUntil(work);
    },
    async armSweeper(shard) {
      try {
        await env.SHARD_SWEEPER.getByName(shard).arm(shard);
      } catch (error) {
        // The platform's own words for it ("Error handling" of Durable Objects).
        const { retryable, overloaded } = error as { retryable?: boolean; overloaded?: boolean };
        throw new StoreUnavailable(String(error), { passing: retryable === true && overloaded !== true });
      }
    },
  };
}

async function deliver(env: Env, shard: string, tenantNo: number, pointers: readonly OutboxPointer[]) {
  const messages: { body: PropagationMessage }[] = pointers
    .filter(({ kind }) => kind !== "license")
    .map(({ kind, seq }) => ({ body: { v: 1, shard, tenantNo, kind, seq } }));
  const sent = messages.length === 0 ? Promise.resolve() : env.PROPAGATION.sendBatch(messages);
  const woken = pointers.some(({ kind }) => kind === "license")
    ? env.LICENSE_ALLOCATOR.getByName(`${shard}:${tenantNo}`).wake(shard, tenantNo)
    : Promise.resolve();
  await Promise.all([sent, woken]);
}
