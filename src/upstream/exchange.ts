/** One bounded HTTP exchange with a service of somebody else: in time, in size, and never elsewhere than asked. */
import {
  UPSTREAM_ANSWER_BYTES_MAX,
  UPSTREAM_RETRY_AFTER_DEFAULT_SECONDS,
  UPSTREAM_RETRY_AFTER_MAX_SECONDS,
  UPSTREAM_TIMEOUT_MS,
} from "../domain/limits.ts";
import type { Json } from "../scim/json.ts";
import { UpstreamFailure } from "./failure.ts";

export type Fetch = (request: Request) => Promise<Response>;

export type Call = { method: string; url: string; headers: Record<string, string>; body?: string };

export type Answer = {
  status: number;
  /** Undefined when there was none, or it was no JSON. */
  body: Json | undefined;
  location: string | null;
  /** Where the next page is (RFC 8288), as the service writes it. */
  link: string | null;
};

/**
 * @throws UpstreamFailure `throttled`, `unavailable`, `invalid_answer` (too large), or `refused` for a redirect: to
 *   follow one would take the credential to an address that nobody has checked.
 */
export async function exchange(fetch: Fetch, call: Call, now: () => number): Promise<Answer> {
  const { method, url, headers, body } = call;
  const signal = AbortSignal.timeout(UPSTREAM_TIMEOUT_MS);
  const request = new Request(url, {
    method,
    headers,
    redirect: "manual",
    signal,
    ...(body === undefined ? {} : { body }),
  });
  try {
    const response = await untilAborted(fetch(request), signal);
    const answer = {
      status: response.status,
      location: response.headers.get("location"),
      link: response.headers.get("link"),
    };
    const refused = refusedByStatus(response, `${method} ${new URL(url).pathname}`, now);
    if (refused !== undefined) {
      await response.body?.cancel();
      throw refused;
    }
    return { ...answer, body: parsed(await untilAborted(readBounded(response), signal)) };
  } catch (error) {
    if (error instanceof UpstreamFailure) throw error;
    const reason = signal.aborted
      ? `no answer within ${UPSTREAM_TIMEOUT_MS / 1_000} s`
      : "the connection failed";
    throw new UpstreamFailure("unavailable", `${new URL(url).host}: ${reason}`);
  }
}

/** A transport that does not listen to the signal must not hold anybody up either. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}

function refusedByStatus(response: Response, what: string, now: () => number): UpstreamFailure | undefined {
  const { status } = response;
  if (status >= 300 && status < 400) {
    return new UpstreamFailure("refused", `${what}: redirects are not followed (${status})`, { status });
  }
  const retryAfter = response.headers.get("retry-after");
  if (status === 429 || (status === 503 && retryAfter !== null)) {
    const retryAfterSeconds = parseRetryAfter(retryAfter, now());
    return new UpstreamFailure("throttled", `${what}: asked to wait (${status})`, {
      status,
      retryAfterSeconds,
    });
  }
  // 501 is for good: the service knows no such request.
  if ((status >= 500 && status !== 501) || status === 408) {
    return new UpstreamFailure("unavailable", `${what}: answered ${status}`, { status });
  }
  return undefined;
}

/** RFC 9110 §10.2.3: seconds or a date. */
export function parseRetryAfter(header: string | null, now: number): number {
  const text = header?.trim() ?? "";
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - now) / 1_000;
  if (!Number.isFinite(seconds)) return UPSTREAM_RETRY_AFTER_DEFAULT_SECONDS;
  return Math.min(Math.max(Math.ceil(seconds), 1), UPSTREAM_RETRY_AFTER_MAX_SECONDS);
}

async function readBounded(response: Response): Promise<string> {
  if (response.body === null) return "";
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let [text, bytes] = ["", 0];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > UPSTREAM_ANSWER_BYTES_MAX) {
      await reader.cancel();
      throw new UpstreamFailure("invalid_answer", "The answer is too large.", { status: response.status });
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** Media types are not looked at: services send `application/json`, with or without `scim+`, or none. */
function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    // An empty or foreign body: the status says what happened.
    return undefined;
  }
}
