/**
 * `npm run deploy`: everything that the gateway needs on Cloudflare, and the gateway. What is there already is left
 * alone, so that a run that was interrupted is simply repeated, and a repeated one changes nothing.
 *
 *   npm run deploy -- --operator-key --config FILE
 *
 * `--operator-key` makes the operator's key, if there is none, and shows it.
 */
import path from "node:path";
import { parseArgs } from "node:util";
import { readConfiguration } from "./deploy/configuration.ts";
import { missingForMail } from "./deploy/mail.ts";
import { deployedTag, fingerprint } from "./deploy/release.ts";
import { ensureDatabases, ensureQueues, migrate } from "./deploy/resources.ts";
import { makeSecrets, presentSecrets, withSecretsFile } from "./deploy/secrets.ts";
import { type Wrangler, wranglerWith } from "./deploy/wrangler.ts";
import { projectDirectory } from "./development/wrangler.ts";
import { fail, say } from "./terminal.ts";

async function deploy(): Promise<void> {
  const { values } = parseArgs({
    options: {
      config: { type: "string", default: path.join(projectDirectory, "wrangler.toml") },
      "operator-key": { type: "boolean", default: false },
    },
  });
  const file = path.resolve(values.config);
  const configuration = readConfiguration(file);
  const wrangler = wranglerWith(file);
  await requireLogin(wrangler);
  const found = await ensureDatabases(wrangler, file, configuration);
  await ensureQueues(wrangler, configuration);
  // Before the code that needs them.
  await migrate(wrangler, configuration);
  const wanted = [...configuration.requiredSecrets, ...(values["operator-key"] ? ["OPERATOR_KEY"] : [])];
  const present = await presentSecrets(wrangler);
  const secrets = makeSecrets(wanted.filter((name) => !present.includes(name)));
  await release(wrangler, file, secrets);
  if ("CONNECTOR_KEY" in secrets && found > 0) say(resealed);
  if (secrets["OPERATOR_KEY"] !== undefined) say(`OPERATOR_KEY, shown only now: ${secrets["OPERATOR_KEY"]}`);
  else if (values["operator-key"]) say("OPERATOR_KEY: there, and not shown again");
  const mail = await missingForMail(wrangler, configuration.mailFrom);
  say(mail ?? `Mail is sent from ${configuration.mailFrom}`);
  if (configuration.databases.some(({ id }) => id === undefined))
    say("Commit wrangler.toml: it says from now on which databases are yours.");
}

const resealed =
  "CONNECTOR_KEY is newer than the databases: credentials of vaults that an older one sealed have to be entered again.";

async function requireLogin(wrangler: Wrangler): Promise<void> {
  const { ok, text } = await wrangler.attempt("whoami", "--json");
  if (!ok) throw new Error(`Log in first: npx wrangler login\n${text.trim()}`);
}

async function release(wrangler: Wrangler, file: string, secrets: Record<string, string>): Promise<void> {
  const tag = await fingerprint(wrangler, file);
  const made = Object.keys(secrets);
  if (made.length === 0 && (await deployedTag(wrangler)) === tag) return say("Worker: current");
  const output = await withSecretsFile(secrets, (args) => wrangler.run("deploy", "--tag", tag, ...args));
  for (const name of made) say(`Secret ${name}: made`);
  say(`Worker: deployed ${/https:\/\/\S+/.exec(output)?.[0] ?? ""}`.trim());
}

await deploy().catch(fail);
