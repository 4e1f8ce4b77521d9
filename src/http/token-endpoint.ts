/** `POST /t/{configuration}/oauth2/token`: the token endpoint (RFC 6749 §3.2), for both kinds of configuration. */
import { type Context, Hono } from "hono";
import { TOKEN_LIFETIME_SECONDS, TOKEN_REQUEST_BYTES_MAX } from "../domain/limits.ts";
import { issueAccessToken } from "../gateway/identity/access-token.ts";
import { TooManyRequests } from "../gateway/rates.ts";
import { GuardRaised, StoreUnavailable } from "../gateway/store-failure.ts";
import { boundedBody } from "./bounded-body.ts";
import type { AppEnvironment } from "./context.ts";
import { parseTokenRequest, type TokenRefusal } from "./token-request.ts";

export function tokenEndpoint(): Hono<AppEnvironment> {
  const endpoint = new Hono<AppEnvironment>();
  endpoint.post(
    "/",
    boundedBody(TOKEN_REQUEST_BYTES_MAX, {
      tooLarge: (c) => refused(c, { error: "invalid_request", description: "The request is too large." }),
      tooSlow: (c) =>
        answer(c, 408, {
          error: "invalid_request",
          error_description: "The request took too long to arrive.",
        }),
    }),
    answerTokenRequest,
  );
  endpoint.all("/", (c) => {
    const refusal: TokenRefusal = { error: "invalid_request", description: "Use POST." };
    return answer(
      c,
      405,
      { error: refusal.error, error_description: refusal.description },
      { allow: "POST" },
    );
  });
  endpoint.onError((error, c) => {
    if (error instanceof TooManyRequests) return tooMany(c, error);
    const requestId = c.get("requestId");
    c.get("deps").log({ level: "error", message: String(error), requestId, path: c.req.path });
    if (error instanceof StoreUnavailable || error instanceof GuardRaised) {
      const description = "The token endpoint is not available right now. Try again.";
      const body = { error: "temporarily_unavailable", error_description: description };
      return answer(c, 503, body, { "retry-after": "5" });
    }
    const description = `Something went wrong here. Request id: ${requestId}.`;
    return answer(c, 500, { error: "server_error", error_description: description });
  });
  return endpoint;
}

async function answerTokenRequest(c: Context<AppEnvironment>): Promise<Response> {
  const contentType = c.req.header("content-type") ?? "";
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(contentType)) {
    const description = "The body has to be application/x-www-form-urlencoded.";
    return refused(c, { error: "invalid_request", description });
  }
  const authorization = c.req.header("authorization");
  const text = new TextDecoder().decode(await c.req.arrayBuffer());
  const request = parseTokenRequest(new URLSearchParams(text), authorization);
  if (!request.ok) return refused(c, request);
  const accessToken = await issueAccessToken(c.get("deps"), {
    ...request.credentials,
    configurationId: c.req.param("configuration") ?? "",
    requestId: c.get("requestId"),
  });
  if (accessToken === undefined) {
    const description = "Client id or client secret is wrong here, or the secret has expired or is retiring.";
    return refused(c, { error: "invalid_client", description });
  }
  return answer(c, 200, {
    access_token: accessToken,
    token_type: "Bearer",
    expires_in: TOKEN_LIFETIME_SECONDS,
    ...(request.scope === undefined ? {} : { scope: request.scope }),
  });
}

/** RFC 6749 has no error of its own for it; RFC 6585 §4 has the status. */
function tooMany(c: Context, { refusal }: TooManyRequests): Response {
  const description = `Too many requests. Try again in ${refusal.retryAfterSeconds} seconds.`;
  const body = { error: "temporarily_unavailable", error_description: description };
  return answer(c, 429, body, { "retry-after": String(refusal.retryAfterSeconds) });
}

/** RFC 6749 §5.2: 401 with a challenge when the client tried the Authorization header. */
function refused(c: Context, { error, description }: TokenRefusal): Response {
  const challenge =
    error === "invalid_client" && c.req.header("authorization") !== undefined
      ? { "www-authenticate": 'Basic realm="token endpoint", charset="UTF-8"' }
      : {};
  const body = { error, error_description: description };
  return answer(c, error === "invalid_client" ? 401 : 400, body, challenge);
}

function answer(
  c: Context,
  status: 200 | 400 | 401 | 405 | 408 | 429 | 500 | 503,
  body: object,
  headers: Record<string, string> = {},
): Response {
  return c.json(body, status, { "cache-control": "no-store", pragma: "no-cache", ...headers });
}
