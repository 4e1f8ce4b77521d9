/** What the bench's routes have in common. */
export type BenchEnvironment = { Bindings: Env };

export const shardOf = (env: Env, name: string | undefined): D1Database =>
  name === "SHARD_1" ? env.SHARD_1 : env.SHARD_0;

/** The numbers from the first parameter to the second, as `i`. */
export const series = "WITH RECURSIVE n(i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)";
