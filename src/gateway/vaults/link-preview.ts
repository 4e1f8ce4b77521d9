/**
 * What a new link would do, with names (A15): linking replaces the members of the target, so nobody applies it
 * unseen. The plan's hash covers the link's ends and the effect on every single person, in order of their
 * numbers: two plans with one hash do the same to the same people.
 */
import { PREVIEW_NAMES_MAX, PREVIEW_PEOPLE_PER_PAGE } from "../../domain/limits.ts";
import { pauseMs } from "../../domain/pace.ts";
import { fold } from "../../scim/fold.ts";
import { read } from "../../store/database.ts";
import { tenantFence } from "../../store/fence.ts";
import {
  type PlannedLink,
  selectPlanPage,
  selectPlanVersions,
  selectSourceGroup,
  selectUserNames,
} from "../../store/vaults/link-plan.ts";
import { linkRecord, selectLinkOfTarget } from "../../store/vaults/links.ts";
import { selectVaultGroup, selectVaultGroupByName, vaultGroupRecord } from "../../store/vaults/vaults.ts";
import type { Admin } from "../admin.ts";
import { done, type Outcome, type Problem, refuse } from "../problem.ts";
import { fenced, findVault, groupNameTaken, noVault, noVaultGroup } from "./vaults.ts";

export type LinkRequest = {
  groupId: string;
  vaultId: string;
  /** One of the two. */
  vaultGroupId?: string | undefined;
  newVaultGroupName?: string | undefined;
};

/** Effects on people; each list names the first few. `adds` and `removes` are about the target group. */
const EFFECTS = ["adds", "creates", "enables", "removes", "disables", "keepsDisabled", "skipped"] as const;
type Effect = (typeof EFFECTS)[number];

export type LinkPlan = {
  planHash: string;
  group: { id: string; name: string };
  vault: { id: string; name: string };
  target: { id: string | null; name: string };
  counts: Record<Effect | "unchanged", number>;
} & Record<Effect, string[]>;

/** The request resolved: numbers for the store, names for people. */
export type LinkEnds = PlannedLink & {
  group: { id: string; name: string };
  vault: { id: string; name: string };
  target: { id: string | null; name: string };
};

/** Effects by code of `store/vaults/link-plan.ts`; `+` adds to the target besides. `x`: an enabled vault user. */
const effectsOfCode: ReadonlyMap<string, readonly Effect[]> = new Map([
  ...codes({ c: ["creates"], e: ["enables"], k: ["keepsDisabled"], x: [] }),
  // A tombstone is skipped: in the source, but not to be added (R60).
  ["s", ["skipped"]],
  ["s+", ["skipped"]],
  ["r", ["removes"]],
  ["d", ["removes", "disables"]],
]);

function codes(effects: Record<string, readonly Effect[]>): [string, readonly Effect[]][] {
  return Object.entries(effects).flatMap(([code, known]) => [
    [code, known],
    [`${code}+`, ["adds", ...known]],
  ]);
}

export async function previewLink(admin: Admin, request: LinkRequest): Promise<Outcome<LinkPlan>> {
  const ends = await resolveEnds(admin, request);
  if (!ends.ok) return ends;
  return done(await (await computePlan(admin, ends.value)).present());
}

export async function resolveEnds(admin: Admin, request: LinkRequest): Promise<Outcome<LinkEnds>> {
  const { scope } = admin;
  const { groupId, vaultId, vaultGroupId, newVaultGroupName } = request;
  if ((vaultGroupId === undefined) === (newVaultGroupName === undefined)) {
    return refuse({ kind: "invalid", detail: "Give either vaultGroupId or newVaultGroupName." });
  }
  const [group] = await fenced(admin, selectSourceGroup(scope, groupId));
  if (group === undefined) return refuse(noSourceGroup);
  const vault = await findVault(admin, vaultId);
  if (vault === undefined) return refuse(noVault);
  const ends = {
    groupNo: Number(group["group_no"]),
    vaultNo: vault.vaultNo,
    group: { id: groupId, name: String(group["display_name"]) },
    vault: { id: vaultId, name: vault.name },
  };
  if (newVaultGroupName !== undefined) {
    const name = newVaultGroupName.trim();
    const [taken] = await fenced(admin, selectVaultGroupByName(scope, vault.vaultNo, name));
    if (taken !== undefined) return refuse(groupNameTaken(name));
    return done({ ...ends, vaultGroupNo: 0, target: { id: null, name } });
  }
  return resolveTarget(admin, ends, vaultGroupId ?? "");
}

export const noSourceGroup: Problem = {
  kind: "not_found",
  detail: "There is no provisioned group with this id.",
};

async function resolveTarget(
  admin: Admin,
  ends: Omit<LinkEnds, "vaultGroupNo" | "target">,
  vaultGroupId: string,
): Promise<Outcome<LinkEnds>> {
  const { scope } = admin;
  const [row] = await fenced(admin, selectVaultGroup(scope, ends.vault.id, vaultGroupId));
  if (row === undefined) return refuse(noVaultGroup);
  const { vaultGroupNo, name, builtIn } = vaultGroupRecord(row);
  if (builtIn) {
    return refuse({
      kind: "conflict",
      detail: `${name} is the vault's built-in group and cannot be linked.`,
    });
  }
  const taken = await refuseTaken(admin, vaultGroupNo);
  return taken === undefined
    ? done({ ...ends, vaultGroupNo, target: { id: vaultGroupId, name } })
    : refuse(taken);
}

