/** Data by the hundred thousand, written by SQL. */
import { Hono } from "hono";
import { type BenchEnvironment, series, shardOf } from "./shard.ts";

export const seeds = new Hono<BenchEnvironment>();

/** A directory of that size without its clients: people who have been there for long. */
seeds.post("/users/:shard/:tenant/:from/:to", async (c) => {
  const shard = shardOf(c.env, c.req.param("shard"));
  const numbers = [Number(c.req.param("from")), Number(c.req.param("to")), Number(c.req.param("tenant"))];
  const [from = 0, to = 0] = numbers;
  const document = `json_object('userName', 'seed-' || i, 'displayName', 'Seeded person ' || i, 'active', json('true'),
    'title', 'Engineer', 'name', json_object('givenName', 'Seeded', 'familyName', 'Person ' || i),
    'emails', json_array(json_object('value', 'seed-' || i || '@example.com', 'type', 'work', 'primary', json('true'))))`;
  await shard.batch([
    shard
      .prepare(
        `${series} INSERT INTO users (tenant_no, user_no, configuration_no, scim_id, user_name, user_name_folded,
          active, origin, version, created_at, updated_at, document, folded)
         SELECT ?3, i, 1, printf('00000000-0000-7000-8000-%012x', i), 'seed-' || i, 'seed-' || i, 1, 'scim', 1, 0, 0,
          ${document}, lower(${document}) FROM n`,
      )
      .bind(...numbers),
    shard
      .prepare(
        `${series} INSERT INTO user_emails (tenant_no, value_folded, user_no, position, type_folded, is_primary)
         SELECT ?3, 'seed-' || i || '@example.com', i, 0, 'work', 1 FROM n`,
      )
      .bind(...numbers),
    shard
      .prepare(
        "UPDATE configurations SET user_count = user_count + ? WHERE tenant_no = ? AND configuration_no = 1",
      )
      .bind(to - from + 1, numbers[2] ?? 0),
  ]);
  return c.body(null, 204);
});

/** Seeded people become members of the tenant's group with that SCIM id. */
seeds.post("/members/:shard/:tenant/:group/:from/:to", async (c) => {
  const shard = shardOf(c.env, c.req.param("shard"));
  const numbers = [Number(c.req.param("from")), Number(c.req.param("to")), Number(c.req.param("tenant"))];
  const [from = 0, to = 0, tenantNo = 0] = numbers;
  const group =
    "(SELECT group_no FROM groups WHERE tenant_no = ?3 AND configuration_no = 1 AND scim_id = ?4 AND deleted_at IS NULL)";
  await shard.batch([
    shard
      .prepare(
        `${series} INSERT INTO members (tenant_no, group_no, member_kind, member_no) SELECT ?3, ${group}, 0, i FROM n`,
      )
      .bind(...numbers, c.req.param("group")),
    shard
      .prepare(
        "UPDATE groups SET member_count = member_count + ? WHERE tenant_no = ? AND configuration_no = 1 AND scim_id = ?",
      )
      .bind(to - from + 1, tenantNo, c.req.param("group")),
  ]);
  return c.body(null, 204);
});

/** The first number of the tenants that are made here, far from those of sign-ups; and how many users each has. */
const seededTenants = 100_000;
const seededTenantUsers = 20;

/** Tenants as sign-ups make them, in turns on the shards, each with a configuration and some users. */
seeds.post("/tenants/:count", async (c) => {
  const range = [seededTenants, seededTenants + Number(c.req.param("count")) - 1];
  const uuid = (kind: number, number: string) => `printf('00000000-000${kind}-7000-8000-%012x', ${number})`;
  const each = (database: D1Database, sql: string) => database.prepare(`${series} ${sql}`).bind(...range);
  await c.env.CONTROL.batch([
    each(
      c.env.CONTROL,
      `INSERT INTO tenants (tenant_no, tenant_id, name, shard, epoch, created_at)
       SELECT i, ${uuid(1, "i")}, 'Tenant ' || i, 'SHARD_' || (i % 2), 1, 0 FROM n`,
    ),
    each(
      c.env.CONTROL,
      `INSERT INTO administrators (administrator_id, tenant_no, email, email_folded, role, created_at)
       SELECT ${uuid(2, "i")}, i, i || '@example.org', i || '@example.org', 'subscription_admin', 0 FROM n`,
    ),
    c.env.CONTROL.prepare(
      `INSERT INTO shards (shard, status, tenant_count)
       SELECT shard, 'open', COUNT(*) FROM tenants WHERE true GROUP BY shard
       ON CONFLICT (shard) DO UPDATE SET tenant_count = excluded.tenant_count`,
    ),
  ]);
  for (const [number, shard] of [c.env.SHARD_0, c.env.SHARD_1].entries()) {
    const here = `FROM n WHERE i % 2 = ${number}`;
    const users = `FROM n, json_each('${JSON.stringify(Array.from({ length: seededTenantUsers }, (_, user) => user + 1))}') WHERE i % 2 = ${number}`;
    await shard.batch([
      each(
        shard,
        `INSERT INTO tenants (tenant_no, tenant_id, subscription_id, name, status, epoch, created_at)
         SELECT i, ${uuid(1, "i")}, ${uuid(3, "i")}, 'Tenant ' || i, 'active', 1, 0 ${here}`,
      ),
      each(
        shard,
        `INSERT INTO license_types (tenant_no, license_type_no, code, name, rank)
         SELECT i, 1, 'read_only', 'Read-only user', 1 ${here}`,
      ),
      each(
        shard,
        `INSERT INTO configurations (tenant_no, configuration_no, configuration_id, name, name_folded, type,
          default_license_type_no, state, client_id, user_count, created_at, updated_at)
         SELECT i, 1, ${uuid(4, "i")}, 'Entra', 'entra', 'entra_gallery', 1, 'active', ${uuid(5, "i")},
          ${seededTenantUsers}, 0, 0 ${here}`,
      ),
      each(
        shard,
        `INSERT INTO users (tenant_no, user_no, configuration_no, scim_id, user_name, user_name_folded,
          active, origin, version, created_at, updated_at, document, folded)
         SELECT i, value, 1, ${uuid(6, "i * 1000 + value")}, 'user-' || value, 'user-' || value, 1, 'scim', 1, 0, 0,
          json_object('userName', 'user-' || value), json_object('userName', 'user-' || value) ${users}`,
      ),
    ]);
  }
  return c.body(null, 204);
});
