/**
 * `POST /Bulk` (RFC 7644 §3.7). Every operation is a batch of its own, in dependency order; operations that
 * refer to each other in a circle commit as one batch and fail together.
 */
import {
  type BulkOperation,
  dependencyOrder,
  parseBulk,
  referencesOf,
  resolveReferences,
} from "../../scim/bulk.ts";
import { refusal, type ScimError, toWire } from "../../scim/error.ts";
import type { Json, JsonObject } from "../../scim/json.ts";
import type { Projection } from "../../scim/projection.ts";
import { GROUP_TYPE, USER_TYPE } from "../../scim/resource-type.ts";
import { err, ok, type Result } from "../../scim/result.ts";
import { BULK_RESPONSE } from "../../scim/urn.ts";
import { etag, matches, parseTags } from "../../scim/version.ts";
import { createCircle } from "./circle.ts";
import type { ScimClient } from "./client.ts";
import { patchGroup, replaceGroup } from "./group-changes.ts";
import { createGroup, deleteGroup } from "./groups.ts";
import { readVersion } from "./members.ts";
import { locationOf } from "./representation.ts";
import { createUser, deleteUser, patchUser, replaceUser } from "./users.ts";

/** What one operation came to. */
type Done = { status: 200 | 201 | 204; location: string; version?: number };

/** Nothing but ids leaves: the answer names locations, not resources. */
const headOnly: Projection = { kind: "only", selections: [] };

export async function bulk(client: ScimClient, body: Json): Promise<Result<JsonObject>> {
  const request = parseBulk(body);
  if (!request.ok) return request;
  const { operations, failOnErrors } = request.value;
  const parsed = operations.map((operation) => (operation.parsed.ok ? operation.parsed.value : undefined));
  const ids = mintIds(client, parsed);
  const outcomes: (Result<Done> | undefined)[] = operations.map(() => undefined);
  const failed = new Set<string>();
  let errors = 0;
  for (const component of dependencyOrder(parsed)) {
    if (errors >= failOnErrors) break;
    const results = await runComponent(
      client,
      component,
      operations.map((operation) => operation.parsed),
      ids,
      failed,
    );
    component.forEach((index, place) => {
      const result = results[place];
      outcomes[index] = result;
      if (result?.ok !== false) return;
      errors += 1;
      const bulkId = operations[index]?.bulkId;
      if (bulkId !== undefined) failed.add(bulkId);
    });
  }
  const answers = operations.flatMap((operation, index) => {
    const outcome = outcomes[index];
    return outcome === undefined ? [] : [answerOf(client, operation, parsed[index], outcome)];
  });
  return ok({ schemas: [BULK_RESPONSE], Operations: answers });
}

/** Ids exist before anything is written, so that references can be resolved in any order. */
function mintIds(
  client: ScimClient,
  operations: readonly (BulkOperation | undefined)[],
): Map<string, string> {
  const ids = new Map<string, string>();
  for (const operation of operations) {
    if (operation?.method === "POST" && operation.bulkId !== undefined) {
      ids.set(operation.bulkId, client.deps.newId());
    }
  }
  return ids;
}

async function runComponent(
  client: ScimClient,
  component: readonly number[],
  parsed: readonly Result<BulkOperation>[],
  ids: ReadonlyMap<string, string>,
  failed: ReadonlySet<string>,
): Promise<Result<Done>[]> {
  const circle: BulkOperation[] = [];
  for (const index of component) {
    const operation = parsed[index];
    if (operation === undefined || !operation.ok) return component.map(() => operation as Result<never>);
    const unresolved = [...referencesOf(operation.value)].find(
      (bulkId) => !ids.has(bulkId) || failed.has(bulkId),
    );
    if (unresolved !== undefined) {
      const detail = `The bulkId '${unresolved.slice(0, 80)}' does not name an operation of this request that succeeded.`;
      return component.map(() => err(refusal("conflict", detail)));
    }
    circle.push(resolveReferences(operation.value, ids));
  }
  const [first] = circle;
  if (first === undefined) return [];
  if (circle.length === 1) return [await run(client, first, ids)];
  return createTogether(client, circle, ids);
}

