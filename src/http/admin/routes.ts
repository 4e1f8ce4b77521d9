/** Every route of the admin API: registered from this list, described from this list. */
import { apiKeyRoutes } from "./api-keys.ts";
import { configurationRoutes } from "./configurations.ts";
import type { AdminRoute } from "./route.ts";
import { signUpRoutes } from "./sign-ups.ts";

export const adminRoutes: readonly AdminRoute[] = [...signUpRoutes, ...apiKeyRoutes, ...configurationRoutes];
