/**
 * Moves a tenant to another shard while its identity provider keeps calling. Where a move stands is what the
 * databases say, so it may stop anywhere and be taken up by anybody, or be given up until CONTROL routes anew.
 *
 * 1. `copy`: two passes over all tables while the tenant lives on.
 * 2. `flip`: the source is frozen, which is read and not written: writes get 503. One more pass makes both sides
 *    equal and proves it. Then the target may be read, CONTROL routes to it, the source is left, and only then
 *    the target is written: at no time is anything read that somebody else has changed already. Tokens of
 *    before find it by the fence and one look into CONTROL.
 * 3. `purge`: once nothing that began before the flip can still run, the rows left behind are removed.
 */
import { MOVE_PURGE_AFTER_MS } from "../../domain/limits.ts";
import type { Database } from "../../store/database.ts";
import { GuardRaised, StoreUnavailable } from "../../store/failure.ts";
import {
  activateTarget,
  expectLastRows,
  findMovingTenant,
  freezeSource,
  leave,
  type MovingTenant,
  markArrived,
  markMoving,
  openTarget,
  type Place,
  prepareTarget,
  readArrival,
  readPlace,
  routeToTarget,
  stay,
} from "../../store/identity/tenant-move.ts";
import { purgeChunk } from "../../store/identity/tenant-pages.ts";
import { persist } from "../../store/retry.ts";
import type { Deps } from "../deps.ts";
import { done, type Outcome, refuse } from "../problem.ts";
import { beginning, type Copy, continuePass, type MoveCursor, nextTable } from "./tenant-copy.ts";

export type MoveRequest = { tenantId: string; to: string; cursor?: MoveCursor | undefined };

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
export const stepMs = 2_000;

/** The second pass copies what changed during the first, so that little is left for the flip. */
const copyPasses = 2;

/** A tenant's place on every shard that knows it, and CONTROL's word on which of them counts. */
export type Whereabouts = {
  moving: MovingTenant;
  home: Database;
  places: ReadonlyMap<string, Place>;
  /** Where a move that is under way goes: only there is an epoch above CONTROL's. */
  destination: string | undefined;
};

export async function findWhereabouts(deps: Deps, tenantId: string): Promise<Whereabouts | undefined> {
  const moving = await findMovingTenant(deps.control, tenantId);
  if (moving === undefined) return undefined;
  const home = deps.shard(moving.shard);
  if (home === undefined) throw new StoreUnavailable(`shard ${moving.shard} is not bound`);
  const places = new Map<string, Place>();
  for (const name of deps.shardNames) {
    const shard = deps.shard(name);
    const place = shard && (await readPlace(shard, moving.tenantNo));
    if (place !== undefined) places.set(name, place);
  }
  const [destination] = [...places].find(([, { epoch }]) => epoch > moving.epoch) ?? [];
  return { moving, home, places, destination };
}

export async function moveTenant(deps: Deps, request: MoveRequest): Promise<Outcome<MoveStep>> {
  const { tenantId, to, cursor } = request;
  const target = deps.shard(to);
  if (target === undefined)
    return refuse({ kind: "invalid", detail: `No shard is bound under the name ${to}.` });
  const found = await findWhereabouts(deps, tenantId);
  if (found === undefined) return refuse({ kind: "not_found", detail: "There is no tenant with this id." });
  const { moving, home, places, destination } = found;
  if (destination !== undefined && destination !== to) {
    const detail = `The tenant is on its way to ${destination}: go on with that move, or abort it first.`;
    return refuse({ kind: "conflict", detail });
  }
  if (moving.shard === to) {
    return done(moving.status === "moving" ? await arrive(deps, found, noneSeen) : await purge(deps, found));
  }
  if ((places.get(moving.shard)?.epoch ?? 0) < moving.epoch) {
    // A move was given up, and that was not carried through.
    await persist(deps, () => stay(home, moving));
    return moveTenant(deps, request);
  }
  const epoch =
    moving.status === "moving" && destination !== undefined
      ? (places.get(to)?.epoch ?? 0)
      : await begin(deps, found, target);
  const copy = { deps, tenantNo: moving.tenantNo, source: home, target, epoch };
  return done(await goOn(copy, found, cursor));
}

const noneSeen: Seen = { rows: 0, copied: 0 };
type Seen = Pick<MoveStep, "rows" | "copied" | "digest">;

