/** Operations beside bare routes that do the same in D1. */
import { expectStatus, send } from "../client/http.ts";
import { type Directory, floor, freshName, person, seededId } from "./directory.ts";
import { type Figure, ms, type Sizes } from "./figures.ts";
import { type Load, loads, timesAsFast } from "./measure.ts";

const width = 16;
const per = ({ perSecond }: Load): string => `${perSecond.toFixed(0)}/s`;

/** The same in processor time, which other work on the machine hardly touches. */
const processor = (real: Load, bare: Load): string =>
  real.cpuMs === undefined || bare.cpuMs === undefined
    ? ""
    : `; in processor time ${(bare.cpuMs / real.cpuMs).toFixed(2)}×, ${ms(bare.cpuMs)} ÷ ${ms(real.cpuMs)}`;

/** Throughput of creating, getting and filtering beside bare routes that do the same in D1. */
export async function againstFloors(base: string, directory: Directory, sizes: Sizes): Promise<Figure[]> {
  const { scim, shard, tenantNo, people } = directory;
  await floor(base, `/prepare/${shard}`);
  const someone = (index: number): number => 1 + ((index * 7_919) % people);
  const get = async (path: string) =>
    expectStatus(path, await send(`${base}/floor/get/${shard}/${tenantNo}/${path}`), 200);
  const rates = await loads(
    {
      create: () => scim.call("POST", "/Users", person(freshName())),
      createFloor: () => floor(base, `/create/${shard}`, person(freshName())),
      get: (index) => scim.call("GET", `/Users/${seededId(someone(index))}`),
      getFloor: (index) => get(seededId(someone(index))),
      filter: (index) => scim.call("GET", `/Users?filter=userName eq "seed-${someone(index)}"`),
      filterFloor: (index) => get(`seed-${someone(index)}?by=name`),
    },
    { ...sizes, width },
  );
  const row = (name: string, real: Load, bare: Load, least: number): Figure => ({
    name: `${name} ÷ floor, throughput`,
    value: timesAsFast(real, bare),
    unit: "×",
    goal: { at: "least", value: least },
    detail: `${per(real)} ÷ ${per(bare)}${processor(real, bare)}`,
  });
  return [
    row("POST /Users", rates.create, rates.createFloor, 0.75),
    row("GET /Users/{id}", rates.get, rates.getFloor, 0.8),
    row("GET ?filter=userName eq", rates.filter, rates.filterFloor, 0.8),
  ];
}
