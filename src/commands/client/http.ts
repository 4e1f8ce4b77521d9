/** One HTTP exchange with a gateway, with nothing hidden: every status is an answer, no retries. */

export type Answer = { status: number; headers: Headers; body: unknown };

/** An answer that was not the expected one; the text is meant for a person. */
export class UnexpectedAnswer extends Error {
  readonly answer: Answer;

  constructor(what: string, answer: Answer) {
    super(`${what} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    this.answer = answer;
  }
}

export type Call = {
  method?: string;
  headers?: Record<string, string>;
  /** Sent as JSON, unless it is a string or a form. */
  body?: unknown;
};

/** No request of the gateway is meant to take longer. */
const timeoutMs = 60_000;

export async function send(url: string, { method = "GET", headers = {}, body }: Call = {}): Promise<Answer> {
  const raw = typeof body === "string" || body instanceof URLSearchParams;
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      headers: { ...(body === undefined || raw ? {} : { "content-type": "application/json" }), ...headers },
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? {} : { body: raw ? body : JSON.stringify(body) }),
    });
  } catch (error) {
    throw new Error(`${method} ${url}: no answer (${reason(error)}). Does a gateway run there?`, {
      cause: error,
    });
  }
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: parse(text) };
}

function reason(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error ? cause.message || (cause as NodeJS.ErrnoException).code || message : message;
}

function parse(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** @throws UnexpectedAnswer unless the status is one of those named */
export function expectStatus(what: string, answer: Answer, ...statuses: number[]): Answer {
  if (!statuses.includes(answer.status)) throw new UnexpectedAnswer(what, answer);
  return answer;
}

/** Works on items at most `width` at a time, in their order; the first failure ends it. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < items.length; index = next++) await work(items[index] as T, index);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
}
