/** Accounts and memberships as they are exported: keyset pages of plain columns, without the documents. */
import { type SQL, sql } from "drizzle-orm";
import { type Row, read } from "../database.ts";
import { tenantFence } from "../fence.ts";
import type { TenantScope } from "../scope.ts";
import type { QueuePlace } from "./accounts-page.ts";

const accountColumns = sql.raw(`u.user_no, u.scim_id, u.user_name,
  json_extract(u.document, '$.displayName') AS display_name, u.active, u.admin_disabled, u.origin, u.external_id,
  u.deprovisioned_at, u.wanted_type_no, u.waiting_priority, u.waiting_since, u.created_at, u.updated_at,
  (SELECT c.configuration_id FROM configurations c WHERE c.tenant_no = u.tenant_no
    AND c.configuration_no = u.configuration_no) AS configuration_id,
  (SELECT l.code FROM license_types l WHERE l.tenant_no = u.tenant_no
    AND l.license_type_no = u.held_type_no) AS held,
  (SELECT l.code FROM license_types l WHERE l.tenant_no = u.tenant_no
    AND l.license_type_no = u.wanted_type_no) AS wanted`);

async function page(scope: TenantScope, query: SQL): Promise<Row[]> {
  const [, rows = []] = await read(scope.shard, [tenantFence(scope), query]);
  return rows;
}

/** In order of creation. */
export const exportAccounts = (scope: TenantScope, after: number, limit: number): Promise<Row[]> =>
  page(
    scope,
    sql`SELECT ${accountColumns} FROM users u WHERE u.tenant_no = ${scope.tenantNo} AND u.user_no > ${after}
      ORDER BY u.user_no LIMIT ${limit}`,
  );

/** By type, and within a type in the order in which they will be served. */
export const exportWaiting = (scope: TenantScope, after: QueuePlace, limit: number): Promise<Row[]> =>
  page(
    scope,
    sql`SELECT ${accountColumns} FROM users u WHERE u.tenant_no = ${scope.tenantNo} AND u.waiting_since IS NOT NULL
        AND (u.wanted_type_no, u.waiting_priority, u.waiting_since, u.user_no)
          > (${after.typeNo}, ${after.priority}, ${after.since}, ${after.userNo})
      ORDER BY u.wanted_type_no, u.waiting_priority, u.waiting_since, u.user_no LIMIT ${limit}`,
  );

export type MembershipKey = { groupNo: number; kind: number; memberNo: number };

/** Direct members of every provisioned group; users before groups. */
export function exportMemberships(scope: TenantScope, after: MembershipKey, limit: number): Promise<Row[]> {
  const { tenantNo } = scope;
  return page(
    scope,
    sql`SELECT m.group_no, m.member_kind, m.member_no, g.scim_id AS group_id, g.display_name AS group_name,
        COALESCE(u.scim_id, n.scim_id) AS member_id, COALESCE(u.user_name, n.display_name) AS member_name
      FROM members m
      CROSS JOIN groups g ON g.tenant_no = ${tenantNo} AND g.group_no = m.group_no AND g.deleted_at IS NULL
      LEFT JOIN users u ON m.member_kind = 0 AND u.tenant_no = ${tenantNo} AND u.user_no = m.member_no
      LEFT JOIN groups n ON m.member_kind = 1 AND n.tenant_no = ${tenantNo} AND n.group_no = m.member_no
        AND n.deleted_at IS NULL
      WHERE m.tenant_no = ${tenantNo}
        AND (m.group_no, m.member_kind, m.member_no) > (${after.groupNo}, ${after.kind}, ${after.memberNo})
        AND (u.user_no IS NOT NULL OR n.group_no IS NOT NULL)
      ORDER BY m.group_no, m.member_kind, m.member_no LIMIT ${limit}`,
  );
}
