/** Everything that the databases hold of one organization: taken, compared, and put back as it was. */
import { env } from "cloudflare:workers";

type Place = { shard: "SHARD_0" | "SHARD_1"; tenantNo: number };
type Rows = Record<string, Record<string, unknown>[]>;
export type TenantRows = { shard: Rows; control: Rows };

const tables = new Map<D1Database, string[]>();

async function tablesOf(database: D1Database): Promise<string[]> {
  const known = tables.get(database);
  if (known !== undefined) return known;
  const { results } = await database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%tenant_no%' ORDER BY name")
    .all<{ name: string }>();
  const names = results.map(({ name }) => name);
  tables.set(database, names);
  return names;
}

async function read(database: D1Database, tenantNo: number): Promise<Rows> {
  const names = await tablesOf(database);
  const found = await database.batch<Record<string, unknown>>(
    names.map((name) => database.prepare(`SELECT * FROM ${name} WHERE tenant_no = ?`).bind(tenantNo)),
  );
  return Object.fromEntries(names.map((name, index) => [name, found[index]?.results ?? []]));
}

export async function tenantRows({ shard, tenantNo }: Place): Promise<TenantRows> {
  return { shard: await read(env[shard], tenantNo), control: await read(env.CONTROL, tenantNo) };
}

async function write(database: D1Database, tenantNo: number, rows: Rows): Promise<void> {
  await database.batch(
    Object.entries(rows).flatMap(([name, ofTable]) => {
      const gone = database.prepare(`DELETE FROM ${name} WHERE tenant_no = ?`).bind(tenantNo);
      const columns = Object.keys(ofTable[0] ?? {});
      if (columns.length === 0) return [gone];
      const values = columns.map((column) => `value ->> '$.${column}'`).join(", ");
      const back = database.prepare(
        `INSERT INTO ${name} (${columns.join(", ")}) SELECT ${values} FROM json_each(?)`,
      );
      return [gone, back.bind(JSON.stringify(ofTable))];
    }),
  );
}

/** Puts the organization back to where it was. */
export async function restoreTenant({ shard, tenantNo }: Place, rows: TenantRows): Promise<void> {
  await Promise.all([write(env[shard], tenantNo, rows.shard), write(env.CONTROL, tenantNo, rows.control)]);
}

/** What is minted anew each time, as one word for each kind. */
export const withoutChance = (text: string): string =>
  text
    .replaceAll(/"(client_?id|last_?used_?at)":("[^"]*"|\d+|null)/gi, '"$1":"*"')
    .replaceAll(/v1\.[\w-]+\.[\w-]+\.[\w-]+/g, "SEALED")
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "ID")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replaceAll(/\b1\d{12}\b/g, "TIME")
    .replaceAll(/\b[0-9a-f]{64}\b/g, "HASH")
    .replaceAll(/(vst_)?[\w-]{43}(?![\w-])/g, "SECRET");

/** The rows in an order and in words that two runs of the same act share. */
export function comparable(rows: TenantRows): Record<string, string[]> {
  const entries = Object.values(rows).flatMap((database) => Object.entries(database));
  return Object.fromEntries(
    entries.map(([name, ofTable]) => [
      name,
      ofTable.map((row) => withoutChance(JSON.stringify(row))).toSorted(),
    ]),
  );
}
