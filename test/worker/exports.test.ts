/** Lists as CSV files: what stands in them, what they cost, and how they end. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { EXPORT_ROWS_PER_PAGE } from "../../src/domain/limits.ts";
import { csvLine } from "../../src/http/admin/csv.ts";
import { foundOrganization, type Organization } from "../support/admin-fixtures.ts";
import { openGateway } from "../support/admin-gateway.ts";

const gateway = openGateway();

/** A file by RFC 4180, read by hand: records of fields. */
function parse(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  const pattern = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/gy;
  for (let at = 0; at < text.length; at = pattern.lastIndex) {
    const found = pattern.exec(text);
    if (found === null) throw new Error(`no field at ${at}: ${text.slice(at, at + 80)}`);
    const [, raw = "", end] = found;
    record.push(raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"') : raw);
    if (end === "\r\n") {
      records.push(record);
      record = [];
    }
  }
  return records;
}

async function exported({ key }: { key: string }, path: string): Promise<Record<string, string>[]> {
  const { status, text } = await gateway.call("GET", `/exports/${path}`, { key });
  expect([status, status === 200 ? "" : text]).toEqual([200, ""]);
  const [header = [], ...records] = parse(text);
  for (const record of records) expect(record).toHaveLength(header.length);
  return records.map((record) =>
    Object.fromEntries(header.map((name, index) => [name, record[index] ?? ""])),
  );
}

/** Accounts 1,000 and up, written past the gateway, which has no faster way. */
async function crowd({ shard, tenantNo }: Organization, count: number): Promise<void> {
  await env[shard]
    .prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < ?2 + 999)
       INSERT INTO users (tenant_no, user_no, configuration_no, scim_id, user_name, user_name_folded, active, origin,
         version, created_at, updated_at, document, folded)
       SELECT ?1, i, 1, 'u' || i, 'u' || i, 'u' || i, 1, 'scim', 1, 0, 0, '{}', '{}' FROM n`,
    )
    .bind(tenantNo, count)
    .run();
}

/** Rows that each batch on the organization's shard reads, as D1 counts them. */
function watched({ shard }: Organization) {
  const own = openGateway();
  const batches: number[] = [];
  const hooks = { beforeBatch: async (_batch: number) => {} };
  own.alter.deps = (deps) => ({
    ...deps,
    shard: (name) => {
      const database = deps.shard(name);
      if (database === undefined || name !== shard) return database;
      const { binding } = database;
      const batch = async (statements: D1PreparedStatement[]) => {
        await hooks.beforeBatch(batches.length + 1);
        const results = await binding.batch(statements);
        batches.push(results.reduce((sum, { meta }) => sum + (meta.rows_read ?? 0), 0));
        return results;
      };
      return {
        ...database,
        binding: { prepare: (text: string) => binding.prepare(text), batch } as D1Database,
      };
    },
  });
  return { own, batches, hooks };
}

describe("a CSV file", () => {
  it("keeps commas, quotes and lines within a field, and numbers and truth values as they are", () => {
    expect(csvLine(["plain", 'a "b", c', "two\r\nlines", "", null, -1, true, "ü"])).toBe(
      'plain,"a ""b"", c","two\r\nlines",,,-1,true,ü\r\n',
    );
  });

  it.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", '=HYPERLINK("http://x")'])(
    "%j is no formula",
    (hostile) => {
      const [[cell] = []] = parse(csvLine([hostile]));
      expect(cell).toBe(`'${hostile}`);
      expect(csvLine([hostile])).toMatch(/^"'/);
    },
  );

  it("holds what people and groups are called, hostile or not, in every export", async () => {
    const own = await foundOrganization(gateway);
    const { key } = own;
    const hostile = ["=cmd|' /C calc'!A0", "@evil", "+1,2", "-x", 'quo"te', "com,ma"];
    for (const userName of hostile) {
      await gateway.call("POST", "/users", { key, body: { userName, displayName: `=${userName}` } });
    }
    const users = await exported(own, "users.csv");
    expect(users.map(({ userName }) => userName)).toEqual([
      own.marker,
      "'=cmd|' /C calc'!A0",
      "'@evil",
      "'+1,2",
      "'-x",
      'quo"te',
      "com,ma",
    ]);
    expect(users.slice(1).every(({ displayName }) => displayName?.startsWith("'="))).toBe(true);
    expect(users[0]).toMatchObject({ id: own.userId, active: "true", configurationId: own.configurationId });
    const raw = await gateway.call("GET", "/exports/users.csv", { key });
    expect(raw.headers.get("content-type")).toBe("text/csv; charset=utf-8; header=present");
    expect(raw.headers.get("content-disposition")).toMatch(
      /^attachment; filename="users-\d{4}-\d\d-\d\d\.csv"$/,
    );
    expect(raw.headers.get("cache-control")).toBe("no-store");
  });

  it("of every kind has what the list has", async () => {
    const own = await foundOrganization(gateway);
    expect(await exported(own, "groups.csv")).toMatchObject([
      { id: own.groupId, displayName: own.marker, configurationName: own.marker, members: "1", links: "1" },
    ]);
    expect(await exported(own, "group-members.csv")).toEqual([
      {
        groupId: own.groupId,
        groupName: own.marker,
        memberKind: "user",
        memberId: own.userId,
        memberName: own.marker,
      },
    ]);
    expect(await exported(own, `vault-users.csv?vault=${own.vaultId}`)).toMatchObject([
      { userId: own.userId, state: "enabled", pinned: "false", groups: `${own.marker} free` },
    ]);
    const events = await exported(own, "events.csv");
    const listed = await gateway.call<{ items: { seq: number; action: string }[] }>(
      "GET",
      "/events?limit=200",
      {
        key: own.key,
      },
    );
    expect(events.map(({ seq, action }) => [Number(seq), action])).toEqual(
      listed.body.items.map(({ seq, action }) => [seq, action]),
    );
    const third = events[2]?.["seq"] ?? "";
    expect(await exported(own, `events.csv?before=${third}`)).toEqual(events.slice(3));
    expect(await exported(own, "waiting.csv")).toEqual([]);
    for (const [userNo, since] of [
      [1, 20],
      [1_001, 10],
    ]) {
      if (userNo === 1_001) await crowd(own, 2);
      await env[own.shard]
        .prepare("UPDATE users SET wanted_type_no = 1, waiting_since = ? WHERE tenant_no = ? AND user_no = ?")
        .bind(since, own.tenantNo, userNo)
        .run();
    }
    const waiting = await exported(own, "waiting.csv");
    expect(waiting.map(({ userName, licenseWanted }) => [userName, licenseWanted])).toEqual([
      ["u1001", "read_only"],
      [own.marker, "read_only"],
    ]);
  });
});

