/** Types of the console's Hono application; the same shape as the HTTP layer's, which mounts it. */
import type { Context } from "hono";
import type { Admin } from "../gateway/admin.ts";
import type { Deps } from "../gateway/deps.ts";

export type ConsoleEnvironment = {
  Bindings: Env;
  Variables: {
    requestId: string;
    /** Scheme, host and port that the caller used. */
    origin: string;
    deps: Deps;
    /** Set once the session is known. */
    admin: Admin;
  };
};

export type ConsoleContext = Context<ConsoleEnvironment>;
