/**
 * What Cloudflare asks on the Workers Paid plan past what the plan includes, in US dollars, as published on
 * 2026-11-20 (developers.cloudflare.com: workers, d1, queues and durable-objects, "platform/pricing").
 */
const million = 1_000_000;

export const prices = {
  asOf: "2026-11-20",
  perRequest: 0.3 / million,
  perCpuMillisecond: 0.02 / million,
  perRowRead: 0.001 / million,
  perRowWritten: 1 / million,
  /** A message is written, read and deleted: three of them, for each 64 KB. */
  perQueueOperation: 0.4 / million,
  perObjectRequest: 0.15 / million,
  perObjectGigabyteSecond: 12.5 / million,
} as const;

export const queueOperationsPerMessage = 3;

/** A Durable Object is charged for this much while it works. */
export const objectGigabytes = 0.128;
