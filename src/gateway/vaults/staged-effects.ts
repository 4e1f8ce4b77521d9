/**
 * Effects that the brake on accidents held back (A21), for administrators.
 *
 * Approving looks at everybody anew: whoever came back meanwhile is not removed. Discarding leaves people where
 * they are until their own membership changes again, or the link is run from end to end (resumed, repaired): that
 * finds them as members who should not be, and meets the brake again. Until then drift shows them. Taking the
 * link off discards what is staged for it.
 */
import type { BrakeReason } from "../../domain/brake.ts";
import { read } from "../../store/database.ts";
import { tenantFence } from "../../store/fence.ts";
import { outboxPointers } from "../../store/outbox.ts";
import {
  decideStaged,
  type StagedEffectsRecord,
  type StagedEffectsState,
  selectStagedEffects,
  selectStagedEffectsById,
  selectStagedPeople,
  stagedEffectsRecord,
} from "../../store/vaults/staged-effects.ts";
import type { Admin } from "../admin.ts";
import { commitAct } from "../administrative-act.ts";
import { decodeCursor, encodeCursor, type Page, type PageRequest, toPage } from "../page.ts";
import { done, type Outcome, type Problem, refuse } from "../problem.ts";
import { answered } from "../refusals.ts";
import { fenced } from "./vaults.ts";

export type StagedEffects = {
  id: string;
  state: StagedEffectsState;
  reason: BrakeReason;
  vault: { id: string; name: string };
  /** null: people whom no link of the vault covers any more. */
  link: { id: string; group: string; target: string } | null;
  people: number;
  createdAt: string;
  decidedBy: string | null;
  decidedAt: string | null;
};

export type StagedPerson = {
  userId: string;
  userName: string;
  /** What approving does, as things stand now. */
  effect: "remove" | "remove_and_disable" | "disable" | "none";
};

const none: Problem = { kind: "not_found", detail: "There are no staged effects with this id." };

export async function listStagedEffects(
  admin: Admin,
  request: PageRequest & { state?: StagedEffectsState | undefined },
): Promise<Outcome<Page<StagedEffects>>> {
  const cursor = decodeCursor(request.cursor, ["number"]);
  if (!cursor.ok) return cursor;
  const before = Number(cursor.value?.[0] ?? Number.MAX_SAFE_INTEGER);
  const rows = await fenced(
    admin,
    selectStagedEffects(admin.scope, request.state, before, request.limit + 1),
  );
  return done(toPage(rows.map(stagedEffectsRecord), request, ({ stagedNo }) => [stagedNo], present));
}

/** With a page of the names. */
export async function getStagedEffects(
  admin: Admin,
  request: PageRequest & { id: string },
): Promise<Outcome<StagedEffects & { users: Page<StagedPerson> }>> {
  const cursor = decodeCursor(request.cursor, ["number"]);
  if (!cursor.ok) return cursor;
  const record = await find(admin, request.id);
  if (record === undefined) return refuse(none);
  const at = Number(cursor.value?.[0] ?? 0);
  const { scope } = admin;
  const [, rows = []] = await read(scope.shard, [
    tenantFence(scope),
    selectStagedPeople(scope, record, at, request.limit),
  ]);
  const next = at + request.limit;
  const items = rows.map((row) => ({
    userId: String(row["scim_id"]),
    userName: String(row["user_name"]),
    effect: String(row["effect"]) as StagedPerson["effect"],
  }));
  const users = next < record.people ? { items, nextCursor: encodeCursor([next]) } : { items };
  return done({ ...present(record), users });
}

async function find(admin: Admin, id: string): Promise<StagedEffectsRecord | undefined> {
  const [row] = await fenced(admin, selectStagedEffectsById(admin.scope, id));
  return row && stagedEffectsRecord(row);
}

/** The first decision stands: repeated it changes nothing, contradicted it is refused. */
export async function decideStagedEffects(
  admin: Admin,
  { id, decision }: { id: string; decision: "approved" | "discarded" },
): Promise<Outcome<StagedEffects>> {
  const { deps, scope } = admin;
  const record = await find(admin, id);
  if (record === undefined) return refuse(none);
  if (record.state === "staged") {
    const decided = await answered(
      commitAct(admin, [tenantFence(scope), ...decideStaged(scope, record, decision)]),
      {
        moved: () => decidedOtherwise,
        paused: () => ({
          kind: "conflict",
          detail: "The link is paused, so nothing can be removed. Resume it, or take it off.",
        }),
      },
    );
    if (decided.ok)
      deps.signals.outboxWritten(scope.shard.name, scope.tenantNo, outboxPointers(decided.value));
    else if (decided.problem !== decidedOtherwise) return decided;
  }
  const now = await find(admin, id);
  if (now === undefined) return refuse(none);
  return now.state === decision
    ? done(present(now))
    : refuse({ kind: "conflict", detail: `These effects were ${now.state} already.` });
}

/** A lost race: who decided first is looked up. */
const decidedOtherwise: Problem = { kind: "conflict", detail: "These effects were decided on already." };

const present = (record: StagedEffectsRecord): StagedEffects => ({
  id: record.stagedId,
  state: record.state,
  reason: record.reason,
  vault: record.vault,
  link: record.link,
  people: record.people,
  createdAt: new Date(record.createdAt).toISOString(),
  decidedBy: record.decidedBy,
  decidedAt: record.decidedAt === null ? null : new Date(record.decidedAt).toISOString(),
});
