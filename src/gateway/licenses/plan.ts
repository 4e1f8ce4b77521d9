/** A plan for licenses as administrators see it, and its hash. */
import { type LicensePool, ranking } from "../../domain/license.ts";
import { effectsOf, LICENSE_EFFECTS, type LicenseEffect } from "../../domain/license-plan.ts";
import type { Allocation } from "../../domain/license-round.ts";
import { PREVIEW_NAMES_MAX } from "../../domain/limits.ts";
import { read } from "../../store/database.ts";
import type { EntitledAccount } from "../../store/licenses/entitlements.ts";
import { selectPeople } from "../../store/licenses/license-plan.ts";
import type { Admin } from "../admin.ts";

/** What is to be done, for the hash. */
export type PlannedAct = readonly (string | number | boolean | null)[];

/** An account in a plan: what it holds before and after, and what it waits for afterwards. */
export type PlannedPerson = {
  id: string;
  userName: string;
  from: string | null;
  to: string | null;
  waitsFor: string | null;
};

export type LicensePlan = {
  planHash: string;
  counts: Record<LicenseEffect, number>;
  pools: {
    code: string;
    assignable: number;
    assigned: { before: number; after: number };
    waiting: { before: number; after: number };
    overAllocated: boolean;
  }[];
} & Record<LicenseEffect, PlannedPerson[]>;

export type Snapshot = {
  seq: number;
  pools: (LicensePool & { waiting: number })[];
  affected: EntitledAccount[];
  /** Who is to be lowered already, whatever the act at hand does. */
  pendingBefore: ReadonlySet<number>;
  allocation: Allocation;
};

export async function present(admin: Admin, act: PlannedAct, snapshot: Snapshot): Promise<LicensePlan> {
  const { pools, affected, pendingBefore, allocation } = snapshot;
  const rankOf = ranking(pools);
  const changed = new Set(allocation.userChanges.map(({ userNo }) => userNo));
  const kept = affected
    .filter(({ userNo }) => !changed.has(userNo))
    .map(({ userNo, facts }) => ({ userNo, before: facts, after: facts, reason: "capacity" as const }));
  const sorted = Object.fromEntries(
    LICENSE_EFFECTS.map((effect) => [effect, [] as typeof allocation.userChanges]),
  ) as Record<LicenseEffect, typeof allocation.userChanges>;
  const concerned = new Set(affected.map(({ userNo }) => userNo));
  for (const change of [...allocation.userChanges, ...kept].sort((a, b) => a.userNo - b.userNo)) {
    const { userNo, before } = change;
    const adoptionPending = concerned.has(userNo) ? pendingBefore.has(userNo) : before.adoptionPending;
    const effects = effectsOf({ ...change, before: { ...before, adoptionPending } }, rankOf);
    for (const effect of effects) sorted[effect].push(change);
  }
  const shown = LICENSE_EFFECTS.flatMap((effect) => sorted[effect].slice(0, PREVIEW_NAMES_MAX));
  const [people = []] = await read(admin.scope.shard, [
    selectPeople(admin.scope, [...new Set(shown.map(({ userNo }) => userNo))]),
  ]);
  const who = new Map(people.map((row) => [Number(row["user_no"]), row]));
  const codeOf = (typeNo: number | null) => pools.find((pool) => pool.typeNo === typeNo)?.code ?? null;
  const named = LICENSE_EFFECTS.map((effect) => [
    effect,
    sorted[effect].slice(0, PREVIEW_NAMES_MAX).map(({ userNo, before, after }) => ({
      id: String(who.get(userNo)?.["scim_id"]),
      userName: String(who.get(userNo)?.["user_name"]),
      from: codeOf(before.held),
      to: codeOf(after.held),
      waitsFor: after.waitingSince === null ? null : codeOf(after.wanted),
    })),
  ]);
  return {
    planHash: await hashOf(act, snapshot),
    counts: Object.fromEntries(
      LICENSE_EFFECTS.map((effect) => [effect, sorted[effect].length]),
    ) as LicensePlan["counts"],
    ...(Object.fromEntries(named) as Record<LicenseEffect, PlannedPerson[]>),
    pools: pools.map((pool) => plannedPool(pool, allocation)),
  };
}

function plannedPool(
  { typeNo, code, assignable, assigned, waiting }: Snapshot["pools"][number],
  allocation: Allocation,
) {
  const change = allocation.poolChanges.find((candidate) => candidate.typeNo === typeNo);
  const after = assigned + (change?.assigned ?? 0);
  const waitingAfter = waiting + (change?.waitingUnlicensed ?? 0) + (change?.waitingUpgrade ?? 0);
  return {
    code,
    assignable,
    assigned: { before: assigned, after },
    waiting: { before: waiting, after: waitingAfter },
    overAllocated: after > assignable,
  };
}

export async function hashOf(act: PlannedAct, { allocation, affected }: Snapshot): Promise<string> {
  const effects = allocation.userChanges
    .map(({ userNo, before, after }) => [
      userNo,
      before.held,
      after.held,
      after.waitingSince === null ? null : after.wanted,
      after.adoptionPending,
    ])
    .sort((left, right) => Number(left[0]) - Number(right[0]));
  const concerned = affected.map(({ userNo }) => userNo).sort((left, right) => left - right);
  const text = JSON.stringify([act, effects, concerned]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
