/** The SCIM plugin of Better Auth on its own SQLite adapter, in a file, with the transactions that it asks for. */
import { createServer } from "node:http";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { NodeSqliteDialect } from "@better-auth/kysely-adapter/node-sqlite-dialect";
import { scim } from "@better-auth/scim";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";

const [directory = ".", token = ""] = process.argv.slice(2);
const database = new DatabaseSync(path.join(directory, "better-auth.sqlite"));
database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");

const server = createServer();
server.listen(0, "127.0.0.1", async () => {
  const origin = `http://127.0.0.1:${server.address().port}`;
  const options = {
    baseURL: origin,
    secret: token,
    database: { dialect: new NodeSqliteDialect({ database }), type: "sqlite", transaction: true },
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    plugins: [
      scim({ connections: [{ id: "bench", credentials: [{ type: "bearer", id: "bench", token }] }] }),
    ],
  };
  const { runMigrations } = await getMigrations(options);
  await runMigrations();
  server.on("request", toNodeHandler(betterAuth(options)));
  process.stdout.write(`${JSON.stringify({ url: `${origin}/api/auth/scim/v2` })}\n`);
});
