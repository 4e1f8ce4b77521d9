/** The Worker itself: uploaded when what would be deployed is not what is deployed. */
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parsed, type Wrangler } from "./wrangler.ts";

/** Tells one bundle with its configuration from any other; it stands on the version as its tag. */
export async function fingerprint(wrangler: Wrangler, configuration: string): Promise<string> {
  const directory = mkdtempSync(path.join(tmpdir(), "vestibule-bundle-"));
  try {
    await wrangler.run("deploy", "--dry-run", "--outdir", directory);
    const hash = createHash("sha256").update(readFileSync(configuration));
    for (const name of readdirSync(directory).sort()) {
      if (name.endsWith(".js")) hash.update(name).update(readFileSync(path.join(directory, name)));
    }
    return hash.digest("hex").slice(0, 24);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

type Deployment = { versions?: { version_id: string; percentage: number }[] };
type Version = { annotations?: Record<string, string> };

/** The tag of the one version that gets all requests; undefined when there is none, or it cannot be told. */
export async function deployedTag(wrangler: Wrangler): Promise<string | undefined> {
  const status = await wrangler.attempt("deployments", "status", "--json");
  if (!status.ok) return undefined;
  const { versions = [] } = parsed<Deployment>(status.stdout, "deployments status");
  const [only, ...others] = versions;
  if (only === undefined || others.length > 0) return undefined;
  const version = await wrangler.attempt("versions", "view", only.version_id, "--json");
  if (!version.ok) return undefined;
  return parsed<Version>(version.stdout, "versions view").annotations?.["workers/tag"];
}
