/** The parts of a run: each measures by itself and gives rows of the table. */
import { costs } from "./costs.ts";
import { makeDirectory } from "./directory.ts";
import { fairness } from "./fairness.ts";
import type { Figure, Report } from "./figures.ts";
import { againstFloors } from "./floors.ts";
import { linking } from "./linking.ts";
import { oneMember } from "./members.ts";
import { operations } from "./operations.ts";
import { peers } from "./peers.ts";
import { scale } from "./scale.ts";
import { seats } from "./seats.ts";
import { acrossSizes } from "./sizes.ts";
import type { Stage } from "./stage.ts";
import { start } from "./start.ts";

type Part = (stage: Stage) => Promise<readonly Figure[] | Report>;

/** In the order in which they run. */
const parts: ReadonlyMap<string, Part> = new Map<string, Part>([
  ["start", async (stage) => start((await stage.gateway()).startMs)],
  [
    "costs",
    async (stage) => {
      const { base } = await stage.gateway();
      return costs(base, await makeDirectory(base, 1));
    },
  ],
  [
    "floors",
    async (stage) =>
      againstFloors((await stage.gateway()).base, await stage.directory(stage.sizes.fewUsers), stage.sizes),
  ],
  [
    "sizes",
    async (stage) =>
      acrossSizes(
        await stage.directory(stage.sizes.fewUsers),
        await stage.directory(stage.sizes.users),
        stage.sizes,
      ),
  ],
  [
    "operations",
    async (stage) => {
      const { base } = await stage.gateway();
      const { fewUsers, someUsers, users } = stage.sizes;
      return operations(
        base,
        [await stage.directory(fewUsers), await stage.directory(someUsers), await stage.directory(users)],
        stage.sizes,
      );
    },
  ],
  [
    "members",
    async (stage) =>
      oneMember((await stage.gateway()).base, await stage.directory(stage.sizes.users), stage.sizes),
  ],
  [
    "seats",
    async (stage) => {
      const { base } = await stage.gateway();
      return seats(base, await makeDirectory(base, 1), stage.sizes);
    },
  ],
  [
    "linking",
    async (stage) => {
      const { base } = await stage.gateway();
      return linking(base, await makeDirectory(base, stage.sizes.group), stage.sizes);
    },
  ],
  ["scale", async (stage) => scale((await stage.gateway()).base, stage.sizes)],
  ["peers", async (stage) => peers(await stage.directory(stage.sizes.fewUsers), stage.sizes)],
  // A gateway of its own; the other one would take part of the machine, so it ends first.
  [
    "fairness",
    async (stage) => {
      await stage.close();
      return fairness();
    },
  ],
]);

/** @param names separated by commas; all parts when absent */
export function chosenParts(names: string | undefined): readonly (readonly [string, Part])[] {
  const chosen = names?.split(",").map((name) => name.trim());
  const unknown = chosen?.find((name) => !parts.has(name));
  if (unknown !== undefined)
    throw new Error(`--only: there is no part "${unknown}", only ${[...parts.keys()].join(", ")}.`);
  return [...parts].filter(([name]) => chosen === undefined || chosen.includes(name));
}
