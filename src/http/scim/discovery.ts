/** Handlers of the discovery endpoints (RFC 7644 §4). Filters on them are refused with 403, as §4 says. */
import { configurationType } from "../../gateway/scim/discovery.ts";
import { resourceType, resourceTypes, schema, schemas, serviceProviderConfig } from "../../scim/discovery.ts";
import { refusal } from "../../scim/error.ts";
import type { JsonObject } from "../../scim/json.ts";
import { BULK_OPERATIONS_MAX, BULK_PAYLOAD_BYTES_MAX, CURSOR_LIFETIME_SECONDS } from "../../scim/limits.ts";
import { listResponse } from "../../scim/list.ts";
import { err, ok, type Result } from "../../scim/result.ts";
import { scimJson } from "./answer.ts";
import type { ScimCall, ScimHandler } from "./handle.ts";

const bearer = {
  type: "oauthbearertoken" as const,
  name: "OAuth Bearer Token",
  description: "Access tokens from the token endpoint of the configuration (client credentials grant).",
  specUri: "https://www.rfc-editor.org/rfc/rfc6750",
  primary: true,
};
const basic = {
  type: "httpbasic" as const,
  name: "HTTP Basic",
  description: "Client id and client secret of the configuration.",
  specUri: "https://www.rfc-editor.org/rfc/rfc7617",
};

/** On a single document too a client must not take its filter as applied. */
const unfiltered =
  (handler: ScimHandler): ScimHandler =>
  async (call) =>
    call.c.req.query("filter") === undefined
      ? handler(call)
      : err(refusal("forbidden", "Discovery endpoints cannot be filtered (RFC 7644 §4)."));

const serviceProvider: ScimHandler = async ({ c, client }) => {
  const type = await configurationType(client);
  const document = serviceProviderConfig({
    baseUrl: client.baseUrl,
    bulk: { supported: true, maxOperations: BULK_OPERATIONS_MAX, maxPayloadSize: BULK_PAYLOAD_BYTES_MAX },
    authenticationSchemes: type === "other_scim" ? [bearer, basic] : [bearer],
    cursorTimeoutSeconds: CURSOR_LIFETIME_SECONDS,
  });
  return ok(scimJson(c, document));
};

const listed =
  (documents: (baseUrl: string) => JsonObject[]): ScimHandler =>
  async ({ c, client }) => {
    const resources = documents(client.baseUrl);
    const answer = {
      totalResults: resources.length,
      startIndex: 1,
      itemsPerPage: resources.length,
      resources,
    };
    return ok(scimJson(c, listResponse(answer)));
  };

const single =
  (find: (baseUrl: string, id: string) => Result<JsonObject>, parameter: string): ScimHandler =>
  async ({ c, client }: ScimCall) => {
    const found = find(client.baseUrl, c.req.param(parameter) ?? "");
    return found.ok ? ok(scimJson(c, found.value)) : found;
  };

export const discovery = {
  serviceProviderConfig: unfiltered(serviceProvider),
  resourceTypes: unfiltered(listed(resourceTypes)),
  resourceType: unfiltered(single(resourceType, "name")),
  schemas: unfiltered(listed(schemas)),
  schema: unfiltered(single(schema, "id")),
};
