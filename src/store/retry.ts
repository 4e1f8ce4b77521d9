/**
 * When the store does not answer: what is tried again, and how. Only passing faults are; a store that is
 * overloaded gets no second request from here, the client is told when to come back (503 with Retry-After).
 */
import { StoreUnavailable } from "./failure.ts";

/** Half a second at most in all: identity providers wait longer, administrators do not. */
const attemptsMax = 4;
const delayBaseMs = 50;

/**
 * Runs `attempt` until it gets an answer, with full jitter between attempts.
 * @param attempt may run more than once; it is told whether it is not the first, whose outcome is unknown
 */
export async function persist<T>(
  { pause }: { pause(milliseconds: number): Promise<void> },
  attempt: (again: boolean) => Promise<T>,
): Promise<T> {
  for (let count = 1; ; count += 1) {
    try {
      return await attempt(count > 1);
    } catch (error) {
      const passing = error instanceof StoreUnavailable && error.passing;
      if (!passing || count === attemptsMax) throw error;
      await pause(Math.random() * delayBaseMs * 2 ** (count - 1));
    }
  }
}
