/**
 * Rates, by the platform's rate limit bindings (`wrangler.toml`, `[[ratelimits]]`): a shield before any trip to
 * D1, free and local to each location, not an account to the last request.
 *
 * SCIM is counted in tens: an isolate reports every tenth request of a key, so nine of ten requests cost nothing
 * at all. What it has not reported yet is never held against anybody: the limits can only be late, not early.
 * A refusal is remembered to the end of its window, so a flood is refused without asking anybody.
 *
 * A window of ten seconds can be used up in its first one, which its neighbors would feel. So SCIM passes a
 * bucket of this isolate first (`entry/buckets.ts`): the same rate, evenly.
 */
import type { Count, Limits, RateKind, Refusal } from "../gateway/deps.ts";
import { openBuckets } from "./buckets.ts";
import { log } from "./log.ts";

type Rate = {
  binding: RateLimit;
  /** As in `wrangler.toml`; the bindings do not tell theirs. */
  limit: number;
  periodSeconds: 10 | 60;
  /** Requests that one report stands for. */
  block: number;
  /** What a machine under test does by the thousand, and RATE_LIMIT_SCALE multiplies. */
  scaled: boolean;
  /** Spread evenly by a bucket in front of the binding, which holds the requests of so many seconds. */
  burstSeconds?: number;
};

/**
 * Sized against what clients do: an identity provider sends at most 25 requests/s over hours and 100/s in bursts
 * per configuration; a tenant has several. A shard answers about 1,000 statements/s, so one credential can take
 * a fifth of it and one tenant half.
 */
const rates = (env: Env): Record<RateKind, Rate> => ({
  scim_credential: {
    binding: env.SCIM_CREDENTIAL_RATE,
    limit: 200,
    periodSeconds: 10,
    block: 10,
    scaled: true,
    burstSeconds: 2,
  },
  scim_tenant: {
    binding: env.SCIM_TENANT_RATE,
    limit: 500,
    periodSeconds: 10,
    block: 10,
    scaled: true,
    burstSeconds: 2,
  },
  // One address of an identity provider asks for the tokens of many customers, each once an hour or per cycle.
  token_address: { binding: env.TOKEN_ADDRESS_RATE, limit: 1_000, periodSeconds: 60, block: 1, scaled: true },
  // Wrong secrets of one client from one address: a broken set-up retries, a guesser does nothing else.
  token_refusal: { binding: env.TOKEN_REFUSAL_RATE, limit: 100, periodSeconds: 60, block: 1, scaled: false },
  // Secrets that the isolate does not know and has to ask the directory about.
  look_up_address: {
    binding: env.LOOK_UP_ADDRESS_RATE,
    limit: 1_000,
    periodSeconds: 60,
    block: 1,
    scaled: true,
  },
  // Sign-ups, sign-ins and the following of their links; an office shares one address.
  sign_up_address: {
    binding: env.SIGN_UP_ADDRESS_RATE,
    limit: 60,
    periodSeconds: 60,
    block: 1,
    scaled: true,
  },
  // How many mails really go out is bounded by the links an address may have; this spares the look-up.
  sign_in_account: {
    binding: env.SIGN_IN_ACCOUNT_RATE,
    limit: 20,
    periodSeconds: 60,
    block: 1,
    scaled: false,
  },
});

/** Keys that an isolate follows; past it all begin anew, which at worst is a block late for each. */
const keysMax = 10_000;

/**
 * Called once per isolate.
 * @param scale development and tests only: a machine that plays a whole directory is no attacker
 */
export function openLimits(env: Env, scale: number, now: () => number = Date.now): Limits {
  const known = rates(env);
  const unreported = new Map<string, number>();
  const refusedUntil = new Map<string, number>();
  const buckets = openBuckets(keysMax, now);
  const verified = new Map<string, readonly Count[]>();

  const refusal = ({ limit, block }: Rate, until: number, at: number): Refusal => ({
    limit: limit * block,
    retryAfterSeconds: Math.max(1, Math.ceil((until - at) / 1_000)),
    resetAtSeconds: Math.ceil(until / 1_000),
  });

  const scaledRate = (kind: RateKind): Rate => {
    const rate = known[kind];
    return rate.scaled ? { ...rate, block: Math.max(1, Math.round(rate.block * scale)) } : rate;
  };

  /** Counts one; true when a block is full and has to be reported. */
  function count(id: string, block: number): boolean {
    if (block === 1) return true;
    if (unreported.size >= keysMax) unreported.clear();
    const counted = (unreported.get(id) ?? 0) + 1;
    unreported.set(id, counted % block);
    return counted === block;
  }

  /** Until when the bucket is empty; `taken` takes one out of it if it can. */
  function emptyUntil(rate: Rate, id: string, taken: boolean): number | undefined {
    if (rate.burstSeconds === undefined) return undefined;
    const perSecond = (rate.limit * rate.block) / rate.periodSeconds;
    return buckets[taken ? "take" : "look"](id, { perSecond, size: perSecond * rate.burstSeconds });
  }

  function refusedBefore(kind: RateKind, key: string, taken: boolean): Refusal | undefined {
    const id = `${kind} ${key}`;
    const rate = scaledRate(kind);
    const at = now();
    const until = refusedUntil.get(id);
    if (until !== undefined && until > at) return refusal(rate, until, at);
    if (until !== undefined) refusedUntil.delete(id);
    const empty = emptyUntil(rate, id, taken);
    return empty === undefined ? undefined : refusal(rate, empty, at);
  }

  return {
    held: (kind, key) => refusedBefore(kind, key, false),
    recall: (fingerprint) => verified.get(fingerprint) ?? [],
    remember(fingerprint, counts) {
      if (verified.size >= keysMax && !verified.has(fingerprint)) verified.clear();
      verified.set(fingerprint, counts);
    },
    async count(kind, key) {
      const before = refusedBefore(kind, key, true);
      if (before !== undefined) return before;
      const rate = scaledRate(kind);
      const id = `${kind} ${key}`;
      if (!count(id, rate.block) || (await allowed(rate, kind, key))) return undefined;
      const at = now();
      const period = rate.periodSeconds * 1_000;
      const until = at - (at % period) + period;
      if (refusedUntil.size >= keysMax) refusedUntil.clear();
      refusedUntil.set(id, until);
      return refusal(rate, until, at);
    },
  };
}

/** A shield that is out of order must not keep anybody out. */
async function allowed({ binding }: Rate, kind: RateKind, key: string): Promise<boolean> {
  try {
    return (await binding.limit({ key })).success;
  } catch (error) {
    log({ level: "warn", message: "rate limit not asked", kind, error: String(error) });
    return true;
  }
}
