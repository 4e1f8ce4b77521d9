/** The cron's door: restores alarms of sweepers that the platform may have lost. Everything else is theirs. */
import { armSweepers } from "../gateway/outbox/sweep.ts";
import { buildDeps } from "./deps.ts";

export const scheduledHandler: ExportedHandlerScheduledHandler<Env> = async (_controller, env, context) => {
  await armSweepers(buildDeps(env, (work) => context.waitUntil(work)));
};
