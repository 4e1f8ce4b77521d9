/**
 * What finding the matches of a list costs, in microseconds of D1's time, so that one batch never holds the shard
 * for long. Measured with documents of 768 bytes among 100,000 users, and rounded up.
 */
import { type SQL, sql } from "drizzle-orm";
import { EXAMINED_MICROSECONDS_MAX, INDEX_ENTRIES_MAX } from "../../../domain/limits.ts";
import type { ResolvedFilter } from "../../../scim/filter/resolve.ts";
import type { ResolvedAttribute } from "../../../scim/resource-type.ts";
import type { Access, Key } from "../filter/access.ts";
import { leavesOf } from "../filter/literals.ts";
import { entriesOf, foundRows, type Owned, ownRows } from "../filter/look-up.ts";

/** A row of a table that is read from one end to the other. */
const passedRowCost = 1.5;
/** A row found through an index lies anywhere. */
const foundRowCost = 9;
const matchCost = 1;
const sortCost = 2;
const membershipCost = 8;
export const indexedRowCost = foundRowCost;

/** Of reading one value: a list is walked, and what no document holds is put together first. */
function valueCost({ attribute }: ResolvedAttribute): number {
  switch (attribute.name) {
    case "groups":
      return 12;
    case "schemas":
      return 10;
    default:
      return attribute.multiValued ? 4 : 1.5;
  }
}

const filterCost = (filter: ResolvedFilter): number =>
  leavesOf(filter).reduce((sum, leaf) => sum + (leaf.kind === "constant" ? 0 : valueCost(leaf.target)), 0);

export type Examination = Owned & {
  readonly filter: ResolvedFilter | undefined;
  readonly sort: ResolvedAttribute | "lacking" | undefined;
};

const perRow = ({ filter, sort }: Examination): number =>
  matchCost +
  (filter === undefined ? 0 : filterCost(filter)) +
  (sort === undefined || sort === "lacking" ? 0 : sortCost + valueCost(sort));

/** Resources of the configuration, from the counter that every create and delete keeps. */
export const ownCount = ({ type, tenantNo, owner }: Owned): SQL =>
  sql`(SELECT ${sql.raw(type.name === "User" ? "user_count" : "group_count")} FROM configurations
    WHERE tenant_no = ${tenantNo} AND configuration_no = ${owner})`;

/** Whether a comparison looks at the members of a group one by one; a look-up of one member does not. */
export const walksMembers = (filter: ResolvedFilter | undefined): boolean =>
  filter !== undefined &&
  leavesOf(filter).some((leaf) => {
    if (leaf.kind === "constant" || leaf.target.attribute.name !== "members") return false;
    if (leaf.kind === "present") return leaf.target.subAttribute !== undefined;
    return leaf.operator !== "eq" || leaf.target.subAttribute?.name !== "value";
  });

const walksGroups = (filter: ResolvedFilter | undefined): boolean =>
  filter !== undefined &&
  leavesOf(filter).some((leaf) => leaf.kind !== "constant" && leaf.target.attribute.name === "groups");

/** Memberships of all groups of the configuration, as far as they can be added up. */
const memberships = (query: Owned): SQL => {
  const groups: Owned = { ...query, type: { ...query.type, name: "Group" } };
  const most = Math.floor(EXAMINED_MICROSECONDS_MAX / foundRowCost);
  return sql`CASE WHEN ${ownCount(groups)} > ${most} THEN ${EXAMINED_MICROSECONDS_MAX}
    ELSE (SELECT COALESCE(SUM(groups.member_count), 0) FROM groups WHERE ${ownRows(groups)}) END`;
};

/** Index entries a look-up passes; a number where the values themselves bound it. */
function entries(query: Owned, key: Key, most: number): SQL {
  const select = entriesOf(query, key);
  if (select === undefined) return sql`${key.kind === "values" ? key.values.length : 0}`;
  return sql`(SELECT COUNT(*) FROM (${select} LIMIT ${most + 1}))`;
}

/** Rows of the table that belong to the tenant. Numbers are dense: the highest tells how many there are. */
export const tenantCount = ({ type, tenantNo }: Owned): SQL =>
  type.name === "User"
    ? sql`COALESCE((SELECT MAX(user_no) FROM users WHERE tenant_no = ${tenantNo}), 0)`
    : sql`COALESCE((SELECT MAX(group_no) FROM groups WHERE tenant_no = ${tenantNo}), 0)`;

/**
 * How rows are found that no index on the filter leads to: by reading the tenant's part of the table, which is
 * fast but passes what others own, or the own rows one by one through the index on ids.
 */
export type Walk = "table" | "ownRows";

/** Of finding all matches by examining each row; past the limit it is no longer exact. */
export function walkCost(query: Examination, walk: Walk): SQL {
  const each = perRow(query);
  const isWalk = query.type.name === "Group" ? walksMembers(query.filter) : walksGroups(query.filter);
  const more = isWalk ? sql` + ${membershipCost} * ${memberships(query)}` : sql.raw("");
  return walk === "table"
    ? sql`${tenantCount(query)} * ${passedRowCost} + ${ownCount(query)} * ${each}${more}`
    : sql`${ownCount(query)} * ${foundRowCost + each}${more}`;
}

/** Of finding all matches through indexes; past the limit it is no longer exact. */
export function lookUpCost(query: Examination, access: Access): SQL {
  const { filter, type } = query;
  const each = foundRowCost + perRow(query);
  const most = Math.floor(EXAMINED_MICROSECONDS_MAX / each);
  const found = sql.join(
    access.map((key) => entries(query, key, most)),
    sql` + `,
  );
  if (type.name === "User" || !walksMembers(filter)) return sql`(${found}) * ${each}`;
  return sql`CASE WHEN (${found}) > ${most} THEN ${EXAMINED_MICROSECONDS_MAX + 1} ELSE (${found}) * ${each}
    + ${membershipCost} * (SELECT COALESCE(SUM(groups.member_count), 0) FROM groups WHERE ${foundRows(query, access)}) END`;
}

/** How many rows a SELECT yields from an index alone; raises `too_many` instead of counting on for ever. */
export const counted = (select: SQL, most: number = INDEX_ENTRIES_MAX): SQL =>
  sql`(SELECT CASE WHEN n <= ${most} THEN n ELSE json_extract('{}', 'too_many') END
    FROM (SELECT COUNT(*) AS n FROM (${select} LIMIT ${most + 1})))`;
