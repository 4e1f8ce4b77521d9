/** An authenticated administrator or API key, acting within its tenant. */
import type { Role } from "../domain/role.ts";
import type { TenantScope } from "../store/scope.ts";
import type { Deps } from "./deps.ts";

export type AdminIdentity = {
  kind: "session" | "key";
  /** Administrator id or API key id. */
  id: string;
  role: Role;
  tenantId: string;
  /** E-mail address or name of the key, for pages. */
  name: string;
};

/** What every administrative use case takes first. */
export type Admin = {
  deps: Deps;
  scope: TenantScope;
  identity: AdminIdentity;
};
