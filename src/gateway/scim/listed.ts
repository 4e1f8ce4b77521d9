/** Rows of a list as the resources clients see. */
import { DERIVED_COMPARISONS_MAX, LISTED_MEMBERS_MAX } from "../../domain/limits.ts";
import { refusal, type ScimError } from "../../scim/error.ts";
import type { ResolvedFilter } from "../../scim/filter/resolve.ts";
import type { JsonObject } from "../../scim/json.ts";
import { type Projection, project, wantsAttribute } from "../../scim/projection.ts";
import type { ResourceType } from "../../scim/resource-type.ts";
import { ok, type Result, refuse } from "../../scim/result.ts";
import type { Row } from "../../store/database.ts";
import { groupRecord } from "../../store/resources/groups.ts";
import { selectMembers } from "../../store/resources/member-page.ts";
import { hasTooManyDerived } from "../../store/resources/resource-page.ts";
import { userRecord } from "../../store/resources/user-records.ts";
import { readAs, type ScimClient } from "./client.ts";
import { type GroupMember, groupRepresentation, userGroups, userRepresentation } from "./representation.ts";

export const tooMany: ScimError = refusal(
  "tooMany",
  "No index serves this filter or sort order, and there are too many resources to examine one by one. " +
    "Users are found by id, userName, externalId, emails.value and groups, Groups by id, displayName, externalId " +
    "and members, each with 'eq'; join one of them to the filter with 'and', or page through all with a cursor.",
);

/** What the store cannot express. */
export function checkSize(filter: ResolvedFilter): Result<ResolvedFilter> {
  return hasTooManyDerived(filter)
    ? refuse(
        "invalidFilter",
        `A filter can compare 'members' and 'schemas' at most ${DERIVED_COMPARISONS_MAX} times.`,
      )
    : ok(filter);
}

/** Whether rows of this type must carry what other tables hold. */
export const wantsRelations = (type: ResourceType, projection: Projection): boolean =>
  wantsAttribute(projection, type.name === "User" ? "groups" : "members");

/** The resources on the page, already projected. A page of groups may end early, see LISTED_MEMBERS_MAX. */
export async function represent(
  client: ScimClient,
  type: ResourceType,
  projection: Projection,
  rows: readonly Row[],
): Promise<JsonObject[]> {
  const { baseUrl } = client;
  const wanted = wantsRelations(type, projection);
  if (type.name === "User") {
    return rows.map((row) => {
      const groups = wanted ? userGroups(row["relations"]) : undefined;
      return project(type, userRepresentation(baseUrl, userRecord(row), groups), projection);
    });
  }
  const members = wanted ? await membersOf(client, rows) : undefined;
  return rows.map((row) =>
    project(
      type,
      groupRepresentation(baseUrl, groupRecord(row), members?.get(Number(row["no"]))),
      projection,
    ),
  );
}

/** How many of these groups one answer can carry with their members; the first one always. */
export function fitting(rows: readonly Row[]): number {
  let members = 0;
  const past = rows.findIndex((row, index) => {
    members += Number(row["member_count"]);
    return index > 0 && members > LISTED_MEMBERS_MAX;
  });
  return past < 0 ? rows.length : past;
}

const toMember = (kind: unknown, id: unknown): GroupMember[] =>
  typeof id === "string" ? [{ id, kind: kind === 0 ? "User" : "Group" }] : [];

/** Members by group number. Most came with their group; large groups cost one more trip together. */
async function membersOf(client: ScimClient, rows: readonly Row[]): Promise<Map<number, GroupMember[]>> {
  const members = new Map<number, GroupMember[]>();
  const large: number[] = [];
  for (const row of rows) {
    const { no, relations } = row;
    if (typeof relations !== "string") large.push(Number(no));
    else {
      const listed = JSON.parse(relations) as [number, string | null][];
      members.set(
        Number(no),
        listed.flatMap(([kind, id]) => toMember(kind, id)),
      );
    }
  }
  let open = large.map((no) => ({ no, after: { kind: -1, no: 0 } }));
  while (open.length > 0) {
    const pages = await readAs(client, (scope) =>
      open.map(({ no, after }) => selectMembers(scope, no, after, LISTED_MEMBERS_MAX)),
    );
    open = open.flatMap(({ no }, index) => {
      const page = pages[index] ?? [];
      const last = page.length === LISTED_MEMBERS_MAX ? page.at(-1) : undefined;
      const listed = page.flatMap((row) => toMember(row["member_kind"], row["scim_id"]));
      members.set(no, [...(members.get(no) ?? []), ...listed]);
      return last === undefined
        ? []
        : [{ no, after: { kind: Number(last["member_kind"]), no: Number(last["member_no"]) } }];
    });
  }
  return members;
}
