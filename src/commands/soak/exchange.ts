/** Requests of the soak: each is timed, and any answer but the expected one is an error. */
import type { Answer } from "../client/http.ts";

type Window = { latencies: number[] };

/** Latencies by windows of this length: p99 of one is over a thousand requests at 100 per second. */
const windowMs = 10_000;
/** Errors told one by one; more are counted. */
const errorsTold = 20;

export class Exchanges {
  readonly #startedAt = performance.now();
  readonly windows: Window[] = [];
  readonly byKind = new Map<string, number>();
  readonly errors: string[] = [];
  errorCount = 0;
  requests = 0;
  /** Rows that answers say their own statements wrote; what follows behind them is not in it. */
  rowsWritten = 0;

  /** @returns the answer, or undefined when it is not one of the expected */
  async exchange(
    kind: string,
    send: () => Promise<Answer>,
    ...expected: number[]
  ): Promise<Answer | undefined> {
    const sentAt = performance.now();
    try {
      const answer = await send();
      this.#record(kind, sentAt);
      this.rowsWritten += Number(/written=(\d+)/.exec(answer.headers.get("server-timing") ?? "")?.[1] ?? 0);
      if (expected.includes(answer.status)) return answer;
      this.fail(`${kind}: ${answer.status} ${JSON.stringify(answer.body)?.slice(0, 300)}`);
    } catch (error) {
      this.#record(kind, sentAt);
      this.fail(`${kind}: ${String(error)}`);
    }
    return undefined;
  }

  #record(kind: string, sentAt: number): void {
    const now = performance.now();
    this.requests += 1;
    this.byKind.set(kind, (this.byKind.get(kind) ?? 0) + 1);
    const index = Math.floor((sentAt - this.#startedAt) / windowMs);
    while (this.windows.length <= index) this.windows.push({ latencies: [] });
    this.windows[index]?.latencies.push(now - sentAt);
  }

  readonly fail = (what: unknown): void => {
    this.errorCount += 1;
    if (this.errors.length < errorsTold) this.errors.push(String(what));
  };
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
