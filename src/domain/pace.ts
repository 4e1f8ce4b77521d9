/**
 * How long work goes on in chunks. A shard runs one batch at a time, so whatever one batch takes is what
 * everybody else's request may have to wait for.
 */
import { PAUSE_MS_MAX, SETTLEMENT_BATCH_MS, SETTLEMENT_USERS_MAX, SETTLEMENT_USERS_MIN } from "./limits.ts";

/**
 * Between two chunks. Inside one process nothing but a timer lets requests that have come in be read at all: a
 * worker that awaits its own database never runs out of things to do.
 */
export const pauseMs = 1;

/**
 * Pause of a run after a batch that came back after `waitedMs` and was at work for `tookMs`. Whatever came before it
 * in line, beyond the way there and back, stands in line for it as well: the run leaves them four times that. So runs
 * into many vaults leave gaps, and one alone goes on at once.
 */
export const politePause = (waitedMs: number, tookMs: number): number =>
  Math.max(pauseMs, Math.min(PAUSE_MS_MAX, 4 * (waitedMs - 2 * tookMs)));

/** Size of the next chunk, after one of that size took so long: halved or less at once, grown step by step. */
export function paced(size: number, tookMs: number): number {
  const fitting = tookMs > 0 ? Math.floor((size * SETTLEMENT_BATCH_MS) / tookMs) : SETTLEMENT_USERS_MAX;
  const grown = Math.min(fitting, Math.ceil(size * 1.5));
  return Math.max(SETTLEMENT_USERS_MIN, Math.min(SETTLEMENT_USERS_MAX, grown));
}
