/** What every function of the store works within: one tenant, on one shard, for one cause. */
import type { TenantNo } from "../domain/id.ts";
import type { Database } from "./database.ts";

/** Who did it and as part of what; copied into every event. */
export type Cause = {
  /** `idp:<configuration id>`, `admin:<id>`, `key:<id>` or `system`. */
  actor: string;
  /** The request id, carried through outbox and queue so that one timeline joins request and effects. */
  correlationId: string;
};

export type TenantScope = {
  readonly shard: Database;
  readonly tenantNo: TenantNo;
  /** The tenant's epoch as the caller knows it; a moved tenant has another. */
  readonly epoch: number;
  readonly cause: Cause;
  /** Milliseconds since the epoch; one reading per request. */
  readonly now: number;
};
