/** A tenant of a test's own, with one configuration, as a SCIM client meets it. */
import { env } from "cloudflare:workers";
import { configurationNo, credentialNo, tenantNo } from "../../src/domain/id.ts";
import { openCursors } from "../../src/entry/cursors.ts";
import { uuidv7 } from "../../src/entry/random.ts";
import type { Deps } from "../../src/gateway/deps.ts";
import type { ScimClient } from "../../src/gateway/scim-client.ts";
import { newMeter } from "../../src/store/database.ts";

let tenants = 0;
const cursors = openCursors("a secret of the tests");

const unused = (): never => {
  throw new Error("not part of this test");
};

function deps(clock: { now: number }): Deps {
  const meter = newMeter();
  const database = { name: "SHARD_0", binding: env.SHARD_0, meter };
  return {
    now: () => clock.now,
    newId: () => uuidv7(Date.now()),
    newSecret: unused,
    control: database,
    shard: () => database,
    shardNames: ["SHARD_0"],
    signals: { outboxWritten: () => undefined, armSweeper: unused },
    mail: { mode: "unavailable", send: unused },
    tokens: { sign: unused, verify: unused, jwks: unused },
    cursors,
    directory: undefined as never,
    meter,
    showServerTiming: false,
    pause: () => Promise.resolve(),
    afterResponse: () => undefined,
    log: () => undefined,
  };
}

/** Runs statements apart from the code under test. */
export async function execute(sql: string, ...values: unknown[]): Promise<void> {
  await env.SHARD_0.prepare(sql)
    .bind(...values)
    .run();
}

export type TestTenant = { no: number; client(configuration?: number, clock?: { now: number }): ScimClient };

/** @param configurations how many it has, numbered from 1 */
export async function newTenant(configurations = 1): Promise<TestTenant> {
  tenants += 1;
  const no = tenants;
  await execute(
    `INSERT INTO tenants (tenant_no, tenant_id, subscription_id, name, status, epoch, created_at)
     VALUES (?, ?, ?, 'Test', 'active', 1, 0)`,
    no,
    `t${no}`,
    `s${no}`,
  );
  for (let number = 1; number <= configurations; number += 1) {
    await execute(
      `INSERT INTO configurations (tenant_no, configuration_no, configuration_id, name, name_folded, type,
        default_license_type_no, state, client_id, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, 'other_scim', 1, 'active', 'c', 0, 0)`,
      no,
      number,
      `c${number}`,
      `c${number}`,
      `c${number}`,
    );
    await execute(
      `INSERT INTO credentials (tenant_no, credential_no, credential_id, configuration_no, secret_hash, state, created_at)
       VALUES (?, ?, ?, ?, '', 'active', 0)`,
      no,
      number,
      `k${number}`,
      number,
    );
  }
  return {
    no,
    client(configuration = 1, clock = { now: Date.now() }) {
      const own = deps(clock);
      const shard = { name: "SHARD_0", binding: env.SHARD_0, meter: own.meter };
      return {
        deps: own,
        scope: {
          shard,
          tenantNo: tenantNo(no),
          epoch: 1,
          cause: { actor: `idp:c${configuration}`, correlationId: "test" },
          now: clock.now,
        },
        identity: {
          configurationNo: configurationNo(configuration),
          credentialNo: credentialNo(configuration),
          scheme: "bearer",
        },
        baseUrl: `https://gateway.example/t/c${configuration}/scim/v2`,
        fencePassed: false,
      };
    },
  };
}
