import { equalJson, type Json } from "../../scim/json.ts";
import { applyPatch } from "../../scim/patch/apply.ts";
import { type GroupPatchPlan, planGroupPatch, resolveMemberSequence } from "../../scim/patch/member.ts";
import { parsePatch } from "../../scim/patch/parse.ts";
import type { Projection } from "../../scim/projection.ts";
import { mergeReplacement } from "../../scim/replace.ts";
import { parseResource } from "../../scim/resource.ts";
import { GROUP_TYPE } from "../../scim/resource-type.ts";
import { err, ok, type Result } from "../../scim/result.ts";
import { type GroupReference, groupRecord, selectGroup } from "../../store/resources/groups.ts";
import { readAs, type ScimClient } from "./client.ts";
import { type IfMatch, retryStale } from "./contention.ts";
import { commitMembers, groupReference, type MemberChange, unknownGroup } from "./group-writing.ts";
import { type GroupAnswer, getGroup } from "./groups.ts";
import { readMembers } from "./members.ts";
import { groupRepresentation } from "./representation.ts";

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
  const group = groupReference(client, id);
  const { attributeOperations, members } = plan.value;
  if (attributeOperations.length === 0 && members.kind === "delta") {
    return commitMembers(client, group, members, { ifVersions: ifMatch.versions });
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
  return commitMembers(client, group, change.value, {
    ifVersions: ifMatch.versions && [found.group.version],
    attributes: isSame ? undefined : { before: found.group, after: after.value },
  });
}

function sequenceChange(
  operations: Extract<GroupPatchPlan["members"], { kind: "sequence" }>["operations"],
  current: readonly { id: string; kind: "User" | "Group" }[],
): Result<MemberChange> {
  const members = current.map(({ id, kind }) => ({ value: id, type: kind }));
  const resolved = resolveMemberSequence(operations, members);
  return resolved.ok ? ok({ kind: "delta", replaceAll: false, ...resolved.value }) : resolved;
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
  const group = groupReference(client, id);
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
    return commitMembers(client, group, change, {
      ifVersions: ifMatch.versions && [before.version],
      attributes: isSame ? undefined : { before, after: after.value },
    });
  });
  return replaced.ok ? getGroup(client, id, projection) : replaced;
}
