/** Groups of Okta, read with an API token. Okta's groups hold people only. */
import type { RemotePerson } from "../../domain/import.ts";
import { isObject, type JsonObject } from "../../scim/json.ts";
import { refuseAddress } from "../address.ts";
import { UpstreamFailure } from "../failure.ts";
import type { Transport } from "../scim-client.ts";
import {
  type Directory,
  type GroupPage,
  named,
  noSuchGroup,
  objectAt,
  pageWithin,
  textOf,
} from "./directory.ts";
import { Requests } from "./requests.ts";

/** Okta's own recommendation for this list; larger pages are cut anyway. */
const pageSize = 200;

export type OktaConnection = { organizationUrl: string; token: string };

export class OktaDirectory implements Directory {
  readonly #requests: Requests;
  readonly #base: string;

  /** @throws UpstreamFailure `address`: settings outlive the rules they were checked against. */
  constructor(transport: Transport, { organizationUrl, token }: OktaConnection) {
    const reason = refuseAddress(organizationUrl, transport.policy);
    if (reason !== undefined) throw new UpstreamFailure("address", `${organizationUrl}: ${reason}`);
    this.#base = new URL("/api/v1/", organizationUrl).toString();
    this.#requests = new Requests(transport, { type: "token", scheme: "SSWS", token });
  }

  /** There is no step before the first read. */
  authenticate(): Promise<void> {
    return Promise.resolve();
  }

  async readPage(groupId: string, _nested: boolean, cursor: string | undefined): Promise<GroupPage> {
    const first = `${this.#base}groups/${encodeURIComponent(groupId)}/users?limit=${pageSize}`;
    const { status, body, link } = await this.#requests.get(
      cursor === undefined ? first : pageWithin(this.#base, cursor),
    );
    if (status === 404) throw noSuchGroup(groupId);
    if (!Array.isArray(body) || !body.every(isObject)) {
      throw new UpstreamFailure("invalid_answer", "Okta answered without a list of members.");
    }
    const next = nextOf(link);
    return {
      people: body.map(personOf),
      ...(next === undefined ? {} : { next: pageWithin(this.#base, next) }),
    };
  }

  describe(): Promise<RemotePerson[]> {
    return Promise.resolve([]);
  }
}

/** Who is suspended or deactivated; every other status can sign in, or will once a step is taken. */
const inactive = new Set(["SUSPENDED", "DEPROVISIONED"]);

function personOf(user: JsonObject): RemotePerson {
  const id = textOf(user["id"]);
  const { login: userName, displayName, firstName, lastName, email } = objectAt(user, "profile");
  if (id === undefined || textOf(userName) === undefined) {
    throw new UpstreamFailure("invalid_answer", "Okta lists a member without an id or a login.");
  }
  return {
    id,
    ...named({ userName, displayName, givenName: firstName, familyName: lastName, email }),
    active: !inactive.has(textOf(user["status"]) ?? ""),
  };
}

/** The target of `rel="next"` in a Link header (RFC 8288 §3), which may stand among others. */
function nextOf(header: string | null): string | undefined {
  for (const [, target, parameters = ""] of (header ?? "").matchAll(/<([^>]*)>((?:\s*;[^,<]*)*)/g)) {
    if (/;\s*rel\s*=\s*"?next"?\s*(;|$)/i.test(parameters)) return target;
  }
  return undefined;
}
