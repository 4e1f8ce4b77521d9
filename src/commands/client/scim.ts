/** A SCIM client as identity providers are: base address, credentials, JSON in and out. */
import { type Answer, expectStatus, send, UnexpectedAnswer } from "./http.ts";

export type Credentials = {
  tenantUrl: string;
  tokenEndpoint: string;
  clientId: string;
  clientSecret: string;
};

export type ScimClient = {
  tenantUrl: string;
  /** Whatever comes back. */
  request(method: string, path: string, body?: unknown): Promise<Answer>;
  /** @throws UnexpectedAnswer unless the answer is a success; `undefined` for an empty one */
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
};

/** Renewed a little before it ends, so that no request carries a token that ends on the way. */
const renewBeforeMs = 60_000;

/** Bearer tokens of the client credentials grant, as Microsoft Entra ID uses them. */
export function bearerClient(credentials: Credentials, userAgent = "vestibule-commands"): ScimClient {
  let current: { header: Promise<string>; expiresAt: number } | undefined;
  return scimClient(credentials.tenantUrl, userAgent, () => {
    if (current === undefined || Date.now() > current.expiresAt - renewBeforeMs) {
      const token = requestToken(credentials);
      current = {
        header: token.then(({ body }) => `Bearer ${(body as { access_token: string }).access_token}`),
        expiresAt: Date.now() + 3_600_000,
      };
    }
    return current.header;
  });
}

/** Client id and secret with each request, as Okta's Basic mode sends them. */
export function basicClient(credentials: Credentials, userAgent = "vestibule-commands"): ScimClient {
  const { tenantUrl, clientId, clientSecret } = credentials;
  const header = `Basic ${btoa(`${clientId}:${clientSecret}`)}`;
  return scimClient(tenantUrl, userAgent, () => Promise.resolve(header));
}

/** @throws UnexpectedAnswer unless it is answered with a token */
export async function requestToken({ tokenEndpoint, clientId, clientSecret }: Credentials): Promise<Answer> {
  const body = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: clientId,
    client_secret: clientSecret,
  });
  const answer = await send(tokenEndpoint, { method: "POST", body });
  return expectStatus("Token request", answer, 200);
}

function scimClient(tenantUrl: string, userAgent: string, authorize: () => Promise<string>): ScimClient {
  const request = async (method: string, path: string, body?: unknown): Promise<Answer> =>
    send(`${tenantUrl}${path}`, {
      method,
      headers: {
        authorization: await authorize(),
        accept: "application/scim+json",
        "user-agent": userAgent,
        ...(body === undefined ? {} : { "content-type": "application/scim+json; charset=utf-8" }),
      },
      ...(body === undefined ? {} : { body }),
    });
  return {
    tenantUrl,
    request,
    async call<T>(method: string, path: string, body?: unknown): Promise<T> {
      const answer = await request(method, path, body);
      if (answer.status < 200 || answer.status > 299) throw new UnexpectedAnswer(`${method} ${path}`, answer);
      return answer.body as T;
    },
  };
}
