/** The client credentials grant (RFC 6749 §4.4): an access token for a client whose secret is active. */

import { StoreUnavailable } from "../../store/failure.ts";
import { selectCredentialState } from "../../store/identity/credentials.ts";
import type { Deps } from "../deps.ts";
import { countRefusal, ensureNotRefusedOften, limitByAddress } from "../rates.ts";
import { CredentialRevoked, readAs, type ScimClient } from "../scim/client.ts";
import { authenticateClient } from "./client-authentication.ts";
import { noteContact } from "./contact.ts";

/**
 * A token, or undefined when the client may have none: unknown, revoked, or its secret retires (a secret that
 * is being replaced yields no new token, so that a client which still has the old one is noticed).
 * @throws StoreUnavailable when directory or shard did not answer; TooManyRequests.
 */
export async function issueAccessToken(
  deps: Deps,
  presented: { configurationId: string; clientId: string; secret: string; requestId: string },
): Promise<string | undefined> {
  await limitByAddress(deps, "token_address");
  ensureNotRefusedOften(deps, presented.clientId);
  const token = await tokenFor(deps, presented);
  if (token === undefined) await countRefusal(deps, presented.clientId);
  return token;
}

async function tokenFor(
  deps: Deps,
  presented: { configurationId: string; clientId: string; secret: string; requestId: string },
): Promise<string | undefined> {
  const { configurationId, requestId } = presented;
  const known = await authenticateClient(deps, presented);
  if (known === undefined || known.state !== "active") return undefined;
  const { tenantNo, configurationNo, credentialNo, epoch } = known;
  const shard = deps.shard(known.shard);
  if (shard === undefined) throw new StoreUnavailable(`shard ${known.shard} is not bound`);
  const client: ScimClient = {
    deps,
    scope: {
      shard,
      tenantNo,
      epoch,
      cause: { actor: `idp:${configurationId}`, correlationId: requestId },
      now: deps.now(),
    },
    identity: { configurationNo, credentialNo, scheme: "basic" },
    baseUrl: "",
    fencePassed: false,
  };
  if ((await stateInShard(client)) !== "active") return undefined;
  noteContact(client);
  const { scope } = client;
  const claims = { tenantNo, configurationId, configurationNo, credentialNo };
  return deps.tokens.sign({ ...claims, shard: scope.shard.name, epoch: scope.epoch }, scope.now);
}

/** The state as the shard has it now; the directory's may be a minute old. */
async function stateInShard(client: ScimClient): Promise<string | undefined> {
  try {
    const [rows = []] = await readAs(client, (scope) => [
      selectCredentialState(scope, client.identity.credentialNo),
    ]);
    return String(rows[0]?.["state"]);
  } catch (error) {
    if (error instanceof CredentialRevoked) return undefined;
    throw error;
  }
}
