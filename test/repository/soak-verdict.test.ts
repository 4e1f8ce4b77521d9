/** A soak that cannot fail would say nothing: what its verdicts catch, and what they let pass. */
import { describe, expect, it } from "vitest";
import {
  backlogVerdict,
  databaseVerdict,
  heapVerdict,
  kept,
  latencyVerdict,
  type Observation,
  residentVerdict,
  slope,
} from "../../src/commands/soak/verdict.ts";

const megabyte = 1_048_576;

/** Twenty minutes at 100 requests per second, looked at every ten seconds. */
const soak = (at: (index: number, requests: number) => Partial<Observation>): Observation[] =>
  Array.from({ length: 120 }, (_, index) => ({
    atMs: index * 10_000,
    requests: index * 1_000,
    heap: 10 * megabyte,
    resident: 400 * megabyte,
    databases: 10 * megabyte,
    openRows: 5,
    deadRows: 0,
    ...at(index, index * 1_000),
  }));

/** What is in flight when garbage is collected: some megabytes, up and down. */
const wave = (index: number): number => 3 * megabyte * Math.sin(index * 2.4);

describe("verdicts of a soak", () => {
  it("find the slope of a line, and how sure they are", () => {
    const line = [0, 1, 2, 3].map((x) => [x, 5 + 2 * x] as const);
    expect(slope(line)).toEqual({ growth: 2, error: 0 });
    const { growth, error } = slope(line.map(([x, y], index) => [x, y + (index % 2 === 0 ? 1 : -1)]));
    expect(growth).toBeCloseTo(1.6);
    expect(error).toBeGreaterThan(0.4);
    expect(slope([[0, 1]]).error).toBe(Number.POSITIVE_INFINITY);
  });

  it("catch memory that keeps a kilobyte of every request, and pass waves and warming up", () => {
    const leaking = soak((index, requests) => ({ heap: 10 * megabyte + wave(index) + 1_024 * requests }));
    expect(kept(heapVerdict(leaking))).toBe(false);
    const waves = soak((index) => ({ heap: 10 * megabyte + wave(index) }));
    expect(kept(heapVerdict(waves))).toBe(true);
    const warming = soak((index) => ({ heap: (index < 40 ? 5 + index / 8 : 10) * megabyte + wave(index) }));
    expect(kept(heapVerdict(warming))).toBe(true);
  });

  it("catch memory that is kept outside of the heap", () => {
    const leaking = soak((_, requests) => ({ resident: 400 * megabyte + 4_096 * requests }));
    expect([kept(heapVerdict(leaking)), kept(residentVerdict(leaking))]).toEqual([true, false]);
  });

  it("do not pass a soak too short to tell, nor one whose heap nobody told", () => {
    expect(kept(heapVerdict(soak(() => ({})).slice(0, 2)))).toBe(false);
    expect(kept(heapVerdict(soak(() => ({ heap: undefined }))))).toBe(false);
  });

  it("catch a backlog that follows the time", () => {
    expect(kept(backlogVerdict(soak((index) => ({ openRows: 5 + index }))))).toBe(false);
    expect(kept(backlogVerdict(soak((index) => ({ openRows: index % 30 }))))).toBe(true);
  });

  it("catch requests that get slower", () => {
    expect(kept(latencyVerdict([20, 22, 21, 30, 40, 50, 48, 52, 50]))).toBe(false);
    expect(kept(latencyVerdict([20, 22, 21, 90, 20, 25, 24, 26, 22]))).toBe(true);
  });

  it("catch files that grow by more than was written", () => {
    const grown = (bytes: number) =>
      soak((index) => ({ databases: 10 * megabyte + (index === 119 ? bytes : 0) }));
    const written = { accounts: 10_000, events: 50_000 };
    expect(kept(databaseVerdict(grown(70 * megabyte), written))).toBe(true);
    expect(kept(databaseVerdict(grown(140 * megabyte), written))).toBe(false);
  });
});
