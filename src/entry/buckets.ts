/** Token buckets in the memory of one isolate: who comes evenly passes, who comes in bursts has to wait. */

export type BucketSize = { perSecond: number; size: number };

export type Buckets = {
  /** Takes one; or, when there is none, tells when there will be (milliseconds since the epoch). */
  take(id: string, size: BucketSize): number | undefined;
  /** The same without taking. */
  look(id: string, size: BucketSize): number | undefined;
};

/** @param keysMax buckets that are followed; past it all are full again, which at worst lets a burst through */
export function openBuckets(keysMax: number, now: () => number): Buckets {
  const buckets = new Map<string, { left: number; at: number }>();

  function refilled(id: string, { perSecond, size }: BucketSize): { left: number; at: number } {
    const at = now();
    const known = buckets.get(id);
    if (known === undefined) return { left: size, at };
    // A clock that is set back fills nothing.
    const seconds = Math.max(0, at - known.at) / 1_000;
    return { left: Math.min(size, known.left + seconds * perSecond), at };
  }

  const oneAgain = ({ left, at }: { left: number; at: number }, { perSecond }: BucketSize) =>
    left >= 1 ? undefined : at + ((1 - left) * 1_000) / perSecond;

  return {
    look: (id, size) => oneAgain(refilled(id, size), size),
    take(id, size) {
      const bucket = refilled(id, size);
      const wait = oneAgain(bucket, size);
      if (buckets.size >= keysMax && !buckets.has(id)) buckets.clear();
      buckets.set(id, wait === undefined ? { left: bucket.left - 1, at: bucket.at } : bucket);
      return wait;
    },
  };
}
