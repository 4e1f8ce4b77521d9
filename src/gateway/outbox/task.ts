/** One row of the outbox at work: what every consumer is given, and how failures are kept. */
import { tenantNo } from "../../domain/id.ts";
import type { PropagationMessage } from "../../domain/outbox.ts";
import { commit } from "../../store/database.ts";
import { tenantFence } from "../../store/fence.ts";
import { noteRowError, type OutboxRow } from "../../store/open-rows.ts";
import type { TenantScope } from "../../store/scope.ts";
import { noteFailure } from "../../store/vaults/link-failures.ts";
import type { Deps } from "../deps.ts";

/** One open row and where its effects belong. */
export type Task = { deps: Deps; scope: TenantScope; row: OutboxRow };

/**
 * `done`: closed, or closed before. `more`: work is left, deliver again at once. `waiting`: something else must
 * come first; the sweeper hands the row out again.
 */
export type Progress = "done" | "more" | "waiting";

/** Shows the failure on the link (R50). When even that cannot be written, the log has to do. */
export async function markFailing({ deps, scope, row }: Task, linkNo: number, error: unknown): Promise<void> {
  try {
    await commit(scope.shard, [tenantFence(scope), ...noteFailure(scope, row, linkNo, failureText(error))]);
  } catch (unwritten) {
    deps.log({ level: "error", message: "failure of a link not noted", linkNo, error: String(unwritten) });
  }
}

/** Keeps why a row failed for whoever may have to redrive it. */
export async function noteError(deps: Deps, message: PropagationMessage, error: unknown): Promise<void> {
  const shard = deps.shard(message.shard);
  if (shard === undefined) return;
  const place = { tenantNo: tenantNo(message.tenantNo) };
  try {
    await commit(shard, [noteRowError(place, message, failureText(error))]);
  } catch (unwritten) {
    deps.log({ level: "error", message: "failure of a row not noted", error: String(unwritten) });
  }
}

const failureTextMax = 300;

export const failureText = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, failureTextMax);
