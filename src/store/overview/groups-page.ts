/** Source groups as administrators list them. */
import { type SQL, sql } from "drizzle-orm";
import { type Row, read } from "../database.ts";
import { tenantFence } from "../fence.ts";
import { liveGroupNo } from "../resources/subject.ts";
import type { TenantScope } from "../scope.ts";

export type ListedGroup = {
  groupNo: number;
  id: string;
  displayName: string;
  externalId: string | null;
  configurationId: string;
  configurationName: string;
  /** Code, or none: the default of the configuration counts. */
  licenseType: string | null;
  /** In queues for that type: higher is served first. */
  waitingPriority: number;
  members: number;
  links: number;
  createdAt: number;
  updatedAt: number;
};

const columns =
  sql.raw(`g.group_no, g.scim_id, g.display_name, g.external_id, g.waiting_priority, g.member_count, g.created_at,
  g.updated_at,
  (SELECT c.configuration_id FROM configurations c WHERE c.tenant_no = g.tenant_no
    AND c.configuration_no = g.configuration_no) AS configuration_id,
  (SELECT c.name FROM configurations c WHERE c.tenant_no = g.tenant_no
    AND c.configuration_no = g.configuration_no) AS configuration_name,
  (SELECT l.code FROM license_types l WHERE l.tenant_no = g.tenant_no
    AND l.license_type_no = g.license_type_no) AS license_type,
  (SELECT COUNT(*) FROM links k WHERE k.tenant_no = g.tenant_no AND k.group_no = g.group_no
    AND k.state <> 'removed') AS links`);

const toGroup = (row: Row): ListedGroup => ({
  groupNo: Number(row["group_no"]),
  id: String(row["scim_id"]),
  displayName: String(row["display_name"]),
  externalId: row["external_id"] === null ? null : String(row["external_id"]),
  configurationId: String(row["configuration_id"]),
  configurationName: String(row["configuration_name"]),
  licenseType: row["license_type"] === null ? null : String(row["license_type"]),
  waitingPriority: Number(row["waiting_priority"]),
  members: Number(row["member_count"]),
  links: Number(row["links"]),
  createdAt: Number(row["created_at"]),
  updatedAt: Number(row["updated_at"]),
});

async function select(scope: TenantScope, condition: SQL): Promise<ListedGroup[]> {
  const [, rows = []] = await read(scope.shard, [
    tenantFence(scope),
    sql`SELECT ${columns} FROM groups g WHERE g.tenant_no = ${scope.tenantNo} AND g.deleted_at IS NULL
      AND g.configuration_no > 0 AND ${condition}`,
  ]);
  return rows.map(toGroup);
}

/** In order of creation. */
export const listGroups = (scope: TenantScope, after: number, limit: number): Promise<ListedGroup[]> =>
  select(scope, sql`g.group_no > ${after} ORDER BY g.group_no LIMIT ${limit}`);

export const findGroup = async (scope: TenantScope, id: string): Promise<ListedGroup | undefined> =>
  (await select(scope, sql`g.group_no = ${liveGroupNo(scope, id)}`))[0];

export type ListedMember = { kind: "user" | "group"; memberNo: number; id: string; name: string };

/** Direct members, users before groups; undefined when there is no such group. */
export async function listMembers(
  scope: TenantScope,
  groupId: string,
  after: { kind: number; memberNo: number },
  limit: number,
): Promise<ListedMember[] | undefined> {
  const { tenantNo } = scope;
  const [, [found] = [], rows = []] = await read(scope.shard, [
    tenantFence(scope),
    sql`SELECT ${liveGroupNo(scope, groupId)} AS group_no`,
    sql`SELECT m.member_kind, m.member_no, COALESCE(u.scim_id, g.scim_id) AS id,
        COALESCE(u.user_name, g.display_name) AS name
      FROM members m
      LEFT JOIN users u ON m.member_kind = 0 AND u.tenant_no = ${tenantNo} AND u.user_no = m.member_no
      LEFT JOIN groups g ON m.member_kind = 1 AND g.tenant_no = ${tenantNo} AND g.group_no = m.member_no
        AND g.deleted_at IS NULL
      WHERE m.tenant_no = ${tenantNo} AND m.group_no = ${liveGroupNo(scope, groupId)}
        AND (m.member_kind, m.member_no) > (${after.kind}, ${after.memberNo})
        AND (u.user_no IS NOT NULL OR g.group_no IS NOT NULL)
      ORDER BY m.member_kind, m.member_no LIMIT ${limit}`,
  ]);
  if (found?.["group_no"] === null || found === undefined) return undefined;
  return rows.map((row) => ({
    kind: row["member_kind"] === 1 ? "group" : "user",
    memberNo: Number(row["member_no"]),
    id: String(row["id"]),
    name: String(row["name"]),
  }));
}
