/** SCIM Users: the use cases behind the endpoint. None of them waits for licenses, vaults or queues (I23). */
import { quote, refusal, type ScimError } from "../../scim/error.ts";
import type { Json, JsonObject } from "../../scim/json.ts";
import { equalJson } from "../../scim/json.ts";
import { applyPatch } from "../../scim/patch/apply.ts";
import { parsePatch } from "../../scim/patch/parse.ts";
import { type Projection, project, wantsAttribute } from "../../scim/projection.ts";
import { mergeReplacement } from "../../scim/replace.ts";
import { parseResource } from "../../scim/resource.ts";
import { USER_TYPE } from "../../scim/resource-type.ts";
import { err, ok, type Result } from "../../scim/result.ts";
import { UniqueViolated } from "../../store/failure.ts";
import { licensePointer } from "../../store/outbox.ts";
import {
  selectUser,
  selectUserExists,
  type UserRecord,
  userRecord,
} from "../../store/resources/user-records.ts";
import {
  adoptUser,
  deprovisionUser,
  insertUser,
  selectUserWritten,
  updateUser,
} from "../../store/resources/users.ts";
import { commitAs, type Evidence, readAs, type ScimClient, whenGuarded } from "./client.ts";
import { contended, type Precondition, retryStale } from "./contention.ts";
import { locationOf, type UserGroup, userGroups, userRepresentation } from "./representation.ts";

/** A resource on its way out: already projected. */
export type ScimAnswer = { resource: JsonObject; location: string; version: number };

const unknownUser = (id: string): ScimError =>
  refusal("notFound", `There is no User with the id ${quote(id)}.`);
const takenName = (userName: unknown): ScimError => ({
  kind: "uniqueness",
  detail: `The userName '${String(userName)}' is already in use.`,
});

function answer(
  client: ScimClient,
  user: UserRecord,
  groups: readonly UserGroup[] | undefined,
  projection: Projection,
): ScimAnswer {
  return {
    resource: project(USER_TYPE, userRepresentation(client.baseUrl, user, groups), projection),
    location: locationOf(client.baseUrl, USER_TYPE, user.scimId),
    version: user.version,
  };
}

/**
 * `POST /Users` (design §1.15). A free name is one batch; a taken one fails it, and a second batch decides
 * between an account that may be taken over and 409.
 */
export async function createUser(
  client: ScimClient,
  body: Json,
  projection: Projection,
  scimId = client.deps.newId(),
): Promise<Result<ScimAnswer>> {
  const parsed = parseResource(USER_TYPE, body);
  if (!parsed.ok) return parsed;
  const { attributes } = parsed.value;
  const created = await insertOrAdopt(client, scimId, attributes);
  if (!created.ok) return created;
  const { now } = client.scope;
  const user = { userNo: 0, scimId, version: 1, createdAt: now, updatedAt: now, attributes };
  return ok(answer(client, user, [], projection));
}

async function insertOrAdopt(
  client: ScimClient,
  scimId: string,
  attributes: JsonObject,
): Promise<Result<unknown>> {
  const owner = client.identity.configurationNo;
  const evidence: Evidence = (scope) => selectUserExists(scope, owner, scimId);
  try {
    return ok(
      await commitAs(client, (scope) => insertUser(scope, owner, scimId, attributes), evidence, [
        licensePointer,
      ]),
    );
  } catch (error) {
    if (!isTakenName(error)) throw error;
  }
  return whenGuarded(
    commitAs(client, (scope) => adoptUser(scope, owner, scimId, attributes), evidence, [licensePointer]),
    { uniqueness: () => takenName(attributes["userName"]) },
  );
}

const isTakenName = (error: unknown): boolean =>
  error instanceof UniqueViolated && error.columns.includes("users.user_name_folded");

type Found = { user: UserRecord; groups: UserGroup[] | undefined };

