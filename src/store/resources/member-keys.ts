/** From the ids clients send to the numbers the store keeps: looked up inside the batch, one row read each. */
import { type SQL, sql } from "drizzle-orm";
import type { TenantScope } from "../scope.ts";
import type { GroupReference } from "./groups.ts";

/** Ids per JSON parameter: 20,000 UUIDs stay below 1 MB, and five parameters below SQLite's compound limit. */
const idsPerParameter = 20_000;

/** Rows of `value`, one per id. */
function idList(ids: readonly string[]): SQL {
  if (ids.length <= idsPerParameter) return sql`json_each(${JSON.stringify(ids)})`;
  const lists: SQL[] = [];
  for (let start = 0; start < ids.length; start += idsPerParameter) {
    lists.push(
      sql`SELECT value FROM json_each(${JSON.stringify(ids.slice(start, start + idsPerParameter))})`,
    );
  }
  return sql`(${sql.join(lists, sql` UNION ALL `)})`;
}

/** Few ids are looked up one by one, which reads one row each; D1 takes 100 parameters a statement. */
const singlyResolvedMax = 40;

/**
 * The key of a member the configuration owns: the user's number, or minus the group's; `otherwise` for an id
 * that is neither.
 */
function keyOf({ tenantNo }: TenantScope, { owner }: GroupReference, id: SQL, otherwise: SQL): SQL {
  const place = sql.raw(`tenant_no = ${Number(tenantNo)} AND configuration_no = ${Number(owner)}`);
  return sql`COALESCE((SELECT user_no FROM users WHERE ${place} AND scim_id = ${id}),
    (SELECT -group_no FROM groups WHERE ${place} AND scim_id = ${id} AND deleted_at IS NULL), ${otherwise})`;
}

/** JSON array of the members' keys, in the order of the ids. */
export function keysOf(
  scope: TenantScope,
  group: GroupReference,
  ids: readonly string[],
  otherwise: SQL,
): SQL {
  if (ids.length <= singlyResolvedMax) {
    const keys = ids.map((id) => keyOf(scope, group, sql`${id}`, otherwise));
    return sql`json_array(${sql.join(keys, sql`, `)})`;
  }
  return sql`(SELECT json_group_array(${keyOf(scope, group, sql`j.value`, otherwise)}) FROM ${idList(ids)} AS j)`;
}

/** Ids among `ids` that are no user and no group of the configuration, as rows of `id`. */
export function selectUnknownMembers(scope: TenantScope, group: GroupReference, ids: readonly string[]): SQL {
  const { tenantNo } = scope;
  return sql`SELECT j.value AS id FROM ${idList(ids)} j
    WHERE NOT EXISTS (SELECT 1 FROM users u
      WHERE u.tenant_no = ${tenantNo} AND u.configuration_no = ${group.owner} AND u.scim_id = j.value)
    AND NOT EXISTS (SELECT 1 FROM groups g WHERE g.tenant_no = ${tenantNo} AND g.configuration_no = ${group.owner}
      AND g.scim_id = j.value AND g.deleted_at IS NULL)`;
}

/** One unknown id refuses the whole request: nobody is silently left out (A28, R23). */
export const unknownMember = sql`json_extract('{}', 'unknown_member')`;

/** The key of nobody: who is unknown cannot be removed, and need not be (R9). */
export const nobody = sql`0`;
