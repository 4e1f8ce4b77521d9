/** Recorded conversations of identity providers with a service provider, and how one is replayed. */
import {
  type Answer,
  type ConfigurationType,
  type Gateway,
  type ScimClient,
  send,
  signUpTenant,
} from "./gateway.ts";
import { type Json, mismatches } from "./json-subset.ts";

export type Step = {
  /** What the step is about, where the request does not say. */
  note?: string;
  request: { method: string; path: string; headers?: Record<string, string>; body?: Json };
  /** How often; `{{index}}` counts from 1. */
  times?: number;
  expect: { status: number; headers?: Record<string, Json>; body?: Json };
  /** Names for values of the answer, by JSON pointer, or `header:name`. */
  save?: Record<string, string>;
  /** A name for the whole body: `{"$kept": name, …}` sends it back with the other members in place of its own. */
  keep?: string;
};

export type Transcript = {
  title: string;
  /** Who sends this, and when. */
  source: string;
  configuration: ConfigurationType;
  /** It holds for this kind of configuration alone; any other replays on both. */
  only?: true;
  steps: Step[];
};

type Values = Map<string, string>;
type JsonObject = Record<string, Json>;

/** Replays a transcript in a tenant of its own. Returns every difference from what it expects. */
export async function replay(
  gateway: Gateway,
  transcript: Transcript,
  configuration = transcript.configuration,
): Promise<string[]> {
  const tenant = await signUpTenant(gateway);
  const client = await tenant.configure(configuration);
  const values = await valuesOf(client);
  const differences: string[] = [];
  for (const [number, step] of transcript.steps.entries()) {
    for (let index = 1; index <= (step.times ?? 1); index += 1) {
      values.set("index", String(index));
      const found = await replayStep(client, step, values);
      const { method, path } = step.request;
      differences.push(...found.map((text) => `step ${number + 1}, ${method} ${path}: ${text}`));
    }
  }
  return differences;
}

async function valuesOf(client: ScimClient): Promise<Values> {
  const { tenantUrl, tokenEndpoint, clientId, clientSecret } = client.configuration;
  return new Map([
    ["unique", crypto.randomUUID().slice(0, 8)],
    ["tenantUrl", tenantUrl],
    ["tokenEndpoint", tokenEndpoint],
    ["clientId", clientId],
    ["clientSecret", clientSecret],
    ["basic", client.basic],
    ["token", await client.token()],
  ]);
}

async function replayStep(client: ScimClient, step: Step, values: Values): Promise<string[]> {
  const request = withKept(filled(step.request, values), values);
  const isScim = !request.path.startsWith("http");
  const path = isScim ? `${client.configuration.tenantUrl}${request.path}` : request.path;
  const authorization =
    client.configuration.type === "other_scim" ? client.basic : `Bearer ${values.get("token")}`;
  const headers = isScim ? { authorization, ...request.headers } : { ...request.headers };
  const answer = await send(client.gateway, { ...request, path, headers });
  const expectation = filled(step.expect, values) as Step["expect"];
  const differences = [...compared(expectation, answer), ...(isScim ? breaches(answer, headers) : [])];
  for (const [name, pointer] of Object.entries(step.save ?? {})) {
    const value = valueAt(answer, pointer);
    if (value === undefined) differences.push(`nothing at ${pointer} to save as ${name}`);
    else values.set(name, value);
  }
  if (step.keep !== undefined) values.set(step.keep, answer.text);
  return differences;
}

function withKept(request: Step["request"], values: Values): Step["request"] {
  const { $kept: name, ...rest } = objectOf(request.body);
  if (name === undefined) return request;
  return { ...request, body: { ...(JSON.parse(values.get(String(name)) ?? "") as JsonObject), ...rest } };
}

const objectOf = (value: Json | undefined): JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};

function compared({ status, headers = {}, body }: Step["expect"], answer: Answer): string[] {
  const differences: string[] = [];
  if (answer.status !== status)
    differences.push(`status ${answer.status} instead of ${status}: ${answer.text}`);
  for (const [name, value] of Object.entries(headers)) {
    differences.push(...mismatches(value, answer.headers.get(name) ?? undefined, `header ${name}`));
  }
  if (body !== undefined) differences.push(...mismatches(body, answer.body));
  return differences;
}

