/**
 * Sends one request at a steady rate, each on time whatever became of the one before. From a process of its own, so
 * that who sends much does not stop the clock of who measures.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { Agent, get } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export type Pace = { url: string; headers: Record<string, string>; perSecond: number; seconds: number };
export type Paced = {
  /** Milliseconds from when a request was due until its answer was there. */
  times: number[];
  statuses: Record<number, number>;
  failed: number;
};

export type Pacer = {
  send(pace: Pace): Promise<Paced>;
  stop(): void;
};

/** Connections at a time; requests beyond wait for one, and their clock runs. */
const socketsMax = 128;

/** Resolves when the process is up: starting it is no part of any measurement. */
export async function startPacer(): Promise<Pacer> {
  const child = fork(fileURLToPath(import.meta.url), { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  await message<"ready">(child);
  return {
    send(pace) {
      const paced = message<Paced>(child);
      child.send(pace);
      return paced;
    },
    stop: () => child.disconnect(),
  };
}

async function message<T>(child: ChildProcess): Promise<T> {
  const over = new AbortController();
  const heard = once(child, "message", { signal: over.signal });
  const ended = once(child, "exit", { signal: over.signal }).then(([code]) => {
    throw new Error(`The process that sends requests ended with ${code}.`);
  });
  // Whichever did not come first is aborted below, and nobody is there to hear it.
  for (const one of [heard, ended]) one.catch(() => undefined);
  try {
    const [first] = (await Promise.race([heard, ended])) as [T];
    return first;
  } finally {
    over.abort();
  }
}

async function send({ url, headers, perSecond, seconds }: Pace): Promise<Paced> {
  const agent = new Agent({ keepAlive: true, maxSockets: socketsMax });
  const paced: Paced = { times: [], statuses: {}, failed: 0 };
  const one = (dueAt: number) =>
    new Promise<void>((resolve) => {
      const request = get(url, { agent, headers }, (response) => {
        const status = response.statusCode ?? 0;
        paced.statuses[status] = (paced.statuses[status] ?? 0) + 1;
        response.resume().once("close", () => {
          paced.times.push(performance.now() - dueAt);
          resolve();
        });
      });
      request.once("error", () => {
        paced.failed += 1;
        resolve();
      });
    });
  const under: Promise<void>[] = [];
  const startedAt = performance.now();
  for (let sent = 0; sent < perSecond * seconds; sent += 1) {
    const dueAt = startedAt + (sent * 1_000) / perSecond;
    const wait = dueAt - performance.now();
    // A timer is a little late by itself, which is no time of the gateway's.
    if (wait > 0) await pause(wait);
    under.push(one(wait > 0 ? performance.now() : dueAt));
  }
  await Promise.all(under);
  agent.destroy();
  return paced;
}

if (import.meta.main) {
  process.on("message", async (pace: Pace) => process.send?.(await send(pace)));
  process.send?.("ready");
}
