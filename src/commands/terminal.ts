/** What the commands write: results and progress on stdout, errors on stderr with exit code 1. */

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function fail(error: unknown): never {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

export type Progress = { step(): void; end(): void };

/** A bar that redraws itself on a terminal; elsewhere one line when the work is done. */
export function progress(
  label: string,
  total: number,
  stream: NodeJS.WriteStream = process.stdout,
): Progress {
  const width = 30;
  const startedAt = performance.now();
  let done = 0;
  let shownAt = 0;
  const draw = () => {
    const filled = total === 0 ? width : Math.round((done / total) * width);
    const bar = "█".repeat(filled) + "░".repeat(width - filled);
    stream.write(`\r${label.padEnd(44)} ${bar} ${String(done).padStart(4)}/${total}`);
  };
  return {
    step() {
      done += 1;
      // Redrawn at most 20 times a second: a terminal is slower than the gateway.
      if (!stream.isTTY || performance.now() - shownAt < 50) return;
      shownAt = performance.now();
      draw();
    },
    end() {
      const seconds = `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
      if (stream.isTTY) {
        draw();
        stream.write(`  ${seconds}\n`);
      } else stream.write(`${label.padEnd(44)} ${done}/${total}  ${seconds}\n`);
    },
  };
}
