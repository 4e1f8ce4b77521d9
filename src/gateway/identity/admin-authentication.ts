/** Who administers: an API key or a session, read from CONTROL on every request, so that revocation is at once. */
import { LAST_USE_RESOLUTION_MS } from "../../domain/limits.ts";
import { StoreUnavailable } from "../../store/failure.ts";
import { type Caller, findKeyHolder, findSessionHolder } from "../../store/identity/administrators.ts";
import { touchApiKey } from "../../store/identity/api-keys.ts";
import type { Admin } from "../admin.ts";
import type { Deps } from "../deps.ts";
import { hashSecret } from "../secret.ts";

export type PresentedCredential = {
  /** API key of an `Authorization: Bearer` header. */
  bearer?: string | undefined;
  /** Token of a session cookie; looked at only without a bearer key. */
  session?: string | undefined;
  requestId: string;
};

/** Keys and session tokens of ours are shorter; hashing more serves nobody. */
const credentialLengthMax = 256;

/** @throws StoreUnavailable when CONTROL did not answer, or the tenant's shard is not bound. */
export async function authenticateAdmin(
  deps: Deps,
  { bearer, session, requestId }: PresentedCredential,
): Promise<Admin | undefined> {
  const presented = bearer ?? session ?? "";
  if (presented === "" || presented.length > credentialLengthMax) return undefined;
  const now = deps.now();
  const hash = await hashSecret(presented);
  const caller =
    bearer === undefined
      ? await findSessionHolder(deps.control, hash, now)
      : await findKeyHolder(deps.control, hash);
  if (caller === undefined) return undefined;
  if (caller.kind === "key") noteUse(deps, caller, now);
  return toAdmin(deps, caller, { requestId, now });
}

function toAdmin(deps: Deps, caller: Caller, { requestId, now }: { requestId: string; now: number }): Admin {
  const { kind, id, role, name, tenantId, tenantNo, epoch } = caller;
  const shard = deps.shard(caller.shard);
  if (shard === undefined) throw new StoreUnavailable(`shard ${caller.shard} is not bound`);
  const actor = `${kind === "key" ? "key" : "admin"}:${id}`;
  return {
    deps,
    scope: { shard, tenantNo, epoch, cause: { actor, correlationId: requestId }, now },
    identity: { kind, id, role, tenantId, name },
  };
}

function noteUse(deps: Deps, { tenantNo, id, lastUsedAt }: Caller, now: number): void {
  if (lastUsedAt !== null && now - lastUsedAt < LAST_USE_RESOLUTION_MS) return;
  const work = touchApiKey(deps.control, tenantNo, id, now).catch((error: unknown) =>
    deps.log({ level: "warn", message: "last use of an API key not noted", error: String(error) }),
  );
  deps.afterResponse(work);
}
