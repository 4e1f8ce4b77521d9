/** Handlers of /Groups. */
import { patchGroup, replaceGroup } from "../../gateway/scim/group-changes.ts";
import { createGroup, deleteGroup, type GroupAnswer, getGroup } from "../../gateway/scim/groups.ts";
import { listGroups } from "../../gateway/scim/list.ts";
import { parseProjection } from "../../scim/projection.ts";
import { GROUP_TYPE } from "../../scim/resource-type.ts";
import { ok, type Result } from "../../scim/result.ts";
import { notModified, resourceAnswer, scimJson } from "./answer.ts";
import type { ScimCall, ScimHandler } from "./handle.ts";
import { ifMatch, isNotModified, parameters, readBody } from "./request.ts";

const projectionOf = ({ c }: ScimCall) =>
  parseProjection(c.req.query("attributes"), c.req.query("excludedAttributes"), GROUP_TYPE);

const idOf = ({ c }: ScimCall): string => c.req.param("id") ?? "";

const answer = ({ c }: ScimCall, answered: Result<GroupAnswer>, status: 200 | 201 = 200): Result<Response> =>
  answered.ok ? ok(resourceAnswer(c, answered.value, status)) : answered;

const list: ScimHandler = async ({ c, client }) => {
  const listed = await listGroups(client, parameters(c));
  return listed.ok ? ok(scimJson(c, listed.value)) : listed;
};

const create: ScimHandler = async (call) => {
  const projection = projectionOf(call);
  if (!projection.ok) return projection;
  const body = await readBody(call.c);
  if (!body.ok) return body;
  return answer(call, await createGroup(call.client, body.value, projection.value), 201);
};

const get: ScimHandler = async (call) => {
  const projection = projectionOf(call);
  if (!projection.ok) return projection;
  const found = await getGroup(call.client, idOf(call), projection.value);
  if (found.ok && isNotModified(call.c, found.value.version)) return ok(notModified(call.c, found.value));
  return answer(call, found);
};

const replace: ScimHandler = async (call) => {
  const projection = projectionOf(call);
  if (!projection.ok) return projection;
  const body = await readBody(call.c);
  if (!body.ok) return body;
  return answer(
    call,
    await replaceGroup(call.client, idOf(call), body.value, projection.value, ifMatch(call.c)),
  );
};

/** 204 unless attributes were asked for (RFC 7644 §3.5.2): a body with every member helps nobody (R35). */
const patch: ScimHandler = async (call) => {
  const projection = projectionOf(call);
  if (!projection.ok) return projection;
  const body = await readBody(call.c);
  if (!body.ok) return body;
  const patched = await patchGroup(call.client, idOf(call), body.value, ifMatch(call.c));
  if (!patched.ok) return patched;
  if (projection.value.kind !== "only") return ok(call.c.body(null, 204));
  return answer(call, await getGroup(call.client, idOf(call), projection.value));
};

const remove: ScimHandler = async (call) => {
  const removed = await deleteGroup(call.client, idOf(call), ifMatch(call.c).versions);
  return removed.ok ? ok(call.c.body(null, 204)) : removed;
};

export const groups = { list, create, get, replace, patch, remove };
