/**
 * One Durable Object per shard with a perpetual alarm: recovery does not lean on cron, which never fires in
 * local development and may be late anywhere. It holds nothing but the shard's name and its alarm.
 */
import { DurableObject } from "cloudflare:workers";
import type { Deps } from "../gateway/deps.ts";
import { startDueImports } from "../gateway/imports/start.ts";
import { releaseIdle } from "../gateway/licenses/idle-release.ts";
import { sweepShard, sweepSignUps } from "../gateway/outbox/sweep.ts";
import { buildDeps, type DevelopmentSettings } from "./deps.ts";

/** Production: after a crash, work waits at most this long. */
const sweepSecondsMax = 60;

/** How many sweeps a row that was handed out is left alone. */
const leaseSweeps = 2;

export class ShardSweeper extends DurableObject<Env> {
  /** Idempotent: an alarm that is set is left alone. Must have returned before the shard's first tenant exists. */
  async arm(shard: string): Promise<void> {
    const { storage } = this.ctx;
    if ((await storage.get<string>("shard")) !== shard) await storage.put("shard", shard);
    if ((await storage.getAlarm()) === null) await storage.setAlarm(Date.now() + this.intervalMs());
  }

  /** The next alarm is set before any work: whatever happens to this one, the chain goes on. */
  override async alarm(): Promise<void> {
    await this.ctx.storage.setAlarm(Date.now() + this.intervalMs());
    const shard = await this.ctx.storage.get<string>("shard");
    if (shard === undefined) return;
    const deps = buildDeps(this.env, (work) => this.ctx.waitUntil(work));
    await attempt(deps, shard, () => sweepShard(deps, shard, leaseSweeps * this.intervalMs()));
    await attempt(deps, shard, () => startDueImports(deps, shard));
    await attempt(deps, shard, () => releaseIdle(deps, shard));
    await attempt(deps, shard, () => sweepSignUps(deps, shard));
  }

  private intervalMs(): number {
    const { SWEEP_SECONDS } = this.env as Env & DevelopmentSettings;
    const seconds = Number(SWEEP_SECONDS ?? sweepSecondsMax);
    return 1_000 * (seconds > 0 ? Math.min(seconds, sweepSecondsMax) : sweepSecondsMax);
  }
}

/** An alarm that throws six times is dropped by the platform: everything is caught, and told in the log. */
async function attempt(deps: Deps, shard: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    deps.log({ level: "error", message: "sweep failed; the next one follows", shard, error: String(error) });
  }
}
