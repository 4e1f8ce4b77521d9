/** The SCIM endpoint, one line per method and path (RFC 7644 §3.2), below /t/{configuration}/scim/v2. */
import { Hono } from "hono";
import type { AppEnvironment } from "../context.ts";
import { bulkRequest } from "./bulk.ts";
import { discovery } from "./discovery.ts";
import { groups } from "./groups.ts";
import { handled, methodNotAllowed, notImplemented, unknownPath } from "./handle.ts";
import { search } from "./search.ts";
import { users } from "./users.ts";

export function scimEndpoint(): Hono<AppEnvironment> {
  const app = new Hono<AppEnvironment>();

  app.get("/Users", handled(users.list));
  app.post("/Users", handled(users.create));
  app.post("/Users/.search", handled(search.users));
  app.all("/Users/.search", handled(methodNotAllowed(["POST"])));
  app.get("/Users/:id", handled(users.get));
  app.put("/Users/:id", handled(users.replace));
  app.patch("/Users/:id", handled(users.patch));
  app.delete("/Users/:id", handled(users.remove));

  app.get("/Groups", handled(groups.list));
  app.post("/Groups", handled(groups.create));
  app.post("/Groups/.search", handled(search.groups));
  app.all("/Groups/.search", handled(methodNotAllowed(["POST"])));
  app.get("/Groups/:id", handled(groups.get));
  app.put("/Groups/:id", handled(groups.replace));
  app.patch("/Groups/:id", handled(groups.patch));
  app.delete("/Groups/:id", handled(groups.remove));

  app.get("/ServiceProviderConfig", handled(discovery.serviceProviderConfig));
  app.get("/ResourceTypes", handled(discovery.resourceTypes));
  app.get("/ResourceTypes/:name", handled(discovery.resourceType));
  app.get("/Schemas", handled(discovery.schemas));
  app.get("/Schemas/:id", handled(discovery.schema));

  app.get("/", handled(search.root));
  app.post("/.search", handled(search.rootBody));

  app.all("/Me", handled(notImplemented("/Me")));
  app.post("/Bulk", handled(bulkRequest));
  app.all("/Bulk", handled(methodNotAllowed(["POST"])));

  const get = ["GET"];
  app.all("/Users", handled(methodNotAllowed(["GET", "POST"])));
  app.all("/Groups", handled(methodNotAllowed(["GET", "POST"])));
  app.all("/Users/:id", handled(methodNotAllowed(["GET", "PUT", "PATCH", "DELETE"])));
  app.all("/Groups/:id", handled(methodNotAllowed(["GET", "PUT", "PATCH", "DELETE"])));
  app.all("/ServiceProviderConfig", handled(methodNotAllowed(get)));
  app.all("/ResourceTypes/:name?", handled(methodNotAllowed(get)));
  app.all("/Schemas/:id?", handled(methodNotAllowed(get)));
  app.all("*", handled(unknownPath));
  return app;
}
