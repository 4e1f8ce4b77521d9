/** Attributes that no document holds: `schemas`, a user's `groups` and a group's `members`. */
import { type SQL, sql } from "drizzle-orm";
import { NESTED_GROUPS_MAX } from "../../../domain/limits.ts";
import { fold } from "../../../scim/fold.ts";
import { GROUP_TYPE, type ResourceType, USER_TYPE } from "../../../scim/resource-type.ts";
import { type Bind, type Element, type Source, same, table } from "./value.ts";

const absent = same(sql.raw("NULL"));

/** What `schemasOf` names (design §5.7): the core schema, extensions that hold something, foreign namespaces. */
export function schemaSource(type: ResourceType): Source {
  const row = table(type);
  const extensions = sql.raw(`'${JSON.stringify(type.extensions.map(({ id }) => id))}'`);
  // Names outside ASCII stand folded in the folded document; `lower` folds the rest.
  const named = sql`(SELECT ${sql.raw(`'${fold(type.schema.id)}'`)} AS value
    UNION ALL SELECT lower(x.value) FROM json_each(${extensions}) AS x
      WHERE json_type(${row}.document, '$."' || x.value || '"') IS NOT NULL
    UNION ALL SELECT lower(k.key) FROM json_each(${row}.folded) AS k WHERE k.type = 'object' AND instr(k.key, ':') > 0
      AND lower(k.key) NOT IN (SELECT lower(value) FROM json_each(${extensions})))`;
  const element: Element = { valueOf: () => same(sql.raw("s.value")) };
  return {
    kind: "several",
    isPresent: sql`1`,
    some: (holds) => sql`EXISTS (SELECT 1 FROM ${named} AS s WHERE ${holds(element)})`,
    first: () => sql.raw(`'${fold(type.schema.id)}'`),
  };
}

/** Under this name a statement that filters by `groups` provides them, found once for each user. */
const provided = sql.raw("held.value");

/** As `userGroupsColumn`, but with what filters compare: JSON of `[{value, display, type}]`, the last two folded. */
export const providedUserGroups: SQL = sql` CROSS JOIN json_each(json_array((WITH RECURSIVE holding(group_no, scim_id, name, type) AS (
    SELECT g.group_no, g.scim_id, g.display_name_folded, 'direct' FROM members AS m CROSS JOIN groups AS g
    WHERE m.tenant_no = users.tenant_no AND m.member_kind = 0 AND m.member_no = users.user_no
      AND g.tenant_no = users.tenant_no AND g.group_no = m.group_no
      AND g.configuration_no = users.configuration_no AND g.deleted_at IS NULL
    UNION
    SELECT g.group_no, g.scim_id, g.display_name_folded, 'indirect'
    FROM holding AS h CROSS JOIN members AS m CROSS JOIN groups AS g
    WHERE m.tenant_no = users.tenant_no AND m.member_kind = 1 AND m.member_no = h.group_no
      AND NOT EXISTS (SELECT 1 FROM members AS d WHERE d.tenant_no = users.tenant_no AND d.member_kind = 0
        AND d.member_no = users.user_no AND d.group_no = m.group_no)
      AND g.tenant_no = users.tenant_no AND g.group_no = m.group_no
      AND g.configuration_no = users.configuration_no AND g.deleted_at IS NULL
    LIMIT ${sql.raw(String(NESTED_GROUPS_MAX))}
  ) SELECT json_group_array(json_object('value', scim_id, 'display', name, 'type', type)) FROM holding)))
  AS held`;

export function userGroupSource(baseUrl: string, bind: Bind): Source {
  const element: Element = {
    valueOf({ name }) {
      switch (name) {
        case "value":
        case "display":
        case "type":
          return same(sql`json_extract(e.value, '$.${sql.raw(name)}')`);
        case "$ref":
          return same(
            sql`(${bind(`${baseUrl}${GROUP_TYPE.endpoint}/`)} || json_extract(e.value, '$.value'))`,
          );
        default:
          return absent;
      }
    },
  };
  return {
    kind: "several",
    isPresent: sql`${provided} <> '[]'`,
    some: (holds) => sql`EXISTS (SELECT 1 FROM json_each(${provided}) AS e WHERE ${holds(element)})`,
    // Sorting needs the first group only, and that is a direct one.
    first: (pick) => sql`(SELECT ${pick(directGroup(baseUrl, bind))}
      FROM members AS m CROSS JOIN groups AS g WHERE m.tenant_no = users.tenant_no AND m.member_kind = 0
        AND m.member_no = users.user_no AND g.tenant_no = users.tenant_no AND g.group_no = m.group_no
        AND g.configuration_no = users.configuration_no AND g.deleted_at IS NULL ORDER BY m.group_no LIMIT 1)`,
  };
}

const directGroup = (baseUrl: string, bind: Bind): Element => ({
  valueOf({ name }) {
    switch (name) {
      case "value":
        return same(sql.raw("g.scim_id"));
      case "display":
        return { exact: sql.raw("g.display_name"), folded: sql.raw("g.display_name_folded") };
      case "type":
        return same(sql.raw("'direct'"));
      case "$ref":
        return same(sql`(${bind(`${baseUrl}${GROUP_TYPE.endpoint}/`)} || g.scim_id)`);
      default:
        return absent;
    }
  },
});

const memberElement = (type: ResourceType, alias: SQL, baseUrl: string, bind: Bind): Element => ({
  valueOf({ name }) {
    switch (name) {
      case "value":
        return same(sql`${alias}.scim_id`);
      case "type":
        return { exact: sql.raw(`'${type.name}'`), folded: sql.raw(`'${fold(type.name)}'`) };
      case "$ref":
        return same(sql`(${bind(`${baseUrl}${type.endpoint}/`)} || ${alias}.scim_id)`);
      default:
        return absent;
    }
  },
});

/** Users and groups apart, so that a look-up by `value` goes through the index of either. */
export function memberSource(baseUrl: string, bind: Bind): Source {
  const own = (kind: 0 | 1, alias: string): string => `m.tenant_no = groups.tenant_no
    AND m.group_no = groups.group_no AND m.member_kind = ${kind} AND ${alias}.tenant_no = groups.tenant_no
    AND ${alias}.configuration_no = groups.configuration_no`;
  const memberUsers = sql.raw(`members AS m JOIN users AS u ON u.user_no = m.member_no WHERE ${own(0, "u")}`);
  const memberGroups = sql.raw(
    `members AS m JOIN groups AS n ON n.group_no = m.member_no WHERE ${own(1, "n")} AND n.deleted_at IS NULL`,
  );
  const user = memberElement(USER_TYPE, sql.raw("u"), baseUrl, bind);
  const group = memberElement(GROUP_TYPE, sql.raw("n"), baseUrl, bind);
  const some = (
    holds: (element: Element) => SQL,
  ): SQL => sql`(EXISTS (SELECT 1 FROM ${memberUsers} AND ${holds(user)})
    OR EXISTS (SELECT 1 FROM ${memberGroups} AND ${holds(group)}))`;
  return {
    kind: "several",
    isPresent: some(() => sql`1`),
    some,
    first: (pick) => sql`COALESCE(
      (SELECT ${pick(user)} FROM ${memberUsers} ORDER BY m.member_no LIMIT 1),
      (SELECT ${pick(group)} FROM ${memberGroups} ORDER BY m.member_no LIMIT 1))`,
  };
}
