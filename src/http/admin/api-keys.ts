/** API keys of the organization. */
import * as z from "zod";
import { createKey, listKeys, revokeKey } from "../../gateway/identity/api-keys.ts";
import { route } from "./route.ts";
import { id, nameOf, pageOf, pageQuery, role, time } from "./schemas.ts";

const fields = { id, name: z.string(), role, createdAt: time, lastUsedAt: time.nullable() };
const apiKey = z.strictObject(fields).meta({ id: "ApiKey" });

export const apiKeyRoutes = [
  route({
    method: "get",
    path: "/api-keys",
    operationId: "listApiKeys",
    summary: "Live API keys, without the keys themselves",
    tag: "API keys",
    access: "administer",
    query: pageQuery,
    status: 200,
    response: pageOf(apiKey),
    handle: ({ admin, query }) => listKeys(admin, query),
  }),
  route({
    method: "post",
    path: "/api-keys",
    operationId: "createApiKey",
    summary: "Create a key; it is shown in this answer and never again",
    tag: "API keys",
    access: "administer",
    body: z.strictObject({ name: nameOf("name", 100), role: role.optional() }),
    status: 201,
    response: z.strictObject({ ...fields, key: z.string() }).meta({ id: "NewApiKey" }),
    problems: [409],
    handle: ({ admin, body }) => createKey(admin, body),
  }),
  route({
    method: "delete",
    path: "/api-keys/:apiKeyId",
    operationId: "revokeApiKey",
    summary: "Revoke a key; it is refused from the next request on",
    tag: "API keys",
    access: "administer",
    params: z.object({ apiKeyId: id }),
    status: 204,
    problems: [404],
    handle: ({ admin, params }) => revokeKey(admin, params.apiKeyId),
  }),
];
