/** What the store refuses, as an answer to an administrator. */
import { GuardRaised, UniqueViolated } from "../store/failure.ts";
import { done, type Outcome, type Problem, refuse } from "./problem.ts";

/** Answers by the guard's word; `unique` is for any unique index of the batch. */
export type Refusals = Partial<Record<string, () => Problem | Promise<Problem>>>;

/** The work's value, or the problem that its refusal stands for; other failures pass through. */
export async function answered<T>(work: Promise<T>, refusals: Refusals): Promise<Outcome<T>> {
  try {
    return done(await work);
  } catch (error) {
    const word =
      error instanceof GuardRaised ? error.word : error instanceof UniqueViolated ? "unique" : undefined;
    const refusal = word === undefined ? undefined : refusals[word];
    if (refusal === undefined) throw error;
    return refuse(await refusal());
  }
}
