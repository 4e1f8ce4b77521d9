/** What a hundred times the people change. */
import { type Directory, freshName, person, seededId } from "./directory.ts";
import { type Figure, ms, type Sizes } from "./figures.ts";
import { latencies } from "./measure.ts";

/** Latency in a large organization beside the same in a small one. */
export async function acrossSizes(small: Directory, large: Directory, { rounds }: Sizes): Promise<Figure[]> {
  const operations = ({ scim, people }: Directory) => ({
    get: (index: number) => scim.call("GET", `/Users/${seededId(1 + ((index * 7_919) % people))}`),
    filter: (index: number) =>
      scim.call("GET", `/Users?filter=userName eq "seed-${1 + ((index * 7_919) % people)}"`),
    create: () => scim.call("POST", "/Users", person(freshName())),
  });
  const [few, many] = [operations(small), operations(large)];
  const figures: Figure[] = [];
  for (const name of ["get", "filter", "create"] as const) {
    const times = await latencies({ few: few[name], many: many[name] }, rounds);
    figures.push({
      name: `${name}: p50 at ${large.people} ÷ at ${small.people} users`,
      value: times.many.p50 / times.few.p50,
      unit: "×",
      goal: { at: "most", value: 1.2 },
      detail: `${ms(times.many.p50)} ÷ ${ms(times.few.p50)}; p99 ${ms(times.many.p99)} and ${ms(times.few.p99)}`,
    });
  }
  return figures;
}
