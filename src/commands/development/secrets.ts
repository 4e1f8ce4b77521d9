/** The file of development secrets that `wrangler dev` reads: made once, never touched again. */
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { connectorKey, operatorKey, signingKey } from "../keys.ts";

function fileText(): string {
  return [
    "# Made by `npm start` for this machine. Not for production: see .dev.vars.example.",
    // Single quotes: the value is JSON, and the file's grammar would end a bare one at a quote sign.
    `TOKEN_SIGNING_KEY='${signingKey()}'`,
    `CONNECTOR_KEY=${connectorKey()}`,
    'MAIL_FROM="Vestibule <no-reply@localhost.localdomain>"',
    "MAIL_CAPTURE=1",
    "SERVER_TIMING=1",
    "SWEEP_SECONDS=5",
    "RATE_LIMIT_SCALE=100",
    "ALLOW_LOOPBACK_CONNECTORS=1",
    `OPERATOR_KEY=${operatorKey()}`,
    "",
  ].join("\n");
}

/** Writes the file unless it exists; tells whether it did. Two starts at once cannot both write it. */
export function ensureSecrets(file: string): boolean {
  try {
    writeFileSync(file, fileText(), { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    completeSecrets(file);
    return false;
  }
}

/** A file of an earlier version lacks what came since. */
function completeSecrets(file: string): void {
  const text = readFileSync(file, "utf8");
  if (parseEnv(text)["CONNECTOR_KEY"] !== undefined) return;
  const lines = [
    ...(text.endsWith("\n") ? [] : [""]),
    `CONNECTOR_KEY=${connectorKey()}`,
    "ALLOW_LOOPBACK_CONNECTORS=1",
    "",
  ];
  appendFileSync(file, lines.join("\n"));
}

/** Settings that wrangler.toml must not name, so that no deployment can have them by accident. */
const developmentSettings = [
  "MAIL_CAPTURE",
  "SERVER_TIMING",
  "SWEEP_SECONDS",
  "RATE_LIMIT_SCALE",
  "ALLOW_LOOPBACK_CONNECTORS",
  "OPERATOR_KEY",
];

/**
 * The file's development settings as arguments of wrangler: of the file itself it hands the Worker only what
 * wrangler.toml names.
 */
export function settingArguments(file: string): string[] {
  const settings = parseEnv(readFileSync(file, "utf8"));
  return developmentSettings.flatMap((name) => {
    const value = settings[name];
    return value === undefined ? [] : ["--var", `${name}:${value}`];
  });
}
