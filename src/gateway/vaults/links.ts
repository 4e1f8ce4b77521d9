/** Links from provisioned groups to user groups of vaults, for administrators. */
import { canSwitch } from "../../domain/link.ts";
import type { Statement } from "../../store/database.ts";
import { tenantFence } from "../../store/fence.ts";
import { outboxPointers } from "../../store/outbox.ts";
import { guardPlan, guardSourceLives } from "../../store/vaults/link-plan.ts";
import {
  insertLink,
  type LinkRecord,
  linkRecord,
  selectLink,
  selectLinks,
  switchLink,
  unlink,
} from "../../store/vaults/links.ts";
import { discardOfLink } from "../../store/vaults/staged-effects.ts";
import { insertVaultGroup, vaultGroupNoOf } from "../../store/vaults/vaults.ts";
import type { Admin } from "../admin.ts";
import { commitAct } from "../administrative-act.ts";
import { decodeCursor, type Page, type PageRequest, toPage } from "../page.ts";
import { done, type Outcome, type Problem, refuse } from "../problem.ts";
import { answered } from "../refusals.ts";
import {
  type ComputedPlan,
  computePlan,
  type LinkEnds,
  type LinkRequest,
  noSourceGroup,
  refuseTaken,
  resolveEnds,
} from "./link-preview.ts";
import { fenced } from "./vaults.ts";

export type Link = Pick<
  LinkRecord,
  "state" | "done" | "total" | "error" | "group" | "vault" | "target" | "waitingForApproval" | "imported"
> & {
  id: string;
  lastSyncedAt: string | null;
  createdAt: string;
};

const noLink: Problem = { kind: "not_found", detail: "There is no link with this id." };

export async function listLinks(admin: Admin, request: PageRequest): Promise<Outcome<Page<Link>>> {
  const cursor = decodeCursor(request.cursor, ["number"]);
  if (!cursor.ok) return cursor;
  const after = Number(cursor.value?.[0] ?? 0);
  const rows = await fenced(admin, selectLinks(admin.scope, after, request.limit + 1));
  return done(toPage(rows.map(linkRecord), request, ({ linkNo }) => [linkNo], presentLink));
}

export async function getLink(admin: Admin, id: string): Promise<Outcome<Link>> {
  const link = await findLink(admin, id);
  return link === undefined ? refuse(noLink) : done(presentLink(link));
}

async function findLink(admin: Admin, id: string): Promise<LinkRecord | undefined> {
  const [row] = await fenced(admin, selectLink(admin.scope, id));
  return row && linkRecord(row);
}

/** The vault or the group may change between reading and writing; one that never rests is previewed again. */
const attemptsMax = 5;

/**
 * Creates the link if it still does exactly what was previewed. The plan is computed anew; the batch then asks
 * whether source and vault are as they were when it was.
 */
export async function applyLink(
  admin: Admin,
  request: LinkRequest & { planHash: string },
): Promise<Outcome<Link>> {
  const ends = await resolveEnds(admin, request);
  if (!ends.ok) return ends;
  let latest: ComputedPlan | undefined;
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    latest = await computePlan(admin, ends.value);
    if (latest.planHash !== request.planHash) break;
    const created = await createLink(admin, ends.value, latest.versions);
    if (created.ok) return getLink(admin, created.value);
    if (created.problem !== moved) return created;
  }
  return refuse({
    kind: "plan_outdated",
    detail: "The group or the vault has changed since the preview. Look at the new plan.",
    plan: (await latest?.present()) ?? {},
  });
}

/** A lost race: never leaves `applyLink`, nor `actOnLink` unless every attempt lost. */
const moved: Problem = { kind: "conflict", detail: "Others are changing this at the same time. Try again." };

