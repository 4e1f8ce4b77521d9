/** Who a client is, by client id and secret. CONTROL routes; whether it still may, the shard's fence decides. */
import {
  type DirectoryClient,
  findDirectoryClients,
  findTenantPlace,
  type TenantPlace,
} from "../../store/identity/directory.ts";
import type { Deps } from "../deps.ts";
import { limitByAddress } from "../rates.ts";
import { equalHashes, hashSecret } from "../secret.ts";

export type AuthenticatedClient = Omit<DirectoryClient, "secretHash" | "expiresAt">;

/** Client ids and secrets of ours are below 64 characters; longer ones are not worth a look-up. */
const credentialLengthMax = 256;

/**
 * The client whose live secret this is, on this configuration, or undefined. A retiring secret still identifies
 * its client (Basic works until it expires); `state` lets the token endpoint refuse it.
 * @throws StoreUnavailable when CONTROL had to be asked and did not answer; TooManyRequests when this address
 *   made it ask too often.
 */
export async function authenticateClient(
  deps: Deps,
  presented: { configurationId: string; clientId: string; secret: string },
): Promise<AuthenticatedClient | undefined> {
  const { configurationId, clientId, secret } = presented;
  if (clientId === "" || secret === "" || Math.max(clientId.length, secret.length) > credentialLengthMax) {
    return undefined;
  }
  const now = deps.now();
  const secretHash = await hashSecret(secret);
  const match = (clients: readonly DirectoryClient[]) => matching(clients, configurationId, secretHash, now);

  const cached = deps.directory.find(clientId, now);
  const known = cached && match(cached.clients);
  if (known !== undefined) return known;
  if (cached !== undefined && !deps.directory.mayRefresh(cached, now)) return undefined;

  await limitByAddress(deps, "look_up_address");
  const clients = await findDirectoryClients(deps.control, clientId);
  deps.directory.remember(clientId, clients, now);
  return match(clients);
}

function matching(
  clients: readonly DirectoryClient[],
  configurationId: string,
  presentedHash: string,
  now: number,
): AuthenticatedClient | undefined {
  const found = clients.filter(({ secretHash }) => equalHashes(secretHash, presentedHash));
  const client = found.find(({ expiresAt }) => expiresAt === null || expiresAt > now);
  if (client === undefined || client.configurationId !== configurationId) return undefined;
  const { secretHash: _, expiresAt: __, ...authenticated } = client;
  return authenticated;
}

/**
 * Where a tenant is, read from CONTROL: for the one retry after the fence raised `fenced`. Undefined when the
 * tenant is unknown.
 */
export async function lookUpTenant(deps: Deps, tenantNo: number): Promise<TenantPlace | undefined> {
  const place = await findTenantPlace(deps.control, tenantNo);
  if (place !== undefined) deps.directory.tenantMoved(tenantNo, place);
  return place;
}
