/** An administrator's act as one batch: committed, signaled, and answered when a guard refuses it. */
import { commit, type Row, type Statement } from "../store/database.ts";
import { GuardRaised } from "../store/failure.ts";
import { outboxPointers } from "../store/outbox.ts";
import type { Admin } from "./admin.ts";
import { done, type Outcome, type Problem, refuse } from "./problem.ts";

/** Commits an administrator's act, wakes whom its outbox rows concern, and answers guards by their words. */
export async function act(
  { deps, scope }: Admin,
  statements: readonly Statement[],
  refusals: Readonly<Record<string, Problem>>,
): Promise<Outcome<Row[][]>> {
  let results: Row[][];
  try {
    results = await commit(scope.shard, statements);
  } catch (error) {
    const problem = error instanceof GuardRaised ? refusals[error.word] : undefined;
    if (problem === undefined) throw error;
    return refuse(problem);
  }
  deps.signals.outboxWritten(scope.shard.name, scope.tenantNo, outboxPointers(results));
  return done(results);
}
