/**
 * Replays every transcript against a gateway that is running and captures mail, on both kinds of configuration:
 * `GATEWAY_URL=http://localhost:8787 node test/conformance/replay.ts [part of a path]`
 */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { stdout } from "node:process";
import type { ConfigurationType } from "../support/gateway.ts";
import { replay, type Transcript } from "../support/transcript.ts";

const base = process.env["GATEWAY_URL"] ?? "http://localhost:8787";
const wanted = process.argv[2] ?? "";
const directory = join(import.meta.dirname, "transcripts");
const kinds: ConfigurationType[] = ["entra_gallery", "other_scim"];
let failures = 0;

for (const path of globSync("**/*.json", { cwd: directory }).sort()) {
  if (!path.includes(wanted)) continue;
  const transcript = JSON.parse(readFileSync(join(directory, path), "utf8")) as Transcript;
  for (const kind of transcript.only === true ? [transcript.configuration] : kinds) {
    const differences = await replay({ base, door: (request) => fetch(request) }, transcript, kind);
    failures += differences.length === 0 ? 0 : 1;
    stdout.write(`${differences.length === 0 ? "ok  " : "FAIL"} ${path} (${kind}): ${transcript.title}\n`);
    for (const difference of differences) stdout.write(`     ${difference}\n`);
  }
}
stdout.write(failures === 0 ? "All replayed.\n" : `${failures} failed.\n`);
process.exitCode = failures === 0 ? 0 : 1;
