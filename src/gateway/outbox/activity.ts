/** Whether anything of the tenant is still to be done. D1 holds the answer, so it is right after every commit. */
import { type Row, read } from "../../store/database.ts";
import { tenantFence } from "../../store/fence.ts";
import { selectOpenRows } from "../../store/sweep.ts";
import type { Admin } from "../admin.ts";
import { done, type Outcome } from "../problem.ts";

export type Activity = {
  idle: boolean;
  openOutboxRows: number;
  /** Runs of links that have chunks left. */
  undoneChunks: number;
  /** License decisions that are still to be taken, by open row. */
  undecidedAccounts: number;
  /** Rows that failed too often and wait for an administrator. */
  deadRows: number;
};

const total = (rows: readonly Row[], ...kinds: string[]): number =>
  rows
    .filter((row) => kinds.length === 0 || kinds.includes(String(row["kind"])))
    .reduce((sum, row) => sum + Number(row["count"]), 0);

export async function activity({ scope }: Admin): Promise<Outcome<Activity>> {
  const [, open = [], dead = []] = await read(scope.shard, [tenantFence(scope), ...selectOpenRows(scope)]);
  return done({
    idle: total(open) === 0,
    openOutboxRows: total(open),
    undoneChunks: total(open, "link"),
    undecidedAccounts: total(open, "license"),
    deadRows: total(dead),
  });
}
