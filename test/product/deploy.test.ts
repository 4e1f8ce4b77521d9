/** `npm run deploy` before an account that a program on the path plays: what is created, once, and in which order. */
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { projectDirectory } from "../../src/commands/development/wrangler.ts";

type Account = {
  databases: { name: string; uuid: string }[];
  queues: string[];
  migrated: string[];
  secrets: Record<string, string>;
  deployments: { tag: string; secretsFile?: string }[];
  calls: string[];
};

let directory: string;
let configuration: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "vestibule-deploy-test-"));
  configuration = path.join(directory, "wrangler.toml");
  copyFileSync(path.join(projectDirectory, "wrangler.toml"), configuration);
  symlinkSync(path.join(import.meta.dirname, "support/fake-wrangler.mjs"), path.join(directory, "wrangler"));
});
afterEach(() => rmSync(directory, { recursive: true }));

function deploy(more: { fail?: string; bundle?: string; args?: string[] } = {}) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(projectDirectory, "src/commands/deploy.ts"), "--config", configuration, ...(more.args ?? [])],
    {
      encoding: "utf8",
      env: {
        ...process.env,
        PATH: `${directory}${path.delimiter}${process.env["PATH"]}`,
        FAKE_ACCOUNT: path.join(directory, "account.json"),
        FAKE_FAIL: more.fail ?? "",
        FAKE_BUNDLE: more.bundle ?? "bundle",
      },
    },
  );
  return { status, stdout, stderr };
}
const account = (): Account =>
  JSON.parse(readFileSync(path.join(directory, "account.json"), "utf8")) as Account;
const change = (changed: object) =>
  writeFileSync(path.join(directory, "account.json"), JSON.stringify({ ...account(), ...changed }));
const settings = () => readFileSync(configuration, "utf8");

const databases = ["vestibule-control", "vestibule-shard-0", "vestibule-shard-1"];
const queues = ["vestibule-propagation", "vestibule-propagation-dead"];

function expectWhole(): void {
  const made = account();
  expect(made.databases.map(({ name }) => name)).toEqual(databases);
  expect(made.queues).toEqual(queues);
  expect(made.migrated).toEqual(["CONTROL", "SHARD_0", "SHARD_1"]);
  for (const name of databases) expect(settings().split(`database_id = "id-of-${name}"`)).toHaveLength(2);
  expect(Object.keys(made.secrets).sort()).toEqual(["CONNECTOR_KEY", "TOKEN_SIGNING_KEY"]);
}

it("creates databases, queues, keys and the Worker; a second run changes nothing", () => {
  const first = deploy();
  expect([first.status, first.stderr]).toEqual([0, ""]);
  expectWhole();
  expect(first.stdout).toContain("Worker: deployed https://vestibule.example.workers.dev");
  expect(first.stdout).toContain("npx wrangler email sending enable your.domain");
  const { secrets, deployments, calls } = account();
  expect(JSON.parse(secrets["TOKEN_SIGNING_KEY"] ?? "")).toMatchObject({
    kty: "EC",
    crv: "P-256",
    alg: "ES256",
  });
  expect(Buffer.from(secrets["CONNECTOR_KEY"] ?? "", "base64")).toHaveLength(32);
  for (const secret of Object.values(secrets)) expect(first.stdout).not.toContain(secret);
  // The file with the keys is gone.
  expect(existsSync(deployments[0]?.secretsFile ?? "/")).toBe(false);
  expect(calls.indexOf("d1 migrations apply SHARD_1")).toBeLessThan(calls.indexOf("deploy"));
  // What runs on this machine keeps its databases.
  for (const binding of ["CONTROL", "SHARD_0", "SHARD_1"])
    expect(settings()).toContain(`preview_database_id = "${binding}"`);

  const before = { ...account(), calls: [] };
  const written = settings();
  const second = deploy();
  expect([second.status, second.stderr]).toEqual([0, ""]);
  expect({ ...account(), calls: [] }).toEqual(before);
  expect(settings()).toBe(written);
  expect(account().calls.slice(calls.length)).not.toContain("deploy");
  expect(second.stdout).toContain("Worker: current");

  const third = deploy({ bundle: "another" });
  expect(third.stdout).toContain("Worker: deployed");
  expect(account().secrets).toEqual(secrets);
  expect(account().deployments).toHaveLength(2);
});

it.each([
  ["d1 create vestibule-shard-0,before", 1],
  ["d1 create vestibule-shard-0,after", 0],
  ["queues create vestibule-propagation-dead,after", 0],
  ["d1 migrations apply SHARD_1,after", 0],
  ["deploy,before", 0],
  ["deploy,after", 0],
])("goes on after a failure at %s, and creates nothing twice", (fail, repeated) => {
  const failed = deploy({ fail });
  expect([failed.status, failed.stderr]).toEqual([1, expect.stringContaining("failed:")]);
  const keys = { ...account().secrets };
  const again = deploy();
  expect([again.status, again.stderr]).toEqual([0, ""]);
  expectWhole();
  expect(account().secrets).toMatchObject(keys);
  expect(account().deployments).toHaveLength(1);
  const made = account().calls.filter((call) => / create /.test(call));
  expect(made.length - new Set(made).size).toBe(repeated);
});

it("never takes a failure for the absence of secrets, nor another account for an empty one", () => {
  deploy();
  const { secrets } = account();
  const failed = deploy({ fail: "secret list,before" });
  expect([failed.status, failed.stderr]).toEqual([
    1,
    expect.stringContaining("The secrets of the Worker cannot be listed"),
  ]);
  expect(deploy({ fail: "queues info vestibule-propagation,before" }).status).toBe(1);
  expect(account().secrets).toEqual(secrets);
  change({ databases: [] });
  const foreign = deploy();
  expect([foreign.status, foreign.stderr]).toEqual([1, expect.stringContaining("Is it the right account?")]);
  expect(account().databases).toEqual([]);
  change({ loggedOut: true });
  expect(deploy().stderr).toContain("npx wrangler login");
});

it("makes the operator's key when asked, shows it once, and says when mail works", () => {
  writeFileSync(
    configuration,
    settings().replace('MAIL_FROM = ""', 'MAIL_FROM = "Vestibule <no-reply@mail.example.com>"'),
  );
  const first = deploy({ args: ["--operator-key"] });
  const key = account().secrets["OPERATOR_KEY"] ?? "none";
  expect(first.stdout).toContain(`OPERATOR_KEY, shown only now: ${key}`);
  expect(first.stdout).toContain("npx wrangler email sending enable mail.example.com");
  change({ mail: "mail.example.com  enabled" });
  const second = deploy({ args: ["--operator-key"] });
  expect(account().secrets["OPERATOR_KEY"]).toBe(key);
  expect(second.stdout).not.toContain(key);
  expect(second.stdout).toContain("Mail is sent from Vestibule <no-reply@mail.example.com>");
});
