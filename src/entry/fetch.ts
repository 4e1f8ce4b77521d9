/** The HTTP door: the application with its composition root. */
import { consolePages } from "../console/routes.ts";
import { createApp } from "../http/app.ts";
import { buildDeps } from "./deps.ts";

const app = createApp(buildDeps, consolePages());

export const fetchHandler: ExportedHandlerFetchHandler<Env> = (request, env, context) =>
  app.fetch(request, env, context);
