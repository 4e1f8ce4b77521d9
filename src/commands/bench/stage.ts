/** What the parts of a run share: one gateway and its large organizations, made when first asked for. */
import { type Directory, makeDirectory } from "./directory.ts";
import type { Sizes } from "./figures.ts";
import { type BenchGateway, startBenchGateway } from "./gateway.ts";

export type Stage = {
  sizes: Sizes;
  gateway(): Promise<BenchGateway>;
  /** The organization of that size which all parts may read and add to. */
  directory(people: number): Promise<Directory>;
  close(): Promise<void>;
};

export function stage(sizes: Sizes): Stage {
  let gateway: Promise<BenchGateway> | undefined;
  const directories = new Map<number, Promise<Directory>>();
  const shared: Stage = {
    sizes,
    gateway() {
      gateway ??= startBenchGateway();
      return gateway;
    },
    directory(people) {
      const made =
        directories.get(people) ?? shared.gateway().then(({ base }) => makeDirectory(base, people));
      directories.set(people, made);
      return made;
    },
    async close() {
      const running = gateway;
      gateway = undefined;
      directories.clear();
      await (await running?.catch(() => undefined))?.stop();
    },
  };
  return shared;
}
