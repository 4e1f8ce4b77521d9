/** Resources that refer to each other in a circle: created in one batch, or not at all (design: Bulk). */
import { refusal } from "../../scim/error.ts";
import { fold } from "../../scim/fold.ts";
import type { Json } from "../../scim/json.ts";
import { type ParsedResource, parseResource } from "../../scim/resource.ts";
import { type ResourceType, USER_TYPE } from "../../scim/resource-type.ts";
import { err, ok, type Result } from "../../scim/result.ts";
import type { Statement } from "../../store/database.ts";
import { UniqueViolated } from "../../store/failure.ts";
import { licensePointer } from "../../store/outbox.ts";
import { type GroupReference, insertGroup, selectGroupExists } from "../../store/resources/groups.ts";
import { changeMembers } from "../../store/resources/members.ts";
import { selectTakenNames, selectUserExists } from "../../store/resources/user-records.ts";
import { adoptUser, insertUser } from "../../store/resources/users.ts";
import type { TenantScope } from "../../store/scope.ts";
import { commitAs, type Evidence, readAs, type ScimClient, whenGuarded } from "./client.ts";

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
  const first = await attempt(client, parsed, new Set());
  if (first !== "name_taken") return first;
  // Somebody holds one of the names; whoever may be taken over is, as a single POST would do.
  const names = parsed.flatMap((one) => (one.type === USER_TYPE ? [nameOf(one)] : []));
  const [taken] = await readAs(client, (scope) => [selectTakenNames(scope, names)]);
  const second = await attempt(client, parsed, new Set((taken ?? []).map((row) => String(row["name"]))));
  return second === "name_taken" ? err(nameTaken) : second;
}

const nameTaken = refusal("uniqueness", `${together}a userName is already in use.`);
const nameOf = ({ resource }: Parsed): string => fold(String(resource.attributes["userName"]));

async function attempt(
  client: ScimClient,
  parsed: readonly Parsed[],
  adopted: ReadonlySet<string>,
): Promise<Result<number[]> | "name_taken"> {
  const statements = (scope: TenantScope): Statement[] => [
    ...parsed.flatMap((one) => create(scope, one, adopted)),
    // Members come last: by then everything they may name exists.
    ...parsed.flatMap((one) => addMembers(client, scope, one)),
  ];
  const evidence: Evidence = (scope) => selectCreated(scope, parsed);
  try {
    const committed = await whenGuarded(commitAs(client, statements, evidence, [licensePointer]), {
      uniqueness: () => nameTaken,
      unknown_member: () =>
        refusal("invalidValue", `${together}a member is no User or Group of this configuration.`),
    });
    // A group's first members are a change of their own.
    const versions = parsed.map(({ resource }) => ((resource.members ?? []).length > 0 ? 2 : 1));
    return committed.ok ? ok(versions) : committed;
  } catch (error) {
    if (!(error instanceof UniqueViolated)) throw error;
    if (error.columns.includes("users.user_name_folded")) return "name_taken";
    return err(refusal("uniqueness", `${together}a displayName is already in use.`));
  }
}

/** All were made together: the first of them stands for all. */
function selectCreated(scope: TenantScope, [first]: readonly Parsed[]): Statement {
  if (first === undefined) throw new Error("a circle has members");
  const { type, group } = first;
  return type === USER_TYPE
    ? selectUserExists(scope, group.owner, group.scimId)
    : selectGroupExists(scope, group);
}

function create(scope: TenantScope, one: Parsed, adopted: ReadonlySet<string>): Statement[] {
  const { type, group, resource } = one;
  if (type !== USER_TYPE) return insertGroup(scope, group, resource.attributes);
  const write = adopted.has(nameOf(one)) ? adoptUser : insertUser;
  return write(scope, group.owner, group.scimId, resource.attributes);
}

function addMembers(client: ScimClient, scope: TenantScope, { group, resource }: Parsed): Statement[] {
  const ids = (resource.members ?? []).map(({ value }) => value);
  return ids.length === 0 ? [] : changeMembers(scope, group, { add: ids, remove: [] }, client.deps.newId());
}
