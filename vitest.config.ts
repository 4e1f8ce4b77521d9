import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "pure",
          include: ["test/scim/**/*.test.ts", "test/domain/**/*.test.ts", "test/repository/**/*.test.ts"],
        },
      },
      {
        plugins: [
          cloudflareTest(async () => ({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                CONTROL_MIGRATIONS: await readD1Migrations("migrations/control"),
                SHARD_MIGRATIONS: await readD1Migrations("migrations/shard"),
              },
            },
          })),
        ],
        test: {
          name: "worker",
          include: ["test/worker/**/*.test.ts", "test/conformance/**/*.test.ts"],
          setupFiles: ["test/support/setup.ts"],
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
