/**
 * Moves a tenant to another shard while its identity provider keeps calling. Nothing is remembered between
 * steps but what the databases say, and a cursor that only saves time: whoever lost it begins a pass anew, finds
 * most pages equal, and copies what is not. So the move may stop anywhere and be taken up by anybody.
 *
 * 1. `copy`: two passes over all tables while the tenant lives on; pages that differ are copied.
 * 2. `flip`: the source's row says `moved`, so every fence there raises `fenced`, and the directory still names
 *    the source: 503. One more pass makes both sides equal and proves it; then the target is alive, then the
 *    directory names it. Tokens of before find it by the fence and one look into the directory.
 * 3. `purge`: once nothing that began before the flip can still run, the rows left behind are removed.
 */
import { MOVE_PURGE_AFTER_MS } from "../../domain/limits.ts";
import type { Database } from "../../store/database.ts";
import { GuardRaised, StoreUnavailable } from "../../store/failure.ts";
import {
  activateTarget,
  findMovingTenant,
  freezeSource,
  type MovingTenant,
  markMoving,
  type PageKey,
  prepareTarget,
  purgeChunk,
  readAllocationVersion,
  readArrival,
  readTablePage,
  readTenantRow,
  routeToTarget,
  writeTablePage,
} from "../../store/identity/tenant-move.ts";
import { TENANT_TABLES, type TenantTable } from "../../store/identity/tenant-tables.ts";
import { persist } from "../../store/retry.ts";
import type { Deps } from "../deps.ts";
import { done, type Outcome, refuse } from "../problem.ts";

export type MoveRequest = { tenantId: string; to: string; cursor?: MoveCursor | undefined };

/** Where a pass stands. Without it a pass begins anew. */
export type MoveCursor = {
  phase: "copy" | "flip";
  pass: number;
  table: number;
  after?: (string | number)[] | undefined;
  /** Of this pass so far. */
  rows: number;
  copied: number;
  digest: string;
};

export type MoveStep = {
  phase: "copy" | "flip" | "purge" | "done";
  /** Rows seen and rows written in this pass; of `purge`, rows removed by this step. */
  rows: number;
  copied: number;
  table?: string;
  /** SHA-256 over every row of the tenant, equal on both sides; with the last step of the flip. */
  digest?: string;
  /** Nothing to do before that time has passed. */
  waitMs?: number;
  cursor?: MoveCursor;
};

/** A step ends after this long: far below what a request may take, long enough to be worth one. */
const stepMs = 2_000;

/** The second pass copies what changed during the first, so that little is left for the flip. */
const copyPasses = 2;

type Move = { deps: Deps; moving: MovingTenant; source: Database; target: Database };

export async function moveTenant(deps: Deps, request: MoveRequest): Promise<Outcome<MoveStep>> {
  const { tenantId, to, cursor } = request;
  const target = deps.shard(to);
  if (target === undefined)
    return refuse({ kind: "invalid", detail: `No shard is bound under the name ${to}.` });
  const moving = await findMovingTenant(deps.control, tenantId);
  if (moving === undefined) return refuse({ kind: "not_found", detail: "There is no tenant with this id." });
  if (moving.shard === to) return done(await purge(deps, moving));
  const source = deps.shard(moving.shard);
  if (source === undefined) throw new StoreUnavailable(`shard ${moving.shard} is not bound`);
  const move = { deps, moving, source, target };

  const there = await readTenantRow(target, moving.tenantNo);
  if (there?.status === "active") return done(await route(move, { rows: 0, copied: 0 }));
  const here = await readTenantRow(source, moving.tenantNo);
  const frozen = here?.status === "moved";
  if (moving.status === "active" || there?.epoch !== moving.epoch + 1) await begin(move);
  const phase = frozen ? "flip" : "copy";
  return done(await pass(move, cursor?.phase === phase ? cursor : beginning(phase)));
}

const beginning = (phase: "copy" | "flip", number = 1): MoveCursor => ({
  phase,
  pass: number,
  table: 0,
  rows: 0,
  copied: 0,
  digest: "",
});

async function begin({ deps, moving, source, target }: Move): Promise<void> {
  // A sweeper must stand ready before there is anything to sweep.
  await persist(deps, () => deps.signals.armSweeper(target.name));
  await persist(deps, () => markMoving(deps.control, moving));
  await persist(deps, () => prepareTarget(source, target, moving));
  deps.log({ level: "info", message: "tenant moves", tenantNo: moving.tenantNo, to: target.name });
}

