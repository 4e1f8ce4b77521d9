/** From stored records to the representation clients see (RFC 7643 §3, design: stored as sent). */
import type { JsonObject } from "../../scim/json.ts";
import { schemasOf } from "../../scim/resource.ts";
import { GROUP_TYPE, type ResourceType, USER_TYPE } from "../../scim/resource-type.ts";
import { etag } from "../../scim/version.ts";
import type { GroupRecord } from "../../store/resources/groups.ts";
import type { UserRecord } from "../../store/resources/user-records.ts";

/** A group that holds a user; `direct` is false for one that holds it through another group. */
export type UserGroup = { id: string; name: string; direct: boolean };

/** From the JSON that `userGroupsColumn` selects. */
export function userGroups(column: unknown): UserGroup[] {
  const rows = JSON.parse(String(column ?? "[]")) as { id: string; name: string; direct: number }[];
  return rows.map(({ id, name, direct }) => ({ id, name, direct: direct === 1 }));
}

export type GroupMember = { id: string; kind: "User" | "Group" };

type Head = { scimId: string; version: number; createdAt: number; updatedAt: number; attributes: JsonObject };

function head(baseUrl: string, type: ResourceType, record: Head): { first: JsonObject; meta: JsonObject } {
  return {
    first: { schemas: schemasOf(type, record.attributes), id: record.scimId },
    meta: {
      resourceType: type.name,
      created: new Date(record.createdAt).toISOString(),
      lastModified: new Date(record.updatedAt).toISOString(),
      location: locationOf(baseUrl, type, record.scimId),
      version: etag(record.version),
    },
  };
}

export const locationOf = (baseUrl: string, type: ResourceType, scimId: string): string =>
  `${baseUrl}${type.endpoint}/${scimId}`;

/** `groups` undefined: not asked for, and not read. A user in no group has no `groups` (RFC 7643 §2.5). */
export function userRepresentation(
  baseUrl: string,
  user: UserRecord,
  groups: readonly UserGroup[] | undefined,
): JsonObject {
  const { first, meta } = head(baseUrl, USER_TYPE, user);
  const entries = (groups ?? []).map(({ id, name, direct }) => ({
    value: id,
    $ref: locationOf(baseUrl, GROUP_TYPE, id),
    display: name,
    type: direct ? "direct" : "indirect",
  }));
  return { ...first, ...user.attributes, ...(entries.length === 0 ? {} : { groups: entries }), meta };
}

export function groupRepresentation(
  baseUrl: string,
  group: GroupRecord,
  members: readonly GroupMember[] | undefined,
): JsonObject {
  const { first, meta } = head(baseUrl, GROUP_TYPE, group);
  const entries = (members ?? []).map((member) => memberRepresentation(baseUrl, member));
  return { ...first, ...group.attributes, ...(entries.length === 0 ? {} : { members: entries }), meta };
}

export function memberRepresentation(baseUrl: string, { id, kind }: GroupMember): JsonObject {
  return { value: id, $ref: locationOf(baseUrl, kind === "User" ? USER_TYPE : GROUP_TYPE, id), type: kind };
}
