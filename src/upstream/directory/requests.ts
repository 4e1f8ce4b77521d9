/** Authorized reads from a provider's own API, with refusals in words an administrator can act on. */
import { UPSTREAM_DETAIL_LENGTH_MAX } from "../../domain/limits.ts";
import { isObject } from "../../scim/json.ts";
import type { ClientCredentials } from "../access-token.ts";
import { type Answer, exchange } from "../exchange.ts";
import { UpstreamFailure } from "../failure.ts";
import type { Transport } from "../scim-client.ts";

export type Authorization =
  | { type: "token"; scheme: "SSWS" | "Bearer"; token: string }
  | ({ type: "client" } & ClientCredentials);

export class Requests {
  readonly #transport: Transport;
  readonly #authorization: Authorization;

  constructor(transport: Transport, authorization: Authorization) {
    this.#transport = transport;
    this.#authorization = authorization;
  }

  async authenticate(): Promise<void> {
    await this.#header();
  }

  /** An answer of 200, or of 404. @throws UpstreamFailure for any other. */
  async get(url: string): Promise<Answer> {
    let answer = await this.#send(url);
    if (answer.status === 401 && this.#authorization.type === "client") {
      // The token may have been revoked before its time: once more with a fresh one.
      this.#transport.tokens.forget(this.#authorization);
      answer = await this.#send(url);
    }
    const { status } = answer;
    if (status === 200 || status === 404) return answer;
    const detail = this.#detailOf(answer);
    const said = detail === "" ? "" : `, ${detail}`;
    if (status === 401) {
      throw new UpstreamFailure(
        "credential",
        `The provider does not accept the credential (${status}${said}).`,
        {
          status,
        },
      );
    }
    if (status === 403) {
      const missing = "The credential lacks the permission to read groups and their members";
      throw new UpstreamFailure("credential", `${missing} (${status}${said}).`, { status });
    }
    throw new UpstreamFailure("refused", `GET ${new URL(url).pathname}: ${status}${said}`, { status });
  }

  async #send(url: string): Promise<Answer> {
    const { fetch, now } = this.#transport;
    const authorization = await this.#header();
    const headers = { accept: "application/json", authorization, "user-agent": "Vestibule" };
    return exchange(fetch, { method: "GET", url, headers }, now);
  }

  async #header(): Promise<string> {
    const { fetch, tokens, now } = this.#transport;
    const own = this.#authorization;
    if (own.type === "token") return `${own.scheme} ${own.token}`;
    return `Bearer ${await tokens.get(fetch, own, now)}`;
  }

  /** Microsoft nests `error.message`, Okta says `errorSummary`. Neither may repeat the credential to anybody. */
  #detailOf({ body }: Answer): string {
    if (!isObject(body)) return "";
    const error = isObject(body["error"]) ? body["error"]["message"] : undefined;
    const text = [error, body["errorSummary"]].find((candidate) => typeof candidate === "string");
    const own = this.#authorization;
    const secret = own.type === "token" ? own.token : own.clientSecret;
    return typeof text === "string"
      ? text
          .replaceAll(/\p{Cc}+/gu, " ")
          .replaceAll(secret, "…")
          .replaceAll(/(Bearer|SSWS)\s+\S+/gi, "$1 …")
          .slice(0, UPSTREAM_DETAIL_LENGTH_MAX)
      : "";
  }
}
