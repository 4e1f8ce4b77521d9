/** License types with their pools: their figures, and what administrators set of them. */

import { assignableSeats } from "../../domain/license.ts";
import { ASSIGNABLE_PERCENT_MAX, PURCHASED_MAX } from "../../domain/limits.ts";
import { commit, type Row, read } from "../../store/database.ts";
import { tenantFence } from "../../store/fence.ts";
import { licensePool, selectLicenseTypes } from "../../store/licenses/entitlements.ts";
import {
  insertLicenseType,
  type NewLicenseType,
  type PoolChange,
  setPool,
} from "../../store/licenses/license-acts.ts";
import { selectReclaimable } from "../../store/licenses/pools.ts";
import type { Admin } from "../admin.ts";
import { act, commitOnce } from "../administrative-act.ts";
import { done, type Outcome, type Problem, refuse } from "../problem.ts";
import { answered } from "../refusals.ts";
import { applyPlan, type Hypothesis, type LicensePlan, previewLicenses } from "./preview.ts";

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

/** Adds a license type; what it ranks above and below is for the subscription to say (A2). */
export async function createLicenseType(
  admin: Admin,
  type: NewLicenseType,
): Promise<Outcome<LicenseTypeSummary>> {
  const { scope } = admin;
  const types = selectLicenseTypes(scope.tenantNo);
  const created = await answered(
    commitOnce(admin, () => commit(scope.shard, [...insertLicenseType(scope, type), types]), [types]),
    {
      too_many: () => ({ kind: "conflict", detail: "There are too many license types." }),
      unique: () => ({ kind: "conflict", detail: "Another license type has this code or this rank." }),
    },
  );
  if (!created.ok) return created;
  const row = created.value.at(-1)?.find(({ code }) => code === type.code);
  return row === undefined ? refuse(unknownPool(type.code)) : done(licenseTypeSummary(row));
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
      act(admin, [...guards, ...setPool(scope, code, change)], { unknown_type: unknownPool(code) }, [
        selectLicenseTypes(scope.tenantNo),
      ]),
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

export const unknownPool = (code: string): Problem => ({
  kind: "not_found",
  detail: `There is no license type "${code}".`,
});
