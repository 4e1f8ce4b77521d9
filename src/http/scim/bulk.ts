/** Handler of /Bulk (RFC 7644 §3.7). */
import { bulk } from "../../gateway/scim/bulk.ts";
import { BULK_PAYLOAD_BYTES_MAX } from "../../scim/limits.ts";
import { ok, refuse } from "../../scim/result.ts";
import { scimJson } from "./answer.ts";
import type { ScimHandler } from "./handle.ts";
import { readBody } from "./request.ts";

export const bulkRequest: ScimHandler = async ({ c, client }) => {
  const body = await readBody(c, BULK_PAYLOAD_BYTES_MAX);
  if (!body.ok) {
    if (body.error.kind !== "payloadTooLarge") return body;
    const detail = `The size of the bulk operation exceeds the maxPayloadSize (${BULK_PAYLOAD_BYTES_MAX}).`;
    return refuse("payloadTooLarge", detail);
  }
  const answered = await bulk(client, body.value);
  return answered.ok ? ok(scimJson(c, answered.value)) : answered;
};
