/**
 * Statements about where a tenant is: its row in CONTROL, which routes, and its row on each shard, which decides.
 * The epoch of a move is above every epoch that any of these rows has had: whoever works for an earlier one
 * finds nothing to change.
 */
import { sql } from "drizzle-orm";
import type { TenantNo } from "../../domain/id.ts";
import { commit, type Database, read } from "../database.ts";
import { recordEvent } from "../events.ts";
import { guard, guardChangedOne } from "../guard.ts";
import type { TenantScope } from "../scope.ts";

/** As CONTROL has it. `moving` from the first copy until the tenant is active where it arrived. */
export type MovingTenant = {
  tenantNo: TenantNo;
  shard: string;
  epoch: number;
  status: "active" | "moving";
};

export async function findMovingTenant(
  control: Database,
  tenantId: string,
): Promise<MovingTenant | undefined> {
  const [[row] = []] = await read(control, [
    sql`SELECT tenant_no, shard, epoch, status FROM tenants WHERE tenant_id = ${tenantId}`,
  ]);
  return (
    row && {
      tenantNo: Number(row["tenant_no"]) as TenantNo,
      shard: String(row["shard"]),
      epoch: Number(row["epoch"]),
      status: row["status"] === "moving" ? "moving" : "active",
    }
  );
}

/**
 * `active`; `frozen`: read, not written; `arriving`: the last rows are being compared; `moved`: not here, or not
 * yet.
 */
export type PlaceStatus = "active" | "frozen" | "arriving" | "moved";
export type Place = { status: PlaceStatus; epoch: number };

export async function readPlace(shard: Database, tenantNo: TenantNo): Promise<Place | undefined> {
  const [[row] = []] = await read(shard, [
    sql`SELECT status, epoch FROM tenants WHERE tenant_no = ${tenantNo}`,
  ]);
  return row && { status: String(row["status"]) as PlaceStatus, epoch: Number(row["epoch"]) };
}

const tenantColumns = sql.raw(
  "tenant_no, tenant_id, subscription_id, name, status, epoch, allocation_version, created_at",
);

/** Writes the target's row under the coming epoch. @throws GuardRaised `alive` when the tenant is there. */
export async function prepareTarget(
  source: Database,
  target: Database,
  { tenantNo, epoch }: { tenantNo: TenantNo; epoch: number },
): Promise<void> {
  const [[row] = []] = await read(source, [
    sql`SELECT ${tenantColumns} FROM tenants WHERE tenant_no = ${tenantNo}`,
  ]);
  if (row === undefined) throw new Error(`${source.name} has no row of tenant ${tenantNo}`);
  await commit(target, [
    guard(
      "alive",
      sql`NOT EXISTS (SELECT 1 FROM tenants WHERE tenant_no = ${tenantNo} AND status IN ('active', 'frozen'))`,
    ),
    sql`INSERT INTO tenants (${tenantColumns}) VALUES (${tenantNo}, ${row["tenant_id"]}, ${row["subscription_id"]},
        ${row["name"]}, 'moved', ${epoch}, ${row["allocation_version"]}, ${row["created_at"]})
      ON CONFLICT (tenant_no) DO UPDATE SET name = excluded.name, status = excluded.status, epoch = excluded.epoch`,
  ]);
}

/** Says in CONTROL that the tenant moves. Nothing else changes by it. */
export async function markMoving(control: Database, { tenantNo, epoch }: MovingTenant): Promise<void> {
  await commit(control, [
    sql`UPDATE tenants SET status = 'moving' WHERE tenant_no = ${tenantNo} AND epoch = ${epoch}`,
    guardChangedOne("moved_on"),
  ]);
}

/** From here on the source is read and not written; done already, it changes nothing. */
export async function freezeSource(source: Database, { tenantNo, epoch }: MovingTenant): Promise<void> {
  await commit(source, [
    sql`UPDATE tenants SET status = 'frozen'
      WHERE tenant_no = ${tenantNo} AND epoch = ${epoch} AND status = 'active'`,
  ]);
}

/** From here on the target takes rows of the frozen source only. */
export async function expectLastRows(target: Database, tenantNo: TenantNo, epoch: number): Promise<void> {
  await commit(target, [
    sql`UPDATE tenants SET status = 'arriving'
      WHERE tenant_no = ${tenantNo} AND epoch = ${epoch} AND status = 'moved'`,
  ]);
}

/** The target has every row, and may be read. @throws GuardRaised `moved_on` when the move was given up. */
export async function openTarget(
  source: Database,
  target: Database,
  { tenantNo, epoch }: { tenantNo: TenantNo; epoch: number },
): Promise<void> {
  const [[row] = []] = await read(source, [
    sql`SELECT allocation_version AS version FROM tenants WHERE tenant_no = ${tenantNo}`,
  ]);
  await commit(target, [
    sql`UPDATE tenants SET status = 'frozen', allocation_version = ${row?.["version"] ?? 0}
      WHERE tenant_no = ${tenantNo} AND epoch = ${epoch} AND status = 'arriving'`,
    guard(
      "moved_on",
      sql`EXISTS (SELECT 1 FROM tenants WHERE tenant_no = ${tenantNo} AND epoch = ${epoch} AND status = 'frozen')`,
    ),
  ]);
}

