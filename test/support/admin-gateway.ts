/**
 * The whole HTTP surface in this process, on the real databases, with a clock and a mailbox of the test's own.
 * Wake-ups after a commit are recorded, not sent: the test decides when work is taken up.
 */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { buildDeps, type DevelopmentSettings } from "../../src/entry/deps.ts";
import type { MailEnvironment } from "../../src/entry/mail.ts";
import type { Deps } from "../../src/gateway/deps.ts";
import { createApp } from "../../src/http/app.ts";
import type { AppEnvironment } from "../../src/http/context.ts";
import { expectMatches } from "./expect-matches.ts";

export const LOOPBACK = "http://localhost:8787";

export type Answer<Body = Record<string, unknown>> = {
  status: number;
  headers: Headers;
  text: string;
  body: Body;
};

export type Call = {
  key?: string | undefined;
  cookie?: string | undefined;
  body?: unknown;
  headers?: Record<string, string>;
  origin?: string;
};

type Settings = Partial<DevelopmentSettings & MailEnvironment>;

export function openGateway(settings: Settings = { MAIL_CAPTURE: "1" }) {
  const environment = { ...env, MAIL_CAPTURE: "0", MAIL_FROM: "", ...settings } as Env;
  const clock = { offsetMs: 0 };
  const armed: string[] = [];
  const alter = { deps: (deps: Deps): Deps => deps };
  const own = (waitUntil: (work: Promise<unknown>) => void, origin?: string, address?: string): Deps =>
    alter.deps({
      ...buildDeps(environment, waitUntil, origin, address),
      now: () => Date.now() + clock.offsetMs,
      signals: {
        outboxWritten: () => {},
        armSweeper: async (shard) => {
          armed.push(shard);
        },
      },
    });
  const app = createApp(
    (_, waitUntil, origin, address) => own(waitUntil, origin, address),
    new Hono<AppEnvironment>(),
  );

  /** An answer of the admin API before it is read. */
  const stream = (path: string, key: string): Promise<Response> =>
    Promise.resolve(
      app.fetch(
        new Request(`${LOOPBACK}/api/v1${path}`, { headers: { authorization: `Bearer ${key}` } }),
        environment,
        createExecutionContext(),
      ),
    );

  async function send(request: Request): Promise<Answer> {
    const context = createExecutionContext();
    const response = await app.fetch(request, environment, context);
    const text = await response.text();
    await waitOnExecutionContext(context);
    const json = (response.headers.get("content-type") ?? "").includes("json");
    const { status, headers } = response;
    return { status, headers, text, body: json ? (JSON.parse(text) as Record<string, unknown>) : {} };
  }

  /** Calls the admin API; whatever it answers has to be as its description says. */
  async function call<Body = Record<string, never>>(
    method: string,
    path: string,
    { key, cookie, body, headers = {}, origin = LOOPBACK }: Call = {},
  ): Promise<Answer<Body>> {
    const request = new Request(`${origin}/api/v1${path}`, {
      method,
      headers: {
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...(cookie === undefined ? {} : { cookie }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const answer = await send(request);
    expectMatches(method, path, answer);
    return answer as Answer<Body>;
  }

  /** Signs an organization up and returns its first API key. */
  async function signUp(organization = "Example", email = `${crypto.randomUUID()}@example.com`) {
    const requested = await call<{ confirmationUrl: string }>("POST", "/signups", {
      body: { organization, email },
    });
    const token = tokenOf(requested.body.confirmationUrl);
    const confirmed = await call<Confirmed>("POST", "/signups/confirmation", { body: { token } });
    const { tenant, administrator, apiKey } = confirmed.body;
    return { email, tenant, administrator, key: apiKey.key, apiKeyId: apiKey.id };
  }

  return { send, stream, call, signUp, clock, armed, alter, deps: () => own(() => {}, LOOPBACK) };
}

export type Confirmed = {
  tenant: { id: string; name: string; subscriptionId: string };
  administrator: { id: string; email: string; role: string };
  apiKey: { id: string; name: string; key: string };
};

export type Gateway = ReturnType<typeof openGateway>;

export const tokenOf = (url: string): string => new URL(url).searchParams.get("token") ?? "";

/** Requests a token as a client does. */
export const requestToken = (
  gateway: Gateway,
  client: { tokenEndpoint: string; clientId: string; clientSecret: string },
): Promise<Answer> =>
  gateway.send(
    new Request(client.tokenEndpoint, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: client.clientId,
        client_secret: client.clientSecret,
      }),
    }),
  );
