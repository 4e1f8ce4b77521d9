/** SCIM Groups: the use cases behind the endpoint. A change of members costs what it changes (R24). */
import { quote, refusal, type ScimError } from "../scim/error.ts";
import { equalJson, type Json, type JsonObject } from "../scim/json.ts";
import type { MemberReference } from "../scim/member.ts";
import { applyPatch } from "../scim/patch/apply.ts";
import { type GroupPatchPlan, planGroupPatch, resolveMemberSequence } from "../scim/patch/member.ts";
import { parsePatch } from "../scim/patch/parse.ts";
import { type Projection, project, wantsAttribute } from "../scim/projection.ts";
import { mergeReplacement } from "../scim/replace.ts";
import { parseResource } from "../scim/resource.ts";
import { GROUP_TYPE } from "../scim/resource-type.ts";
import { err, ok, type Result } from "../scim/result.ts";
import type { Statement } from "../store/database.ts";
import { GuardRaised, UniqueViolated } from "../store/failure.ts";
import {
  type GroupRecord,
  type GroupReference,
  groupRecord,
  guardGroupVersion,
  insertGroup,
  markGroupDeleted,
  selectGroup,
  updateGroup,
} from "../store/groups.ts";
import { selectUnknownMembers } from "../store/member-keys.ts";
import { changeMembers, replaceMembers } from "../store/members.ts";
import type { TenantScope } from "../store/scope.ts";
import { contended, type IfMatch, retryStale } from "./contention.ts";
import { commitAs, readAs, type ScimClient, whenGuarded } from "./scim-client.ts";
import { type GroupBody, readMembers, streamGroup } from "./scim-members.ts";
import { groupRepresentation, locationOf } from "./scim-representation.ts";

/** A group on its way out. A body too large for one batch arrives as a stream of JSON text. */
export type GroupAnswer = { body: GroupBody; location: string; version: number };

const reference = (client: ScimClient, scimId: string): GroupReference => ({
  owner: client.identity.configurationNo,
  scimId,
});
const unknownGroup = (id: string): ScimError =>
  refusal("notFound", `There is no Group with the id ${quote(id)}.`);
const takenName = (displayName: unknown): ScimError => ({
  kind: "uniqueness",
  detail: `The displayName '${String(displayName)}' is already in use.`,
});
const preconditionFailed: ScimError = {
  kind: "preconditionFailed",
  detail: "The resource has changed since it was read.",
};

/** Commits, and turns the refusals every group write knows into SCIM errors. */
async function commitGroup(
  client: ScimClient,
  group: GroupReference,
  named: { ids: readonly string[]; displayName?: unknown },
  statements: (scope: TenantScope) => Statement[],
): Promise<Result<unknown>> {
  try {
    return await whenGuarded(commitAs(client, statements), {
      not_found: () => unknownGroup(group.scimId),
      precondition: () => preconditionFailed,
      stale: () => contended,
      unknown_member: () => nameUnknownMembers(client, group, named.ids),
    });
  } catch (error) {
    // A repeated request: everybody is where it wants them (R9, R28).
    if (error instanceof GuardRaised && error.word === "unchanged") return ok(true);
    if (error instanceof UniqueViolated && error.columns.includes("groups.display_name_folded")) {
      return { ok: false, error: takenName(named.displayName) };
    }
    throw error;
  }
}

/** Which ids were meant, for the administrator who has to find out why (A28). */
async function nameUnknownMembers(
  client: ScimClient,
  group: GroupReference,
  ids: readonly string[],
): Promise<ScimError> {
  const [rows] = await readAs(client, (scope) => [selectUnknownMembers(scope, group, ids)]);
  const unknown = (rows ?? []).map((row) => String(row["id"]).slice(0, 80));
  const shown = unknown.slice(0, 10).join(", ");
  const more = unknown.length > 10 ? ` and ${unknown.length - 10} more` : "";
  return {
    kind: "invalidValue",
    detail: `No User or Group of this configuration has the id: ${shown}${more}.`,
  };
}

/** If-Match decided inside the batch: between reading and writing another member may have come. */
const guardIfMatch = (
  scope: TenantScope,
  group: GroupReference,
  versions: readonly number[] | undefined,
): Statement[] => (versions === undefined ? [] : [guardGroupVersion(scope, group, versions)]);

const idsOf = (members: readonly MemberReference[]): string[] => members.map(({ value }) => value);

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
  const group = reference(client, scimId);
  const ids = idsOf(members);
  const committed = await commitGroup(
    client,
    group,
    { ids, displayName: attributes["displayName"] },
    (scope) => [
      ...insertGroup(scope, group, attributes),
      ...(ids.length === 0 ? [] : changeMembers(scope, group, { add: ids, remove: [] })),
    ],
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
  const found = await readMembers(client, reference(client, id), wantsMembers);
  if (found === undefined) return err(unknownGroup(id));
  const { group } = found;
  return ok({ body: streamGroup(client, found, projection), location, version: group.version });
}

const whole = (client: ScimClient, group: GroupRecord, projection: Projection): GroupBody => ({
  kind: "whole",
  resource: project(GROUP_TYPE, groupRepresentation(client.baseUrl, group, undefined), projection),
});

/**
 * `PATCH /Groups/{id}`. Member operations alone are one batch that never reads the group; attributes beside
 * them are read first and guarded, and both commit together (R3).
 */
