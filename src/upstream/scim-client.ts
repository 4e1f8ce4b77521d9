/**
 * The client of a SCIM 2.0 service that the gateway provisions into. Tolerant in what it takes for an answer,
 * strict in what it believes: services answer filters loosely, leave `Resources` out, send `application/json`,
 * 200 or 204 after PATCH with or without a body, and 409 for what they already created.
 */
import { UPSTREAM_DETAIL_LENGTH_MAX } from "../domain/limits.ts";
import { fold } from "../scim/fold.ts";
import { isObject, type Json, type JsonObject } from "../scim/json.ts";
import { GROUP, PATCH_OP } from "../scim/urn.ts";
import type { AccessTokens, ClientCredentials } from "./access-token.ts";
import { type AddressPolicy, refuseAddress } from "./address.ts";
import { type Answer, exchange, type Fetch } from "./exchange.ts";
import { UpstreamFailure } from "./failure.ts";

export type Connection = {
  baseUrl: string;
  credential: { type: "bearer"; token: string } | ({ type: "client_credentials" } & ClientCredentials);
};

export type Transport = { fetch: Fetch; tokens: AccessTokens; policy: AddressPolicy; now(): number };

/** Results a look-up asks for: two would do to tell that a name is not unique, services that filter loosely send more. */
const lookUpCount = 10;

export class ScimClient {
  readonly #transport: Transport;
  readonly #connection: Connection;
  readonly #base: string;

  /** @throws UpstreamFailure `address`: settings outlive the rules they were checked against. */
  constructor(transport: Transport, connection: Connection) {
    this.#transport = transport;
    this.#connection = connection;
    this.#base = connection.baseUrl.replace(/\/+$/, "");
    const { credential, baseUrl } = connection;
    const addresses = [baseUrl, ...(credential.type === "bearer" ? [] : [credential.tokenEndpoint])];
    for (const address of addresses) {
      const reason = refuseAddress(address, transport.policy);
      if (reason !== undefined) throw new UpstreamFailure("address", `${address}: ${reason}`);
    }
  }

  findUser(attribute: "userName" | "externalId", value: string): Promise<string | undefined> {
    return this.#find("/Users", attribute, value);
  }

  findGroup(displayName: string): Promise<string | undefined> {
    return this.#find("/Groups", "displayName", displayName);
  }

  /** The id of the new user, or `exists`: then it can be found. */
  createUser(user: JsonObject): Promise<string | "exists"> {
    return this.#create("/Users", user);
  }

  createGroup(displayName: string): Promise<string | "exists"> {
    return this.#create("/Groups", { schemas: [GROUP], displayName });
  }

  /** The whole user (RFC 7644 §3.5.1): may be repeated. Services without PUT get the same as PATCH. */
  async replaceUser(id: string, user: JsonObject): Promise<"done" | "missing"> {
    const path = `/Users/${encodeURIComponent(id)}`;
    const put = await this.#call("PUT", path, { ...user, id });
    if (put.status !== 405 && put.status !== 501) return this.#doneOrMissing(put, "PUT /Users");
    const { schemas: _, ...value } = user;
    const operations = [{ op: "replace", value }];
    const patched = await this.#call("PATCH", path, { schemas: [PATCH_OP], Operations: operations });
    return this.#doneOrMissing(patched, "PATCH /Users");
  }

  /** Adds members (RFC 7644 §3.5.2.1: adding one that is there changes nothing). */
  async addMembers(group: string, members: readonly string[]): Promise<"done" | "missing"> {
    const operations = [{ op: "add", path: "members", value: members.map((value) => ({ value })) }];
    return this.#doneOrMissing(await this.#patchGroup(group, operations), "PATCH /Groups");
  }

  /** Removes members. Services refuse what names somebody who is not in: then each goes alone. */
  async removeMembers(group: string, members: readonly string[]): Promise<"done" | "missing"> {
    const operations = members.map((id) => ({
      op: "remove",
      path: `members[value eq ${JSON.stringify(id)}]`,
    }));
    const answer = await this.#patchGroup(group, operations);
    if (answer.status !== 400 && answer.status !== 404) return this.#doneOrMissing(answer, "PATCH /Groups");
    if (members.length > 1) {
      for (const member of members) {
        if ((await this.removeMembers(group, [member])) === "missing") return "missing";
      }
      return "done";
    }
    return this.#afterRefusedRemoval(group, members, answer);
  }

