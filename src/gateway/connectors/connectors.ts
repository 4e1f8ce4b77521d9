/** A vault's own SCIM service: its address and credential, for administrators, and the way to it. */
import type { ConnectorAuthentication, ConnectorHealth, ConnectorSettings } from "../../domain/connector.ts";
import { CONNECTOR_MEMBERS_PER_REQUEST_DEFAULT } from "../../domain/limits.ts";
import { read } from "../../store/database.ts";
import { tenantFence } from "../../store/fence.ts";
import type { TenantScope } from "../../store/scope.ts";
import { type ConnectorRecord, connectorRecord, selectConnector } from "../../store/vaults/connectors.ts";
import { UpstreamFailure } from "../../upstream/failure.ts";
import type { ScimClient as ScimService } from "../../upstream/scim-client.ts";
import type { Admin } from "../admin.ts";
import type { Deps } from "../deps.ts";
import { done, type Outcome, type Problem, refuse } from "../problem.ts";

/** How the gateway is to authenticate, as an administrator enters it. */
export type ConnectorCredential =
  | { type: "bearer"; token: string }
  | { type: "client_credentials"; tokenEndpoint: string; clientId: string; clientSecret: string };

export type NewConnector = {
  type: "scim";
  baseUrl: string;
  authentication: ConnectorCredential;
  membersPerRequest?: number | undefined;
};

/** A vault that was found. */
export type VaultKey = { vaultNo: number; vaultId: string };

/** What is shown of a connector: everything but the secret. */
export type Connection = {
  baseUrl: string;
  authentication: ConnectorAuthentication;
  membersPerRequest: number;
  lastSuccessAt: string | null;
  lastFailureAt: string | null;
  /** Set while the last attempt failed. */
  error: string | null;
  /** The service asked to be left alone until then. */
  throttledUntil: string | null;
};

const secretOf = (credential: ConnectorCredential): string =>
  credential.type === "bearer" ? credential.token : credential.clientSecret;

const withoutSecret = (credential: ConnectorCredential): ConnectorAuthentication =>
  credential.type === "bearer"
    ? { type: "bearer" }
    : {
        type: "client_credentials",
        tokenEndpoint: credential.tokenEndpoint,
        clientId: credential.clientId,
      };

/** A sealed credential opens for the vault of the tenant that it was entered for, and for no other. */
const sealingContext = ({ tenantNo }: TenantScope, vaultId: string): string =>
  `connector:${tenantNo}:${vaultId}`;

/** Settings and sealed credential of a new connector, or why its addresses are refused. */
export async function prepareConnector(
  { deps, scope }: Admin,
  vaultId: string,
  { baseUrl, authentication, membersPerRequest }: NewConnector,
): Promise<Outcome<{ settings: ConnectorSettings; sealed: string }>> {
  const refused = refusedAddress(deps, "baseUrl", baseUrl) ?? refusedEndpoint(deps, authentication);
  if (refused !== undefined) return refuse(refused);
  const sealed = await deps.sealing.seal(secretOf(authentication), sealingContext(scope, vaultId));
  const settings = {
    baseUrl: baseUrl.replace(/\/+$/, ""),
    authentication: withoutSecret(authentication),
    membersPerRequest: membersPerRequest ?? CONNECTOR_MEMBERS_PER_REQUEST_DEFAULT,
  };
  return done({ settings, sealed });
}

function refusedAddress(deps: Deps, field: string, address: string): Problem | undefined {
  const reason = deps.connectors.refuseAddress(address);
  return reason === undefined ? undefined : { kind: "invalid", detail: `${field}: ${reason}` };
}

const refusedEndpoint = (deps: Deps, credential: ConnectorCredential): Problem | undefined =>
  credential.type === "bearer"
    ? undefined
    : refusedAddress(deps, "authentication.tokenEndpoint", credential.tokenEndpoint);

/** The way to the service, with its credential opened. */
export async function openConnection(
  { deps, scope }: { deps: Deps; scope: TenantScope },
  { vaultId, settings, sealed }: ConnectorRecord,
): Promise<ScimService> {
  const { baseUrl, authentication } = settings;
  const secret = await deps.sealing.open(sealed, sealingContext(scope, vaultId));
  const credential =
    authentication.type === "bearer"
      ? ({ type: "bearer", token: secret } as const)
      : { ...authentication, clientSecret: secret };
  return deps.connectors.connect({ baseUrl, credential });
}

export const noConnector: Problem = {
  kind: "conflict",
  detail: "This vault is kept by the gateway itself: it has no SCIM service.",
};

const STAGES = ["address", "credential", "users", "groups"] as const;

export type ConnectorTest = {
  passed: boolean;
  stages: {
    stage: (typeof STAGES)[number];
    outcome: "passed" | "failed" | "skipped";
    /** What is wrong, of the stage that failed. */
    detail: string | null;
  }[];
};

/** Tries the connection stage by stage and changes nothing: the first that fails is the one to look at. */
export async function testConnector(admin: Admin, { vaultNo }: VaultKey): Promise<Outcome<ConnectorTest>> {
  const [, [row] = []] = await read(admin.scope.shard, [
    tenantFence(admin.scope),
    selectConnector(admin.scope, vaultNo),
  ]);
  if (row === undefined) return refuse(noConnector);
  let service: ScimService | undefined;
  const attempts: Record<(typeof STAGES)[number], () => Promise<unknown>> = {
    address: async () => {
      service = await openConnection(admin, connectorRecord(row));
    },
    credential: async () => service?.authenticate(),
    users: async () => service?.probe("/Users"),
    groups: async () => service?.probe("/Groups"),
  };
  const stages: ConnectorTest["stages"] = [];
  let passed = true;
  for (const stage of STAGES) {
    const failure: string | undefined = passed ? await failureOf(attempts[stage]) : undefined;
    stages.push({
      stage,
      outcome: failure !== undefined ? "failed" : passed ? "passed" : "skipped",
      detail: failure ?? null,
    });
    passed &&= failure === undefined;
  }
  return done({ passed, stages });
}

async function failureOf(attempt: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await attempt();
    return undefined;
  } catch (error) {
    if (error instanceof UpstreamFailure) return error.message;
    throw error;
  }
}

export function presentConnection(settings: ConnectorSettings, health: ConnectorHealth): Connection {
  const at = (time: number | undefined) => (time === undefined ? null : new Date(time).toISOString());
  const { baseUrl, authentication, membersPerRequest } = settings;
  return {
    baseUrl,
    authentication,
    membersPerRequest,
    lastSuccessAt: at(health.succeededAt),
    lastFailureAt: at(health.failedAt),
    error: health.error ?? null,
    throttledUntil: at(health.throttledUntil === 0 ? undefined : health.throttledUntil),
  };
}
