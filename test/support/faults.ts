/**
 * D1 that fails when the test says so: before the statements reach it, or after they are committed. An operation's
 * calls are counted in a clean run; then it runs again for each of them, with that one lost in either way.
 */
import type { Deps } from "../../src/gateway/deps.ts";
import type { Database } from "../../src/store/database.ts";

export type Fault = {
  /** Calls of the databases so far, failed ones included. */
  calls: number;
  /** The calls that fail, counted from 1. */
  fails(call: number): boolean;
  when: "before" | "after";
  message: string;
  /** As D1 says, of the calls so far. */
  rowsWritten: number;
};

export const LOST = "D1_ERROR: Network connection lost.";
export const OVERLOADED = "D1_ERROR: D1 DB is overloaded. Requests queued for too long.";

const clean = { calls: 0, rowsWritten: 0, message: LOST, fails: (): boolean => false };

export const noFault = (): Fault => ({ ...clean, when: "before" });

/** The one call with this number fails. */
export const faultAt = (call: number, when: Fault["when"], message = LOST): Fault => ({
  ...clean,
  fails: (number) => number === call,
  when,
  message,
});

/** Every call from this number on fails. */
export const outageFrom = (call: number, when: Fault["when"], message = LOST): Fault => ({
  ...clean,
  fails: (number) => number >= call,
  when,
  message,
});

/** Each of so many calls, lost before and after its commit. */
export function* everyLoss(calls: number): Generator<{ call: number; when: Fault["when"]; name: string }> {
  for (let call = 1; call <= calls; call += 1) {
    for (const when of ["before", "after"] as const) {
      yield { call, when, name: `call ${call} of ${calls} lost ${when} its commit` };
    }
  }
}

function faulty(database: Database, fault: Fault): Database {
  return { ...database, binding: faultyBinding(database.binding, fault), pause: () => Promise.resolve() };
}

/** For doors that build their own dependencies. */
export function faultyBinding(binding: D1Database, fault: Fault): D1Database {
  const batch = async (statements: D1PreparedStatement[]) => {
    fault.calls += 1;
    const fails = fault.fails(fault.calls);
    if (fails && fault.when === "before") throw new Error(fault.message);
    const results = await binding.batch(statements);
    for (const { meta } of results) fault.rowsWritten += meta.rows_written;
    if (fails) throw new Error(fault.message);
    return results;
  };
  return { prepare: binding.prepare.bind(binding), batch } as unknown as D1Database;
}

/** Every database of these bindings, under one count. */
export const withFaultyBindings = (env: Env, fault: Fault): Env => ({
  ...env,
  CONTROL: faultyBinding(env.CONTROL, fault),
  SHARD_0: faultyBinding(env.SHARD_0, fault),
  SHARD_1: faultyBinding(env.SHARD_1, fault),
});

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

/** Storage of a Durable Object under one count of its asynchronous calls. */
export const faultyStorage = (storage: DurableObjectStorage, fault: Fault): DurableObjectStorage =>
  new Proxy(storage, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return async (...parameters: unknown[]) => {
        fault.calls += 1;
        const fails = fault.fails(fault.calls);
        if (fails && fault.when === "before") throw new Error(fault.message);
        const result: unknown = await member.apply(target, parameters);
        if (fails) throw new Error(fault.message);
        return result;
      };
    },
  });