  /** Whether the user can sign in there, or `missing`. */
  async isActive(id: string): Promise<boolean | "missing"> {
    const answer = await this.#call("GET", `/Users/${encodeURIComponent(id)}`);
    if (answer.status === 404) return "missing";
    if (answer.status !== 200) throw this.#refused(answer, "GET /Users");
    // RFC 7643 §4.1.1 leaves `active` optional; some services send it as text.
    return !(isObject(answer.body) && /^false$/i.test(String(answer.body["active"])));
  }

  /** Ids of the group's members, or undefined when the service leaves them out or sends too many to read. */
  async memberIds(group: string): Promise<string[] | "missing" | undefined> {
    try {
      const answer = await this.#call("GET", `/Groups/${encodeURIComponent(group)}`);
      if (answer.status === 404) return "missing";
      const members = isObject(answer.body) ? answer.body["members"] : undefined;
      if (answer.status !== 200 || !Array.isArray(members)) return undefined;
      return members
        .flatMap((member) => (isObject(member) ? [idOf(member["value"])] : []))
        .filter((id) => id !== "");
    } catch (error) {
      if (error instanceof UpstreamFailure && error.kind === "invalid_answer") return undefined;
      throw error;
    }
  }

  /** A resource as it stands there, or `missing`. */
  async get(path: string): Promise<JsonObject | "missing"> {
    const answer = await this.#call("GET", path);
    const what = `GET ${path.split("?", 1)[0]}`;
    if (answer.status === 404) return "missing";
    if (answer.status !== 200) throw this.#refused(answer, what);
    if (isObject(answer.body)) return answer.body;
    throw new UpstreamFailure("invalid_answer", `${what}: this is not an answer of a SCIM service.`, answer);
  }

  /** Obtains a token, for a test of the connection. With a bearer token there is nothing to try. */
  async authenticate(): Promise<void> {
    const { credential } = this.#connection;
    const { tokens, fetch, now } = this.#transport;
    if (credential.type === "client_credentials") await tokens.get(fetch, credential, now);
  }

  /** Whether the service lists resources of this kind, for a test of the connection. */
  async probe(endpoint: "/Users" | "/Groups"): Promise<void> {
    const answer = await this.#call("GET", `${endpoint}?count=1`);
    if (answer.status === 200 && isObject(answer.body)) return;
    if (answer.status >= 400) throw this.#refused(answer, `GET ${endpoint}`);
    throw new UpstreamFailure(
      "invalid_answer",
      `GET ${endpoint}: this is not an answer of a SCIM service.`,
      answer,
    );
  }

