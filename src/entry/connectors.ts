/** The way to services of others, through the platform's `fetch`. */
import type { Connectors } from "../gateway/deps.ts";
import { AccessTokens } from "../upstream/access-token.ts";
import { type AddressPolicy, refuseAddress } from "../upstream/address.ts";
import { openDirectory } from "../upstream/directory/open.ts";
import type { Fetch } from "../upstream/exchange.ts";
import { ScimClient } from "../upstream/scim-client.ts";

/** Called once per isolate: access tokens live in this closure. */
export function openConnectors(policy: AddressPolicy, send: Fetch = (request) => fetch(request)): Connectors {
  const transport = { fetch: send, tokens: new AccessTokens(), policy, now: () => Date.now() };
  return {
    refuseAddress: (address) => refuseAddress(address, policy),
    connect: (connection) => new ScimClient(transport, connection),
    openDirectory: (connection) => openDirectory(transport, connection),
  };
}
