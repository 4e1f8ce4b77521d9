/** Types of the Hono application: what middleware puts there and handlers find. */
import type { Admin } from "../gateway/admin.ts";
import type { Deps } from "../gateway/deps.ts";

export type AppEnvironment = {
  Bindings: Env;
  Variables: {
    requestId: string;
    /** Scheme, host and port that the caller used. */
    origin: string;
    deps: Deps;
    /** Set by the admin API's and the console's authentication. */
    admin: Admin;
  };
};
