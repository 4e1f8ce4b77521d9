/** The doors behind which no client is, with what passes through them counted. */
import gateway, { LicenseAllocator as Allocator } from "../../src/index.ts";

/** Work behind the doors that no client sees, since it was last asked for; all of it runs in this isolate. */
type Work = { runs: number; messages: number; batches: number; read: number; written: number; ms: number };
const none = (): Work => ({ runs: 0, messages: 0, batches: 0, read: 0, written: 0, ms: 0 });
let work = { allocator: none(), queue: none() };
type Door = keyof typeof work;

function counted(database: D1Database, door: Door): D1Database {
  const batch: D1Database["batch"] = async (statements) => {
    const results = await database.batch(statements);
    work[door].batches += 1;
    for (const { meta } of results) {
      work[door].read += meta.rows_read;
      work[door].written += meta.rows_written;
    }
    return results as never;
  };
  return new Proxy(database, {
    get(target, name) {
      if (name === "batch") return batch;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

const countedShards = (env: Env, door: Door): Env => ({
  ...env,
  SHARD_0: counted(env.SHARD_0, door),
  SHARD_1: counted(env.SHARD_1, door),
});

async function timed<T>(door: Door, run: () => Promise<T>): Promise<T> {
  const startedAt = Date.now();
  work[door].runs += 1;
  try {
    return await run();
  } finally {
    work[door].ms += Date.now() - startedAt;
  }
}

export class LicenseAllocator extends Allocator {
  constructor(context: DurableObjectState, env: Env) {
    super(context, countedShards(env, "allocator"));
  }
  override wake(shard: string, tenantNo: number): Promise<void> {
    return timed("allocator", () => super.wake(shard, tenantNo));
  }
  override alarm(): Promise<void> {
    return timed("allocator", () => super.alarm());
  }
}

/** The composition root keeps what it made for an environment: each has one that counts. */
const queueEnvironments = new WeakMap<Env, Env>();
export const queue: typeof gateway.queue = async (batch, env, context) => {
  const environment = queueEnvironments.get(env) ?? countedShards(env, "queue");
  queueEnvironments.set(env, environment);
  work.queue.messages += batch.messages.length;
  await timed("queue", async () => gateway.queue(batch, environment, context));
};

/** Since this was last asked. */
export function takeWork(): typeof work {
  const done = work;
  work = { allocator: none(), queue: none() };
  return done;
}
