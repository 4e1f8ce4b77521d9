/** An administrator's act as one batch: committed once, signaled, and answered when a guard refuses it. */
import { commit, type Row, readOnce, type Statement } from "../store/database.ts";
import { selectRecorded } from "../store/events.ts";
import { GuardRaised, UniqueViolated } from "../store/failure.ts";
import { outboxPointers, selectPointersOf } from "../store/outbox.ts";
import { persist } from "../store/retry.ts";
import type { Admin } from "./admin.ts";
import { done, type Outcome, type Problem, refuse } from "./problem.ts";

/**
 * Commits an administrator's act, wakes whom its outbox rows concern, and answers guards by their words.
 * @param reads their rows are the last of the results
 */
export async function act(
  admin: Admin,
  statements: readonly Statement[],
  refusals: Readonly<Record<string, Problem>>,
  reads: readonly Statement[] = [],
): Promise<Outcome<Row[][]>> {
  const { deps, scope } = admin;
  let results: Row[][];
  try {
    results = await commitOnce(admin, () => commit(scope.shard, [...statements, ...reads]), reads);
  } catch (error) {
    const problem = error instanceof GuardRaised ? refusals[error.word] : undefined;
    if (problem === undefined) throw error;
    return refuse(problem);
  }
  deps.signals.outboxWritten(scope.shard.name, scope.tenantNo, outboxPointers(results));
  return done(results);
}

/** The batch of an act that has nothing to read. */
export const commitAct = (admin: Admin, statements: readonly Statement[]): Promise<Row[][]> =>
  commitOnce(admin, () => commit(admin.scope.shard, statements));

/**
 * Commits the batch of an act, again if D1 does not answer, and never twice: every act records an event under
 * the request's id, which is looked for before another attempt and, since the first batch may still be on its
 * way, when that is refused. So a secret that is shown once is not lost with an answer. An act that records
 * nothing has changed nothing. A request is one act.
 * @param reads are answered by the batch as its last statements, or read alone when it turns out to be committed
 */
export function commitOnce(
  admin: Admin,
  batch: () => Promise<Row[][]>,
  reads: readonly Statement[] = [],
): Promise<Row[][]> {
  return persist(admin.deps, async (again) => {
    const before = again ? await committed(admin, reads) : undefined;
    if (before !== undefined) return before;
    try {
      return await batch();
    } catch (error) {
      const refused = error instanceof GuardRaised || error instanceof UniqueViolated;
      const after = again && refused ? await committed(admin, reads) : undefined;
      if (after === undefined) throw error;
      return after;
    }
  });
}

/** What the act left, as its own batch would have answered it; undefined when it is not committed. */
async function committed({ scope }: Admin, reads: readonly Statement[]): Promise<Row[][] | undefined> {
  const [recorded = [], ...rest] = await readOnce(scope.shard, [
    selectRecorded(scope),
    selectPointersOf(scope),
    ...reads,
  ]);
  return recorded.length === 0 ? undefined : rest;
}
