/** Handlers of /Users. */
import { listUsers } from "../../gateway/scim/list.ts";
import {
  createUser,
  deleteUser,
  getUser,
  patchUser,
  replaceUser,
  type ScimAnswer,
} from "../../gateway/scim/users.ts";
import { parseProjection } from "../../scim/projection.ts";
import { USER_TYPE } from "../../scim/resource-type.ts";
import { ok, type Result } from "../../scim/result.ts";
import { notModified, resourceAnswer, scimJson } from "./answer.ts";
import type { ScimCall, ScimHandler } from "./handle.ts";
import { ifMatch, isNotModified, parameters, readBody } from "./request.ts";

const projectionOf = ({ c }: ScimCall) =>
  parseProjection(c.req.query("attributes"), c.req.query("excludedAttributes"), USER_TYPE);

const idOf = ({ c }: ScimCall): string => c.req.param("id") ?? "";

function answer({ c }: ScimCall, answered: Result<ScimAnswer>, status: 200 | 201 = 200): Result<Response> {
  if (!answered.ok) return answered;
  const { resource, ...rest } = answered.value;
  return ok(resourceAnswer(c, { body: { kind: "whole", resource }, ...rest }, status));
}

const list: ScimHandler = async ({ c, client }) => {
  const listed = await listUsers(client, parameters(c));
  return listed.ok ? ok(scimJson(c, listed.value)) : listed;
};

const create: ScimHandler = async (call) => {
  const projection = projectionOf(call);
  if (!projection.ok) return projection;
  const body = await readBody(call.c);
  if (!body.ok) return body;
  return answer(call, await createUser(call.client, body.value, projection.value), 201);
};

const get: ScimHandler = async (call) => {
  const projection = projectionOf(call);
  if (!projection.ok) return projection;
  const found = await getUser(call.client, idOf(call), projection.value);
  if (found.ok && isNotModified(call.c, found.value.version)) return ok(notModified(call.c, found.value));
  return answer(call, found);
};

/** PUT and PATCH differ only in the use case. */
const change =
  (useCase: typeof patchUser): ScimHandler =>
  async (call) => {
    const projection = projectionOf(call);
    if (!projection.ok) return projection;
    const body = await readBody(call.c);
    if (!body.ok) return body;
    const { precondition } = ifMatch(call.c);
    return answer(call, await useCase(call.client, idOf(call), body.value, projection.value, precondition));
  };

const remove: ScimHandler = async (call) => {
  const removed = await deleteUser(call.client, idOf(call), ifMatch(call.c).versions);
  return removed.ok ? ok(call.c.body(null, 204)) : removed;
};

export const users = { list, create, get, replace: change(replaceUser), patch: change(patchUser), remove };
