/** Pools as administrators look into them: history, queue, and what could be reclaimed. */
import { type SQL, sql } from "drizzle-orm";
import { RECLAIMABLE_SCANNED_MAX } from "../../domain/limits.ts";
import type { TenantScope } from "../scope.ts";

/** The type, and changes of its seats before the event `before`, the latest first. */
export function selectPoolHistory(scope: TenantScope, code: string, before: number, limit: number): SQL[] {
  const { tenantNo } = scope;
  const type = sql`SELECT license_type_no FROM license_types WHERE tenant_no = ${tenantNo} AND code = ${code}`;
  return [
    type,
    sql`SELECT e.seq, e.at, e.actor, e.action, e.data ->> 'before' AS before, e.data ->> 'after' AS after
      FROM event_subjects AS s CROSS JOIN events AS e
      WHERE s.tenant_no = ${tenantNo} AND s.subject_kind = 'license_type' AND s.subject_no = (${type})
        AND s.seq < ${before} AND e.tenant_no = ${tenantNo} AND e.seq = s.seq
        AND e.action IN ('license.purchased', 'license.oversubscription_changed')
      ORDER BY s.seq DESC LIMIT ${limit}`,
  ];
}

export type QueuedRow = {
  user_no: number;
  scim_id: string;
  user_name: string;
  waiting_priority: number;
  waiting_since: number;
  held: string | null;
};

/** The type, and a page of its queue in the order of service. */
export function selectQueue(
  { tenantNo }: TenantScope,
  code: string,
  after: { priority: number; since: number; userNo: number },
  limit: number,
): SQL[] {
  const type = sql`SELECT license_type_no FROM license_types WHERE tenant_no = ${tenantNo} AND code = ${code}`;
  return [
    type,
    sql`SELECT u.user_no, u.scim_id, u.user_name, u.waiting_priority, u.waiting_since,
        (SELECT t.code FROM license_types AS t
          WHERE t.tenant_no = ${tenantNo} AND t.license_type_no = u.held_type_no) AS held
      FROM users AS u WHERE u.tenant_no = ${tenantNo} AND u.wanted_type_no = (${type}) AND u.waiting_since IS NOT NULL
        AND (u.waiting_priority, u.waiting_since, u.user_no) > (${after.priority}, ${after.since}, ${after.userNo})
      ORDER BY u.waiting_priority, u.waiting_since, u.user_no LIMIT ${limit}`,
  ];
}

/**
 * Licenses held by accounts that are inactive or disabled by an administrator (A8), counted over a bounded number
 * of accounts, since an index would cost a write whenever somebody is deactivated: rows of type, `count` and
 * whether there are `more` accounts.
 */
export const selectReclaimable = ({ tenantNo }: TenantScope): SQL =>
  sql`SELECT held_type_no, COUNT(*) AS count,
      (SELECT COALESCE(MAX(user_no), 0) > ${RECLAIMABLE_SCANNED_MAX} FROM users WHERE tenant_no = ${tenantNo}) AS more
    FROM users WHERE tenant_no = ${tenantNo} AND user_no <= ${RECLAIMABLE_SCANNED_MAX}
      AND (active = 0 OR admin_disabled = 1) AND held_type_no IS NOT NULL
    GROUP BY held_type_no`;
