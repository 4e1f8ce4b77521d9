import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "sqlite",
  schema: "./src/store/schema/shard/*.ts",
  out: "./migrations/shard",
});
