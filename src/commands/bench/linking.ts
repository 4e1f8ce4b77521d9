/** A large group on its way into a vault. */
import { expectStatus, send } from "../client/http.ts";
import { type Directory, floor, makeGroup } from "./directory.ts";
import type { Figure, Sizes } from "./figures.ts";

/** A large group into a vault beside bare insertion of the same rows. */
export async function linking(base: string, directory: Directory, { group }: Sizes): Promise<Figure[]> {
  const { admin, shard, tenantNo } = directory;
  const groupId = await makeGroup(base, directory, "Linked", Math.min(group, directory.people));
  const { id: vaultId } = await admin.createVault("Bench");
  await admin.settled(120_000);
  const count = async () =>
    expectStatus("count", await send(`${base}/floor/count/${shard}/${tenantNo}`), 200).body as Record<
      string,
      number
    >;
  const before = await count();
  const startedAt = performance.now();
  await admin.link({ groupId, vaultId, newVaultGroupName: "Bench" });
  await admin.settled(600_000);
  const linkedMs = performance.now() - startedAt;
  const after = await count();
  const rows = Object.keys(after).map((table) => (after[table] ?? 0) - (before[table] ?? 0));
  const bareAt = performance.now();
  for (let from = 1; from <= group; from += 1_000) {
    await floor(base, `/link/${shard}/${from}/${Math.min(from + 999, group)}`);
  }
  const bareMs = performance.now() - bareAt;
  // The floor writes four rows for each person; what linking writes may be another number.
  const written = rows.reduce((sum, number) => sum + number, 0);
  const scaledMs = (bareMs * written) / (4 * group);
  return [
    {
      name: `linking a group of ${group} ÷ bare insertion`,
      value: linkedMs / scaledMs,
      unit: "×",
      goal: { at: "most", value: 3 },
      detail: `${(linkedMs / 1000).toFixed(1)} s for ${written} rows ÷ ${(scaledMs / 1000).toFixed(1)} s`,
    },
  ];
}
