/** A SCIM service that answers from a list, and remembers what it was asked. */
import { AccessTokens } from "../../src/upstream/access-token.ts";
import type { Fetch } from "../../src/upstream/exchange.ts";
import { type Connection, ScimClient } from "../../src/upstream/scim-client.ts";

export type Asked = { method: string; path: string; headers: Headers; body: string };
type Scripted = Response | Error | ((asked: Asked) => Response | Promise<Response>);

export const json = (status: number, body?: unknown, headers: Record<string, string> = {}): Response =>
  new Response(body === undefined ? null : JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json", ...headers },
  });

const baseUrl = "https://scim.example.com/v2";
const bearer: Connection = { baseUrl, credential: { type: "bearer", token: "secret-token" } };

export const clientCredentials: Connection = {
  baseUrl,
  credential: {
    type: "client_credentials",
    tokenEndpoint: "https://login.example.com/token",
    clientId: "client:1",
    clientSecret: "s%cret",
  },
};

export function scripted(answers: Scripted[], connection: Connection = bearer, clock = { now: 0 }) {
  const asked: Asked[] = [];
  const fetch: Fetch = async (request) => {
    const { pathname, search } = new URL(request.url);
    const { method, headers } = request;
    const call = { method, path: decodeURIComponent(pathname + search), headers, body: await request.text() };
    asked.push(call);
    const answer = answers.shift();
    if (answer === undefined) throw new Error(`unexpected: ${method} ${call.path}`);
    if (answer instanceof Error) throw answer;
    return answer instanceof Response ? answer : answer(call);
  };
  const transport = {
    fetch,
    tokens: new AccessTokens(),
    policy: { allowLoopback: false },
    now: () => clock.now,
  };
  return {
    client: new ScimClient(transport, connection),
    asked,
    open: () => new ScimClient(transport, connection),
  };
}
