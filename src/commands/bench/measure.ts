/** Timing of requests: one after the other for latency, several at once for throughput, always side by side. */
import { inParallel } from "../client/http.ts";
import { workerdUsage } from "./workerd-process.ts";

export type Operation = (index: number) => Promise<unknown>;

/** Of latencies in milliseconds. */
export type Latency = { p50: number; p99: number };

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

const ascending = (numbers: readonly number[]): number[] => numbers.toSorted((left, right) => left - right);

const median = (numbers: readonly number[]): number => percentile(ascending(numbers), 0.5);

function latencyOf(times: readonly number[]): Latency {
  const sorted = ascending(times);
  return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) };
}

/** Latencies of operations that take turns, so that whatever else the machine does hits all of them alike. */
export async function latencies<Name extends string>(
  operations: Record<Name, Operation>,
  rounds: number,
): Promise<Record<Name, Latency>> {
  const names = Object.keys(operations) as Name[];
  const times = new Map<Name, number[]>(names.map((name) => [name, []]));
  const warmUp = Math.ceil(rounds / 10);
  for (let round = 0; round < rounds + warmUp; round += 1) {
    for (const name of names) {
      const startedAt = performance.now();
      await operations[name](round);
      if (round >= warmUp) times.get(name)?.push(performance.now() - startedAt);
    }
  }
  const entries = names.map((name) => [name, latencyOf(times.get(name) ?? [])] as const);
  return Object.fromEntries(entries) as Record<Name, Latency>;
}

/** What an operation did under a load of several requests at once. */
export type Load = Latency & {
  /** Requests per second: the median of the slices, and each slice. */
  perSecond: number;
  slices: readonly number[];
  /** Processor time of the gateway for one request, where the platform tells it. */
  cpuMs?: number;
};

/** Throughput and latency of operations that take turns in slices. */
export async function loads<Name extends string>(
  operations: Record<Name, Operation>,
  { slices, perSlice, width }: { slices: number; perSlice: number; width: number },
): Promise<Record<Name, Load>> {
  const names = Object.keys(operations) as Name[];
  const rates = new Map<Name, number[]>(names.map((name) => [name, []]));
  const times = new Map<Name, number[]>(names.map((name) => [name, []]));
  const cpu = new Map<Name, number>();
  for (let slice = 0; slice <= slices; slice += 1) {
    for (const name of names) {
      const numbers = Array.from({ length: perSlice }, (_, index) => slice * perSlice + index);
      const busyBefore = workerdUsage()?.cpuMs;
      const startedAt = performance.now();
      await inParallel(numbers, width, async (number) => {
        const sentAt = performance.now();
        await operations[name](number);
        if (slice > 0) times.get(name)?.push(performance.now() - sentAt);
      });
      // The first slice warms up.
      if (slice === 0) continue;
      rates.get(name)?.push((perSlice * 1_000) / (performance.now() - startedAt));
      const busy = workerdUsage()?.cpuMs;
      if (busyBefore !== undefined && busy !== undefined)
        cpu.set(name, (cpu.get(name) ?? 0) + busy - busyBefore);
    }
  }
  const entries = names.map((name) => {
    const busy = cpu.get(name);
    const perSlices = rates.get(name) ?? [];
    const load: Load = {
      perSecond: median(perSlices),
      slices: perSlices,
      ...(busy === undefined ? {} : { cpuMs: busy / (slices * perSlice) }),
      ...latencyOf(times.get(name) ?? []),
    };
    return [name, load] as const;
  });
  return Object.fromEntries(entries) as Record<Name, Load>;
}

/** How many times as fast, slice by slice: neighbors in time, so that what disturbs one disturbs both. */
export const timesAsFast = (one: Load, other: Load): number =>
  median(one.slices.map((rate, slice) => rate / (other.slices[slice] ?? Number.NaN)));