const ERROR = "urn:ietf:params:scim:api:messages:2.0:Error";
const LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/** What holds for every answer of a SCIM service provider, whatever was asked. */
export function breaches(answer: Answer, sent: Record<string, string> = {}): string[] {
  const { status, headers, body, text } = answer;
  const found: string[] = [];
  const must = (holds: boolean, what: string): void => {
    if (!holds) found.push(`${what}: ${status} ${text.slice(0, 400)}`);
  };
  must(status < 500 || status === 501, "a server error");
  if (status === 204 || status === 304) {
    must(text === "", "a body where there is none");
    return found;
  }
  const type = (headers.get("content-type") ?? "").split(";")[0];
  const wanted = sent["accept"] === "application/json" ? "application/json" : "application/scim+json";
  must(type === wanted, `content type ${type}`);
  must(body !== undefined, "not JSON");
  must(!text.includes(":null"), "a null value");
  must(!/"password":/i.test(text), "a password");
  const document = objectOf(body);
  const schemas = Array.isArray(document["schemas"]) ? document["schemas"] : [];
  if (status >= 400) {
    must(schemas.length === 1 && schemas[0] === ERROR, "an error without the error schema");
    must(document["status"] === String(status), "an error with another status");
    must(typeof document["detail"] === "string" && document["detail"] !== "", "an error without detail");
    if (status === 401) must(headers.has("www-authenticate"), "401 without a challenge");
    return found;
  }
  if (schemas.includes(LIST)) found.push(...listBreaches(document));
  else must(schemas.length > 0, "no schemas");
  if (status === 201) {
    const meta = (document["meta"] ?? {}) as Record<string, Json>;
    must(typeof document["id"] === "string" && document["id"] !== "", "created without an id");
    must(headers.get("location") === meta["location"], "Location is not meta.location");
    must(headers.get("etag") === meta["version"], "ETag is not meta.version");
  }
  return found;
}

function listBreaches(list: Record<string, Json>): string[] {
  const resources = Array.isArray(list["Resources"])
    ? (list["Resources"] as Record<string, Json>[])
    : undefined;
  if (resources === undefined) return ["a ListResponse without Resources"];
  const found: string[] = [];
  if (list["itemsPerPage"] !== resources.length) found.push("itemsPerPage is not the number of resources");
  const total = list["totalResults"];
  const isCursorPage = list["startIndex"] === undefined;
  if (!(Number.isInteger(total) || (isCursorPage && total === undefined)))
    found.push("no integer totalResults");
  if (!isCursorPage && !Number.isInteger(list["startIndex"])) found.push("startIndex is no integer");
  if (resources.some(({ schemas }) => !Array.isArray(schemas) || schemas.length === 0)) {
    found.push("a resource of a list without schemas");
  }
  return found;
}

function valueAt(answer: Answer, pointer: string): string | undefined {
  if (pointer.startsWith("header:")) return answer.headers.get(pointer.slice("header:".length)) ?? undefined;
  let value: Json | undefined = answer.body;
  for (const name of pointer.split("/").slice(1)) {
    value = typeof value === "object" && value !== null ? (value as Record<string, Json>)[name] : undefined;
  }
  return value === undefined || value === null ? undefined : String(value);
}

/** `{{name}}` inside any text, keys included. */
function filled<T>(template: T, values: Values): T {
  if (typeof template === "string") {
    return template.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
      const value = values.get(name);
      if (value === undefined) throw new Error(`The transcript uses {{${name}}} before it is known.`);
      return value;
    }) as T;
  }
  if (Array.isArray(template)) return template.map((item) => filled(item, values)) as T;
  if (typeof template !== "object" || template === null) return template;
  return Object.fromEntries(
    Object.entries(template).map(([name, item]) => [filled(name, values), filled(item, values)]),
  ) as T;
}
