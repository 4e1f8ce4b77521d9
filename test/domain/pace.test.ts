/** How large the next chunk of a run is, and when it comes. */
import { expect, it } from "vitest";
import {
  PAUSE_MS_MAX,
  SETTLEMENT_BATCH_MS,
  SETTLEMENT_USERS_MAX,
  SETTLEMENT_USERS_MIN,
} from "../../src/domain/limits.ts";
import { paced, pauseMs, politePause } from "../../src/domain/pace.ts";

it.each([
  { size: 1_000, tookMs: 0, next: 1_000 },
  { size: 1_000, tookMs: SETTLEMENT_BATCH_MS, next: 1_000 },
  { size: 1_000, tookMs: 2 * SETTLEMENT_BATCH_MS, next: 500 },
  { size: 1_000, tookMs: 30_000, next: SETTLEMENT_USERS_MIN },
  { size: 400, tookMs: 1, next: 600 },
  { size: 900, tookMs: 1, next: SETTLEMENT_USERS_MAX },
  { size: 400, tookMs: SETTLEMENT_BATCH_MS, next: 400 },
  { size: SETTLEMENT_USERS_MIN, tookMs: 0, next: 375 },
])("after $size people in $tookMs ms come $next", ({ size, tookMs, next }) => {
  expect(paced(size, tookMs)).toBe(next);
});

it.each([
  { waitedMs: 10, tookMs: 10, pause: pauseMs },
  { waitedMs: 18, tookMs: 10, pause: pauseMs },
  { waitedMs: 30, tookMs: 10, pause: 40 },
  { waitedMs: 9_000, tookMs: 10, pause: PAUSE_MS_MAX },
])("after a batch of $tookMs ms that came back after $waitedMs ms the run pauses $pause ms", (row) => {
  expect(politePause(row.waitedMs, row.tookMs)).toBe(row.pause);
});
