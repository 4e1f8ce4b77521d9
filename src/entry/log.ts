/** Structured logs: one JSON line per entry, which is what Workers Logs indexes. */
import type { LogEntry } from "../gateway/deps.ts";

export function log(entry: LogEntry): void {
  // biome-ignore lint/suspicious/noConsole: the platform collects logs from the console; this is the one place.
  console[entry.level](JSON.stringify(entry));
}
