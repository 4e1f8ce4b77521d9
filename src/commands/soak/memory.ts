/**
 * What the runtime that holds the Worker keeps, once garbage is collected: asked over its inspector, in the
 * DevTools protocol. Without that its heaps grow for as long as nothing makes them collect. The process that
 * `wrangler dev` puts in front of it is no part of the gateway and is not counted.
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export type Memory = {
  /** Of the Worker's heap, in bytes; undefined when the inspector did not answer in time. */
  heap: number | undefined;
  /** Of the whole process, in bytes. */
  resident: number;
};
export type MemoryProbe = { collect(): Promise<Memory>; close(): void };

/** The Worker, among the parts that the local platform runs beside it. */
const workerTarget = "core:user:vestibule";
/** An isolate answers when it runs next: those of parts that nobody uses never do. */
const answerMs = 8_000;

export async function openMemoryProbe(ancestor: number): Promise<MemoryProbe> {
  for (const process of runtimesBelow(ancestor)) {
    const targets = await inspectorTargets(process);
    const worker = targets.find(({ id }) => id === workerTarget);
    if (worker === undefined) continue;
    const session = new Session(worker.webSocketDebuggerUrl);
    const others = targets
      .filter((target) => target !== worker)
      .map(({ webSocketDebuggerUrl }) => new Session(webSocketDebuggerUrl));
    return {
      async collect() {
        for (const other of others) void other.ask("HeapProfiler.collectGarbage");
        await session.ask("HeapProfiler.collectGarbage");
        const usage = (await session.ask("Runtime.getHeapUsage")) as { usedSize: number } | undefined;
        return { heap: usage?.usedSize, resident: 1_024 * Number(field(statusOf(process), "VmRSS")) };
      },
      close() {
        for (const each of [session, ...others]) each.close();
      },
    };
  }
  throw new Error("No runtime below the gateway tells of the Worker.");
}

/** One isolate's inspector. A connection that does not answer is given up, and the next question opens another. */
class Session {
  readonly #url: string;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  #connection: Promise<WebSocket> | undefined;
  #asked = 0;

  constructor(url: string) {
    this.#url = url;
  }

  /** The result; undefined when there is none in time. */
  async ask(method: string): Promise<unknown> {
    this.#asked += 1;
    const id = this.#asked;
    try {
      this.#connection ??= this.#connect();
      const socket = await this.#connection;
      const result = await new Promise((resolve) => {
        this.#waiting.set(id, resolve);
        setTimeout(resolve, answerMs, undefined).unref();
        socket.send(JSON.stringify({ id, method }));
      });
      if (result === undefined) this.close();
      return result;
    } catch {
      this.#connection = undefined;
      return undefined;
    } finally {
      this.#waiting.delete(id);
    }
  }

  #connect(): Promise<WebSocket> {
    const socket = new WebSocket(this.#url);
    socket.addEventListener("message", ({ data }) => {
      const { id, result, error } = JSON.parse(String(data)) as {
        id?: number;
        result?: unknown;
        error?: unknown;
      };
      if (id !== undefined) this.#waiting.get(id)?.(result ?? error);
    });
    return new Promise((resolve, reject) => {
      socket.addEventListener("open", () => resolve(socket));
      socket.addEventListener("error", () => reject(new Error(`No inspector at ${this.#url}.`)));
    });
  }

  close(): void {
    this.#connection?.then((socket) => socket.close()).catch(() => {});
    this.#connection = undefined;
  }
}

type Target = { id: string; webSocketDebuggerUrl: string };

async function inspectorTargets(process: number): Promise<Target[]> {
  for (const port of portsOf(process)) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/json`, { signal: AbortSignal.timeout(2_000) });
      const targets: unknown = await response.json();
      if (Array.isArray(targets)) return targets as Target[];
    } catch {
      // Another of its ports, which speaks of something else.
    }
  }
  return [];
}

/** Ports on which a process listens: its sockets, as the kernel's table names them. */
function portsOf(process: number): number[] {
  const own = new Set(
    readdirSync(`/proc/${process}/fd`).map((descriptor) => linkOf(`/proc/${process}/fd/${descriptor}`)),
  );
  const listening = "0A";
  return ["tcp", "tcp6"].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, "utf8")
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((columns) => columns[3] === listening && own.has(`socket:[${columns[9]}]`))
      .map((columns) => Number.parseInt(columns[1]?.split(":")[1] ?? "", 16)),
  );
}

/** Every workerd that descends from the process. */
function runtimesBelow(ancestor: number): number[] {
  const children = readFileSync(`/proc/${ancestor}/task/${ancestor}/children`, "utf8")
    .split(" ")
    .filter(Boolean);
  return children.map(Number).flatMap((child) => {
    const below = runtimesBelow(child);
    return field(statusOf(child), "Name") === "workerd" ? [child, ...below] : below;
  });
}

const statusOf = (process: number): string => readFileSync(`/proc/${process}/status`, "utf8");
const field = (status: string, name: string): string =>
  new RegExp(`^${name}:\\s*(\\S+)`, "m").exec(status)?.[1] ?? "";

function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    // Closed since it was listed.
    return "";
  }
}
