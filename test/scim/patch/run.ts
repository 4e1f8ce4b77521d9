import type { Json, JsonObject } from "../../../src/scim/json.ts";
import { applyPatch } from "../../../src/scim/patch/apply.ts";
import { parsePatch } from "../../../src/scim/patch/parse.ts";
import { type ResourceType, USER_TYPE } from "../../../src/scim/resource-type.ts";
import type { Result } from "../../../src/scim/result.ts";
import { PATCH_OP } from "../../../src/scim/urn.ts";

export const message = (...Operations: JsonObject[]): JsonObject => ({ schemas: [PATCH_OP], Operations });

/** Parses and applies a whole PATCH body, as a request does. */
export const run = (current: JsonObject, body: Json, type: ResourceType = USER_TYPE): Result<JsonObject> => {
  const operations = parsePatch(body, type);
  return operations.ok
    ? applyPatch(type, current, operations.value, { id: "u1", groups: [{ value: "g1" }] })
    : operations;
};
