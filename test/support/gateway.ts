/** The gateway as its clients meet it: over HTTP only, through whatever door leads to it. */
import type { Json } from "./json-subset.ts";

export type Door = (request: Request) => Promise<Response>;
export type ConfigurationType = "entra_gallery" | "other_scim";

export type Answer = {
  status: number;
  headers: Headers;
  /** Undefined when there was no body or it was no JSON. */
  body: Json | undefined;
  text: string;
};

export type Call = {
  method: string;
  /** Below the base address, or absolute. */
  path: string;
  headers?: Record<string, string> | undefined;
  /** Text goes out as it is, anything else as JSON. */
  body?: Json | Uint8Array<ArrayBuffer> | undefined;
};

export type Configuration = {
  id: string;
  type: ConfigurationType;
  tenantUrl: string;
  tokenEndpoint: string;
  clientId: string;
  clientSecret: string;
};

export type Gateway = { base: string; door: Door };

export async function send(
  { base, door }: Gateway,
  { method, path, headers = {}, body }: Call,
): Promise<Answer> {
  const isText = typeof body === "string" || body instanceof Uint8Array;
  const sent = new Headers(headers);
  if (body !== undefined && !sent.has("content-type")) sent.set("content-type", "application/scim+json");
  const response = await door(
    new Request(path.startsWith("http") ? path : `${base}${path}`, {
      method,
      headers: sent,
      redirect: "manual",
      ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
    }),
  );
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: parsed(text), text };
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    // Not JSON is for the caller to notice: every expectation of a body then fails.
    return undefined;
  }
}

/** The body, or a failure that tells what came instead. */
export function expected<Body>(answer: Answer, status: number): Body {
  if (answer.status !== status) throw new Error(`${answer.status} instead of ${status}: ${answer.text}`);
  return answer.body as Body;
}

let tenants = 0;

/** Signs an organization up on a gateway that captures mail, as development and tests do. */
export async function signUpTenant(gateway: Gateway): Promise<Tenant> {
  tenants += 1;
  const name = `Conformance ${tenants}`;
  const email = `admin-${crypto.randomUUID()}@conformance.example`;
  const json = { "content-type": "application/json" };
  const asked = { organization: name, email };
  const signUp = { method: "POST", path: "/api/v1/signups", headers: json, body: asked };
  const { confirmationUrl } = expected<{ confirmationUrl: string }>(await send(gateway, signUp), 202);
  const token = new URL(confirmationUrl).searchParams.get("token");
  const confirmation = {
    method: "POST",
    path: "/api/v1/signups/confirmation",
    headers: json,
    body: { token },
  };
  const confirmed = expected<{ tenant: { id: string }; apiKey: { key: string } }>(
    await send(gateway, confirmation),
    201,
  );
  return new Tenant(gateway, confirmed.tenant.id, confirmed.apiKey.key);
}

export class Tenant {
  readonly gateway: Gateway;
  readonly id: string;
  readonly #key: string;

  constructor(gateway: Gateway, id: string, key: string) {
    this.gateway = gateway;
    this.id = id;
    this.#key = key;
  }

  /** A call of the admin API. */
  admin(method: string, path: string, body?: Json): Promise<Answer> {
    const headers = { authorization: `Bearer ${this.#key}`, "content-type": "application/json" };
    return send(this.gateway, { method, path: `/api/v1${path}`, headers, body });
  }

  async configure(type: ConfigurationType, name: string = type): Promise<ScimClient> {
    const body = { name, type, defaultLicenseType: "read_only" };
    const configuration = expected<Configuration>(await this.admin("POST", "/configurations", body), 201);
    return new ScimClient(this.gateway, configuration);
  }
}

/** One provisioning configuration, as its identity provider calls it. */
export class ScimClient {
  readonly gateway: Gateway;
  readonly configuration: Configuration;
  #token: string | undefined;

  constructor(gateway: Gateway, configuration: Configuration) {
    this.gateway = gateway;
    this.configuration = configuration;
  }

  get basic(): string {
    const { clientId, clientSecret } = this.configuration;
    return `Basic ${btoa(`${clientId}:${clientSecret}`)}`;
  }

  /** A new access token from the token endpoint, with the secret of the configuration or another one. */
  async requestToken(clientSecret = this.configuration.clientSecret): Promise<Answer> {
    const { tokenEndpoint, clientId } = this.configuration;
    const form = { grant_type: "client_credentials", client_id: clientId, client_secret: clientSecret };
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const body = new URLSearchParams(form).toString();
    return send(this.gateway, { method: "POST", path: tokenEndpoint, headers, body });
  }

  async token(): Promise<string> {
    this.#token ??= expected<{ access_token: string }>(await this.requestToken(), 200).access_token;
    return this.#token;
  }

  /** A SCIM call with an access token, unless the headers bring their own authorization. */
  async send(
    method: string,
    path: string,
    body?: Call["body"],
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const url = path.startsWith("http") ? path : `${this.configuration.tenantUrl}${path}`;
    const authorization = headers["authorization"] ?? `Bearer ${await this.token()}`;
    return send(this.gateway, { method, path: url, headers: { ...headers, authorization }, body });
  }

  /** Sends, and fails unless the status is as expected. */
  async call<Body = { [name: string]: Json }>(
    status: number,
    method: string,
    path: string,
    body?: Call["body"],
    headers?: Record<string, string>,
  ): Promise<Body> {
    return expected<Body>(await this.send(method, path, body, headers), status);
  }
}