/** @returns the epoch of the move: above any that the tenant has had anywhere. */
async function begin(deps: Deps, { moving, home, places }: Whereabouts, target: Database): Promise<number> {
  const epoch = Math.max(moving.epoch, ...[...places.values()].map((place) => place.epoch)) + 1;
  // A sweeper must stand ready before there is anything to sweep.
  await deps.signals.armSweeper(target.name);
  await persist(deps, () => prepareTarget(home, target, { tenantNo: moving.tenantNo, epoch }));
  await persist(deps, () => markMoving(deps.control, moving));
  deps.log({ level: "info", message: "tenant moves", tenantNo: moving.tenantNo, to: target.name });
  return epoch;
}

async function goOn(copy: Copy, found: Whereabouts, presented: MoveCursor | undefined): Promise<MoveStep> {
  const { deps, source, target, tenantNo, epoch } = copy;
  const { moving, places } = found;
  const deadline = deps.now() + stepMs;
  if (places.get(source.name)?.status !== "frozen") {
    const from = presented?.phase === "copy" ? presented : beginning("copy");
    const cursor = await continuePass(copy, from, deadline);
    if (nextTable(cursor) !== undefined) return stepOf(cursor);
    if (cursor.pass < copyPasses) return stepOf(cursor, beginning("copy", cursor.pass + 1));
    await persist(deps, () => freezeSource(source, moving));
  }
  // Whoever still copies what was read before the source was frozen, writes nothing any more.
  await persist(deps, () => expectLastRows(target, tenantNo, epoch));
  const cursor = await continuePass(
    copy,
    presented?.phase === "flip" ? presented : beginning("flip"),
    Math.max(deadline, deps.now() + stepMs / 2),
  );
  if (nextTable(cursor) !== undefined) return stepOf(cursor);
  await persist(deps, () => openTarget(source, target, { tenantNo, epoch }));
  await persist(deps, () => routeToTarget(deps.control, moving, { shard: target.name, epoch }));
  const { rows, copied, digest } = cursor;
  const there = { ...moving, status: "moving" as const, shard: target.name, epoch };
  return arrive(deps, { ...found, moving: there, home: target }, { rows, copied, digest });
}

function stepOf(cursor: MoveCursor, next = cursor): MoveStep {
  const { phase, rows, copied } = cursor;
  const table = nextTable(next);
  return { phase, rows, copied, ...(table === undefined ? {} : { table }), cursor: next };
}

/** CONTROL routes to the target, which may be read. The source is left before anything is written here. */
async function arrive(deps: Deps, { moving, home, places }: Whereabouts, seen: Seen): Promise<MoveStep> {
  const { tenantNo, epoch } = moving;
  deps.directory.tenantMoved(tenantNo, { shard: home.name, epoch });
  const others = [...places].filter(([name]) => name !== home.name);
  for (const [name] of others) {
    const shard = deps.shard(name);
    if (shard !== undefined) await persist(deps, () => leave(shard, tenantNo, epoch));
  }
  const [from = ""] = others.toSorted(([, left], [, right]) => right.epoch - left.epoch)[0] ?? [];
  const cause = { actor: "system", correlationId: deps.newId() };
  const scope = { shard: home, tenantNo, epoch, cause, now: deps.now() };
  if ((await readPlace(home, tenantNo))?.status !== "active") {
    await persist(deps, async (again) => {
      try {
        await activateTarget(scope, from);
      } catch (error) {
        if (!again || !(error instanceof GuardRaised)) throw error;
      }
    });
  }
  await persist(deps, () => markArrived(deps.control, moving));
  deps.log({ level: "info", message: "tenant moved", tenantNo, to: home.name, ...seen });
  return { phase: "flip", ...seen };
}

/** Every other shard that still has rows of the tenant, wherever it was before or did not go to. */
export async function purge(deps: Deps, { moving, home, places }: Whereabouts): Promise<MoveStep> {
  const { tenantNo } = moving;
  const arrival = await readArrival(home, tenantNo);
  const waitMs = (arrival ?? 0) + MOVE_PURGE_AFTER_MS - deps.now();
  if (waitMs > 0) return { phase: "purge", rows: 0, copied: 0, waitMs };
  const deadline = deps.now() + stepMs;
  let rows = 0;
  for (const name of places.keys()) {
    const left = deps.shard(name);
    if (left === undefined || left.name === home.name) continue;
    for (;;) {
      const gone = await persist(deps, () => purgeChunk(left, tenantNo));
      if (gone === 0) break;
      rows += gone;
      if (deps.now() > deadline) return { phase: "purge", rows, copied: 0 };
    }
  }
  return { phase: "done", rows, copied: 0 };
}
