/** What every SCIM handler has in common: recognize the client, do the work, never answer past the fence. */
import type { Context, Handler } from "hono";
import { noteContact } from "../../gateway/identity/contact.ts";
import { ensureNotHeld, limitClient } from "../../gateway/rates.ts";
import type { ScimClient } from "../../gateway/scim/client.ts";
import type { ScimError } from "../../scim/error.ts";
import type { Result } from "../../scim/result.ts";
import type { AppEnvironment } from "../context.ts";
import { behindFence, scimError, scimFailure } from "./answer.ts";
import { recognizeClient } from "./authentication.ts";

export type ScimCall = { c: Context<AppEnvironment>; client: ScimClient };
export type ScimHandler = (call: ScimCall) => Promise<Result<Response>>;

/**
 * Wraps a handler. Refusals become SCIM errors, failures are mapped in one place, and an answer for which no
 * batch was needed makes a trip for the fence alone.
 */
export function handled(handler: ScimHandler): Handler<AppEnvironment> {
  return async function handleScim(c) {
    try {
      const presented = await ensureNotHeld(c.get("deps"), c.req.header("authorization") ?? "");
      const recognized = await recognizeClient(c);
      if (!recognized.ok) return scimError(c, recognized.error);
      const client = recognized.value;
      await limitClient(client, presented);
      const result = await handler({ c, client });
      const answer = await behindFence(client, result.ok ? result.value : scimError(c, result.error));
      noteContact(client);
      return answer;
    } catch (failure) {
      return scimFailure(c, failure);
    }
  };
}

const refusing =
  (error: ScimError): ScimHandler =>
  async () => ({ ok: false, error });

export const methodNotAllowed = (allow: readonly string[]): ScimHandler =>
  refusing({ kind: "methodNotAllowed", detail: `This address answers ${allow.join(", ")} only.`, allow });

/** The caller is a client, not a user (design §5.5). */
export const notImplemented = (path: string): ScimHandler =>
  refusing({ kind: "notImplemented", detail: `${path} is not supported by this service provider.` });

export const unknownPath: ScimHandler = refusing({
  kind: "notFound",
  detail: "There is no SCIM endpoint at this address. Known are /Users, /Groups and the discovery endpoints.",
});
