/**
 * The gateway with bare routes beside it, for measurements only. Never deployed: `npm run bench` writes a
 * configuration that names this entry.
 */
import { Hono } from "hono";
import gateway, { ShardSweeper } from "../../src/index.ts";
import { LicenseAllocator, queue, takeWork } from "./counting.ts";
import { floors } from "./floors.ts";
import { seeds } from "./seeds.ts";
import type { BenchEnvironment } from "./shard.ts";

export { LicenseAllocator, ShardSweeper };

const bench = new Hono<BenchEnvironment>()
  .get("/floor/work", (c) => c.json(takeWork()))
  .route("/floor/seed", seeds)
  .route("/floor", floors);

export default {
  ...gateway,
  queue,
  fetch: (request, env, context) =>
    new URL(request.url).pathname.startsWith("/floor/")
      ? bench.fetch(request, env, context)
      : gateway.fetch(request, env, context),
} satisfies ExportedHandler<Env>;
