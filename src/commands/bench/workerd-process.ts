/** What the workerd below this process uses, as Linux tells it; elsewhere nothing is known. */
import { existsSync, readdirSync, readFileSync } from "node:fs";

export type Usage = { cpuMs: number; residentMb: number };

/** Linux counts processor time in hundredths of a second. */
const tickMs = 10;

function children(pid: number): number[] {
  const tasks = `/proc/${pid}/task`;
  if (!existsSync(tasks)) return [];
  return readdirSync(tasks).flatMap((task) =>
    readFileSync(`${tasks}/${task}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number),
  );
}

function descendants(pid: number): number[] {
  return children(pid).flatMap((child) => [child, ...descendants(child)]);
}

/** The greatest, where there are several: one workerd of wrangler runs the gateway, the others only serve it. */
export function workerdUsage(): Usage | undefined {
  const all = descendants(process.pid).flatMap((pid) => {
    try {
      return readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "workerd" ? [usageOf(pid)] : [];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
  return all.toSorted((left, right) => right.residentMb - left.residentMb)[0];
}

function usageOf(pid: number): Usage {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  const resident = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return {
    cpuMs: (Number(fields[11]) + Number(fields[12])) * tickMs,
    residentMb: Number(resident) / 1024,
  };
}

/** The most memory it has while something is done, looked at ten times a second. */
export async function mostResidentMb(work: () => Promise<void>): Promise<number | undefined> {
  let most = workerdUsage()?.residentMb;
  const timer = setInterval(() => {
    const now = workerdUsage()?.residentMb;
    if (now !== undefined && most !== undefined) most = Math.max(most, now);
  }, 100);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return most;
}