/** Goes on with a pass until it ends or time is up. */
async function pass(move: Move, from: MoveCursor): Promise<MoveStep> {
  const { deps } = move;
  const deadline = deps.now() + stepMs;
  let cursor = from;
  while (deps.now() < deadline) {
    const table = TENANT_TABLES[cursor.table];
    if (table === undefined) return endOfPass(move, cursor);
    cursor = await onePage(move, table, cursor);
  }
  const { phase, rows, copied } = cursor;
  const table = TENANT_TABLES[cursor.table]?.name;
  return { phase, rows, copied, ...(table === undefined ? {} : { table }), cursor };
}

async function onePage(move: Move, table: TenantTable, cursor: MoveCursor): Promise<MoveCursor> {
  const { deps, moving, source, target } = move;
  const from: PageKey = cursor.after;
  const here = await readTablePage(source, moving.tenantNo, table, from);
  const isEqual = async () => {
    const there = await readTablePage(target, moving.tenantNo, table, from, here.last);
    return there.last === undefined && JSON.stringify(there.rows) === JSON.stringify(here.rows);
  };
  const equal = await isEqual();
  if (!equal) {
    // Deleting and inserting the same rows again ends the same way: an answer that was lost does no harm.
    await persist(deps, () =>
      writeTablePage(target, moving, table, { from, until: here.last, rows: here.rows }),
    );
    if (cursor.phase === "flip" && !(await isEqual())) {
      throw new Error(`the copy of ${table.name} differs from what was written`);
    }
  }
  const rows = cursor.rows + here.rows.length;
  const copied = cursor.copied + (equal ? 0 : here.rows.length);
  const digest = cursor.phase === "flip" ? await chain(cursor.digest, table.name, here.rows) : cursor.digest;
  const next = here.last === undefined ? { table: cursor.table + 1 } : { after: [...here.last] };
  return { ...cursor, after: undefined, ...next, rows, copied, digest };
}

/** Each page's digest takes in the one before: one value stands for every row, in order. */
async function chain(before: string, table: string, rows: readonly object[]): Promise<string> {
  const text = new TextEncoder().encode(`${before} ${table} ${JSON.stringify(rows)}`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", text));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function endOfPass(move: Move, cursor: MoveCursor): Promise<MoveStep> {
  const { deps, moving, source, target } = move;
  const { phase, rows, copied } = cursor;
  if (phase === "copy") {
    if (cursor.pass < copyPasses) return { phase, rows, copied, cursor: beginning(phase, cursor.pass + 1) };
    await persist(deps, () => freezeSource(source, moving));
    return pass(move, beginning("flip"));
  }
  const allocationVersion = await readAllocationVersion(source, moving.tenantNo);
  const cause = { actor: "system", correlationId: deps.newId() };
  const scope = { shard: target, tenantNo: moving.tenantNo, epoch: moving.epoch + 1, cause, now: deps.now() };
  await persist(deps, async (again) => {
    try {
      await activateTarget(scope, moving.shard, allocationVersion);
    } catch (error) {
      if (!again || !(error instanceof GuardRaised)) throw error;
    }
  });
  return route(move, { rows, copied, digest: cursor.digest });
}

async function route(
  { deps, moving, target }: Move,
  seen: Pick<MoveStep, "rows" | "copied" | "digest">,
): Promise<MoveStep> {
  await persist(deps, () => routeToTarget(deps.control, moving, target.name));
  deps.directory.tenantMoved(moving.tenantNo, { shard: target.name, epoch: moving.epoch + 1 });
  deps.log({ level: "info", message: "tenant moved", tenantNo: moving.tenantNo, to: target.name, ...seen });
  return { phase: "flip", ...seen };
}

/** Wherever the tenant was before: every other shard that still has a row of it. */
async function purge(deps: Deps, { tenantNo, shard: home }: MovingTenant): Promise<MoveStep> {
  const lives = deps.shard(home);
  const arrival = lives && (await readArrival(lives, tenantNo));
  const waitMs = (arrival ?? 0) + MOVE_PURGE_AFTER_MS - deps.now();
  if (waitMs > 0) return { phase: "purge", rows: 0, copied: 0, waitMs };
  const deadline = deps.now() + stepMs;
  let rows = 0;
  for (const name of deps.shardNames.filter((one) => one !== home)) {
    const left = deps.shard(name);
    if (left === undefined) continue;
    const row = await readTenantRow(left, tenantNo);
    if (row === undefined) continue;
    for (;;) {
      const gone = await persist(deps, () => purgeChunk(left, tenantNo));
      if (gone === 0) break;
      rows += gone;
      if (deps.now() > deadline) return { phase: "purge", rows, copied: 0 };
    }
  }
  return { phase: "done", rows, copied: 0 };
}
