/** What the observations of a soak say: each a value, its bound, and whether it was kept. */

export type Observation = {
  /** Since the load began. */
  atMs: number;
  requests: number;
  /** Bytes: the Worker's heap, if it was told, and the process that holds it, both after a collection. */
  heap: number | undefined;
  resident: number;
  databases: number;
  openRows: number;
  deadRows: number;
};

export type Verdict = { name: string; value: number; unit: string; atMost: number; detail: string };

/** Least squares: what `y` grows by per unit of `x`, and the standard error of that. */
export function slope(points: readonly (readonly [x: number, y: number])[]): {
  growth: number;
  error: number;
} {
  const count = points.length;
  if (count < 3) return { growth: 0, error: Number.POSITIVE_INFINITY };
  const mean = (at: 0 | 1) => points.reduce((sum, point) => sum + point[at], 0) / count;
  const [meanX, meanY] = [mean(0), mean(1)];
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  if (spread === 0) return { growth: 0, error: Number.POSITIVE_INFINITY };
  const growth = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
  const residual = points.reduce((sum, [x, y]) => sum + (y - meanY - growth * (x - meanX)) ** 2, 0);
  return { growth, error: Math.sqrt(residual / (count - 2) / spread) };
}

/** Whoever keeps anything of every request keeps more than this: an entry of a map with a short key is 200 bytes. */
const heapBytesPerRequestMax = 512;

/** Beside the heap: what allocators cannot give back, and what SQLite keeps of growing databases. */
const residentBytesPerRequestMax = 1_024;

/** The Worker's heap, garbage collected. */
export const heapVerdict = (observations: readonly Observation[]): Verdict =>
  growthVerdict(
    "the Worker's heap: certain growth per request",
    observations.flatMap(({ requests, heap }) => (heap === undefined ? [] : [[requests, heap] as const])),
    heapBytesPerRequestMax,
  );

/** Everything that its process keeps. */
export const residentVerdict = (observations: readonly Observation[]): Verdict =>
  growthVerdict(
    "the runtime's memory: certain growth per request",
    observations.map(({ requests, resident }) => [requests, resident] as const),
    residentBytesPerRequestMax,
  );

/**
 * Over the last two thirds: the first is the warming up of compilers and caches. What counts is the growth that is
 * certain, two standard errors below the estimate: what a collection finds in flight differs each time.
 */
function growthVerdict(
  name: string,
  points: readonly (readonly [number, number])[],
  atMost: number,
): Verdict {
  const settled = points.slice(Math.floor(points.length / 3));
  const { growth, error } = slope(settled);
  const [first, last] = [settled[0]?.[1] ?? 0, settled.at(-1)?.[1] ?? 0];
  const megabytes = (bytes: number) => (bytes / 1_048_576).toFixed(1);
  return {
    name,
    value: Number.isFinite(error) ? Math.max(0, growth - 2 * error) : Number.POSITIVE_INFINITY,
    unit: "B",
    atMost,
    detail: `${growth.toFixed(0)} ± ${(2 * error).toFixed(0)} B; ${megabytes(first)} MB after a third, ${megabytes(last)} MB at the end`,
  };
}

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
};

const thirds = (values: readonly number[]): { early: number; late: number } => {
  const third = Math.max(1, Math.floor(values.length / 3));
  return { early: median(values.slice(0, third)), late: median(values.slice(-third)) };
};

/**
 * Work that is open at a moment is what arrives within one delivery of the queue, which waits up to a second for
 * a full batch: it follows the rate, and must not follow the time. Twice as much, and a handful, is chance.
 */
export function backlogVerdict(observations: readonly Observation[]): Verdict {
  const { early, late } = thirds(observations.map(({ openRows }) => openRows));
  const most = Math.max(...observations.map(({ openRows }) => openRows));
  return {
    name: "open rows of the outbox, median of the last third",
    value: late,
    unit: "",
    atMost: 2 * early + 20,
    detail: `${early} in the first third; never more than ${most}`,
  };
}

/** The slowest requests may not get slower: half as much again is what a busy machine does by itself. */
export function latencyVerdict(p99s: readonly number[]): Verdict {
  const { early, late } = thirds(p99s);
  return {
    name: "p99, median of the last third's windows",
    value: late,
    unit: "ms",
    atMost: 1.5 * early + 5,
    detail: `${early.toFixed(1)} ms in the first third`,
  };
}

/**
 * An account is its attributes twice (as sent, and folded for filters), its addresses and six index entries: with
 * people like these 3 KB. An event with its subjects and their index is below 1 KB. Rows of the outbox come and go
 * and leave their pages to the next; so do memberships that end. One write-ahead log of 4 MB per database.
 */
export function databaseVerdict(
  observations: readonly Observation[],
  written: { accounts: number; events: number },
): Verdict {
  const grown = (observations.at(-1)?.databases ?? 0) - (observations[0]?.databases ?? 0);
  const explained = 3_072 * written.accounts + 1_024 * written.events + 3 * 4_194_304;
  return {
    name: "growth of the databases",
    value: grown / 1_048_576,
    unit: "MB",
    atMost: explained / 1_048_576,
    detail: `${written.accounts} accounts and ${written.events} events more`,
  };
}

export const kept = ({ value, atMost }: Verdict): boolean => value <= atMost;
