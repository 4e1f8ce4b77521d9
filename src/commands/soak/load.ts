/** Two ways to load a gateway: as fast as it answers, and at a steady rate whatever it does. */
import type { Exchanges } from "./exchange.ts";
import { draw } from "./mix.ts";
import type { Organization } from "./organization.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let turn = 0;
/** Organizations take turns. */
function next(organizations: readonly Organization[], exchanges: Exchanges): Promise<void> {
  turn += 1;
  const organization = organizations[turn % organizations.length];
  return organization === undefined ? Promise.resolve() : draw()(organization, exchanges);
}

/** Requests per second that so many clients get answered, each sending the next when it has its answer. */
export async function saturate(
  organizations: readonly Organization[],
  exchanges: Exchanges,
  { clients, seconds }: { clients: number; seconds: number },
): Promise<number> {
  const before = exchanges.requests;
  const startedAt = performance.now();
  const client = async () => {
    while (performance.now() - startedAt < 1_000 * seconds) await next(organizations, exchanges);
  };
  await Promise.all(Array.from({ length: clients }, client));
  return ((exchanges.requests - before) * 1_000) / (performance.now() - startedAt);
}

/** Each operation on time, whatever became of the one before: a gateway that slows down is not spared. */
export async function steady(
  organizations: readonly Organization[],
  exchanges: Exchanges,
  { perSecond, seconds }: { perSecond: number; seconds: number },
): Promise<void> {
  const under = new Set<Promise<void>>();
  const startedAt = performance.now();
  for (let index = 0; index < perSecond * seconds; index += 1) {
    const wait = startedAt + (index * 1_000) / perSecond - performance.now();
    if (wait > 0) await pause(wait);
    const work = next(organizations, exchanges).finally(() => under.delete(work));
    under.add(work);
  }
  await Promise.all(under);
}