/** One live link per target group (A17, I21). */
export async function refuseTaken(admin: Admin, vaultGroupNo: number): Promise<Problem | undefined> {
  const [row] = await fenced(admin, selectLinkOfTarget(admin.scope, vaultGroupNo));
  if (row === undefined) return undefined;
  const { group, target, state } = linkRecord(row);
  const gone = state === "source_deleted" ? ", which no longer exists; remove that link first" : "";
  return {
    kind: "conflict",
    detail: `${target.name} is already linked to the provisioned group ${group.name}${gone}.`,
  };
}

/** A plan that has been computed, and the versions of source and vault that it holds for. */
export type ComputedPlan = {
  planHash: string;
  versions: { source: string; vault: number };
  /** For people to read: with names. */
  present(): Promise<LinkPlan>;
};

/** Source and vault may change between pages; a plan that never holds still is another problem. */
const attemptsMax = 5;

/**
 * Read in pages, lest a large group keep everybody else of the shard waiting; source and vault must be after the
 * last as they were before the first.
 */
export async function computePlan(admin: Admin, ends: LinkEnds): Promise<ComputedPlan> {
  for (let attempt = 1; ; attempt += 1) {
    const read = await readPlan(admin, ends);
    if (read.moved && attempt < attemptsMax) continue;
    // Whoever applies a plan that moved is told so by the guard of its versions.
    const { pages, versions } = read;
    const planHash = await hashPlan(ends, pages.join(" "));
    return { planHash, versions, present: () => presentPlan(admin, ends, planHash, pages) };
  }
}

async function readPlan({ deps, scope }: Admin, ends: LinkEnds) {
  const pages: string[] = [];
  let versions: { source: string; vault: number } | undefined;
  for (let after = 0; ; ) {
    const [, [at] = [], [page] = []] = await read(scope.shard, [
      tenantFence(scope),
      selectPlanVersions(scope, ends),
      selectPlanPage(scope, ends, after, PREVIEW_PEOPLE_PER_PAGE),
    ]);
    const now = { source: String(at?.["source"]), vault: Number(at?.["vault"]) };
    versions ??= now;
    if (typeof page?.["codes"] === "string") pages.push(page["codes"]);
    const moved = now.source !== versions.source || now.vault !== versions.vault;
    if (moved || Number(page?.["count"]) < PREVIEW_PEOPLE_PER_PAGE) {
      return { pages, versions, moved };
    }
    after = Number(page?.["last"]);
    await deps.pause(pauseMs);
  }
}

async function presentPlan(
  admin: Admin,
  ends: LinkEnds,
  planHash: string,
  pages: readonly string[],
): Promise<LinkPlan> {
  const { people, counts } = await sortOut(admin, pages);
  const names = await namesOf(admin.scope, Object.values(people).flat());
  const named = EFFECTS.map((effect) => [effect, people[effect].map((no) => names.get(no) ?? "")] as const);
  return {
    planHash,
    group: ends.group,
    vault: ends.vault,
    target: ends.target,
    counts,
    ...(Object.fromEntries(named) as Record<Effect, string[]>),
  };
}

/** Page by page with pauses: nobody waits while a hundred thousand people are told apart. */
async function sortOut({ deps }: Admin, pages: readonly string[]) {
  const people = Object.fromEntries(EFFECTS.map((effect) => [effect, []])) as unknown as Record<
    Effect,
    number[]
  >;
  const zero = EFFECTS.map((effect) => [effect, 0]);
  const counts = Object.fromEntries([...zero, ["unchanged", 0]]) as Record<Effect | "unchanged", number>;
  for (const page of pages) {
    for (const item of page.split(" ")) {
      const effects = effectsOfCode.get(item.slice(item.search(/\D/))) ?? [];
      if (effects.length === 0) counts.unchanged += 1;
      for (const effect of effects) {
        counts[effect] += 1;
        if (people[effect].length < PREVIEW_NAMES_MAX) people[effect].push(Number.parseInt(item, 10));
      }
    }
    await deps.pause(pauseMs);
  }
  return { people, counts };
}

async function namesOf(scope: Admin["scope"], users: readonly number[]): Promise<Map<number, string>> {
  if (users.length === 0) return new Map();
  const [rows = []] = await read(scope.shard, [selectUserNames(scope, [...new Set(users)])]);
  return new Map(rows.map((row) => [Number(row["user_no"]), String(row["user_name"])]));
}

async function hashPlan(ends: LinkEnds, codes: string): Promise<string> {
  const target = ends.vaultGroupNo === 0 ? fold(ends.target.name) : ends.vaultGroupNo;
  const text = JSON.stringify([ends.groupNo, ends.vaultNo, target, codes]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
