/** A headless Chromium that comes with `npm ci`; where none is packaged, the machine's own Chrome. */
import { spawnSync } from "node:child_process";
import { type Browser, chromium } from "playwright-core";

/** Nothing but the gateway is asked for anything. */
const quiet = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
];

export async function launchBrowser(): Promise<Browser> {
  if (process.platform !== "linux" || process.arch !== "x64") {
    return chromium.launch({ channel: "chrome", args: quiet });
  }
  // Read on import: with this set the package brings its own copies of two libraries that small images lack.
  if (!systemHasLibraries()) process.env["AWS_EXECUTION_ENV"] = "AWS_Lambda_nodejs22.x";
  const { default: packaged } = await import("@sparticuz/chromium");
  return chromium.launch({ executablePath: await packaged.executablePath(), args: quiet });
}

function systemHasLibraries(): boolean {
  const { stdout } = spawnSync("/sbin/ldconfig", ["-p"], { encoding: "utf8" });
  return ["libnss3.so", "libnspr4.so"].every((library) => (stdout ?? "").includes(library));
}
