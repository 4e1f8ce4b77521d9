/**
 * What must be found after a crash. A write that was acknowledged leaves one value; one that was cut off leaves
 * two, the old and the new, and nothing between them.
 */
import { expect } from "vitest";
import type { Answer } from "../../../src/commands/client/http.ts";

export type Fact = string | number | boolean | null;
type Making = readonly [key: string, value: Fact];

export type Write = {
  send: () => Promise<Answer>;
  /** Facts that the write makes true. */
  makes?: readonly Making[];
  /** Actions of the events that it leaves, each once. */
  tells: readonly string[];
  /** Actions of events that it may leave, depending on what others did meanwhile. */
  mayTell?: readonly string[];
  /** Statuses that others working at the same time may cause. */
  tolerates?: readonly number[];
};

export class Refused extends Error {}

export class Facts {
  /** Requests answered with success since the last look at the events, with the actions that each must tell. */
  acknowledged = new Map<string, Pick<Write, "tells" | "mayTell">>();
  /** Requests that got no answer: each may have happened, once. */
  unanswered = 0;
  acknowledgedInAll = 0;
  /** Acknowledged writes by what they told. */
  readonly mix = new Map<string, number>();
  stopped = true;
  readonly #possible = new Map<string, readonly Fact[]>();

  /** Null is what nothing is known of. */
  #allowed = (key: string): readonly Fact[] => this.#possible.get(key) ?? [null];

  know(key: string, value: Fact): void {
    this.#possible.set(key, [value]);
  }

  possible(key: string): readonly Fact[] {
    return this.#allowed(key);
  }

  /** The one value that is possible; undefined while there are two. */
  get(key: string): Fact | undefined {
    const allowed = this.#allowed(key);
    return allowed.length === 1 ? allowed[0] : undefined;
  }

  keysOf(kind: string): string[] {
    const prefix = `${kind} `;
    return [...this.#possible.keys()]
      .filter((key) => key.startsWith(prefix))
      .map((key) => key.slice(prefix.length));
  }

  /** What was found is one of what is possible, and is known from here on. */
  find(key: string, found: Fact): void {
    expect(this.#allowed(key), key).toContain(found);
    this.know(key, found);
  }

  /**
   * Sends a write. A refusal while the gateway is whole fails the test; an answer that does not come while it is
   * being killed leaves the outcome open.
   */
  async write({ send, makes = [], tells, mayTell = [], tolerates = [] }: Write): Promise<Answer | undefined> {
    if (this.stopped) return undefined;
    const before = makes.map(([key]) => [key, this.#allowed(key)] as const);
    for (const [key, value] of makes) this.#possible.set(key, [...this.#allowed(key), value]);
    const answer = await this.#answerOf(send);
    if (answer === undefined) {
      this.unanswered += 1;
      return undefined;
    }
    if (answer.status >= 200 && answer.status <= 299) {
      for (const [key, value] of makes) this.know(key, value);
      this.acknowledgedInAll += 1;
      for (const action of tells) this.mix.set(action, (this.mix.get(action) ?? 0) + 1);
      const requestId = answer.headers.get("x-request-id");
      if (requestId === null) throw new Error("An answer without a request id.");
      this.acknowledged.set(requestId, { tells, mayTell });
      return answer;
    }
    for (const [key, allowed] of before) this.#possible.set(key, allowed);
    if (tolerates.includes(answer.status)) return answer;
    throw new Refused(`Refused with ${answer.status}: ${JSON.stringify(answer.body)}; ${tells.join(", ")}`);
  }

  /** A read: its answer, or undefined when the gateway was killed. */
  async read<T>(send: () => Promise<Answer>): Promise<T | undefined> {
    if (this.stopped) return undefined;
    const answer = await this.#answerOf(send);
    if (answer === undefined) return undefined;
    if (answer.status !== 200)
      throw new Refused(`Refused with ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body as T;
  }

  async #answerOf(send: () => Promise<Answer>): Promise<Answer | undefined> {
    try {
      const answer = await send();
      // The outer process of a gateway that is being killed may still answer for the inner one.
      return this.stopped && answer.status >= 500 ? undefined : answer;
    } catch (error) {
      if (this.stopped) return undefined;
      throw error;
    }
  }
}
