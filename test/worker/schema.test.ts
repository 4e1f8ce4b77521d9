/** What drizzle-kit does not write, and what the design forbids, read from the databases as migrated. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";

type Entry = { type: string; name: string; sql: string | null };

const entries = async (database: D1Database): Promise<Entry[]> => {
  const rows = await database
    .prepare(
      "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
    )
    .all<Entry>();
  return rows.results.filter(({ name }) => name !== "d1_migrations");
};

describe.each(["CONTROL", "SHARD_0", "SHARD_1"] as const)("%s", (name) => {
  it("has only STRICT tables", async () => {
    const tables = (await entries(env[name])).filter(({ type }) => type === "table");
    expect(tables.length).toBeGreaterThan(5);
    expect(
      tables
        .filter(({ sql }) => !/\)\s*STRICT(, WITHOUT ROWID)?$/.test(sql ?? ""))
        .map((table) => table.name),
    ).toEqual([]);
  });

  it("has no trigger, no view, no virtual table and no cascade", async () => {
    const all = await entries(env[name]);
    expect(all.filter(({ type }) => type !== "table" && type !== "index")).toEqual([]);
    expect(all.filter(({ sql }) => /virtual table|on delete cascade/i.test(sql ?? ""))).toEqual([]);
  });
});

describe.each(["SHARD_0", "SHARD_1"] as const)("%s", (name) => {
  it("leads every key and every index with tenant_no", async () => {
    const all = await entries(env[name]);
    const keys = all.flatMap(({ name: entry, type, sql }) => {
      const columns =
        type === "index" ? /\(([^)]*)\)/.exec(sql ?? "") : /PRIMARY KEY\s*\(([^)]*)\)/i.exec(sql ?? "");
      return columns?.[1] === undefined
        ? []
        : [{ entry, first: columns[1].split(",")[0]?.replaceAll("`", "").trim() }];
    });
    expect(keys.length).toBeGreaterThan(15);
    expect(keys.filter(({ first }) => first !== "tenant_no")).toEqual([]);
  });
});

it("the two shards are alike", async () => {
  const [first, second] = await Promise.all([entries(env.SHARD_0), entries(env.SHARD_1)]);
  expect(second).toEqual(first);
});
