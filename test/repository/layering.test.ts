/** Canaries: a rule that reports nothing is worth nothing, so each is shown a violation and must report it. */
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");

/** The project's own rules, applied to a tree of canaries. */
function lintTree(rule: string, files: ReadonlyMap<string, string>): ReadonlySet<string> {
  const tree = mkdtempSync(join(tmpdir(), "vestibule-lint-"));
  try {
    copyFileSync(join(root, "biome.json"), join(tree, "biome.json"));
    for (const [path, source] of files) {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      writeFileSync(join(tree, path), source);
    }
    const options = ["lint", "--vcs-enabled=false", "--reporter=json", "--max-diagnostics=none"];
    const { stdout } = spawnSync("biome", options, { cwd: tree, encoding: "utf8" });
    const { diagnostics } = JSON.parse(stdout) as Report;
    const broken = diagnostics.filter(({ category }) => category === `lint/${rule}`);
    return new Set(broken.map(({ location }) => location.path.replace(`${tree}/`, "")));
  } finally {
    rmSync(tree, { recursive: true });
  }
}

type Report = { diagnostics: { category: string; location: { path: string } }[] };

const forbidden: [layer: string, statement: string][] = [
  ["scim", 'import "../store/database.ts";'],
  ["scim", 'import "hono";'],
  ["scim/patch", 'import "../../gateway/deps.ts";'],
  ["domain", 'import "../store/database.ts";'],
  ["domain", 'import "zod";'],
  ["store", 'import "../gateway/deps.ts";'],
  ["store/resources/filter", 'import "../../../gateway/deps.ts";'],
  ["gateway/scim", 'import "../../http/app.ts";'],
  ["store", 'import "hono";'],
  ["upstream", 'import "../store/database.ts";'],
  ["upstream", 'import "../gateway/deps.ts";'],
  ["upstream", 'import "hono";'],
  ["scim", 'import "../upstream/scim-client.ts";'],
  ["store", 'import "../upstream/scim-client.ts";'],
  ["http", 'import "../upstream/scim-client.ts";'],
  ["gateway", 'import "drizzle-orm";'],
  ["gateway", 'import "../http/app.ts";'],
  ["http", 'import "../store/users.ts";'],
  ["http/scim", 'import "../../store/users.ts";'],
  ["http", 'import "drizzle-orm";'],
  ["http", 'import "../console/routes.ts";'],
  ["console", 'import "../store/users.ts";'],
  ["console/pages", 'import "../../http/app.ts";'],
  ["commands", 'import "../gateway/deps.ts";'],
];

describe("the linter reports forbidden imports", () => {
  const path = (index: number, layer: string) => `src/${layer}/canary-${index}.ts`;
  const allowed = "src/gateway/allowed.ts";
  const reported = lintTree(
    "style/noRestrictedImports",
    new Map([
      ...forbidden.map(([layer, statement], index): [string, string] => [path(index, layer), statement]),
      [allowed, 'import "../store/database.ts";'],
    ]),
  );

  it.each(forbidden.map((row, index) => [...row, index] as const))(
    "src/%s: %s",
    (layer, _statement, index) => {
      expect(reported).toContain(path(index, layer));
    },
  );

  it("and lets an allowed one pass", () => {
    expect(reported).not.toContain(allowed);
  });
});

it("the linter reports an import circle, of types too", () => {
  const circle = new Map([
    ["src/domain/one.ts", 'import type { Two } from "./two.ts";\nexport type One = { two?: Two };\n'],
    ["src/domain/two.ts", 'import type { One } from "./one.ts";\nexport type Two = { one?: One };\n'],
  ]);
  expect([...lintTree("suspicious/noImportCycles", circle)].toSorted()).toEqual([...circle.keys()]);
});

describe("the compiler keeps the pure layers pure", () => {
  const folder = mkdtempSync(join(tmpdir(), "vestibule-canary-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  const compile = (layer: "scim" | "domain", source: string): string => {
    writeFileSync(join(folder, "canary.ts"), source);
    const config = {
      extends: join(root, `src/${layer}/tsconfig.json`),
      compilerOptions: { rootDir: "." },
      include: ["canary.ts"],
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
    const run = spawnSync("tsc", ["-p", folder], { encoding: "utf8" });
    return run.stdout;
  };

  it.each(["scim", "domain"] as const)(
    "src/%s has no fetch, no console, no D1Database, no Date of the platform's I/O",
    (layer) => {
      expect(compile(layer, "export const answer = fetch('x');")).toMatch(/Cannot find name 'fetch'/);
      expect(compile(layer, "console.info('x');")).toMatch(/Cannot find name 'console'/);
      expect(compile(layer, "export type A = D1Database;")).toMatch(/Cannot find name 'D1Database'/);
    },
  );

  it("and compiles what is pure", () => {
    expect(compile("scim", "export const one = 1;")).toBe("");
  });
});

it("no production setting captures mail, shows timings or lets connectors call this machine", () => {
  const configuration = execFileSync("cat", ["wrangler.toml"], { cwd: root, encoding: "utf8" });
  expect(configuration).not.toMatch(/MAIL_CAPTURE|SERVER_TIMING|ALLOW_LOOPBACK_CONNECTORS|RATE_LIMIT_SCALE/);
  // What a name resolves to, the platform must only look for on the public internet.
  expect(configuration).toMatch(/compatibility_flags = .*"global_fetch_strictly_public"/);
});
