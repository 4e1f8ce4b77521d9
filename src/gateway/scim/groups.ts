import type { Json, JsonObject } from "../../scim/json.ts";
import { type Projection, project, wantsAttribute } from "../../scim/projection.ts";
import { parseResource } from "../../scim/resource.ts";
import { GROUP_TYPE } from "../../scim/resource-type.ts";
import { err, ok, type Result } from "../../scim/result.ts";
import {
  type GroupRecord,
  insertGroup,
  markGroupDeleted,
  selectGroupDeleted,
  selectGroupExists,
} from "../../store/resources/groups.ts";
import { changeMembers } from "../../store/resources/members.ts";
import type { ScimClient } from "./client.ts";
import { commitGroup, groupReference, guardIfMatch, idsOf, unknownGroup } from "./group-writing.ts";
import { type GroupBody, readMembers, streamGroup } from "./members.ts";
import { groupRepresentation, locationOf } from "./representation.ts";

/** A group on its way out. A body too large for one batch arrives as a stream of JSON text. */
export type GroupAnswer = { body: GroupBody; location: string; version: number };

/** `POST /Groups`, with members if the body names some. */
export async function createGroup(
  client: ScimClient,
  body: Json,
  projection: Projection,
  scimId = client.deps.newId(),
): Promise<Result<GroupAnswer>> {
  const parsed = parseResource(GROUP_TYPE, body);
  if (!parsed.ok) return parsed;
  const { attributes, members = [] } = parsed.value;
  const group = groupReference(client, scimId);
  const ids = idsOf(members);
  const committed = await commitGroup(
    client,
    group,
    { ids, displayName: attributes["displayName"] },
    (scope) => [
      ...insertGroup(scope, group, attributes),
      ...(ids.length === 0 ? [] : changeMembers(scope, group, { add: ids, remove: [] })),
    ],
    (scope) => selectGroupExists(scope, group),
  );
  if (!committed.ok) return committed;
  return getGroup(client, group.scimId, projection, { attributes, hasMembers: ids.length > 0 });
}

type Known = { attributes: JsonObject; hasMembers: boolean };

/**
 * `GET /Groups/{id}`. Without members one read serves it; with them, pages follow one another.
 * @param fresh the group this request has just created, which need not be read again when it has no members
 */
export async function getGroup(
  client: ScimClient,
  id: string,
  projection: Projection,
  fresh?: Known,
): Promise<Result<GroupAnswer>> {
  const wantsMembers = wantsAttribute(projection, "members");
  const location = locationOf(client.baseUrl, GROUP_TYPE, id);
  if (fresh !== undefined && !fresh.hasMembers) {
    const { now } = client.scope;
    const made = { groupNo: 0, scimId: id, version: 1, attributesVersion: 1, memberCount: 0 };
    const record = { ...made, createdAt: now, updatedAt: now, attributes: fresh.attributes };
    return ok({ body: whole(client, record, projection), location, version: 1 });
  }
  const found = await readMembers(client, groupReference(client, id), wantsMembers);
  if (found === undefined) return err(unknownGroup(id));
  const { group } = found;
  return ok({ body: streamGroup(client, found, projection), location, version: group.version });
}

const whole = (client: ScimClient, group: GroupRecord, projection: Projection): GroupBody => ({
  kind: "whole",
  resource: project(GROUP_TYPE, groupRepresentation(client.baseUrl, group, undefined), projection),
});

/** `DELETE /Groups/{id}`: gone at once for every reader; its rows are cleared behind it. */
export async function deleteGroup(
  client: ScimClient,
  id: string,
  ifVersions?: readonly number[],
): Promise<Result<unknown>> {
  const group = groupReference(client, id);
  return commitGroup(
    client,
    group,
    { ids: [] },
    (scope) => [...guardIfMatch(scope, group, ifVersions), ...markGroupDeleted(scope, group)],
    (scope) => selectGroupDeleted(scope, group),
  );
}
