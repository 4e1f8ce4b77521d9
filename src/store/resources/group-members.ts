/** The members of a group as one JSON column of a statement over `groups`. */
import { type SQL, sql } from "drizzle-orm";
import type { TenantScope } from "../scope.ts";

/**
 * JSON text of `[[kind, id]…]` in key order for the row of `groups` at hand; NULL when the group has more than
 * `limit` members, so that no value grows past what D1 carries.
 */
export function groupMembersColumn({ tenantNo }: Pick<TenantScope, "tenantNo">, limit: number): SQL {
  return sql`CASE WHEN groups.member_count <= ${limit} THEN (SELECT json_group_array(json_array(kind, id)) FROM (
      SELECT m.member_kind AS kind, CASE m.member_kind
          WHEN 0 THEN (SELECT u.scim_id FROM users AS u WHERE u.tenant_no = ${tenantNo} AND u.user_no = m.member_no)
          ELSE (SELECT n.scim_id FROM groups AS n WHERE n.tenant_no = ${tenantNo} AND n.group_no = m.member_no
            AND n.deleted_at IS NULL) END AS id
      FROM members AS m WHERE m.tenant_no = ${tenantNo} AND m.group_no = groups.group_no
      ORDER BY m.member_kind, m.member_no)) END`;
}
