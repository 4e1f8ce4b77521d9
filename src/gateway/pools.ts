/** License types with their pools: figures, seats, history, and who is next. */

import { assignableSeats } from "../domain/license.ts";
import { ASSIGNABLE_PERCENT_MAX, PURCHASED_MAX } from "../domain/limits.ts";
import { type Row, read } from "../store/database.ts";
import { licensePool, selectLicenseTypes } from "../store/entitlements.ts";
import { tenantFence } from "../store/fence.ts";
import { type PoolChange, setPool } from "../store/license-acts.ts";
import { type QueuedRow, selectPoolHistory, selectQueue, selectReclaimable } from "../store/pools.ts";
import type { Admin } from "./admin.ts";
import { act } from "./administrative-act.ts";
import { applyPlan, type Hypothesis, type LicensePlan, previewLicenses } from "./license-preview.ts";
import { decodeCursor, type Page, type PageRequest, toPage } from "./page.ts";
import { done, type Outcome, type Problem, refuse } from "./problem.ts";

export type LicenseTypeSummary = {
  code: string;
  name: string;
  rank: number;
  purchased: number;
  /** Seats that may be given out per hundred purchased (A23). */
  assignablePercent: number;
  assignable: number;
  assigned: number;
  free: number;
  waiting: { unlicensed: number; upgrade: number };
  /** More is assigned than may be: nothing is given out until that is over, and nobody loses anything (A25). */
  overAllocated: boolean;
};

/**
 * Licenses that accounts hold while they are inactive or disabled by an administrator (A8). `atLeast`: only the
 * first accounts were looked through.
 */
export type Reclaimable = { count: number; atLeast: boolean };

/** Highest type first. */
export async function listLicenseTypes({
  scope,
}: Admin): Promise<Outcome<(LicenseTypeSummary & { reclaimable: Reclaimable })[]>> {
  const [, rows = [], counts = []] = await read(scope.shard, [
    tenantFence(scope),
    selectLicenseTypes(scope.tenantNo),
    selectReclaimable(scope),
  ]);
  const atLeast = counts.some((row) => row["more"] === 1);
  const countOf = (typeNo: unknown) =>
    Number(counts.find((row) => row["held_type_no"] === typeNo)?.["count"] ?? 0);
  return done(
    rows.map((row) => ({
      ...licenseTypeSummary(row),
      reclaimable: { count: countOf(row["license_type_no"]), atLeast },
    })),
  );
}

export function licenseTypeSummary(row: Row): LicenseTypeSummary {
  const { code, rank, assignable, assigned } = licensePool(row);
  return {
    code,
    name: String(row["name"]),
    rank,
    purchased: Number(row["purchased"]),
    assignablePercent: Number(row["assignable_percent"]),
    assignable,
    assigned,
    free: Math.max(0, assignable - assigned),
    waiting: { unlicensed: Number(row["waiting_unlicensed"]), upgrade: Number(row["waiting_upgrade"]) },
    overAllocated: assigned > assignable,
  };
}

export type PoolRequest = PoolChange & { planHash?: string | undefined };

/** Sets the seats of a pool (A25). The allocator then serves whom they reach (R43). */
export async function changePool(
  admin: Admin,
  code: string,
  { planHash, ...change }: PoolRequest,
): Promise<Outcome<LicenseTypeSummary>> {
  const problem = invalidPool(change);
  if (problem !== undefined) return refuse(problem);
  const { scope } = admin;
  const outcome = await applyPlan(
    admin,
    planHash,
    () => poolHypothesis(admin, code, change),
    (guards) =>
      act(admin, [...guards, ...setPool(scope, code, change), selectLicenseTypes(scope.tenantNo)], {
        unknown_type: unknownPool(code),
      }),
  );
  if (!outcome.ok) return outcome;
  const row = outcome.value.at(-1)?.find((type) => type["code"] === code);
  return row === undefined ? refuse(unknownPool(code)) : done(licenseTypeSummary(row));
}

export const setPurchasedLicenses = (
  admin: Admin,
  code: string,
  purchased: number,
): Promise<Outcome<LicenseTypeSummary>> => changePool(admin, code, { purchased });

/** Whom other seats of a pool would reach. */
export async function previewPool(
  admin: Admin,
  code: string,
  change: PoolChange,
): Promise<Outcome<LicensePlan>> {
  const problem = invalidPool(change);
  return problem === undefined
    ? previewLicenses(admin, await poolHypothesis(admin, code, change))
    : refuse(problem);
}

async function poolHypothesis(
  { scope }: Admin,
  code: string,
  change: PoolChange,
): Promise<Outcome<Hypothesis>> {
  const [, rows = []] = await read(scope.shard, [tenantFence(scope), selectLicenseTypes(scope.tenantNo)]);
  const row = rows.find((type) => type["code"] === code);
  if (row === undefined) return refuse(unknownPool(code));
  const purchased = change.purchased ?? Number(row["purchased"]);
  const percent = change.assignablePercent ?? Number(row["assignable_percent"]);
  return done({
    act: ["pool", code, purchased, percent],
    pool: (pool) =>
      pool.code === code ? { ...pool, assignable: assignableSeats(purchased, percent) } : pool,
  });
}

function invalidPool({ purchased, assignablePercent }: PoolChange): Problem | undefined {
  const isWhole = (value: number, from: number, to: number) =>
    Number.isInteger(value) && value >= from && value <= to;
  if (purchased !== undefined && !isWhole(purchased, 0, PURCHASED_MAX)) {
    return { kind: "invalid", detail: `purchased: a whole number from 0 to ${PURCHASED_MAX}` };
  }
  if (assignablePercent !== undefined && !isWhole(assignablePercent, 100, ASSIGNABLE_PERCENT_MAX)) {
    const detail = `assignablePercent: a whole number from 100 to ${ASSIGNABLE_PERCENT_MAX}`;
    return { kind: "invalid", detail };
  }
  return undefined;
}

const unknownPool = (code: string): Problem => ({
  kind: "not_found",
  detail: `There is no license type "${code}".`,
});

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
