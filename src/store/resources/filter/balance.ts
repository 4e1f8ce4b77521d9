/** SQLite refuses expressions deeper than 100, and reads `a OR b OR c …` as one level for each operand. */
import { type SQL, sql } from "drizzle-orm";

export type Tree = { readonly condition: SQL; readonly height: number };

/**
 * One condition of the least height: the two shallowest are joined first, so that a run of 200 comparisons costs
 * eight levels and a deep operand beside shallow ones only one.
 */
export function balanced(operator: "and" | "or", operands: readonly Tree[]): Tree {
  const joined = sql.raw(operator === "and" ? " AND " : " OR ");
  let trees = [...operands].sort((one, other) => one.height - other.height);
  for (let [first, second] = trees; first !== undefined && second !== undefined; [first, second] = trees) {
    const tree = {
      condition: sql`(${first.condition}${joined}${second.condition})`,
      height: Math.max(first.height, second.height) + 1,
    };
    const rest = trees.slice(2);
    const at = rest.findIndex(({ height }) => height >= tree.height);
    trees = at < 0 ? [...rest, tree] : [...rest.slice(0, at), tree, ...rest.slice(at)];
  }
  return trees[0] ?? { condition: sql`${sql.raw(operator === "and" ? "1" : "0")}`, height: 1 };
}
