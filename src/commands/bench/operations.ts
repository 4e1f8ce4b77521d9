/** Every operation of SCIM in organizations of three sizes: throughput, latency, and what it costs in D1. */
import { type Directory, makeGroup } from "./directory.ts";
import type { Figure, Report, Sizes } from "./figures.ts";
import { type Load, loads } from "./measure.ts";
import { type ScimOperation, scimOperations } from "./scim-operations.ts";
import { type Spent, spent, within } from "./spent.ts";

type Measured = {
  operation: string;
  budget?: Spent;
  bySize: { people: number; load: Load; cost: Spent }[];
};

const width = 8;

/** @param directories from the smallest to the largest */
export async function operations(
  base: string,
  directories: readonly Directory[],
  { slices }: Sizes,
): Promise<Report> {
  const sets: ScimOperation[][] = [];
  for (const directory of directories) {
    sets.push(scimOperations(directory, await makeGroup(base, directory, "Operations", 10)));
  }
  const measured: Measured[] = [];
  for (const [place, { name, budget }] of (sets[0] ?? []).entries()) {
    const costs: Spent[] = [];
    // Twice: the first request of a kind may do what is done once in an hour.
    for (const set of sets) {
      await set[place]?.send(0);
      costs.push(spent(await orFail(set[place]?.send(1))));
    }
    const bySize = Object.fromEntries(
      sets.map((set, size) => [String(size), (index: number) => orFail(set[place]?.send(index + 2))]),
    );
    const load = await loads(bySize, { slices: Math.min(slices, 4), perSlice: 40, width });
    measured.push({
      operation: name,
      ...(budget === undefined ? {} : { budget }),
      bySize: directories.map(({ people }, size) => ({
        people,
        load: load[String(size)] as Load,
        cost: costs[size] as Spent,
      })),
    });
  }
  return {
    figures: [budgetsHeld(measured)],
    table: { head: head(directories), rows: measured.map(row) },
    details: { operations: measured },
  };
}

async function orFail<T>(answer: Promise<T> | undefined): Promise<T> {
  if (answer === undefined) throw new Error("The organizations have different operations.");
  return answer;
}

const isHeld = ({ budget, bySize }: Measured): boolean =>
  budget === undefined || bySize.every(({ cost }) => within(cost, budget));

function budgetsHeld(measured: readonly Measured[]): Figure {
  const over = measured.filter((operation) => !isHeld(operation)).map(({ operation }) => operation);
  return {
    name: "SCIM operations over their budget of trips and rows",
    value: over.length,
    unit: "",
    goal: { at: "most", value: 0 },
    detail: over.join(", "),
  };
}

const head = (directories: readonly Directory[]): string[] => [
  "operation",
  ...directories.flatMap(({ people }) => [`${people} users: /s`, "p50 ms", "p99 ms"]),
  "trips",
  "rows read",
  "written",
  "budget",
];

function row(measured: Measured): string[] {
  const { operation, budget, bySize } = measured;
  const most = (part: keyof Spent): string => String(Math.max(...bySize.map(({ cost }) => cost[part])));
  return [
    operation,
    ...bySize.flatMap(({ load }) => [load.perSecond.toFixed(0), load.p50.toFixed(1), load.p99.toFixed(1)]),
    most("trips"),
    most("read"),
    most("written"),
    budget === undefined
      ? ""
      : `${budget.trips}/${budget.read}/${budget.written} ${isHeld(measured) ? "held" : "EXCEEDED"}`,
  ];
}
