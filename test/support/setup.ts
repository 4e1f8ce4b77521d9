/** Runs before each test file in workerd: brings the three databases to the current schema. */
import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";

await applyD1Migrations(env.CONTROL, env.CONTROL_MIGRATIONS);
await applyD1Migrations(env.SHARD_0, env.SHARD_MIGRATIONS);
await applyD1Migrations(env.SHARD_1, env.SHARD_MIGRATIONS);
