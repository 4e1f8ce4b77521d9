#!/usr/bin/env node
/**
 * Stands in for wrangler before an account of Cloudflare: knows the commands that a deployment uses, keeps the
 * account in a file, and notes every call. FAKE_FAIL=N,before or N,after
 * makes call N fail before or after its effect; so does the name of a command in place of N.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const file = process.env.FAKE_ACCOUNT;
const account = existsSync(file)
  ? JSON.parse(readFileSync(file, "utf8"))
  : { databases: [], queues: [], migrated: [], secrets: {}, deployments: [], calls: [] };
const args = process.argv.slice(2);
const flag = (name) => args[args.indexOf(name) + 1];
const words = args.slice(
  0,
  args.findIndex((arg) => arg.startsWith("--")),
);
account.calls.push(words.join(" ") + (args.includes("--dry-run") ? " dry" : ""));
const [failing, when] = (process.env.FAKE_FAIL ?? "").split(",");
const save = () => writeFileSync(file, JSON.stringify(account));
const refuse = (text) => {
  save();
  process.stderr.write(`✘ [ERROR] ${text}\n`);
  process.exit(1);
};
const print = (value) =>
  process.stdout.write(`${typeof value === "string" ? value : JSON.stringify(value)}\n`);
const failsHere = [String(account.calls.length), account.calls.at(-1)].includes(failing);
if (failsHere && when === "before") refuse("A request to the Cloudflare API failed.");

const deployed = account.deployments.at(-1);
const commands = {
  whoami: () => (account.loggedOut ? refuse("Not logged in.") : print({ loggedIn: true })),
  "d1 list": () => print(account.databases),
  "d1 create": (name) => {
    if (account.databases.some((database) => database.name === name)) refuse(`${name} exists already`);
    account.databases.push({ name, uuid: `id-of-${name}` });
  },
  "d1 migrations apply": (binding) => {
    if (!readFileSync(flag("--config"), "utf8").includes("database_id")) refuse("no database_id");
    if (account.migrated.includes(binding)) print("✅ No migrations to apply!");
    else account.migrated.push(binding);
  },
  "queues info": (name) => {
    if (!account.queues.includes(name)) refuse(`Queue "${name}" does not exist. To create it, run: …`);
  },
  "queues create": (name) => {
    if (account.queues.includes(name)) refuse("exists already");
    account.queues.push(name);
  },
  "secret list": () => {
    if (deployed === undefined) refuse('Worker "vestibule" not found.\n\nIf this is a new Worker, …');
    print(Object.keys(account.secrets).map((name) => ({ name, type: "secret_text" })));
  },
  deploy: () => {
    if (args.includes("--dry-run")) {
      writeFileSync(path.join(flag("--outdir"), "index.js"), process.env.FAKE_BUNDLE ?? "bundle");
      return;
    }
    if (args.includes("--secrets-file")) {
      Object.assign(account.secrets, JSON.parse(readFileSync(flag("--secrets-file"), "utf8")));
    }
    for (const needed of ["TOKEN_SIGNING_KEY", "CONNECTOR_KEY"]) {
      if (!(needed in account.secrets)) refuse(`The following required secrets have not been set: ${needed}`);
    }
    account.deployments.push({ tag: flag("--tag"), secretsFile: flag("--secrets-file") });
    print("Deployed vestibule triggers\n  https://vestibule.example.workers.dev");
  },
  "deployments status": () => {
    if (deployed === undefined) refuse("The Worker vestibule has no deployments.");
    print({ versions: [{ version_id: String(account.deployments.length - 1), percentage: 100 }] });
  },
  "versions view": (id) => print({ annotations: { "workers/tag": account.deployments[Number(id)].tag } }),
  "email sending list": () => print(account.mail ?? "No sending domains."),
};
const name = Object.keys(commands).find((command) => `${words.join(" ")} `.startsWith(`${command} `));
if (name === undefined) refuse(`unknown command ${words.join(" ")}`);
commands[name](words.at(-1));
if (failsHere) refuse("The answer was lost.");
save();
