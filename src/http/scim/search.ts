/** `POST …/.search` (RFC 7644 §3.4.3) and queries of the root (§3.4.2.1). */

import type { ScimClient } from "../../gateway/scim/client.ts";
import { listGroups, listUsers } from "../../gateway/scim/list.ts";
import { searchAll } from "../../gateway/scim/root.ts";
import type { JsonObject } from "../../scim/json.ts";
import { ok, type Result } from "../../scim/result.ts";
import { parseSearchRequest } from "../../scim/search.ts";
import { scimJson } from "./answer.ts";
import type { ScimHandler } from "./handle.ts";
import { parameters, readBody } from "./request.ts";

type List = (client: ScimClient, given: Record<string, string | undefined>) => Promise<Result<JsonObject>>;

/** The same query, with its parameters in a body: a filter may hold what does not belong in a URL. */
const fromBody =
  (list: List): ScimHandler =>
  async ({ c, client }) => {
    const body = await readBody(c);
    if (!body.ok) return body;
    const request = parseSearchRequest(body.value);
    if (!request.ok) return request;
    const listed = await list(client, request.value);
    return listed.ok ? ok(scimJson(c, listed.value)) : listed;
  };

const root: ScimHandler = async ({ c, client }) => {
  const listed = await searchAll(client, parameters(c));
  return listed.ok ? ok(scimJson(c, listed.value)) : listed;
};

export const search = {
  users: fromBody(listUsers),
  groups: fromBody(listGroups),
  root,
  rootBody: fromBody(searchAll),
};
