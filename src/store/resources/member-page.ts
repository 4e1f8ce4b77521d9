/** Members of a group as its representation needs them. */
import { type SQL, sql } from "drizzle-orm";
import type { TenantScope } from "../scope.ts";

/** One keyset page of members in key order, as the representation needs them. */
export function selectMembers(
  scope: TenantScope,
  groupNo: number | SQL,
  after: { kind: number; no: number },
  limit: number,
): SQL {
  const { tenantNo } = scope;
  return sql`SELECT m.member_kind, m.member_no, CASE m.member_kind WHEN 0
      THEN (SELECT u.scim_id FROM users u WHERE u.tenant_no = ${tenantNo} AND u.user_no = m.member_no)
      ELSE (SELECT g.scim_id FROM groups g WHERE g.tenant_no = ${tenantNo} AND g.group_no = m.member_no
        AND g.deleted_at IS NULL) END AS scim_id
    FROM members m WHERE m.tenant_no = ${tenantNo} AND m.group_no = ${groupNo}
      AND (m.member_kind, m.member_no) > (${after.kind}, ${after.no})
    ORDER BY m.member_kind, m.member_no LIMIT ${limit}`;
}
