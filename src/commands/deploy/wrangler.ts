/** Runs wrangler against the account it is logged in to, without questions. */
import { spawn } from "node:child_process";

export type Finished = { ok: boolean; stdout: string; text: string };

export type Wrangler = {
  /** Whatever comes of it. */
  attempt(...args: string[]): Promise<Finished>;
  /** What it wrote to stdout. @throws with everything it wrote unless it succeeds */
  run(...args: string[]): Promise<string>;
};

/** What a command answers with `--json`. @throws when it says something else */
export function parsed<T>(stdout: string, what: string): T {
  try {
    return JSON.parse(stdout) as T;
  } catch {
    throw new Error(`wrangler ${what} answered with something else than JSON:\n${stdout.slice(0, 400)}`);
  }
}

/** @param configuration path of the configuration file */
export function wranglerWith(configuration: string): Wrangler {
  const attempt = (...args: string[]) => execute([...args, "--config", configuration]);
  return {
    attempt,
    async run(...args) {
      const { ok, stdout, text } = await attempt(...args);
      if (!ok) throw new Error(`wrangler ${args.join(" ")} failed:\n${text.trim()}`);
      return stdout;
    },
  };
}

/** The one that npm puts before everything else on the path is this project's own. */
function execute(args: readonly string[]): Promise<Finished> {
  const child = spawn("wrangler", args, {
    stdio: ["ignore", "pipe", "pipe"],
    // npm's programs are shell scripts there.
    shell: process.platform === "win32",
    // `CI` answers every question with its default.
    env: { ...process.env, CI: "1", WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true" },
  });
  let [stdout, text] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
    text += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ ok: code === 0, stdout, text }));
  });
}
