/** A SCIM client of a seeded tenant, below HTTP: use cases with real D1, and the cost of each call. */
import { configurationNo, credentialNo } from "../../src/domain/id.ts";
import type { ScimClient } from "../../src/gateway/scim/client.ts";
import type { Meter } from "../../src/store/database.ts";
import { type SeededTenant, seedConfiguration } from "./tenant.ts";

export type SeededClient = {
  /** One request: fresh dependencies, so that `meter` counts this call alone. */
  request(): { client: ScimClient; meter: Meter };
};

export async function seedClient(tenant: SeededTenant, configuration = 1): Promise<SeededClient> {
  await seedConfiguration(tenant, { configurationNo: configuration });
  await tenant.run(
    `INSERT INTO credentials (tenant_no, credential_no, credential_id, configuration_no, secret_hash, state, created_at)
     VALUES (?, ?, ?, ?, 'x', 'active', 0)`,
    tenant.tenantNo,
    configuration,
    `credential-${configuration}`,
    configuration,
  );
  return {
    request() {
      const deps = tenant.deps();
      const shard = deps.shard(tenant.shardName);
      if (shard === undefined) throw new Error(`${tenant.shardName} is not bound`);
      const client: ScimClient = {
        deps,
        scope: { ...tenant.scope(), shard },
        identity: {
          configurationNo: configurationNo(configuration),
          credentialNo: credentialNo(configuration),
          scheme: "bearer",
        },
        baseUrl: "http://localhost/t/c/scim/v2",
        fencePassed: false,
      };
      return { client, meter: deps.meter };
    },
  };
}
