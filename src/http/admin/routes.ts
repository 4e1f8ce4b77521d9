/** Every route of the admin API: registered from this list, described from this list. */
import { accountRoutes } from "./accounts.ts";
import { activityRoutes } from "./activity.ts";
import { apiKeyRoutes } from "./api-keys.ts";
import { configurationRoutes } from "./configurations.ts";
import { connectorRoutes } from "./connectors.ts";
import { driftRoutes } from "./drift.ts";
import { eventRoutes } from "./events.ts";
import { exportRoutes } from "./exports.ts";
import { groupRoutes } from "./groups.ts";
import { importRoutes } from "./imports.ts";
import { licensePlanRoutes } from "./license-plans.ts";
import { licenseRoutes } from "./license-types.ts";
import { linkRoutes } from "./links.ts";
import { policyRoutes } from "./policies.ts";
import type { AdminRoute } from "./route.ts";
import { signUpRoutes } from "./sign-ups.ts";
import { stagedEffectsRoutes } from "./staged-effects.ts";
import { tenantRoutes } from "./tenant.ts";
import { userRoutes } from "./users.ts";
import { vaultGroupRoutes } from "./vault-groups.ts";
import { vaultRoutes } from "./vaults.ts";

export const adminRoutes: readonly AdminRoute[] = [
  ...signUpRoutes,
  ...tenantRoutes,
  ...apiKeyRoutes,
  ...configurationRoutes,
  ...licenseRoutes,
  ...accountRoutes,
  ...licensePlanRoutes,
  ...userRoutes,
  ...groupRoutes,
  ...vaultRoutes,
  ...vaultGroupRoutes,
  ...driftRoutes,
  ...connectorRoutes,
  ...importRoutes,
  ...linkRoutes,
  ...stagedEffectsRoutes,
  ...policyRoutes,
  ...eventRoutes,
  ...exportRoutes,
  ...activityRoutes,
];
