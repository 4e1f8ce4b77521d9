/** What a request cost in D1, as the gateway says in `Server-Timing`. */
import type { Answer } from "../client/http.ts";

export type Spent = { trips: number; read: number; written: number };

export function spent({ headers }: Answer): Spent {
  const timing = headers.get("server-timing") ?? "";
  const [, trips, read, written] = /trips=(\d+) read=(\d+) written=(\d+)/.exec(timing) ?? [];
  return { trips: Number(trips), read: Number(read), written: Number(written) };
}

export const within = (cost: Spent, budget: Spent): boolean =>
  cost.trips <= budget.trips && cost.read <= budget.read && cost.written <= budget.written;

export const plus = (one: Spent, other: Spent): Spent => ({
  trips: one.trips + other.trips,
  read: one.read + other.read,
  written: one.written + other.written,
});
