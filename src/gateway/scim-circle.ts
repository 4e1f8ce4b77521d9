/** Resources that refer to each other in a circle: created in one batch, or not at all (design: Bulk). */
import { refusal } from "../scim/error.ts";
import type { Json } from "../scim/json.ts";
import { type ParsedResource, parseResource } from "../scim/resource.ts";
import { type ResourceType, USER_TYPE } from "../scim/resource-type.ts";
import { err, ok, type Result } from "../scim/result.ts";
import type { Statement } from "../store/database.ts";
import { UniqueViolated } from "../store/failure.ts";
import { type GroupReference, insertGroup } from "../store/groups.ts";
import { changeMembers, guardMembersKnown } from "../store/members.ts";
import type { TenantScope } from "../store/scope.ts";
import { insertOrAdoptUser } from "../store/users.ts";
import { commitAs, type ScimClient, whenGuarded } from "./scim-client.ts";

export type Creation = { type: ResourceType; scimId: string; body: Json };
type Parsed = { type: ResourceType; group: GroupReference; resource: ParsedResource };

const together = "It refers to other operations in a circle, and all of them failed: ";

/** @returns the version of each resource, in the order given */
export async function createCircle(
  client: ScimClient,
  creations: readonly Creation[],
): Promise<Result<number[]>> {
  const parsed: Parsed[] = [];
  for (const { type, scimId, body } of creations) {
    const resource = parseResource(type, body);
    if (!resource.ok) return resource;
    parsed.push({
      type,
      group: { owner: client.identity.configurationNo, scimId },
      resource: resource.value,
    });
  }
  const members = new Map(
    parsed.filter(({ type }) => type !== USER_TYPE).map((one) => [one, client.deps.newId()]),
  );
  try {
    const committed = await whenGuarded(
      // Members come last: by then everything they may name exists.
      commitAs(client, (scope) => [
        ...parsed.flatMap((one) => insert(scope, one)),
        ...[...members].flatMap(([one, operation]) => addMembers(scope, one, operation)),
      ]),
      {
        uniqueness: () => refusal("uniqueness", `${together}a userName is already in use.`),
        unknown_member: () =>
          refusal("invalidValue", `${together}a member is no User or Group of this configuration.`),
      },
    );
    if (!committed.ok) return committed;
    const ofUsers = committed.value
      .flat()
      .flatMap((row) => ("version" in row ? [Number(row["version"])] : []));
    // A group's first members are a change of their own.
    return ok(
      parsed.map(({ type, resource }) =>
        type === USER_TYPE ? (ofUsers.shift() ?? 1) : (resource.members ?? []).length > 0 ? 2 : 1,
      ),
    );
  } catch (error) {
    if (!(error instanceof UniqueViolated)) throw error;
    return err(refusal("uniqueness", `${together}a displayName is already in use.`));
  }
}

const insert = (scope: TenantScope, { type, group, resource }: Parsed): Statement[] =>
  type === USER_TYPE
    ? insertOrAdoptUser(scope, group.owner, group.scimId, resource.attributes)
    : insertGroup(scope, group, resource.attributes);

function addMembers(scope: TenantScope, { group, resource }: Parsed, operation: string): Statement[] {
  const ids = (resource.members ?? []).map(({ value }) => value);
  if (ids.length === 0) return [];
  return [
    guardMembersKnown(scope, group, ids),
    ...changeMembers(scope, group, { add: ids, remove: [] }, operation),
  ];
}