async function find(client: ScimClient, id: string, projection: Projection): Promise<Result<Found>> {
  const wantsGroups = wantsAttribute(projection, "groups");
  const [rows] = await readAs(client, (scope) => [
    selectUser(scope, client.identity.configurationNo, id, wantsGroups),
  ]);
  const row = rows?.[0];
  if (row === undefined) return err(unknownUser(id));
  return ok({ user: userRecord(row), groups: wantsGroups ? userGroups(row["groups"]) : undefined });
}

export async function getUser(
  client: ScimClient,
  id: string,
  projection: Projection,
): Promise<Result<ScimAnswer>> {
  const found = await find(client, id, projection);
  return found.ok ? ok(answer(client, found.value.user, found.value.groups, projection)) : found;
}

/** `PATCH /Users/{id}`: atomic and in order (R3); a lost race is tried again on what is there now. */
export async function patchUser(
  client: ScimClient,
  id: string,
  body: Json,
  projection: Projection,
  precondition: Precondition,
): Promise<Result<ScimAnswer>> {
  const operations = parsePatch(body, USER_TYPE);
  if (!operations.ok) return operations;
  return change(client, id, projection, precondition, ({ user, groups }) =>
    applyPatch(
      USER_TYPE,
      user.attributes,
      operations.value,
      userRepresentation(client.baseUrl, user, groups),
    ),
  );
}

/** `PUT /Users/{id}` (design §5.4, R25). */
export async function replaceUser(
  client: ScimClient,
  id: string,
  body: Json,
  projection: Projection,
  precondition: Precondition,
): Promise<Result<ScimAnswer>> {
  const parsed = parseResource(USER_TYPE, body);
  if (!parsed.ok) return parsed;
  return change(client, id, projection, precondition, ({ user }) =>
    mergeReplacement(USER_TYPE, user.attributes, parsed.value.attributes),
  );
}

/** Read, decide, write if still as read: the one way attributes of a user change. */
function change(
  client: ScimClient,
  id: string,
  projection: Projection,
  precondition: Precondition,
  decide: (current: Found) => Result<JsonObject>,
): Promise<Result<ScimAnswer>> {
  return retryStale(client, async () => {
    const found = await find(client, id, projection);
    if (!found.ok) return found;
    const { user, groups } = found.value;
    const held = precondition(user.version);
    if (!held.ok) return held;
    const after = decide(found.value);
    if (!after.ok) return after;
    // A repeated cycle changes nothing: no row, no version, no event (R28, I24).
    if (equalJson(user.attributes, after.value)) return ok(answer(client, user, groups, projection));
    const written = await write(client, user, after.value);
    if (!written.ok) return written;
    const changed = {
      ...user,
      attributes: after.value,
      version: user.version + 1,
      updatedAt: client.scope.now,
    };
    return ok(answer(client, changed, groups, projection));
  });
}

async function write(client: ScimClient, before: UserRecord, after: JsonObject): Promise<Result<unknown>> {
  try {
    return await whenGuarded(
      commitAs(
        client,
        (scope) => updateUser(scope, { before, after }),
        (scope) => selectUserWritten(scope, { before, after }),
      ),
      { stale: () => contended },
    );
  } catch (error) {
    if (isTakenName(error)) {
      return { ok: false, error: takenName(after["userName"]) };
    }
    throw error;
  }
}

/** `DELETE /Users/{id}`: 204 once, 404 for ever after (design §5.1). */
export async function deleteUser(
  client: ScimClient,
  id: string,
  ifVersions?: readonly number[],
): Promise<Result<unknown>> {
  const retiredId = client.deps.newId();
  return whenGuarded(
    commitAs(
      client,
      (scope) => deprovisionUser(scope, client.identity.configurationNo, id, retiredId, ifVersions),
      (scope) => selectUserExists(scope, 0, retiredId),
      [licensePointer],
    ),
    {
      not_found: () => unknownUser(id),
      precondition: () => ({
        kind: "preconditionFailed",
        detail: "The resource has changed since it was read.",
      }),
    },
  );
}
