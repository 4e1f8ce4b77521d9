/** A token request as RFC 6749 §4.4.2 has it, read from form and Authorization header (§2.3.1). */

export type TokenError = "invalid_request" | "invalid_client" | "unsupported_grant_type";
export type TokenRefusal = { error: TokenError; description: string };
export type ClientCredentials = { clientId: string; secret: string };
export type TokenRequest = { credentials: ClientCredentials; scope: string | undefined };

const known = ["grant_type", "client_id", "client_secret", "scope"] as const;

const refuse = (error: TokenError, description: string) => ({ ok: false, error, description }) as const;

/** Unknown parameters are ignored, as §3.2 asks; an empty one counts as omitted. */
export function parseTokenRequest(
  form: URLSearchParams,
  authorization: string | undefined,
): ({ ok: true } & TokenRequest) | ({ ok: false } & TokenRefusal) {
  const repeated = known.find((name) => form.getAll(name).length > 1);
  if (repeated !== undefined) return refuse("invalid_request", `${repeated} is repeated.`);
  const parameter = (name: (typeof known)[number]): string | undefined => form.get(name) || undefined;

  const grantType = parameter("grant_type");
  if (grantType === undefined) return refuse("invalid_request", "grant_type is missing.");
  if (grantType !== "client_credentials") {
    return refuse("unsupported_grant_type", "The only grant_type here is client_credentials.");
  }
  const clientId = parameter("client_id");
  const secret = parameter("client_secret");
  if (authorization === undefined) {
    if (clientId === undefined || secret === undefined) {
      return refuse("invalid_client", "Send client_id and client_secret, in the body or by HTTP Basic.");
    }
    return { ok: true, credentials: { clientId, secret }, scope: parameter("scope") };
  }
  const basic = parseBasic(authorization);
  if (basic === undefined) return refuse("invalid_client", "The Authorization header is not HTTP Basic.");
  if ((clientId ?? basic.clientId) !== basic.clientId || (secret ?? basic.secret) !== basic.secret) {
    return refuse("invalid_client", "Header and body name different credentials.");
  }
  return { ok: true, credentials: basic, scope: parameter("scope") };
}

/** Each half is form-urlencoded before base64 (§2.3.1); split at the first colon. */
function parseBasic(header: string): ClientCredentials | undefined {
  const [, encoded] = /^basic +([a-z0-9+/=_-]+)$/i.exec(header.trim()) ?? [];
  if (encoded === undefined) return undefined;
  try {
    const [, id = "", secret = ""] = /^([^:]*):(.*)$/s.exec(atob(encoded)) ?? [];
    const clientId = formDecode(id);
    return clientId === "" ? undefined : { clientId, secret: formDecode(secret) };
  } catch {
    // Neither base64 nor percent-encoding: no credentials of ours look like that.
    return undefined;
  }
}

const formDecode = (text: string): string => decodeURIComponent(text.replaceAll("+", " "));
