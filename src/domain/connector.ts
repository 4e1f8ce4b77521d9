/** Connectors: how a vault is kept by its own SCIM service, and what that service is to hold. */
import type { JsonObject } from "../scim/json.ts";
import { schemasOf } from "../scim/resource.ts";
import { USER_TYPE } from "../scim/resource-type.ts";

export const CONNECTOR_TYPES = ["internal", "scim"] as const;
export type ConnectorType = (typeof CONNECTOR_TYPES)[number];

/** How the gateway authenticates, without the secret part. */
export type ConnectorAuthentication =
  | { type: "bearer" }
  | { type: "client_credentials"; tokenEndpoint: string; clientId: string };

export type ConnectorSettings = {
  baseUrl: string;
  authentication: ConnectorAuthentication;
  membersPerRequest: number;
};

/** What the service's last answers were like. */
export type ConnectorHealth = {
  succeededAt?: number;
  failedAt?: number;
  /** Set while the last attempt failed. */
  error?: string;
  /** The service asked to be left alone until then. */
  throttledUntil?: number;
};

/** Attributes that are the service's own or that no client may set. */
const ownAttributes = new Set(["schemas", "id", "meta", "groups", "password"]);

/**
 * The user as the service is to hold it: what the identity provider wrote, and as `active` whether the person has
 * access to the vault (I22). A person without access is disabled there, never deleted.
 */
export function connectorUser(account: {
  userName: string;
  attributes: JsonObject;
  access: boolean;
}): JsonObject {
  const { userName, attributes, access } = account;
  const written = Object.fromEntries(Object.entries(attributes).filter(([name]) => !ownAttributes.has(name)));
  return { schemas: schemasOf(USER_TYPE, written), ...written, userName, active: access };
}
