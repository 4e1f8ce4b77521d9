/** What is there before the first request: size of the Worker, and what it does when it starts. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Figure } from "./figures.ts";
import { bundleBytes, runWrangler } from "./gateway.ts";

/** The platform ends a Worker whose start takes longer (Workers, "Limits"). */
const startLimitMs = 1_000;

const profiles = 3;

type Profile = {
  nodes: { id: number; callFrame: { functionName: string } }[];
  samples: number[];
  timeDeltas: number[];
};

export async function start(startMs: number): Promise<Figure[]> {
  const times: number[] = [];
  for (let run = 0; run < profiles; run += 1) times.push(await startupMs());
  return [
    { name: "start of the gateway, on this machine", value: startMs / 1000, unit: "s" },
    {
      name: "evaluating the Worker: busy time of its start",
      value: Math.min(...times),
      unit: "ms",
      goal: { at: "most", value: startLimitMs },
      detail: `least of ${profiles} profiles, garbage collection included`,
    },
    {
      name: "Worker bundle, gzipped",
      value: (await bundleBytes()) / 1024,
      unit: "KB",
      goal: { at: "most", value: 250 },
    },
  ];
}

/** Samples of the start-up profile that are not idle. */
async function startupMs(): Promise<number> {
  const directory = mkdtempSync(path.join(tmpdir(), "vestibule-startup-"));
  const file = path.join(directory, "startup.cpuprofile");
  try {
    await runWrangler(["check", "startup", "--outfile", file]);
    const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, "utf8")) as Profile;
    const idle = new Set(
      nodes.filter(({ callFrame }) => callFrame.functionName === "(idle)").map(({ id }) => id),
    );
    const busy = timeDeltas.filter((_, index) => !idle.has(samples[index] ?? -1));
    return busy.reduce((sum, delta) => sum + delta, 0) / 1000;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
