/** The Worker's doors, side by side. No logic lives here. */
import { fetchHandler } from "./entry/fetch.ts";
import { queueHandler } from "./entry/queue.ts";
import { scheduledHandler } from "./entry/scheduled.ts";

export { LicenseAllocator } from "./entry/license-allocator.ts";
export { ShardSweeper } from "./entry/shard-sweeper.ts";

export default {
  fetch: fetchHandler,
  queue: queueHandler,
  scheduled: scheduledHandler,
} satisfies ExportedHandler<Env>;
