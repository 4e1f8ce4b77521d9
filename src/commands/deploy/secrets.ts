/** Secrets that the Worker does not have yet. One that it has is never touched, and none is ever shown but one. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { connectorKey, operatorKey, signingKey } from "../keys.ts";
import { parsed, type Wrangler } from "./wrangler.ts";

const makers: Record<string, () => string> = {
  TOKEN_SIGNING_KEY: signingKey,
  CONNECTOR_KEY: connectorKey,
  OPERATOR_KEY: operatorKey,
};

/** Names of those that the Worker has. One that does not exist has none; any other failure must not look like that, or keys would be replaced. */
export async function presentSecrets(wrangler: Wrangler): Promise<string[]> {
  const listed = await wrangler.attempt("secret", "list", "--format", "json");
  if (listed.ok) {
    const secrets = parsed<{ name: string }[]>(listed.stdout, "secret list");
    return secrets.map(({ name }) => name);
  }
  if (/Worker "[^"]*"[^\n]* not found/.test(listed.text)) return [];
  throw new Error(`The secrets of the Worker cannot be listed:\n${listed.text.trim()}`);
}

export function makeSecrets(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => {
      const make = makers[name];
      if (make === undefined) throw new Error(`Put the secret yourself: npx wrangler secret put ${name}`);
      return [name, make()];
    }),
  );
}

/**
 * Hands secrets over in a file that nobody else can read and that is gone afterwards: they arrive with the very
 * version that needs them, so an attempt that fails has put none.
 */
export async function withSecretsFile<T>(
  secrets: Record<string, string>,
  work: (args: string[]) => Promise<T>,
): Promise<T> {
  if (Object.keys(secrets).length === 0) return work([]);
  const directory = mkdtempSync(path.join(tmpdir(), "vestibule-deploy-"));
  try {
    const file = path.join(directory, "secrets.json");
    writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 });
    return await work(["--secrets-file", file]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