async function createLink(
  admin: Admin,
  ends: LinkEnds,
  versions: { source: string; vault: number },
): Promise<Outcome<string>> {
  const { deps, scope } = admin;
  const linkId = deps.newId();
  const vaultGroupId = ends.target.id ?? deps.newId();
  const { groupNo, vaultNo } = ends;
  const created = await answered(
    commitAct(admin, [
      tenantFence(scope),
      guardSourceLives(scope, groupNo),
      ...guardPlan(scope, ends, versions),
      ...(ends.target.id === null
        ? insertVaultGroup(scope, vaultNo, { vaultGroupId, name: ends.target.name })
        : []),
      ...insertLink(scope, { linkId, groupNo, vaultNo, vaultGroupNo: vaultGroupNoOf(scope, vaultGroupId) }),
    ]),
    {
      no_group: () => noSourceGroup,
      plan_moved: () => moved,
      // Either the target was linked or the name was taken by somebody who was faster.
      unique: async () => (await refuseTaken(admin, ends.vaultGroupNo)) ?? moved,
    },
  );
  if (!created.ok) return created;
  deps.signals.outboxWritten(scope.shard.name, scope.tenantNo, outboxPointers(created.value));
  return done(linkId);
}

/** Takes a link off (A16). The target group is never deleted; its members are removed or kept as they are. */
export async function removeLink(
  admin: Admin,
  { id, members }: { id: string; members: "remove" | "keep" },
): Promise<Outcome<Link>> {
  return actOnLink(admin, id, (link) => {
    if (link.state === "removed" || (link.state === "unlinking" && members === "remove"))
      return done("nothing");
    if (link.imported) return refuse(ownedByImport(link));
    return done([
      ...discardOfLink(admin.scope, link.linkNo, link.vaultNo),
      ...unlink(admin.scope, link, members),
    ]);
  });
}

const ownedByImport = ({ group, vault }: LinkRecord): Problem => ({
  kind: "conflict",
  detail: `${group.name} is read by the synchronization of the vault ${vault.name}: take the group out of its settings.`,
});

/**
 * Pauses a link, or resumes it with a run from end to end; both again and again are the same as once. A failing link
 * is set to work at once, instead of when its next attempt is due.
 */
export async function setLinkState(
  admin: Admin,
  { id, state }: { id: string; state: "active" | "paused" },
): Promise<Outcome<Link>> {
  return actOnLink(admin, id, (link) => {
    if (!canSwitch(link.state)) return refuse(cannotSwitch(link));
    const rests = link.state === "paused" || link.state === "error";
    if (state === "paused" ? link.state === "paused" : !rests) return done("nothing");
    return done(switchLink(admin.scope, link, state === "paused" ? "paused" : "pending"));
  });
}

const cannotSwitch = ({ state, group }: LinkRecord): Problem => ({
  kind: "conflict",
  detail:
    state === "source_deleted"
      ? `The provisioned group ${group.name} no longer exists: the link has nothing left to do. Take it off.`
      : "This link was taken off.",
});

/** One act of an administrator: decided on what was read, and decided anew when somebody else was faster. */
async function actOnLink(
  admin: Admin,
  id: string,
  decide: (link: LinkRecord) => Outcome<Statement[] | "nothing">,
): Promise<Outcome<Link>> {
  const { deps, scope } = admin;
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const link = await findLink(admin, id);
    if (link === undefined) return refuse(noLink);
    const act = decide(link);
    if (!act.ok) return act;
    if (act.value === "nothing") return done(presentLink(link));
    const acted = await answered(commitAct(admin, [tenantFence(scope), ...act.value]), {
      moved: () => moved,
    });
    if (acted.ok) {
      deps.signals.outboxWritten(scope.shard.name, scope.tenantNo, outboxPointers(acted.value));
      return getLink(admin, id);
    }
    if (acted.problem !== moved) return acted;
  }
  return refuse(moved);
}

const presentLink = (link: LinkRecord): Link => ({
  id: link.linkId,
  group: link.group,
  vault: link.vault,
  target: link.target,
  state: link.state,
  done: link.done,
  total: link.total,
  error: link.error,
  waitingForApproval: link.waitingForApproval,
  imported: link.imported,
  lastSyncedAt: link.lastSyncedAt === null ? null : new Date(link.lastSyncedAt).toISOString(),
  createdAt: new Date(link.createdAt).toISOString(),
});