  #patchGroup(group: string, operations: readonly JsonObject[]): Promise<Answer> {
    const body = { schemas: [PATCH_OP], Operations: [...operations] };
    return this.#call("PATCH", `/Groups/${encodeURIComponent(group)}`, body);
  }

  /** 400 or 404 for one member: it may be out already, the group may be gone, or the service cannot do this. */
  async #afterRefusedRemoval(
    group: string,
    members: readonly string[],
    answer: Answer,
  ): Promise<"done" | "missing"> {
    const present = await this.memberIds(group);
    if (present === "missing") return "missing";
    const isAbsent = present !== undefined && !members.some((member) => present.includes(member));
    if (isAbsent || scimTypeOf(answer) === "noTarget") return "done";
    // The form that Entra sends, for services that know no value paths.
    const operations = [{ op: "remove", path: "members", value: members.map((value) => ({ value })) }];
    return this.#doneOrMissing(await this.#patchGroup(group, operations), "PATCH /Groups");
  }

  async #find(endpoint: "/Users" | "/Groups", attribute: string, value: string): Promise<string | undefined> {
    const filter = encodeURIComponent(`${attribute} eq ${JSON.stringify(value)}`);
    const answer = await this.#call("GET", `${endpoint}?filter=${filter}&count=${lookUpCount}`);
    // Some services answer 404, or nothing at all, when nothing matches.
    if (answer.status === 404 || answer.status === 204) return undefined;
    if (answer.status !== 200) throw this.#refused(answer, `GET ${endpoint}`);
    const resources = isObject(answer.body) ? answer.body["Resources"] : undefined;
    const matches = (Array.isArray(resources) ? resources : [])
      .filter(isObject)
      .filter((resource) => matchesValue(resource[attribute], value, attribute !== "externalId"))
      .map(({ id }) => idOf(id))
      .filter((id) => id !== "");
    if (new Set(matches).size > 1) {
      const detail = `There are several in ${endpoint} whose ${attribute} is ${JSON.stringify(value)}.`;
      throw new UpstreamFailure("refused", detail, { status: answer.status });
    }
    return matches[0];
  }

  async #create(endpoint: "/Users" | "/Groups", resource: JsonObject): Promise<string | "exists"> {
    const answer = await this.#call("POST", endpoint, resource);
    if (answer.status === 409) return "exists";
    if (answer.status < 200 || answer.status > 299) throw this.#refused(answer, `POST ${endpoint}`);
    const id = idOf(isObject(answer.body) ? answer.body["id"] : undefined) || lastSegment(answer.location);
    // Created, but it does not say under which id: it can be found.
    return id === "" ? "exists" : id;
  }

  #doneOrMissing(answer: Answer, what: string): "done" | "missing" {
    if (answer.status >= 200 && answer.status < 300) return "done";
    if (answer.status === 404) return "missing";
    throw this.#refused(answer, what);
  }

  async #call(method: string, path: string, body?: JsonObject): Promise<Answer> {
    const { credential } = this.#connection;
    const first = await this.#authorized(method, path, body);
    if (first.status !== 401 && first.status !== 403) return first;
    if (credential.type === "bearer" || first.status === 403) throw this.#unauthorized(first);
    // The token may have been revoked before its time: once more with a fresh one.
    this.#transport.tokens.forget(credential);
    const second = await this.#authorized(method, path, body);
    if (second.status === 401 || second.status === 403) throw this.#unauthorized(second);
    return second;
  }

  async #authorized(method: string, path: string, body?: JsonObject): Promise<Answer> {
    const { fetch, tokens, now } = this.#transport;
    const { credential } = this.#connection;
    const token = credential.type === "bearer" ? credential.token : await tokens.get(fetch, credential, now);
    const headers = {
      accept: "application/scim+json, application/json",
      authorization: `Bearer ${token}`,
      "user-agent": "Vestibule",
      ...(body === undefined ? {} : { "content-type": "application/scim+json" }),
    };
    const url = `${this.#base}${path}`;
    return exchange(fetch, { method, url, headers, ...(body && { body: JSON.stringify(body) }) }, now);
  }

  #unauthorized({ status }: Answer): UpstreamFailure {
    return new UpstreamFailure("credential", `The service does not accept the credential (${status}).`, {
      status,
    });
  }

  #refused(answer: Answer, what: string): UpstreamFailure {
    const { status } = answer;
    const detail = this.#withoutSecrets(detailOf(answer)).slice(0, UPSTREAM_DETAIL_LENGTH_MAX);
    return new UpstreamFailure("refused", `${what}: ${status}${detail === "" ? "" : `, ${detail}`}`, {
      status,
    });
  }

  /** A service may repeat in its answer what it was sent; administrators see this text. */
  #withoutSecrets(text: string): string {
    const { credential } = this.#connection;
    const secret = credential.type === "bearer" ? credential.token : credential.clientSecret;
    return text.replaceAll(secret, "…").replaceAll(/Bearer\s+\S+/gi, "Bearer …");
  }
}

function matchesValue(found: Json | undefined, wanted: string, ignoreCase: boolean): boolean {
  if (typeof found !== "string") return false;
  return ignoreCase ? fold(found) === fold(wanted) : found === wanted;
}

/** RFC 7643 §3.1 has a string; some services send a number. */
const idOf = (id: Json | undefined): string =>
  typeof id === "string" || typeof id === "number" ? String(id) : "";

const lastSegment = (location: string | null): string =>
  decodeURIComponent(/\/([^/?#]+)\/?$/.exec(location ?? "")?.[1] ?? "");

const scimTypeOf = ({ body }: Answer): Json | undefined => (isObject(body) ? body["scimType"] : undefined);

/** RFC 7644 §3.12 has `detail`; others say `message` or `error_description`. */
function detailOf({ body }: Answer): string {
  if (!isObject(body)) return "";
  const { detail, message, error_description: description } = body;
  const text = [detail, message, description].find((candidate) => typeof candidate === "string");
  return typeof text === "string" ? text.replaceAll(/\p{Cc}+/gu, " ") : "";
}
