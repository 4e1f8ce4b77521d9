/** Access tokens by client credentials (RFC 6749 §4.4), kept by the isolate until shortly before they expire. */
import {
  UPSTREAM_TOKEN_LIFETIME_DEFAULT_SECONDS,
  UPSTREAM_TOKEN_MARGIN_SECONDS,
  UPSTREAM_TOKENS_KEPT_MAX,
} from "../domain/limits.ts";
import { isObject } from "../scim/json.ts";
import { type Answer, exchange, type Fetch } from "./exchange.ts";
import { UpstreamFailure } from "./failure.ts";

export type ClientCredentials = {
  tokenEndpoint: string;
  clientId: string;
  clientSecret: string;
  /** Asked for where the provider wants one (RFC 6749 §3.3). */
  scope?: string;
};

type Kept = { token: string; until: number };

export class AccessTokens {
  readonly #kept = new Map<string, Kept>();

  /** @throws UpstreamFailure `credential` when the endpoint does not accept the client. */
  async get(fetch: Fetch, credentials: ClientCredentials, now: () => number): Promise<string> {
    const key = keyOf(credentials);
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.until > now()) return kept.token;
    const fresh = await requestToken(fetch, credentials, now);
    this.#kept.delete(key);
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined && this.#kept.size >= UPSTREAM_TOKENS_KEPT_MAX) this.#kept.delete(oldest);
    this.#kept.set(key, fresh);
    return fresh.token;
  }

  /** The service did not accept it. */
  forget(credentials: ClientCredentials): void {
    this.#kept.delete(keyOf(credentials));
  }
}

/** The secret is part of the key: a token that an older secret obtained is not used with a newer one. */
const keyOf = ({ tokenEndpoint, clientId, clientSecret, scope }: ClientCredentials): string =>
  JSON.stringify([tokenEndpoint, clientId, clientSecret, scope]);

/** In the body, as most services document it; by HTTP Basic, which all must understand (§2.3.1), if that fails. */
async function requestToken(fetch: Fetch, credentials: ClientCredentials, now: () => number): Promise<Kept> {
  const { clientId, clientSecret } = credentials;
  const inBody = await ask(fetch, credentials, now, { client_id: clientId, client_secret: clientSecret });
  if (inBody.status === 200) return accepted(inBody, now());
  const basic = btoa(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`);
  const byHeader = await ask(fetch, credentials, now, {}, `Basic ${basic}`);
  if (byHeader.status === 200) return accepted(byHeader, now());
  const code = isObject(byHeader.body) ? byHeader.body["error"] : undefined;
  // RFC 6749 §5.2: a handful of lower-case words; anything else is not repeated to anybody.
  const word = typeof code === "string" && /^[a-z_]{1,40}$/.test(code) ? `, ${code}` : "";
  const { status } = byHeader;
  const numbers = numbersOf(inBody);
  throw new UpstreamFailure(
    "credential",
    `The token endpoint refuses the client (${status}${word}${numbers}).`,
    {
      status,
    },
  );
}

/** Microsoft's own numbers tell an expired secret from a wrong one; again nothing but numbers is repeated. */
function numbersOf({ body }: Answer): string {
  const codes = isObject(body) ? body["error_codes"] : undefined;
  const [code] = Array.isArray(codes) ? codes : [];
  return typeof code === "number" && Number.isSafeInteger(code) ? `, AADSTS${code}` : "";
}

function ask(
  fetch: Fetch,
  { tokenEndpoint, scope }: ClientCredentials,
  now: () => number,
  form: Record<string, string>,
  authorization?: string,
): Promise<Answer> {
  const headers = {
    accept: "application/json",
    "content-type": "application/x-www-form-urlencoded",
    ...(authorization === undefined ? {} : { authorization }),
  };
  const body = new URLSearchParams({
    grant_type: "client_credentials",
    ...(scope === undefined ? {} : { scope }),
    ...form,
  }).toString();
  return exchange(fetch, { method: "POST", url: tokenEndpoint, headers, body }, now);
}

const formEncoded = (text: string): string => new URLSearchParams({ "": text }).toString().slice(1);

function accepted({ body, status }: Answer, now: number): Kept {
  const { access_token: token, expires_in: expiresIn } = isObject(body) ? body : {};
  if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)) {
    throw new UpstreamFailure("credential", "The token endpoint answered without an access token.", {
      status,
    });
  }
  const seconds = Number(expiresIn ?? UPSTREAM_TOKEN_LIFETIME_DEFAULT_SECONDS);
  const lifetime = seconds > 0 ? seconds : UPSTREAM_TOKEN_LIFETIME_DEFAULT_SECONDS;
  const margin = Math.min(UPSTREAM_TOKEN_MARGIN_SECONDS, lifetime / 2);
  return { token, until: now + (lifetime - margin) * 1_000 };
}
