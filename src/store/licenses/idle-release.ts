/** When idle accounts of a subscription are to be looked for again. */
import { type SQL, sql } from "drizzle-orm";
import { IDLE_CHECK_INTERVAL_MS, IDLE_CHECKS_PER_SWEEP } from "../../domain/limits.ts";
import { recordEvent } from "../events.ts";
import { tenantFence } from "../fence.ts";
import { enqueue } from "../outbox.ts";
import type { TenantScope } from "../scope.ts";

/** Subscriptions of the shard that release licenses of idle accounts and were not looked through for a day. */
export const selectIdleChecksDue = (now: number): SQL =>
  sql`SELECT t.tenant_no, t.epoch FROM policies AS p
    JOIN tenants AS t ON t.tenant_no = p.tenant_no AND t.status = 'active'
    WHERE p.idle_release_days IS NOT NULL AND COALESCE((
      SELECT e.at FROM event_subjects AS s CROSS JOIN events AS e
      WHERE s.tenant_no = p.tenant_no AND s.subject_kind = 'tenant' AND s.subject_no = p.tenant_no
        AND e.tenant_no = s.tenant_no AND e.seq = s.seq AND e.action = 'license.idle_checked'
      ORDER BY s.seq DESC LIMIT 1), 0) <= ${now - IDLE_CHECK_INTERVAL_MS}
    LIMIT ${IDLE_CHECKS_PER_SWEEP}`;

export const orderIdleCheck = (scope: TenantScope): SQL[] => [
  tenantFence(scope),
  ...recordEvent(scope, {
    action: "license.idle_checked",
    subjectKind: "tenant",
    subjectNo: scope.tenantNo,
    data: {},
  }),
  enqueue(scope, "license", { idle: true }),
];