/**
 * CONTROL routes to the target: from here on there is no way back but another move. Done already, it changes
 * nothing. @throws GuardRaised `moved_on` when the move was given up.
 */
export async function routeToTarget(
  control: Database,
  { tenantNo, epoch, shard }: MovingTenant,
  target: { shard: string; epoch: number },
): Promise<void> {
  const still = sql`EXISTS (SELECT 1 FROM tenants
    WHERE tenant_no = ${tenantNo} AND epoch = ${epoch} AND status = 'moving')`;
  await commit(control, [
    sql`INSERT INTO shards (shard, status, tenant_count) VALUES (${target.shard}, 'open', 0) ON CONFLICT DO NOTHING`,
    sql`UPDATE shards SET tenant_count = tenant_count + CASE shard WHEN ${target.shard} THEN 1 ELSE -1 END
      WHERE shard IN (${target.shard}, ${shard}) AND ${still}`,
    sql`UPDATE tenants SET shard = ${target.shard}, epoch = ${target.epoch}
      WHERE tenant_no = ${tenantNo} AND epoch = ${epoch} AND status = 'moving'`,
    guard(
      "moved_on",
      sql`EXISTS (SELECT 1 FROM tenants
        WHERE tenant_no = ${tenantNo} AND epoch = ${target.epoch} AND shard = ${target.shard})`,
    ),
  ]);
}

/** Nothing is read here any more; who still comes looks the tenant up. */
export async function leave(shard: Database, tenantNo: TenantNo, below: number): Promise<void> {
  await commit(shard, [
    sql`UPDATE tenants SET status = 'moved'
      WHERE tenant_no = ${tenantNo} AND epoch < ${below} AND status <> 'moved'`,
  ]);
}

/** The tenant lives on the target from here on; its own first act there is to say so. */
export async function activateTarget(scope: TenantScope, from: string): Promise<void> {
  const { tenantNo, epoch } = scope;
  await commit(scope.shard, [
    sql`UPDATE tenants SET status = 'active'
      WHERE tenant_no = ${tenantNo} AND status = 'frozen' AND epoch = ${epoch}`,
    guardChangedOne("alive"),
    ...recordEvent(scope, {
      action: "tenant.moved",
      subjectKind: "tenant",
      subjectNo: tenantNo,
      data: { from, to: scope.shard.name },
    }),
  ]);
}

/** The move is over, as far as CONTROL is concerned. */
export async function markArrived(control: Database, { tenantNo, epoch }: MovingTenant): Promise<void> {
  await commit(control, [
    sql`UPDATE tenants SET status = 'active' WHERE tenant_no = ${tenantNo} AND epoch = ${epoch}`,
  ]);
}

/**
 * Gives a move up in CONTROL, which decides between this and the flip.
 * @throws GuardRaised `moved_on` when the flip came first.
 */
export async function giveUp(control: Database, moving: MovingTenant, epoch: number): Promise<void> {
  const { tenantNo, shard } = moving;
  await commit(control, [
    sql`UPDATE tenants SET status = 'active', epoch = ${epoch}
      WHERE tenant_no = ${tenantNo} AND epoch = ${moving.epoch} AND shard = ${shard}`,
    guard(
      "moved_on",
      sql`EXISTS (SELECT 1 FROM tenants WHERE tenant_no = ${tenantNo} AND epoch = ${epoch} AND shard = ${shard})`,
    ),
  ]);
}

/** The tenant lives on under CONTROL's epoch where it was; nobody who still moves it finds the old one. */
export async function stay(home: Database, { tenantNo, epoch }: MovingTenant): Promise<void> {
  await commit(home, [
    sql`UPDATE tenants SET status = 'active', epoch = ${epoch}
      WHERE tenant_no = ${tenantNo} AND epoch < ${epoch}`,
  ]);
}

/** The place that was prepared is none: its rows may go. */
export async function dismiss(shard: Database, { tenantNo, epoch }: MovingTenant): Promise<void> {
  await commit(shard, [
    sql`UPDATE tenants SET status = 'moved', epoch = ${epoch}
      WHERE tenant_no = ${tenantNo} AND status <> 'active'`,
  ]);
}

/** When the tenant arrived where it lives, by its own event. */
export async function readArrival(shard: Database, tenantNo: TenantNo): Promise<number | undefined> {
  const [[row] = []] = await read(shard, [
    sql`SELECT e.at FROM event_subjects s JOIN events e ON e.tenant_no = s.tenant_no AND e.seq = s.seq
      WHERE s.tenant_no = ${tenantNo} AND s.subject_kind = 'tenant' AND s.subject_no = ${tenantNo}
        AND e.action = 'tenant.moved' ORDER BY s.seq DESC LIMIT 1`,
  ]);
  return row && Number(row["at"]);
}
