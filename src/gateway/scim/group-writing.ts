/** What every write of a group shares: one commit, and the refusals it can end with. */
import { quote, refusal, type ScimError } from "../../scim/error.ts";
import type { JsonObject } from "../../scim/json.ts";
import type { MemberReference } from "../../scim/member.ts";
import type { GroupPatchPlan } from "../../scim/patch/member.ts";
import { ok, type Result } from "../../scim/result.ts";
import type { Statement } from "../../store/database.ts";
import { GuardRaised, UniqueViolated } from "../../store/failure.ts";
import {
  type GroupRecord,
  type GroupReference,
  guardGroupVersion,
  selectGroupWritten,
  selectMembersChanged,
  updateGroup,
} from "../../store/resources/groups.ts";
import { selectUnknownMembers } from "../../store/resources/member-keys.ts";
import { changeMembers, replaceMembers } from "../../store/resources/members.ts";
import type { TenantScope } from "../../store/scope.ts";
import { commitAs, type Evidence, readAs, type ScimClient, whenGuarded } from "./client.ts";
import { contended } from "./contention.ts";

export const groupReference = (client: ScimClient, scimId: string): GroupReference => ({
  owner: client.identity.configurationNo,
  scimId,
});
export const unknownGroup = (id: string): ScimError =>
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
export async function commitGroup(
  client: ScimClient,
  group: GroupReference,
  named: { ids: readonly string[]; displayName?: unknown },
  statements: (scope: TenantScope) => Statement[],
  evidence: Evidence,
): Promise<Result<unknown>> {
  try {
    return await whenGuarded(commitAs(client, statements, evidence), {
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
export const guardIfMatch = (
  scope: TenantScope,
  group: GroupReference,
  versions: readonly number[] | undefined,
): Statement[] => (versions === undefined ? [] : [guardGroupVersion(scope, group, versions)]);

export const idsOf = (members: readonly MemberReference[]): string[] => members.map(({ value }) => value);

export type MemberChange = Exclude<GroupPatchPlan["members"], { kind: "sequence" }>;

/** A change of attributes that goes with one of members. */
export type AttributeChange = { before: GroupRecord; after: JsonObject };

/**
 * Changes members, attributes or both in one batch. A change of members alone that changes nothing leaves no
 * trace; adding or removing whoever is in or out already is the same as not asking, so it can be asked again.
 */
export function commitMembers(
  client: ScimClient,
  group: GroupReference,
  change: MemberChange,
  {
    ifVersions,
    attributes,
  }: { ifVersions: readonly number[] | undefined; attributes?: AttributeChange | undefined },
): Promise<Result<unknown>> {
  const operation = client.deps.newId();
  const guarded = attributes === undefined ? operation : undefined;
  const add = change.kind === "delta" ? idsOf(change.add) : [];
  return commitGroup(
    client,
    group,
    { ids: add, displayName: attributes?.after["displayName"] },
    (scope) => [
      ...guardIfMatch(scope, group, ifVersions),
      ...(attributes === undefined ? [] : updateGroup(scope, attributes.before, attributes.after)),
      ...(change.kind === "none"
        ? []
        : change.replaceAll
          ? replaceMembers(scope, group, add, guarded)
          : changeMembers(scope, group, { add, remove: change.remove }, guarded)),
    ],
    (scope) =>
      attributes === undefined
        ? selectMembersChanged(scope, group, operation)
        : selectGroupWritten(scope, attributes.before, attributes.after),
  );
}
