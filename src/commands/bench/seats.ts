/** More first provisionings at once than there are licenses. */
import { inParallel } from "../client/http.ts";
import { backgroundWork } from "./background-work.ts";
import { type Directory, freshName, person } from "./directory.ts";
import type { Figure, Sizes } from "./figures.ts";

/** More people at once than there are seats. */
export async function seats(base: string, directory: Directory, { seats: count }: Sizes): Promise<Figure[]> {
  const { admin, scim } = directory;
  const people = Math.ceil((count * 4) / 3);
  await admin.purchase("read_only", count);
  await admin.settled();
  await backgroundWork(base);
  const startedAt = performance.now();
  await inParallel(Array.from({ length: people }), 50, async () => {
    await scim.call("POST", "/Users", person(freshName()));
  });
  await admin.settled(120_000);
  const seconds = (performance.now() - startedAt) / 1000;
  const pool = (await admin.licenseTypes()).find(({ code }) => code === "read_only");
  const waiting = (pool?.waiting.unlicensed ?? 0) + (pool?.waiting.upgrade ?? 0);
  return [
    {
      name: `${people} first provisionings on ${count} seats: assigned`,
      value: pool?.assigned ?? 0,
      unit: "",
      goal: { at: "least", value: count },
      detail: `${waiting} wait, of ${people - count} expected; ${seconds.toFixed(1)} s`,
    },
    {
      name: "… D1 batches of the allocator",
      value: (await backgroundWork(base)).allocator.batches,
      unit: "",
      goal: { at: "most", value: 20 },
    },
  ];
}
