/** Timing of requests: one after the other for latency, several at once for throughput, always side by side. */
import { inParallel } from "../client/http.ts";

export type Operation = (index: number) => Promise<unknown>;

/** Of latencies in milliseconds. */
export type Latency = { p50: number; p99: number };

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
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
  const entries = names.map((name) => {
    const sorted = (times.get(name) ?? []).toSorted((left, right) => left - right);
    return [name, { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) }] as const;
  });
  return Object.fromEntries(entries) as Record<Name, Latency>;
}

/** Requests per second of operations that take turns in slices; the median of the slices. */
export async function throughputs<Name extends string>(
  operations: Record<Name, Operation>,
  { slices, perSlice, width }: { slices: number; perSlice: number; width: number },
): Promise<Record<Name, number>> {
  const names = Object.keys(operations) as Name[];
  const rates = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let slice = 0; slice <= slices; slice += 1) {
    for (const name of names) {
      const numbers = Array.from({ length: perSlice }, (_, index) => slice * perSlice + index);
      const startedAt = performance.now();
      await inParallel(numbers, width, async (number) => {
        await operations[name](number);
      });
      // The first slice warms up.
      if (slice > 0) rates.get(name)?.push((perSlice * 1_000) / (performance.now() - startedAt));
    }
  }
  const entries = names.map((name) => {
    const sorted = (rates.get(name) ?? []).toSorted((left, right) => left - right);
    return [name, percentile(sorted, 0.5)] as const;
  });
  return Object.fromEntries(entries) as Record<Name, number>;
}

/** Latencies of an operation at a steady rate, each request on time whatever became of the one before. */
export async function steadyLatency(
  operation: Operation,
  perSecond: number,
  seconds: number,
): Promise<Latency> {
  const times: number[] = [];
  const under: Promise<void>[] = [];
  const startedAt = performance.now();
  for (let index = 0; index < perSecond * seconds; index += 1) {
    const wait = startedAt + (index * 1_000) / perSecond - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const sentAt = performance.now();
    const answered = operation(index).then(() => {
      times.push(performance.now() - sentAt);
    });
    under.push(answered);
  }
  await Promise.all(under);
  const sorted = times.toSorted((left, right) => left - right);
  return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) };
}
