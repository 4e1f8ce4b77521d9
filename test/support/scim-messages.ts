/** Names and bodies that SCIM tests send. */
import type { Json } from "./json-subset.ts";

export const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
export const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
export const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
export const INFO = "urn:ietf:params:scim:schemas:extension:info:2.0:User";

const message = (name: string): string => `urn:ietf:params:scim:api:messages:2.0:${name}`;
export const ERROR = message("Error");
export const LIST = message("ListResponse");

type JsonObject = { [name: string]: Json };

export const userBody = (userName: string, more: JsonObject = {}): JsonObject => ({
  schemas: [USER],
  userName,
  ...more,
});

export const groupBody = (displayName: string, members: readonly string[] = []): JsonObject => ({
  schemas: [GROUP],
  displayName,
  ...(members.length === 0 ? {} : { members: members.map((value) => ({ value })) }),
});

export const patchBody = (...operations: JsonObject[]): JsonObject => ({
  schemas: [message("PatchOp")],
  Operations: operations,
});

export const searchBody = (search: JsonObject): JsonObject => ({
  schemas: [message("SearchRequest")],
  ...search,
});

export const bulkBody = (...operations: JsonObject[]): JsonObject => ({
  schemas: [message("BulkRequest")],
  Operations: operations,
});
