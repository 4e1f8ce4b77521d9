/** What happened to the seats of a pool, and who is next for one. */
import { type Row, read } from "../../store/database.ts";
import { tenantFence } from "../../store/fence.ts";
import { type QueuedRow, selectPoolHistory, selectQueue } from "../../store/licenses/pools.ts";
import type { Admin } from "../admin.ts";
import { decodeCursor, type Page, type PageRequest, toPage } from "../page.ts";
import { done, type Outcome, refuse } from "../problem.ts";
import { unknownPool } from "./pools.ts";

/** A change of a pool's seats. */
export type PoolHistoryItem = {
  seq: number;
  at: string;
  actor: string;
  figure: "purchased" | "assignablePercent";
  before: number;
  after: number;
};

/** How the seats came to be what they are, the latest first (A25). */
export async function listPoolHistory(
  { scope }: Admin,
  code: string,
  request: PageRequest,
): Promise<Outcome<Page<PoolHistoryItem>>> {
  const cursor = decodeCursor(request.cursor, ["number"]);
  if (!cursor.ok) return cursor;
  const before = Number(cursor.value?.[0] ?? Number.MAX_SAFE_INTEGER);
  const [, [type] = [], rows = []] = await read(scope.shard, [
    tenantFence(scope),
    ...selectPoolHistory(scope, code, before, request.limit + 1),
  ]);
  if (type === undefined) return refuse(unknownPool(code));
  return done(toPage(rows, request, (row) => [Number(row["seq"])], historyItem));
}

const historyItem = (row: Row): PoolHistoryItem => ({
  seq: Number(row["seq"]),
  at: new Date(Number(row["at"])).toISOString(),
  actor: String(row["actor"]),
  figure: row["action"] === "license.purchased" ? "purchased" : "assignablePercent",
  before: Number(row["before"]),
  after: Number(row["after"]),
});

/** Somebody in the queue for a type. */
export type Queued = {
  /** 1 is served next. */
  place: number;
  id: string;
  userName: string;
  held: string | null;
  priority: number;
  waitingSince: string;
};

/** Who is next for a type, in the order of service (A4). */
export async function listQueue(
  { scope }: Admin,
  code: string,
  request: PageRequest,
): Promise<Outcome<Page<Queued>>> {
  const cursor = decodeCursor(request.cursor, ["number", "number", "number", "number"]);
  if (!cursor.ok) return cursor;
  const [priority = -Number.MAX_SAFE_INTEGER, since = 0, userNo = 0, place = 0] = (cursor.value ?? []).map(
    Number,
  );
  const after = { priority, since, userNo };
  const [, [type] = [], rows = []] = await read(scope.shard, [
    tenantFence(scope),
    ...selectQueue(scope, code, after, request.limit + 1),
  ]);
  if (type === undefined) return refuse(unknownPool(code));
  const places = rows.map((row, index) => ({ ...(row as QueuedRow), place: place + index + 1 }));
  return done(
    toPage(
      places,
      request,
      (row) => [row.waiting_priority, row.waiting_since, row.user_no, row.place],
      (row) => ({
        place: row.place,
        id: row.scim_id,
        userName: row.user_name,
        held: row.held,
        priority: 0 - row.waiting_priority,
        waitingSince: new Date(row.waiting_since).toISOString(),
      }),
    ),
  );
}
