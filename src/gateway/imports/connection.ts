/** The provider that a vault's groups are read from: its addresses and credential, and the way to it. */
import type { JsonObject } from "../../scim/json.ts";
import type { ImportRecord } from "../../store/imports/settings.ts";
import type { TenantScope } from "../../store/scope.ts";
import type { Directory } from "../../upstream/directory/directory.ts";
import type { DirectoryConnection } from "../../upstream/directory/open.ts";
import type { Admin } from "../admin.ts";
import type { Deps } from "../deps.ts";
import { done, type Outcome, type Problem, refuse } from "../problem.ts";

type Bearer<Secret> = { type: "bearer" } & Secret;
type Client = { type: "client_credentials"; tokenEndpoint: string; clientId: string };

/** As an administrator enters it; a secret that is left out stays what it was. */
export type ImportSource =
  | { provider: "entra"; directoryId: string; clientId: string; clientSecret?: string | undefined }
  | { provider: "okta"; organizationUrl: string; token?: string | undefined }
  | {
      provider: "scim";
      baseUrl: string;
      authentication:
        | Bearer<{ token?: string | undefined }>
        | (Client & { clientSecret?: string | undefined });
    };

/** Everything but the secret. */
export type ShownSource =
  | { provider: "entra"; directoryId: string; clientId: string }
  | { provider: "okta"; organizationUrl: string }
  | { provider: "scim"; baseUrl: string; authentication: Bearer<object> | Client };

/** A sealed credential opens for the vault of the tenant that it was entered for, and for no other. */
const sealingContext = ({ tenantNo }: TenantScope, vaultId: string): string =>
  `import:${tenantNo}:${vaultId}`;

function divide(source: ImportSource): { shown: ShownSource; secret: string | undefined } {
  switch (source.provider) {
    case "entra": {
      const { clientSecret, ...shown } = source;
      return { shown, secret: clientSecret };
    }
    case "okta": {
      const { token, ...shown } = source;
      return { shown: { ...shown, organizationUrl: new URL(shown.organizationUrl).origin }, secret: token };
    }
    case "scim": {
      const { baseUrl, authentication } = source;
      const at = { provider: "scim", baseUrl: baseUrl.replace(/\/+$/, "") } as const;
      if (authentication.type === "bearer") {
        return { shown: { ...at, authentication: { type: "bearer" } }, secret: authentication.token };
      }
      const { clientSecret, ...client } = authentication;
      return { shown: { ...at, authentication: client }, secret: clientSecret };
    }
  }
}

/** What is to be called of it; Microsoft's addresses are Microsoft's. */
function addressesOf(source: ShownSource): [field: string, address: string][] {
  if (source.provider === "entra") return [];
  if (source.provider === "okta") return [["source.organizationUrl", source.organizationUrl]];
  const { baseUrl, authentication } = source;
  const endpoint: [string, string][] =
    authentication.type === "bearer"
      ? []
      : [["source.authentication.tokenEndpoint", authentication.tokenEndpoint]];
  return [["source.baseUrl", baseUrl], ...endpoint];
}

/**
 * What is stored of a source, its credential sealed. One that was entered for another address or client is not sent
 * to this one: it has to be entered again.
 */
export async function prepareSource(
  { deps, scope }: Admin,
  vaultId: string,
  source: ImportSource,
  before: ImportRecord | undefined,
): Promise<Outcome<{ connection: JsonObject; sealed: string }>> {
  const { shown, secret } = divide(source);
  const refused = addressesOf(shown).map(([field, address]) => refusedAddress(deps, field, address));
  const problem = refused.find((found) => found !== undefined);
  if (problem !== undefined) return refuse(problem);
  const connection = shown as JsonObject;
  if (secret !== undefined) {
    return done({ connection, sealed: await deps.sealing.seal(secret, sealingContext(scope, vaultId)) });
  }
  if (before !== undefined && sameText(before.connection, connection)) {
    return done({ connection, sealed: before.sealed });
  }
  const detail =
    "source: enter the credential. One that was entered for another address is not sent to this one.";
  return refuse({ kind: "invalid", detail });
}

function refusedAddress(deps: Deps, field: string, address: string): Problem | undefined {
  const reason = deps.connectors.refuseAddress(address);
  return reason === undefined ? undefined : { kind: "invalid", detail: `${field}: ${reason}` };
}

const sorted = (object: JsonObject): unknown =>
  Object.entries(object)
    .toSorted(([left], [right]) => left.localeCompare(right))
    .map(([name, value]) => [name, typeof value === "object" ? sorted(value as JsonObject) : value]);

const sameText = (left: JsonObject, right: JsonObject): boolean =>
  JSON.stringify(sorted(left)) === JSON.stringify(sorted(right));

export const shownSource = ({ connection }: ImportRecord): ShownSource => connection as ShownSource;

/** The way to the provider, with its credential opened. @throws UpstreamFailure `address` */
export async function openSource(
  { deps, scope }: { deps: Deps; scope: TenantScope },
  record: ImportRecord,
): Promise<Directory> {
  const secret = await deps.sealing.open(record.sealed, sealingContext(scope, record.vaultId));
  return deps.connectors.openDirectory(withSecret(shownSource(record), secret));
}

function withSecret(source: ShownSource, secret: string): DirectoryConnection {
  switch (source.provider) {
    case "entra":
      return { ...source, clientSecret: secret };
    case "okta":
      return { ...source, token: secret };
    case "scim": {
      const { provider, baseUrl, authentication } = source;
      return authentication.type === "bearer"
        ? { provider, baseUrl, credential: { type: "bearer", token: secret } }
        : { provider, baseUrl, credential: { ...authentication, clientSecret: secret } };
    }
  }
}