export async function patchGroup(
  client: ScimClient,
  id: string,
  body: Json,
  ifMatch: IfMatch,
): Promise<Result<unknown>> {
  const operations = parsePatch(body, GROUP_TYPE);
  if (!operations.ok) return operations;
  const plan = planGroupPatch(operations.value);
  if (!plan.ok) return plan;
  const group = reference(client, id);
  const { attributeOperations, members } = plan.value;
  if (attributeOperations.length === 0 && members.kind === "delta") {
    const statements = (scope: TenantScope) => guardIfMatch(scope, group, ifMatch.versions);
    return commitMembers(client, group, members, { statements, onlyMembers: true });
  }
  return retryStale(client, () => patchAttributes(client, group, plan.value, ifMatch));
}

async function patchAttributes(
  client: ScimClient,
  group: GroupReference,
  { attributeOperations, members }: GroupPatchPlan,
  ifMatch: IfMatch,
): Promise<Result<unknown>> {
  const found = await readMembers(client, group, members.kind === "sequence", Number.POSITIVE_INFINITY);
  if (found === undefined) return err(unknownGroup(group.scimId));
  const held = ifMatch.precondition(found.group.version);
  if (!held.ok) return held;
  const serverMade = groupRepresentation(client.baseUrl, found.group, undefined);
  const after = applyPatch(GROUP_TYPE, found.group.attributes, attributeOperations, serverMade);
  if (!after.ok) return after;
  const change =
    members.kind === "sequence" ? sequenceChange(members.operations, found.members) : ok(members);
  if (!change.ok) return change;
  const isSame = equalJson(found.group.attributes, after.value);
  if (isSame && change.value.kind === "none") return ok(true);
  const statements = (scope: TenantScope) => [
    ...guardIfMatch(scope, group, ifMatch.versions && [found.group.version]),
    ...(isSame ? [] : updateGroup(scope, found.group, after.value)),
  ];
  const displayName = after.value["displayName"];
  return commitMembers(client, group, change.value, { statements, onlyMembers: isSame, displayName });
}

function sequenceChange(
  operations: Extract<GroupPatchPlan["members"], { kind: "sequence" }>["operations"],
  current: readonly { id: string; kind: "User" | "Group" }[],
): Result<MemberChange> {
  const members = current.map(({ id, kind }) => ({ value: id, type: kind }));
  const resolved = resolveMemberSequence(operations, members);
  return resolved.ok ? ok({ kind: "delta", replaceAll: false, ...resolved.value }) : resolved;
}

type MemberChange = Exclude<GroupPatchPlan["members"], { kind: "sequence" }>;

/**
 * @param beside statements of the same batch that come first
 * @param onlyMembers whether the batch changes nothing else: then a change that changes nothing leaves no trace
 */
function commitMembers(
  client: ScimClient,
  group: GroupReference,
  change: MemberChange,
  beside: { statements: (scope: TenantScope) => Statement[]; onlyMembers: boolean; displayName?: unknown },
): Promise<Result<unknown>> {
  const operation = beside.onlyMembers ? client.deps.newId() : undefined;
  const add = change.kind === "delta" ? idsOf(change.add) : [];
  return commitGroup(client, group, { ids: add, displayName: beside.displayName }, (scope) => [
    ...beside.statements(scope),
    ...(change.kind === "none"
      ? []
      : change.replaceAll
        ? replaceMembers(scope, group, add, operation)
        : changeMembers(scope, group, { add, remove: change.remove }, operation)),
  ]);
}

/** `PUT /Groups/{id}`: members the body omits stay as they are, an empty list empties the group (R25). */
export async function replaceGroup(
  client: ScimClient,
  id: string,
  body: Json,
  projection: Projection,
  ifMatch: IfMatch,
): Promise<Result<GroupAnswer>> {
  const parsed = parseResource(GROUP_TYPE, body);
  if (!parsed.ok) return parsed;
  const group = reference(client, id);
  const { attributes, members } = parsed.value;
  const replaced = await retryStale(client, async () => {
    const [rows] = await readAs(client, (scope) => [selectGroup(scope, group)]);
    const row = rows?.[0];
    if (row === undefined) return err(unknownGroup(id));
    const before = groupRecord(row);
    const held = ifMatch.precondition(before.version);
    if (!held.ok) return held;
    const after = mergeReplacement(GROUP_TYPE, before.attributes, attributes);
    if (!after.ok) return after;
    const isSame = equalJson(before.attributes, after.value);
    if (isSame && members === undefined) return ok(true);
    const change: MemberChange =
      members === undefined
        ? { kind: "none" }
        : { kind: "delta", replaceAll: true, add: members, remove: [] };
    const statements = (scope: TenantScope) => [
      ...guardIfMatch(scope, group, ifMatch.versions && [before.version]),
      ...(isSame ? [] : updateGroup(scope, before, after.value)),
    ];
    const displayName = after.value["displayName"];
    return commitMembers(client, group, change, { statements, onlyMembers: isSame, displayName });
  });
  return replaced.ok ? getGroup(client, id, projection) : replaced;
}

/** `DELETE /Groups/{id}`: gone at once for every reader; its rows are cleared behind it. */
export async function deleteGroup(
  client: ScimClient,
  id: string,
  ifVersions?: readonly number[],
): Promise<Result<unknown>> {
  const group = reference(client, id);
  return commitGroup(client, group, { ids: [] }, (scope) => [
    ...(ifVersions === undefined ? [] : [guardGroupVersion(scope, group, ifVersions)]),
    ...markGroupDeleted(scope, group),
  ]);
}
