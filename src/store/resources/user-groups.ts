/** The groups that hold a user, as one JSON column of a statement over `users`: no trip and no row of its own. */
import { type SQL, sql } from "drizzle-orm";
import { NESTED_GROUPS_MAX } from "../../domain/limits.ts";
import type { TenantScope } from "../scope.ts";

/**
 * JSON text of `[{id, name, direct}]` for the row of `users` at hand, `[]` when there are none: the direct ones in
 * order of `group_no`, then those that hold the user through another group (`direct` 0, RFC 7643 §4.1.2), nearest
 * first. Groups may hold each other in circles (A27); where no group holds a group that costs one look-up.
 */
export function userGroupsColumn({ tenantNo }: Pick<TenantScope, "tenantNo">): SQL {
  const direct = sql`FROM members AS m CROSS JOIN groups AS g
    WHERE m.tenant_no = ${tenantNo} AND m.member_kind = 0 AND m.member_no = users.user_no
      AND g.tenant_no = ${tenantNo} AND g.group_no = m.group_no
      AND g.configuration_no = users.configuration_no AND g.deleted_at IS NULL`;
  return sql`CASE WHEN EXISTS (SELECT 1 FROM members WHERE tenant_no = ${tenantNo} AND member_kind = 1)
    THEN (WITH RECURSIVE holding(group_no, scim_id, display_name, direct) AS (
        SELECT g.group_no, g.scim_id, g.display_name, 1 ${direct}
        UNION
        SELECT g.group_no, g.scim_id, g.display_name, 0
        FROM holding AS h CROSS JOIN members AS m CROSS JOIN groups AS g
        WHERE m.tenant_no = ${tenantNo} AND m.member_kind = 1 AND m.member_no = h.group_no
          AND NOT EXISTS (SELECT 1 FROM members AS d WHERE d.tenant_no = ${tenantNo} AND d.member_kind = 0
            AND d.member_no = users.user_no AND d.group_no = m.group_no)
          AND g.tenant_no = ${tenantNo} AND g.group_no = m.group_no
          AND g.configuration_no = users.configuration_no AND g.deleted_at IS NULL
        LIMIT ${sql.raw(String(NESTED_GROUPS_MAX))}
      )
      SELECT json_group_array(json_object('id', scim_id, 'name', display_name, 'direct', direct)) FROM holding)
    ELSE (SELECT json_group_array(json_object('id', scim_id, 'name', display_name, 'direct', 1))
      FROM (SELECT g.scim_id, g.display_name ${direct} ORDER BY m.group_no)) END`;
}
