/**
 * Bare routes: each does what one operation must do in D1, the same number and kind of statements on the same
 * tables, and nothing else.
 */
import { Hono } from "hono";
import { type BenchEnvironment, series, shardOf } from "./shard.ts";

export const floors = new Hono<BenchEnvironment>();

/** Rows that a floor writes belong to a tenant that nobody else has. */
const floorTenant = 900_001;

floors.get("/tenant/:id", async (c) => {
  const row = await c.env.CONTROL.prepare("SELECT tenant_no, shard FROM tenants WHERE tenant_id = ?")
    .bind(c.req.param("id"))
    .first();
  return c.json(row);
});

const fence = (shard: D1Database, tenantNo: number) =>
  shard
    .prepare(
      `SELECT EXISTS (SELECT 1 FROM tenants WHERE tenant_no = ? AND status = 'active')
        AND EXISTS (SELECT 1 FROM credentials WHERE tenant_no = ? AND credential_no = 1) AS passed`,
    )
    .bind(tenantNo, tenantNo);

/** What `GET /Users/{id}` and a filter by userName are made of: the fence and one keyed select. */
floors.get("/get/:shard/:tenant/:key", async (c) => {
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
floors.post("/create/:shard", async (c) => {
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
floors.post("/prepare/:shard", async (c) => {
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

/** Bare insertion of what linking a group of people writes, a thousand people per batch as the gateway does. */
floors.post("/link/:shard/:from/:to", async (c) => {
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
floors.get("/count/:shard/:tenant", async (c) => {
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
