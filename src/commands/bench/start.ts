/** What is there before the first request. */
import type { Figure } from "./figures.ts";
import { bundleBytes } from "./gateway.ts";

export async function start(startMs: number): Promise<Figure[]> {
  return [
    { name: "start of the gateway, on this machine", value: startMs / 1000, unit: "s" },
    {
      name: "Worker bundle, gzipped",
      value: (await bundleBytes()) / 1024,
      unit: "KB",
      goal: { at: "most", value: 250 },
    },
  ];
}