describe("an export", () => {
  it("of 20,000 accounts comes in pages that cost the same, and has nobody of another organization", async () => {
    const own = await foundOrganization(gateway);
    const neighbor = await foundOrganization(gateway);
    await crowd(own, 20_000);
    await crowd(neighbor, 3);
    const { own: counted, batches } = watched(own);
    const { text } = await counted.call("GET", "/exports/users.csv", { key: own.key });
    const names = parse(text)
      .slice(1)
      .map((record) => record[1]);
    expect(names).toHaveLength(20_001);
    expect(new Set(names).size).toBe(20_001);
    expect(names.slice(0, 3)).toEqual([own.marker, "u1000", "u1001"]);
    expect(text).not.toContain(neighbor.marker);
    expect(batches).toHaveLength(Math.floor(20_001 / EXPORT_ROWS_PER_PAGE) + 1);
    // A row, its configuration; and the fence. The last page is a short one.
    const whole = batches.slice(0, -1);
    expect(Math.max(...whole)).toBeLessThanOrEqual(2 * EXPORT_ROWS_PER_PAGE + 10);
    expect(Math.max(...whole) - Math.min(...whole)).toBeLessThan(20);
  });

  it("reads a page only when somebody takes it", async () => {
    const own = await foundOrganization(gateway);
    await crowd(own, 5 * EXPORT_ROWS_PER_PAGE);
    const { batches, stream } = await begin(own);
    const reader = stream.getReader();
    await reader.read();
    expect(batches.length).toBeLessThanOrEqual(2);
    await reader.cancel();
    expect(batches.length).toBeLessThanOrEqual(2);
  });

  /** The answer as it comes, before it is read. */
  async function begin(
    own: Organization,
    prepare: (hooks: ReturnType<typeof watched>["hooks"]) => void = () => {},
  ) {
    const { own: counted, batches, hooks } = watched(own);
    prepare(hooks);
    const response = await counted.stream("/exports/users.csv", own.key);
    if (response.body === null) throw new Error("no body");
    return { batches, stream: response.body };
  }

  async function readAll(stream: ReadableStream<Uint8Array>): Promise<string> {
    return new Response(stream).text();
  }

  it("ends broken, not whole, when its key is revoked on the way", async () => {
    const own = await foundOrganization(gateway);
    await crowd(own, 3 * EXPORT_ROWS_PER_PAGE);
    const made = await gateway.call<{ id: string; key: string }>("POST", "/api-keys", {
      key: own.key,
      body: { name: "Exporter" },
    });
    const { stream } = await begin({ ...own, key: made.body.key });
    const reader = stream.getReader();
    expect((await reader.read()).done).toBe(false);
    await gateway.call("DELETE", `/api-keys/${made.body.id}`, { key: own.key });
    const rest = async () => {
      for (;;) if ((await reader.read()).done) return "whole";
    };
    await expect(rest()).rejects.toThrow();
  });

  it("ends broken when the organization moves, or the store stays away, on the way", async () => {
    for (const message of ["D1_ERROR: bad JSON path: 'fenced'", "D1_ERROR: overloaded"]) {
      const own = await foundOrganization(gateway);
      await crowd(own, 3 * EXPORT_ROWS_PER_PAGE);
      const { stream } = await begin(own, (hooks) => {
        hooks.beforeBatch = async (batch) => {
          if (batch >= 3) throw new Error(message);
        };
      });
      await expect(readAll(stream)).rejects.toThrow();
    }
  });

  it("that fails before anything was sent is answered as a problem", async () => {
    const own = await foundOrganization(gateway);
    const { own: counted, hooks } = watched(own);
    hooks.beforeBatch = () => Promise.reject(new Error("D1_ERROR: overloaded"));
    const answer = await counted.call("GET", "/exports/users.csv", { key: own.key });
    expect([answer.status, answer.headers.get("content-type")]).toEqual([503, "application/problem+json"]);
    const unknown = await gateway.call("GET", "/exports/vault-users.csv?vault=nothing", { key: own.key });
    expect(unknown.status).toBe(404);
    expect((await gateway.call("GET", "/exports/vault-users.csv", { key: own.key })).status).toBe(400);
  });
});