/** A circle can only be made of creations: nothing else has a bulkId to refer to. */
async function createTogether(
  client: ScimClient,
  circle: readonly BulkOperation[],
  ids: ReadonlyMap<string, string>,
): Promise<Result<Done>[]> {
  const creations = circle.map(({ endpoint, bulkId = "", data = null }) => ({
    type: endpoint === "/Users" ? USER_TYPE : GROUP_TYPE,
    scimId: ids.get(bulkId) ?? "",
    body: data,
  }));
  const created = await createCircle(client, creations);
  return creations.map(({ type, scimId }, index) =>
    created.ok
      ? ok({
          status: 201,
          location: locationOf(client.baseUrl, type, scimId),
          version: created.value[index] ?? 1,
        })
      : created,
  );
}

async function run(
  client: ScimClient,
  operation: BulkOperation,
  ids: ReadonlyMap<string, string>,
): Promise<Result<Done>> {
  const { method, endpoint, id = "", bulkId = "", data = null, version } = operation;
  const type = endpoint === "/Users" ? USER_TYPE : GROUP_TYPE;
  const precondition = (current: number): Result<true> =>
    version === undefined || matches(version, current) ? ok(true) : err(outdated);
  const versions = version === undefined ? undefined : numbersOf(version);
  const location = locationOf(client.baseUrl, type, id);
  switch (method) {
    case "POST": {
      const create = type === USER_TYPE ? createUser : createGroup;
      const created = await create(client, data, headOnly, ids.get(bulkId));
      return created.ok
        ? ok({ status: 201, location: created.value.location, version: created.value.version })
        : created;
    }
    case "PUT": {
      const replaced =
        type === USER_TYPE
          ? await replaceUser(client, id, data, headOnly, precondition)
          : await replaceGroup(client, id, data, headOnly, { versions, precondition });
      return replaced.ok ? ok({ status: 200, location, version: replaced.value.version }) : replaced;
    }
    case "PATCH": {
      if (type === USER_TYPE) {
        const patched = await patchUser(client, id, data, headOnly, precondition);
        return patched.ok ? ok({ status: 200, location, version: patched.value.version }) : patched;
      }
      const patched = await patchGroup(client, id, data, { versions, precondition });
      if (!patched.ok) return patched;
      const current = await readVersion(client, id);
      return ok({ status: 204, location, ...(current === undefined ? {} : { version: current }) });
    }
    case "DELETE": {
      const removed = await (type === USER_TYPE ? deleteUser : deleteGroup)(client, id, versions);
      return removed.ok ? ok({ status: 204, location }) : removed;
    }
  }
}

const outdated: ScimError = {
  kind: "preconditionFailed",
  detail: "The resource has changed since it was read (version).",
};

function numbersOf(version: string): number[] | undefined {
  const tags = parseTags(version);
  return tags === "*" ? undefined : (tags ?? []).map(Number).filter(Number.isSafeInteger);
}

/** One entry of the BulkResponse (§3.7.3): `location` always but for a failed POST, `response` for failures. */
function answerOf(
  client: ScimClient,
  { method, bulkId }: { method: string; bulkId?: string },
  operation: BulkOperation | undefined,
  outcome: Result<Done>,
): JsonObject {
  const named = { ...(bulkId === undefined ? {} : { bulkId }), method };
  if (outcome.ok) {
    const { status, location, version } = outcome.value;
    return {
      ...named,
      location,
      ...(version === undefined ? {} : { version: etag(version) }),
      status: String(status),
    };
  }
  const wire = toWire(outcome.error);
  const id = operation?.method === "POST" ? undefined : operation?.id;
  const located =
    operation === undefined || id === undefined
      ? {}
      : { location: `${client.baseUrl}${operation.endpoint}/${id}` };
  return { ...named, ...located, status: String(wire.status), response: wire.body };
}
