import { generateKeyPairSync, randomBytes } from "node:crypto";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

/** Access tokens of the tests are signed with a key of this run. */
const signingKey = JSON.stringify({
  ...generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" }),
  kid: "test",
  alg: "ES256",
});

export default defineConfig({
  test: {
    provide: { fuzzSeed: Number(process.env["FUZZ_SEED"] ?? 20_261_120) },
    // Captured mail and expected failures are logged; only those of a failed test tell something.
    silent: "passed-only",
    projects: [
      {
        test: {
          name: "pure",
          setupFiles: ["test/support/seed.ts"],
          include: ["test/{scim,domain,upstream,repository}/**/*.test.ts"],
        },
      },
      {
        plugins: [
          cloudflareTest(async () => ({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                CONTROL_MIGRATIONS: await readD1Migrations("migrations/control"),
                TOKEN_SIGNING_KEY: signingKey,
                CONNECTOR_KEY: randomBytes(32).toString("base64"),
                ALLOW_LOOPBACK_CONNECTORS: "1",
                SERVER_TIMING: "1",
                MAIL_CAPTURE: "1",
                // One machine plays many; test/worker/rates.test.ts runs with the real ones.
                RATE_LIMIT_SCALE: "100",
                SHARD_MIGRATIONS: await readD1Migrations("migrations/shard"),
              },
            },
          })),
        ],
        test: {
          name: "worker",
          include: ["test/worker/**/*.test.ts", "test/conformance/**/*.test.ts"],
          setupFiles: ["test/support/setup.ts", "test/support/seed.ts"],
          // Several isolates on a busy machine share two cores; a test that hangs still ends.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "product",
          include: ["test/product/**/*.test.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
