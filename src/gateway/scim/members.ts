/** Reading a group together with its members: the first page comes with the group, further pages follow. */
import type { JsonObject } from "../../scim/json.ts";
import { type Projection, project } from "../../scim/projection.ts";
import { GROUP_TYPE } from "../../scim/resource-type.ts";
import type { Row } from "../../store/database.ts";
import {
  type GroupRecord,
  type GroupReference,
  groupNoOf,
  groupRecord,
  selectGroup,
} from "../../store/resources/groups.ts";
import { selectMembers } from "../../store/resources/member-page.ts";
import { readAs, type ScimClient } from "./client.ts";
import { type GroupMember, groupRepresentation } from "./representation.ts";

/** Members per read: about 200 KB of JSON, far below D1's 2 MB and an isolate's memory. */
const membersPerRead = 2_000;

type Position = { kind: number; no: number };
const beginning: Position = { kind: -1, no: 0 };

export type GroupWithMembers = {
  group: GroupRecord;
  members: GroupMember[];
  /** Where the next page begins; undefined when all are here, or none were asked for. */
  next: Position | undefined;
};

/** Either the resource, or the same as JSON text in pieces, when the members do not fit one read. */
export type GroupBody =
  | { kind: "whole"; resource: JsonObject }
  | { kind: "stream"; text: AsyncIterable<string> };

/**
 * The group and, if wanted, its first members; all of them when `limit` is infinite.
 * Undefined when the configuration owns no such group.
 */
export async function readMembers(
  client: ScimClient,
  group: GroupReference,
  wanted: boolean,
  limit = membersPerRead,
): Promise<GroupWithMembers | undefined> {
  const [rows, page] = await readAs(client, (scope) => [
    selectGroup(scope, group),
    ...(wanted ? [selectMembers(scope, groupNoOf(scope, group), beginning, membersPerRead)] : []),
  ]);
  const row = rows?.[0];
  if (row === undefined) return undefined;
  const found = { group: groupRecord(row), ...memberPage(page ?? []) };
  while (found.next !== undefined && found.members.length < limit) {
    const more = await nextPage(client, found.group.groupNo, found.next);
    found.members.push(...more.members);
    found.next = more.next;
  }
  return found;
}

async function nextPage(client: ScimClient, groupNo: number, after: Position) {
  const [rows] = await readAs(client, (scope) => [selectMembers(scope, groupNo, after, membersPerRead)]);
  return memberPage(rows ?? []);
}

function memberPage(rows: readonly Row[]): { members: GroupMember[]; next: Position | undefined } {
  const last = rows.length === membersPerRead ? rows.at(-1) : undefined;
  return {
    members: rows.flatMap((row): GroupMember[] => {
      const { scim_id: id, member_kind: kind } = row;
      return typeof id === "string" ? [{ id, kind: kind === 0 ? "User" : "Group" }] : [];
    }),
    next: last && { kind: Number(last["member_kind"]), no: Number(last["member_no"]) },
  };
}

/** The projected resource; streamed from the point on where memory would grow with the group. */
export function streamGroup(client: ScimClient, found: GroupWithMembers, projection: Projection): GroupBody {
  const shown = (members: GroupMember[]) =>
    project(GROUP_TYPE, groupRepresentation(client.baseUrl, found.group, members), projection);
  if (found.next === undefined) return { kind: "whole", resource: shown(found.members) };
  return { kind: "stream", text: pieces(client, found, shown) };
}

/** `members` goes last, so that the other attributes are complete before the first page leaves. */
async function* pieces(
  client: ScimClient,
  found: GroupWithMembers,
  shown: (members: GroupMember[]) => JsonObject,
): AsyncGenerator<string> {
  const { members: first = [], ...rest } = shown(found.members);
  yield `${JSON.stringify(rest).slice(0, -1)},"members":[${JSON.stringify(first).slice(1, -1)}`;
  let next = found.next;
  while (next !== undefined) {
    const page = await nextPage(client, found.group.groupNo, next);
    const { members = [] } = shown(page.members);
    if (page.members.length > 0) yield `,${JSON.stringify(members).slice(1, -1)}`;
    next = page.next;
  }
  yield "]}";
}

/** The group's version now, for an answer without a body. */
export async function readVersion(client: ScimClient, scimId: string): Promise<number | undefined> {
  const group = { owner: client.identity.configurationNo, scimId };
  const [rows] = await readAs(client, (scope) => [selectGroup(scope, group)]);
  const row = rows?.[0];
  return row && groupRecord(row).version;
}
