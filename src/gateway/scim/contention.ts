/** Optimistic concurrency: what happens when another request changed the resource first. */
import type { ScimError } from "../../scim/error.ts";
import type { Result } from "../../scim/result.ts";
import type { ScimClient } from "./client.ts";

/** Whether the version just read satisfies the request's If-Match (RFC 7644 §3.14). */
export type Precondition = (version: number) => Result<true>;

/** The same, with the versions it names: undefined when the request has no If-Match, or `*`. */
export type IfMatch = { versions: readonly number[] | undefined; precondition: Precondition };

/** Returned by an attempt that lost a race; never leaves `retryStale` unless every attempt lost. */
export const contended: ScimError = {
  kind: "unavailable",
  detail: "The resource is being changed by many requests at once. Try again.",
  retryAfterSeconds: 1,
};

/** Clients send no If-Match and must not see races (R24): enough attempts for dozens of simultaneous writers. */
const attemptsMax = 30;
const delayMsMax = 60;

/**
 * Runs `attempt` until it does not lose the race. Each attempt reads anew, so what it decides holds for what
 * is there; with If-Match the precondition answers first and ends the retries.
 */
export async function retryStale<T>(
  client: ScimClient,
  attempt: () => Promise<Result<T>>,
): Promise<Result<T>> {
  for (let count = 1; ; count += 1) {
    const result = await attempt();
    if (result.ok || result.error !== contended || count === attemptsMax) return result;
    await client.deps.pause(Math.random() * Math.min(delayMsMax, 4 * count));
  }
}
