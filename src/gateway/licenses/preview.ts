/**
 * What an act on licenses would do, with names, and applying it only if it still does. The plan is computed by
 * the rules of the allocator over what is stored now; its hash covers the act and its effect on every single
 * person: two plans with one hash do the same to the same people.
 */
import { type LicensePool, ranking } from "../../domain/license.ts";
import { allocate } from "../../domain/license-allocation.ts";
import type { Allocation, Evaluation, Lowering } from "../../domain/license-round.ts";
import { PREVIEW_ACCOUNTS_MAX, PREVIEW_PAGE } from "../../domain/limits.ts";
import { read, type Statement } from "../../store/database.ts";
import { GuardRaised } from "../../store/failure.ts";
import {
  candidateAccount,
  type EntitledAccount,
  entitledAccount,
  licensePool,
} from "../../store/licenses/entitlements.ts";
import {
  type Affected,
  guardUnmoved,
  selectAffected,
  selectHeads,
  selectPlanBase,
} from "../../store/licenses/license-plan.ts";
import { type LicensePolicies, licensePolicies } from "../../store/licenses/license-policies.ts";
import type { Admin } from "../admin.ts";
import { done, type Outcome, type Problem, refuse } from "../problem.ts";
import { evaluation, releaseOf } from "./allocation-work.ts";
import { hashOf, type LicensePlan, type PlannedAct, present, type Snapshot } from "./plan.ts";

export type { LicensePlan } from "./plan.ts";

/** The act at hand, as a change of what the allocator would read. */
export type Hypothesis = {
  /** What is to be done, in words for the hash. */
  act: PlannedAct;
  affected?: Affected;
  account?: (account: EntitledAccount) => EntitledAccount;
  pool?: (pool: LicensePool) => LicensePool;
  lowering?: Lowering | null;
  adoption?: (policies: LicensePolicies) => Evaluation["adoption"];
};

const tooLarge: Problem = {
  kind: "conflict",
  detail: `More than ${PREVIEW_ACCOUNTS_MAX} accounts are concerned, too many for a preview.`,
};

/** No preview is no reason to refuse the act itself. */
export const isTooLargeToPreview = (problem: Problem): boolean => problem === tooLarge;

export async function previewLicenses(
  admin: Admin,
  hypothesis: Outcome<Hypothesis>,
): Promise<Outcome<LicensePlan>> {
  if (!hypothesis.ok) return hypothesis;
  const snapshot = await simulate(admin, hypothesis.value);
  return snapshot.ok ? done(await present(admin, hypothesis.value.act, snapshot.value)) : snapshot;
}

/** Others may change licenses between reading and writing; a plan that never holds still is shown again. */
const attemptsMax = 5;

/** Does the work if the plan is still the one that was previewed; at once when no plan is named. */
export async function applyPlan<T>(
  admin: Admin,
  planHash: string | undefined,
  hypothesize: () => Promise<Outcome<Hypothesis>>,
  work: (guards: readonly Statement[]) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  if (planHash === undefined) return work([]);
  let latest: LicensePlan | undefined;
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const hypothesis = await hypothesize();
    if (!hypothesis.ok) return hypothesis;
    const snapshot = await simulate(admin, hypothesis.value);
    if (!snapshot.ok) return snapshot;
    if ((await hashOf(hypothesis.value.act, snapshot.value)) !== planHash) {
      latest = await present(admin, hypothesis.value.act, snapshot.value);
      break;
    }
    try {
      return await work([guardUnmoved(admin.scope, snapshot.value.seq)]);
    } catch (error) {
      if (!(error instanceof GuardRaised) || error.word !== "plan_moved") throw error;
      latest = await present(admin, hypothesis.value.act, snapshot.value);
    }
  }
  return refuse({
    kind: "plan_outdated",
    detail: "Licenses or memberships have changed since the preview. Look at the new plan.",
    plan: latest ?? {},
  });
}

async function simulate(admin: Admin, hypothesis: Hypothesis): Promise<Outcome<Snapshot>> {
  const { scope } = admin;
  const [, [last] = [], types = [], [chosen] = []] = await read(scope.shard, selectPlanBase(scope));
  const stored = types.map((row) => ({
    ...licensePool(row),
    waiting: Number(row["waiting_unlicensed"]) + Number(row["waiting_upgrade"]),
  }));
  const pools = stored.map((pool) => ({ ...pool, ...hypothesis.pool?.(pool) }));
  const found = await readAffected(admin, hypothesis);
  if (found === undefined) return refuse(tooLarge);
  const affected = found.map(hypothesis.account ?? ((account) => account));
  const pendingBefore = new Set(
    found.filter(({ facts }) => facts.adoptionPending).map(({ userNo }) => userNo),
  );
  const policies = licensePolicies(chosen);
  const rankOf = ranking(pools);
  const evaluations = affected.map((account) =>
    evaluation(account, rankOf, {
      release: releaseOf(account, policies, scope.now),
      lowering: hypothesis.lowering ?? null,
      adoption: hypothesis.adoption?.(policies) ?? null,
      since: scope.now,
    }),
  );
  const free = pools.reduce((sum, { assignable, assigned }) => sum + Math.max(0, assignable - assigned), 0);
  const holders = affected.filter(({ facts }) => facts.held !== null).length;
  for (let seats = free + holders; ; seats *= 2) {
    const reach = Math.min(seats, PREVIEW_ACCOUNTS_MAX);
    const allocation = await allocateReach(admin, { pools, evaluations, reach });
    const seq = Number(last?.["seq"] ?? 0);
    if (!allocation.more) return done({ seq, pools, affected, pendingBefore, allocation });
    if (reach === PREVIEW_ACCOUNTS_MAX) return refuse(tooLarge);
  }
}

async function readAffected(
  { scope }: Admin,
  { affected }: Hypothesis,
): Promise<EntitledAccount[] | undefined> {
  if (affected === undefined) return [];
  const found: EntitledAccount[] = [];
  for (let after: number | string = affected.kind === "group" ? 0 : ""; ; ) {
    const [rows = []] = await read(scope.shard, [selectAffected(scope, affected, after)]);
    const page = rows.map(entitledAccount);
    found.push(...page.filter(({ deprovisioned }) => !deprovisioned));
    const last = page.at(-1);
    if (last === undefined || page.length < PREVIEW_PAGE) return found;
    if (found.length >= PREVIEW_ACCOUNTS_MAX) return undefined;
    after = affected.kind === "group" ? last.userNo : last.scimId;
  }
}

async function allocateReach(
  { scope }: Admin,
  { pools, evaluations, reach }: { pools: LicensePool[]; evaluations: Evaluation[]; reach: number },
): Promise<Allocation> {
  const rows = reach === 0 ? [] : ((await read(scope.shard, [selectHeads(scope, reach)]))[0] ?? []);
  const candidates = rows.map(candidateAccount);
  const long = (isWaiting: boolean) =>
    new Set(
      pools
        .map(({ typeNo }) => typeNo)
        .filter((typeNo) => {
          const queue = candidates.filter(
            ({ facts }) => facts.wanted === typeNo && (facts.waitingSince !== null) === isWaiting,
          );
          return reach > 0 && queue.length >= reach;
        }),
    );
  return allocate({
    pools,
    evaluations,
    candidates,
    longerQueues: long(true),
    longerLowering: long(false),
    reserved: new Set(),
  });
}
