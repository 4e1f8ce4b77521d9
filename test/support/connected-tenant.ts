/** An organization whose vault is kept by a SCIM service: the messages and the way to the service are the test's. */
import { env } from "cloudflare:workers";
import type { OutboxKind, PropagationMessage } from "../../src/domain/outbox.ts";
import { openConnectors } from "../../src/entry/connectors.ts";
import type { Deps } from "../../src/gateway/deps.ts";
import { allocateLicenses } from "../../src/gateway/licenses/allocator.ts";
import { propagate } from "../../src/gateway/outbox/propagation.ts";
import type { Fetch } from "../../src/upstream/exchange.ts";
import { openGateway } from "./admin-gateway.ts";

export type Resource = { id: string; [name: string]: unknown };
type Configuration = {
  id: string;
  tenantUrl: string;
  tokenEndpoint: string;
  clientId: string;
  clientSecret: string;
};

export type ScimSide = Awaited<ReturnType<ConnectedTenant["configure"]>>;

export class ConnectedTenant {
  readonly gateway = openGateway({ MAIL_CAPTURE: "1", ALLOW_LOOPBACK_CONNECTORS: "1" });
  #key = "";
  #shard: "SHARD_0" | "SHARD_1" = "SHARD_0";
  #tenantNo = 0;

  static async open(licenses = 1_000): Promise<ConnectedTenant> {
    const tenant = new ConnectedTenant();
    const signedUp = await tenant.gateway.signUp(crypto.randomUUID());
    tenant.#key = signedUp.key;
    const place = await env.CONTROL.prepare("SELECT tenant_no, shard FROM tenants WHERE tenant_id = ?")
      .bind(signedUp.tenant.id)
      .first<{ tenant_no: number; shard: "SHARD_0" | "SHARD_1" }>();
    if (place === null) throw new Error("the organization is not in the directory");
    tenant.#shard = place.shard;
    tenant.#tenantNo = place.tenant_no;
    await tenant.admin("PATCH", "/license-types/named", { purchased: licenses });
    return tenant;
  }

  async admin<Body = { id: string }>(method: string, path: string, body?: unknown): Promise<Body> {
    const answer = await this.gateway.call<Body>(method, path, { key: this.#key, body });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.body;
  }

  /** What the admin API answers, refusals included. */
  ask(method: string, path: string, body?: unknown) {
    return this.gateway.call<Record<string, unknown>>(method, path, { key: this.#key, body });
  }

  /** A configuration, and a client that calls it. */
  async configure() {
    const body = { name: crypto.randomUUID(), type: "other_scim", defaultLicenseType: "named" };
    const configuration = await this.admin<Configuration>("POST", "/configurations", body);
    const { clientId, clientSecret, tenantUrl } = configuration;
    const authorization = `Basic ${btoa(`${clientId}:${clientSecret}`)}`;
    const call = async <Body = Resource>(method: string, path: string, sent?: object): Promise<Body> => {
      const answer = await this.gateway.send(
        new Request(`${tenantUrl}${path}`, {
          method,
          headers: { authorization, "content-type": "application/scim+json" },
          ...(sent === undefined ? {} : { body: JSON.stringify(sent) }),
        }),
      );
      if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
      return answer.body as Body;
    };
    const list = async (endpoint: string): Promise<Resource[]> =>
      (await call<{ Resources: Resource[] }>("GET", `${endpoint}?count=1000`)).Resources;
    return { ...configuration, call, list };
  }

  /** Links the source group to a new user group of the vault. */
  async link(groupId: string, vaultId: string, name: string): Promise<{ id: string }> {
    const ends = { groupId, vaultId, newVaultGroupName: name };
    const { planHash } = await this.admin<{ planHash: string }>("POST", "/links/preview", ends);
    return this.admin("POST", "/links", { ...ends, planHash });
  }

  /** What the consumer is given; `service` answers for the vault's SCIM service. */
  deps(service: Fetch): Deps {
    return { ...this.gateway.deps(), connectors: openConnectors({ allowLoopback: true }, service) };
  }

  async rows<Row = Record<string, number | string | null>>(sql: string, ...more: unknown[]): Promise<Row[]> {
    const { results } = await env[this.#shard]
      .prepare(sql)
      .bind(this.#tenantNo, ...more)
      .all<Row>();
    return results;
  }

  async messages(): Promise<PropagationMessage[]> {
    const rows = await this.rows<{ kind: OutboxKind; seq: number }>(
      "SELECT kind, seq FROM outbox WHERE tenant_no = ? AND kind <> 'license' AND dead_at IS NULL ORDER BY seq",
    );
    const place = { v: 1, shard: this.#shard, tenantNo: this.#tenantNo } as const;
    return rows.map(({ kind, seq }) => ({ ...place, kind, seq }));
  }

  /** Decides licenses and delivers messages until nothing is open. Failed deliveries are repeated, as by the queue. */
  async settle(
    deps: Deps,
    arrange: (messages: PropagationMessage[]) => PropagationMessage[] = (messages) => messages,
    rounds = 60,
  ): Promise<unknown[]> {
    const failures: unknown[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await allocateLicenses(deps, this.#shard, this.#tenantNo);
      const messages = await this.messages();
      if (messages.length === 0) return failures;
      for (const message of arrange(messages)) {
        await propagate(deps, message).catch((error: unknown) => failures.push(error));
      }
    }
    throw new Error(
      `did not settle: ${JSON.stringify(await this.messages())} ${failures.slice(0, 3).join("; ")}`,
    );
  }
}

export const answerOf = async (tenant: ConnectedTenant, request: Request): Promise<Response> => {
  const { status, text, headers } = await tenant.gateway.send(request);
  return new Response(status === 204 || status === 304 ? null : text, { status, headers });
};
