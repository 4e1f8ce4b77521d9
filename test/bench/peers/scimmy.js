/**
 * SCIMMY behind its own routers on Express 4. It brings no storage: here is an SQLite file with an index on
 * userName, and the filter that the index serves is answered by it; anything else is SCIMMY's own matching.
 */
import { randomUUID } from "node:crypto";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

const [directory = ".", token = ""] = process.argv.slice(2);
const database = new DatabaseSync(path.join(directory, "scimmy.sqlite"));
database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
  CREATE TABLE users (id TEXT PRIMARY KEY, user_name TEXT NOT NULL UNIQUE COLLATE NOCASE, document TEXT NOT NULL)`);
const byId = database.prepare("SELECT document FROM users WHERE id = ?");
const byName = database.prepare("SELECT document FROM users WHERE user_name = ?");
const all = database.prepare("SELECT document FROM users");
const put = database.prepare(
  "INSERT INTO users VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET user_name = excluded.user_name, document = excluded.document",
);
const remove = database.prepare("DELETE FROM users WHERE id = ?");
const read = (row) => JSON.parse(row.document);

/** The name in `userName eq "…"`, when that is the whole filter. */
function soughtName(filter) {
  const [only, ...others] = filter ?? [];
  if (only === undefined || others.length > 0 || Object.keys(only).length !== 1) return undefined;
  const [comparator, value] = only.userName ?? [];
  return comparator === "eq" ? value : undefined;
}

SCIMMY.Resources.declare(SCIMMY.Resources.User)
  .ingress((resource, data) => {
    const id = resource.id ?? randomUUID();
    const found = resource.id === undefined ? undefined : byId.get(id);
    if (resource.id !== undefined && found === undefined) {
      throw new SCIMMY.Types.Error(404, null, `There is no user ${id}.`);
    }
    const now = new Date().toISOString();
    const created = found === undefined ? now : read(found).meta.created;
    const user = { ...data, id, meta: { created, lastModified: now } };
    try {
      put.run(id, user.userName, JSON.stringify(user));
    } catch (error) {
      throw new SCIMMY.Types.Error(409, "uniqueness", String(error));
    }
    return user;
  })
  .egress((resource) => {
    if (resource.id !== undefined) {
      const found = byId.get(resource.id);
      if (found === undefined) throw new SCIMMY.Types.Error(404, null, `There is no user ${resource.id}.`);
      return read(found);
    }
    const name = soughtName(resource.filter);
    if (name !== undefined) return byName.all(name).map(read);
    const users = all.all().map(read);
    return resource.filter === undefined ? users : resource.filter.match(users);
  })
  .degress((resource) => {
    remove.run(resource.id);
  });

const app = express();
app.use(
  "/scim",
  new SCIMMYRouters({
    type: "bearer",
    handler(request) {
      if (request.header("authorization") !== `Bearer ${token}`) throw new Error("Unknown token.");
      return "client";
    },
  }),
);
const server = app.listen(0, "127.0.0.1", () => {
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${server.address().port}/scim` })}\n`);
});
