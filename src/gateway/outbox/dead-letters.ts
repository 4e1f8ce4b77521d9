/** Rows that the queue gave up on: kept in D1, shown to administrators, and redriven by them. */
import { tenantNo } from "../../domain/id.ts";
import { OUTBOX_KINDS, type OutboxKind, type PropagationMessage } from "../../domain/outbox.ts";
import { commit, read } from "../../store/database.ts";
import { recordEvent } from "../../store/events.ts";
import { GuardRaised, StoreUnavailable } from "../../store/failure.ts";
import { tenantFence } from "../../store/fence.ts";
import { guardChangedOne } from "../../store/guard.ts";
import { outboxRow } from "../../store/open-rows.ts";
import { markDead, reviveRow, selectDeadRows } from "../../store/sweep.ts";
import type { Admin } from "../admin.ts";
import { commitAct } from "../administrative-act.ts";
import type { Deps } from "../deps.ts";
import { decodeCursor, type Page, type PageRequest, toPage } from "../page.ts";
import { done, type Outcome, refuse } from "../problem.ts";

export type DeadLetter = {
  kind: OutboxKind;
  seq: number;
  deadAt: string;
  attempts: number;
  error: string | null;
  correlationId: string;
};

/** The dead-letter queue delivered a message: its row waits for an administrator from now on. */
export async function buryRow(deps: Deps, message: PropagationMessage): Promise<void> {
  const shard = deps.shard(message.shard);
  if (shard === undefined) throw new StoreUnavailable(`shard ${message.shard} is not bound`);
  await commit(shard, [markDead({ tenantNo: tenantNo(message.tenantNo), now: deps.now() }, message)]);
  deps.log({ level: "error", message: "outbox row is dead", ...message });
}

export async function listDeadLetters(
  { scope }: Admin,
  request: PageRequest,
): Promise<Outcome<Page<DeadLetter>>> {
  const cursor = decodeCursor(request.cursor, ["string", "number"]);
  if (!cursor.ok) return cursor;
  const [kind = "", seq = 0] = cursor.value ?? [];
  const after = { kind: String(kind), seq: Number(seq) };
  const [, rows = []] = await read(scope.shard, [
    tenantFence(scope),
    selectDeadRows(scope, after, request.limit + 1),
  ]);
  return done(
    toPage(
      rows.map(outboxRow),
      request,
      (row) => [row.kind, row.seq],
      (row) => ({
        kind: row.kind,
        seq: row.seq,
        deadAt: new Date(row.deadAt ?? 0).toISOString(),
        attempts: row.attempts,
        error: row.error,
        correlationId: row.correlationId,
      }),
    ),
  );
}

/** Gives a dead row another life, at once. */
export async function redrive(
  admin: Admin,
  { kind, seq }: { kind: string; seq: number },
): Promise<Outcome<undefined>> {
  const { deps, scope } = admin;
  const known = OUTBOX_KINDS.find((candidate) => candidate === kind);
  const missing = { kind: "not_found", detail: "There is no dead letter of this kind and number." } as const;
  if (known === undefined) return refuse(missing);
  const pointer = { kind: known, seq };
  try {
    await commitAct(admin, [
      tenantFence(scope),
      reviveRow(scope, pointer, scope.now),
      guardChangedOne("not_found"),
      ...recordEvent(scope, {
        action: "dead_letter.redriven",
        subjectKind: "tenant",
        subjectNo: scope.tenantNo,
        data: pointer,
      }),
    ]);
  } catch (error) {
    if (error instanceof GuardRaised && error.word === "not_found") return refuse(missing);
    throw error;
  }
  deps.signals.outboxWritten(scope.shard.name, scope.tenantNo, [pointer]);
  return done(undefined);
}
