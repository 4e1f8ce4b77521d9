/**
 * Who is calling: a bearer token of ours, or client id and secret by Basic (Other SCIM provider only, A20).
 * What is recognized here is only looked up or verified; whether it still holds, the fence decides with the work.
 */
import type { Context } from "hono";
import { configurationNo, credentialNo, tenantNo } from "../../domain/id.ts";
import type { Deps } from "../../gateway/deps.ts";
import { authenticateClient } from "../../gateway/identity/client-authentication.ts";
import type { ScimClient } from "../../gateway/scim/client.ts";
import type { ScimError } from "../../scim/error.ts";
import type { Result } from "../../scim/result.ts";
import type { AppEnvironment } from "../context.ts";

export const unauthorized = (detail: string): ScimError => ({
  kind: "unauthorized",
  detail,
  challenge: 'Bearer realm="scim", Basic realm="scim"',
});

const refused = (detail: string): Result<never> => ({ ok: false, error: unauthorized(detail) });

/** @throws StoreUnavailable when the directory had to be asked and did not answer: that is a 503, never a 401. */
export async function recognizeClient(c: Context<AppEnvironment>): Promise<Result<ScimClient>> {
  const header = c.req.header("authorization")?.trim() ?? "";
  const configurationId = c.req.param("configuration") ?? "";
  if (header === "") return refused("Send an access token (Bearer) or client id and secret (Basic).");
  const [scheme = "", ...rest] = header.split(/\s+/);
  const credentials = rest.join(" ");
  if (scheme.toLowerCase() === "basic") return recognizeSecret(c, configurationId, credentials);
  // Okta's header authentication sends the bare token, Ping may name the scheme otherwise (R32).
  return recognizeToken(c, configurationId, credentials === "" ? scheme : credentials);
}

async function recognizeToken(
  c: Context<AppEnvironment>,
  configurationId: string,
  token: string,
): Promise<Result<ScimClient>> {
  const deps = c.get("deps");
  const claims = await deps.tokens.verify(token, deps.now());
  if (claims === undefined || claims.configurationId !== configurationId) {
    return refused("The access token is not valid for this address, or has expired. Request a new one.");
  }
  return clientOf(c, deps, { ...claims, scheme: "bearer" });
}

async function recognizeSecret(
  c: Context<AppEnvironment>,
  configurationId: string,
  credentials: string,
): Promise<Result<ScimClient>> {
  const deps = c.get("deps");
  const pair = decodeBasic(credentials);
  const client = pair && (await authenticateClient(deps, { configurationId, ...pair }));
  if (client === undefined) return refused("Client id or client secret is wrong, or the secret has expired.");
  if (client.configurationType === "entra_gallery") {
    return refused("This configuration takes access tokens only. Request one at its token endpoint.");
  }
  return clientOf(c, deps, { ...client, scheme: "basic" });
}

type Recognized = {
  tenantNo: number;
  shard: string;
  epoch: number;
  configurationId: string;
  configurationNo: number;
  credentialNo: number;
  scheme: "basic" | "bearer";
};

function clientOf(c: Context<AppEnvironment>, deps: Deps, known: Recognized): Result<ScimClient> {
  // A token outlives a renamed binding at most by its hour; the first open shard then answers `fenced`.
  const shard = deps.shard(known.shard) ?? deps.shard(deps.shardNames[0] ?? "");
  if (shard === undefined) throw new Error("no shard is bound");
  return {
    ok: true,
    value: {
      deps,
      scope: {
        shard,
        tenantNo: tenantNo(known.tenantNo),
        epoch: known.epoch,
        cause: { actor: `idp:${known.configurationId}`, correlationId: c.get("requestId") },
        now: deps.now(),
      },
      identity: {
        configurationNo: configurationNo(known.configurationNo),
        credentialNo: credentialNo(known.credentialNo),
        scheme: known.scheme,
      },
      baseUrl: `${c.get("origin")}/t/${known.configurationId}/scim/v2`,
      fencePassed: false,
    },
  };
}

/** RFC 7617: base64 of `id:secret`, split at the first colon. */
function decodeBasic(credentials: string): { clientId: string; secret: string } | undefined {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(
      Uint8Array.from(atob(credentials), (character) => character.charCodeAt(0)),
    );
  } catch {
    return undefined;
  }
  const colon = text.indexOf(":");
  return colon < 0 ? undefined : { clientId: text.slice(0, colon), secret: text.slice(colon + 1) };
}
