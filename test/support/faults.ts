/** D1 that fails when the test says so: before the statements reach it, or after they are committed. */
import type { Deps } from "../../src/gateway/deps.ts";
import type { Database } from "../../src/store/database.ts";

export type Fault = {
  /** Calls of the databases so far, failed ones included. */
  calls: number;
  /** The calls that fail, counted from 1. */
  fails(call: number): boolean;
  when: "before" | "after";
  message: string;
};

export const LOST = "D1_ERROR: Network connection lost.";
export const OVERLOADED = "D1_ERROR: D1 DB is overloaded. Requests queued for too long.";

export const noFault = (): Fault => ({ calls: 0, fails: () => false, when: "before", message: LOST });

/** The one call with this number fails. */
export const faultAt = (call: number, when: Fault["when"], message = LOST): Fault => ({
  calls: 0,
  fails: (number) => number === call,
  when,
  message,
});

function faulty(database: Database, fault: Fault): Database {
  const binding = database.binding;
  const batch = async (statements: D1PreparedStatement[]) => {
    fault.calls += 1;
    const fails = fault.fails(fault.calls);
    if (fails && fault.when === "before") throw new Error(fault.message);
    const results = await binding.batch(statements);
    if (fails) throw new Error(fault.message);
    return results;
  };
  const wrapped = { prepare: binding.prepare.bind(binding), batch } as unknown as D1Database;
  return { ...database, binding: wrapped };
}

/** Every database of these dependencies, under one count. */
export function withFault(deps: Deps, fault: Fault): Deps {
  return {
    ...deps,
    control: faulty(deps.control, fault),
    shard(name) {
      const shard = deps.shard(name);
      return shard && faulty(shard, fault);
    },
    pause: () => Promise.resolve(),
  };
}
