/**
 * The license allocator's door: one object per subscription, so that rounds come one after another and work
 * that arrives together is decided together. It keeps nothing that recovery needs: what is open stands in the
 * shard's outbox, and the batch of a round is safe even if two objects ran it at once.
 */
import { DurableObject } from "cloudflare:workers";
import {
  ALLOCATION_BACKOFF_MAX_MS,
  ALLOCATION_DELAY_MAX_MS,
  ALLOCATION_DELAY_MIN_MS,
  ALLOCATION_ROUNDS_PER_ALARM_MAX,
  ALLOCATION_SAFETY_ALARM_MS,
  ALLOCATION_STREAM_WAKES,
} from "../domain/limits.ts";
import { allocateLicenses } from "../gateway/licenses/allocator.ts";
import { buildDeps } from "./deps.ts";
import { log } from "./log.ts";

type Subject = { shard: string; tenantNo: number };

export class LicenseAllocator extends DurableObject<Env> {
  /** Hints only: an evicted object starts at the shortest wait and finds its alarm in storage. */
  #known = false;
  #alarmAt: number | undefined;
  #working = false;
  #wokenAtWork = false;
  #delayMs = ALLOCATION_DELAY_MIN_MS;
  #failures = 0;
  /** Wake-ups of the current second and of the one before. */
  #second = { at: 0, wakes: 0, before: 0 };

  /** Says that the outbox of the tenant holds work. Any number of calls before a round make one round. */
  async wake(shard: string, tenantNo: number): Promise<void> {
    const now = Date.now();
    this.#count(now);
    if (!this.#known) {
      await this.ctx.storage.put<Subject>("subject", { shard, tenantNo });
      this.#known = true;
    }
    if (this.#working) {
      this.#wokenAtWork = true;
    } else if (!this.#isArmed(now)) {
      if (!this.#isStream()) this.#delayMs = ALLOCATION_DELAY_MIN_MS;
      await this.#arm(now + this.#delayMs);
    }
  }

  override async alarm(): Promise<void> {
    // First of all, so that a crash from here on is followed by another alarm.
    await this.#arm(Date.now() + ALLOCATION_SAFETY_ALARM_MS);
    this.#working = true;
    let again: number | undefined;
    try {
      const more = await this.#work();
      this.#failures = 0;
      if (more) again = ALLOCATION_DELAY_MIN_MS;
    } catch (error) {
      this.#failures += 1;
      again = Math.min(ALLOCATION_BACKOFF_MAX_MS, 500 * 2 ** Math.min(this.#failures, 10));
      log({
        level: "error",
        message: "license allocation failed",
        name: this.ctx.id.name,
        error: String(error),
      });
    }
    this.#working = false;
    if (this.#wokenAtWork) {
      this.#wokenAtWork = false;
      again ??= this.#delayMs;
    }
    this.#alarmAt = undefined;
    if (again === undefined) await this.ctx.storage.deleteAlarm();
    else await this.#arm(Date.now() + again);
  }

  /** An alarm that could not be set, or is long overdue, keeps nobody from setting another. */
  #isArmed = (now: number): boolean =>
    this.#alarmAt !== undefined && now <= this.#alarmAt + ALLOCATION_SAFETY_ALARM_MS;

  async #arm(at: number): Promise<void> {
    this.#alarmAt = undefined;
    await this.ctx.storage.setAlarm(at);
    this.#alarmAt = at;
  }

  #count(now: number): void {
    const at = Math.floor(now / 1_000);
    const { at: last, wakes } = this.#second;
    if (at !== last) this.#second = { at, wakes: 0, before: at === last + 1 ? wakes : 0 };
    this.#second.wakes += 1;
  }

  /** Work comes in faster than rounds should follow each other. */
  #isStream(): boolean {
    return Math.max(this.#second.wakes, this.#second.before) >= ALLOCATION_STREAM_WAKES;
  }

  /** Rounds while there is more; while work streams in, each round makes the next one wait longer. */
  async #work(): Promise<boolean> {
    const subject = await this.ctx.storage.get<Subject>("subject");
    if (subject === undefined) return false;
    this.#delayMs = this.#isStream()
      ? Math.min(ALLOCATION_DELAY_MAX_MS, this.#delayMs * 4)
      : ALLOCATION_DELAY_MIN_MS;
    for (let rounds = 0; rounds < ALLOCATION_ROUNDS_PER_ALARM_MAX; rounds += 1) {
      const deps = buildDeps(this.env, (work) => this.ctx.waitUntil(work));
      const { more } = await allocateLicenses(deps, subject.shard, subject.tenantNo);
      if (!more) return false;
    }
    return true;
  }
}
