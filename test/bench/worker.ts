/**
 * The gateway with bare routes beside it, for measurements only: each floor does what one operation must do in
 * D1, the same number and kind of statements on the same tables, and nothing else. Never deployed: `npm run
 * bench` writes a configuration that names this entry.
 */
import { Hono } from "hono";
import gateway, { LicenseAllocator as Allocator, ShardSweeper } from "../../src/index.ts";

export { ShardSweeper };

/** Work behind the doors that no client sees, since it was last asked for; all of it runs in this isolate. */
type Work = { runs: number; messages: number; batches: number; read: number; written: number; ms: number };
const none = (): Work => ({ runs: 0, messages: 0, batches: 0, read: 0, written: 0, ms: 0 });
let work = { allocator: none(), queue: none() };
type Door = keyof typeof work;

function counted(database: D1Database, door: Door): D1Database {
  const batch: D1Database["batch"] = async (statements) => {
    const results = await database.batch(statements);
    work[door].batches += 1;
    for (const { meta } of results) {
      work[door].read += meta.rows_read;
      work[door].written += meta.rows_written;
    }
    return results as never;
  };
  return new Proxy(database, {
    get(target, name) {
      if (name === "batch") return batch;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

const countedShards = (env: Env, door: Door): Env => ({
  ...env,
  SHARD_0: counted(env.SHARD_0, door),
  SHARD_1: counted(env.SHARD_1, door),
});

async function timed<T>(door: Door, run: () => Promise<T>): Promise<T> {
  const startedAt = Date.now();
  work[door].runs += 1;
  try {
    return await run();
  } finally {
    work[door].ms += Date.now() - startedAt;
  }
}

export class LicenseAllocator extends Allocator {
  constructor(context: DurableObjectState, env: Env) {
    super(context, countedShards(env, "allocator"));
  }
  override wake(shard: string, tenantNo: number): Promise<void> {
    return timed("allocator", () => super.wake(shard, tenantNo));
  }
  override alarm(): Promise<void> {
    return timed("allocator", () => super.alarm());
  }
}

/** The composition root keeps what it made for an environment: each has one that counts. */
const queueEnvironments = new WeakMap<Env, Env>();
const queue: typeof gateway.queue = async (batch, env, context) => {
  const environment = queueEnvironments.get(env) ?? countedShards(env, "queue");
  queueEnvironments.set(env, environment);
  work.queue.messages += batch.messages.length;
  await timed("queue", async () => gateway.queue(batch, environment, context));
};

const floor = new Hono<{ Bindings: Env }>();

const shardOf = (env: Env, name: string | undefined): D1Database =>
  name === "SHARD_1" ? env.SHARD_1 : env.SHARD_0;

/** Rows that a floor writes belong to a tenant that nobody else has. */
const floorTenant = 900_001;

floor.get("/tenant/:id", async (c) => {
  const row = await c.env.CONTROL.prepare("SELECT tenant_no, shard FROM tenants WHERE tenant_id = ?")
    .bind(c.req.param("id"))
    .first();
  return c.json(row);
});

floor.get("/work", (c) => {
  const done = work;
  work = { allocator: none(), queue: none() };
  return c.json(done);
});

const fence = (shard: D1Database, tenantNo: number) =>
  shard
    .prepare(
      `SELECT EXISTS (SELECT 1 FROM tenants WHERE tenant_no = ? AND status = 'active')
        AND EXISTS (SELECT 1 FROM credentials WHERE tenant_no = ? AND credential_no = 1) AS passed`,
    )
    .bind(tenantNo, tenantNo);

/** What `GET /Users/{id}` and a filter by userName are made of: the fence and one keyed select. */
floor.get("/get/:shard/:tenant/:key", async (c) => {
  const shard = shardOf(c.env, c.req.param("shard"));
  const tenantNo = Number(c.req.param("tenant"));
  const by = c.req.query("by") === "name" ? "user_name_folded = ?" : "configuration_no = 1 AND scim_id = ?";
  const [, found] = await shard.batch<{ document: string }>([
    fence(shard, tenantNo),
    shard
      .prepare(
        `SELECT user_no, scim_id, version, created_at, updated_at, document FROM users WHERE tenant_no = ? AND ${by}`,
      )
      .bind(tenantNo, c.req.param("key")),
  ]);
  return c.body(found?.results[0]?.document ?? "{}", 200, { "content-type": "application/json" });
});

/** What `POST /Users` is made of: seven statements, the same rows. */
floor.post("/create/:shard", async (c) => {
  const shard = shardOf(c.env, c.req.param("shard"));
  const body = await c.req.json<{ userName: string }>();
  const document = JSON.stringify(body);
  const id = crypto.randomUUID();
  const now = Date.now();
  const tenant = floorTenant;
  const last = `(SELECT MAX(user_no) FROM users WHERE tenant_no = ${tenant})`;
  const seq = `(SELECT MAX(seq) FROM events WHERE tenant_no = ${tenant})`;
  await shard.batch([
    fence(shard, tenant),
    shard
      .prepare(
        `INSERT INTO users (tenant_no, user_no, configuration_no, scim_id, user_name, user_name_folded, external_id,
          active, origin, version, created_at, updated_at, document, folded)
         VALUES (?, COALESCE(${last}, 0) + 1, 1, ?, ?, ?, ?, 1, 'scim', 1, ?, ?, ?, ?)`,
      )
      .bind(tenant, id, body.userName, body.userName, body.userName, now, now, document, document),
    shard
      .prepare(
        `INSERT INTO user_emails (tenant_no, value_folded, user_no, position, type_folded, is_primary)
         VALUES (?, ?, ${last}, 0, 'work', 1)`,
      )
      .bind(tenant, body.userName),
    shard
      .prepare(
        "UPDATE configurations SET user_count = user_count + 1 WHERE tenant_no = ? AND configuration_no = 1",
      )
      .bind(tenant),
    shard
      .prepare(
        `INSERT INTO events (tenant_no, seq, at, actor, action, subject_kind, subject_no, reason, correlation_id, data)
         VALUES (?, COALESCE(${seq}, 0) + 1, ?, 'floor', 'user.created', 'user', ${last}, NULL, ?, '{}')`,
      )
      .bind(tenant, now, id),
    shard
      .prepare(
        `INSERT INTO event_subjects (tenant_no, subject_kind, subject_no, seq) VALUES (?, 'user', ${last}, ${seq})`,
      )
      .bind(tenant),
    shard
      .prepare(
        `INSERT INTO outbox (tenant_no, kind, seq, payload, correlation_id, available_at)
         VALUES (?, 'license', ${seq}, '{}', ?, 9000000000000)`,
      )
      .bind(tenant, id),
  ]);
  return c.body(document, 201, { "content-type": "application/json" });
});

/** The floor's own tenant, once per shard. */
floor.post("/prepare/:shard", async (c) => {
  const shard = shardOf(c.env, c.req.param("shard"));
  await shard.batch([
    shard
      .prepare(
        `INSERT INTO tenants (tenant_no, tenant_id, subscription_id, name, status, epoch, created_at)
         VALUES (?, 'floor', 'floor', 'Floor', 'active', 1, 0) ON CONFLICT DO NOTHING`,
      )
      .bind(floorTenant),
    shard
      .prepare(
        `INSERT INTO configurations (tenant_no, configuration_no, configuration_id, name, name_folded, type,
          default_license_type_no, state, client_id, created_at, updated_at)
         VALUES (?, 1, 'floor', 'f', 'f', 'other_scim', 1, 'active', 'f', 0, 0) ON CONFLICT DO NOTHING`,
      )
      .bind(floorTenant),
  ]);
  return c.body(null, 204);
});

const series = "WITH RECURSIVE n(i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)";

/** A directory of that size without its clients: people who have been there for long. */
floor.post("/seed/users/:shard/:tenant/:from/:to", async (c) => {
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

/** The first number of the tenants that are made here, far from those of sign-ups; and how many users each has. */
const seededTenants = 100_000;
const seededTenantUsers = 20;

/** Tenants as sign-ups make them, in turns on the shards, each with a configuration and some users. */
floor.post("/seed/tenants/:count", async (c) => {
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

/** Seeded people become members of the tenant's group with that SCIM id. */
floor.post("/seed/members/:shard/:tenant/:group/:from/:to", async (c) => {
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

/** Bare insertion of what linking a group of people writes, a thousand people per batch as the gateway does. */
floor.post("/link/:shard/:from/:to", async (c) => {
  const shard = shardOf(c.env, c.req.param("shard"));
  const numbers = [Number(c.req.param("from")), Number(c.req.param("to")), floorTenant];
  const vault = Number(c.req.query("vault") ?? 1);
  const insert = (sql: string) => shard.prepare(`${series} ${sql} FROM n`).bind(...numbers);
  await shard.batch([
    insert(
      `INSERT INTO vault_users (tenant_no, vault_no, user_no, state, origin, created_at, updated_at)
       SELECT ?3, ${vault}, i, 'enabled', 'sync', 0, 0`,
    ),
    insert(`INSERT INTO vault_members (tenant_no, vault_group_no, user_no) SELECT ?3, ${vault}, i`),
    insert(
      `INSERT INTO event_subjects (tenant_no, subject_kind, subject_no, seq) SELECT ?3, 'user', i, ${1e9 + vault * 2}`,
    ),
    insert(
      `INSERT INTO event_subjects (tenant_no, subject_kind, subject_no, seq) SELECT ?3, 'user', i, ${1e9 + vault * 2 + 1}`,
    ),
  ]);
  return c.body(null, 204);
});

/** How many rows a tenant has in each table that linking writes. */
floor.get("/count/:shard/:tenant", async (c) => {
  const shard = shardOf(c.env, c.req.param("shard"));
  const tables = ["vault_users", "vault_members", "event_subjects", "events"];
  const counts = await shard.batch<{ rows: number }>(
    tables.map((table) =>
      shard
        .prepare(`SELECT COUNT(*) AS rows FROM ${table} WHERE tenant_no = ?`)
        .bind(Number(c.req.param("tenant"))),
    ),
  );
  return c.json(
    Object.fromEntries(tables.map((table, place) => [table, counts[place]?.results[0]?.rows ?? 0])),
  );
});

const bench = new Hono<{ Bindings: Env }>().route("/floor", floor);

export default {
  ...gateway,
  queue,
  fetch: (request, env, context) =>
    new URL(request.url).pathname.startsWith("/floor/")
      ? bench.fetch(request, env, context)
      : gateway.fetch(request, env, context),
} satisfies ExportedHandler<Env>;
