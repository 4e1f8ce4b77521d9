/** Bodies of SCIM requests, as more than one client sends them. */

export const USER_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User";
export const ENTERPRISE_SCHEMA = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
export const GROUP_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Group";

export type ScimResource = { id: string; userName?: string; displayName?: string };
export type ScimList = { totalResults: number; Resources?: ScimResource[] };

export type Operation = { op: string; path?: string; value?: unknown };

export const patch = (...operations: Operation[]) => ({
  schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
  Operations: operations,
});

/** Query of a list by filter, encoded as clients do. */
export const filtered = (path: string, filter: string) =>
  `${path}?${new URLSearchParams({ filter }).toString().replaceAll("+", "%20")}`;

export const addMembers = (...ids: string[]) =>
  patch({ op: "Add", path: "members", value: ids.map((value) => ({ value })) });

export const removeMembers = (...ids: string[]) =>
  patch({ op: "Remove", path: "members", value: ids.map((value) => ({ value })) });
