/** Every page of the console: one line per method and path. */
import { Hono, type MiddlewareHandler } from "hono";
import { csrf } from "hono/csrf";
import { assets } from "./assets/routes.ts";
import type { ConsoleEnvironment } from "./environment.ts";
import { boundedForm } from "./form.ts";
import { linkRoutes } from "./link-routes.ts";
import { apiKeysPage, createKeyAction, revokeKeyAction } from "./pages/api-keys.tsx";
import {
  changeConfigurationAction,
  configurationPage,
  createSecretAction,
  revokeSecretAction,
} from "./pages/configuration.tsx";
import { adoptionReportPage, defaultPlanPage } from "./pages/configuration-plan.tsx";
import { configurationsPage } from "./pages/configurations.tsx";
import { deleteConfigurationAction, deleteConfigurationPage } from "./pages/delete-configuration.tsx";
import { eventsPage } from "./pages/events.tsx";
import { failedWorkPage, retryWorkAction } from "./pages/failed-work.tsx";
import { groupPage } from "./pages/group.tsx";
import { groupTypePlanPage, setGroupPriorityAction, setGroupTypeAction } from "./pages/group-license.tsx";
import { groupsPage } from "./pages/groups.tsx";
import { homePage } from "./pages/home.tsx";
import { licenseTypePage } from "./pages/license-type.tsx";
import { licensesPage } from "./pages/licenses.tsx";
import { createConfigurationAction, newConfigurationPage } from "./pages/new-configuration.tsx";
import { createUserAction, newUserPage } from "./pages/new-user.tsx";
import { policiesPage, setBrakeAction, setLicensePoliciesAction } from "./pages/policies.tsx";
import { seatsPlanPage, setSeatsAction } from "./pages/seats-plan.tsx";
import {
  confirmSignInAction,
  confirmSignInPage,
  requestSignInAction,
  signInPage,
  signOutAction,
} from "./pages/sign-in.tsx";
import {
  confirmSignUpAction,
  confirmSignUpPage,
  requestSignUpAction,
  signUpPage,
  welcomePage,
} from "./pages/sign-up.tsx";
import { userPage } from "./pages/user.tsx";
import {
  chooseLicenseAction,
  disableUserAction,
  enableUserAction,
  releaseLicenseAction,
} from "./pages/user-license.tsx";
import { usersPage } from "./pages/users.tsx";
import { userAccessPage } from "./pages/vault-access.tsx";
import { failurePage, notFoundPage } from "./problem.tsx";
import { needs, recognize } from "./session.ts";
import { vaultRoutes } from "./vault-routes.ts";

export function consolePages(): Hono<ConsoleEnvironment> {
  const pages = new Hono<ConsoleEnvironment>();
  pages.route("/assets", assets());
  pages.use(policy);
  pages.use(async function neverStored(c, next) {
    await next();
    c.header("cache-control", "no-store");
  });
  pages.use(csrf());
  pages.use(boundedForm);

  pages.get("/", welcomePage);
  pages.get("/sign-up", signUpPage);
  pages.post("/sign-up", requestSignUpAction);
  pages.get("/sign-up/confirm", confirmSignUpPage);
  pages.post("/sign-up/confirm", confirmSignUpAction);
  pages.get("/sign-in", signInPage);
  pages.post("/sign-in", requestSignInAction);
  pages.get("/sign-in/confirm", confirmSignInPage);
  pages.post("/sign-in/confirm", confirmSignInAction);
  pages.post("/sign-out", signOutAction);

  pages.get("/home", needs("read"), homePage);
  pages.get("/policies", needs("read"), policiesPage);
  pages.post("/policies/brake", needs("administer"), setBrakeAction);
  pages.post("/policies/licenses", needs("administer"), setLicensePoliciesAction);
  pages.get("/licenses", needs("read"), licensesPage);
  pages.get("/licenses/:code", needs("read"), licenseTypePage);
  pages.get("/licenses/:code/preview", needs("purchase"), seatsPlanPage);
  pages.post("/licenses/:code", needs("purchase"), setSeatsAction);

  pages.get("/configurations", needs("provision"), configurationsPage);
  pages.post("/configurations", needs("provision"), createConfigurationAction);
  pages.get("/configurations/new", needs("provision"), newConfigurationPage);
  pages.get("/configurations/:configurationId", needs("provision"), configurationPage);
  pages.post("/configurations/:configurationId", needs("provision"), changeConfigurationAction);
  pages.get("/configurations/:configurationId/preview", needs("provision"), defaultPlanPage);
  pages.get("/configurations/:configurationId/adoption", needs("provision"), adoptionReportPage);
  pages.get("/configurations/:configurationId/delete", needs("provision"), deleteConfigurationPage);
  pages.post("/configurations/:configurationId/delete", needs("provision"), deleteConfigurationAction);
  pages.post("/configurations/:configurationId/secrets", needs("provision"), createSecretAction);
  pages.post(
    "/configurations/:configurationId/secrets/:secretId/revoke",
    needs("provision"),
    revokeSecretAction,
  );

  pages.get("/users", needs("read"), usersPage);
  pages.post("/users", needs("provision"), createUserAction);
  pages.get("/users/new", needs("provision"), newUserPage);
  pages.get("/users/:userId", needs("read"), userPage);
  pages.get("/users/:userId/access", needs("read"), userAccessPage);
  pages.post("/users/:userId/disable", needs("provision"), disableUserAction);
  pages.post("/users/:userId/enable", needs("provision"), enableUserAction);
  pages.post("/users/:userId/license", needs("provision"), chooseLicenseAction);
  pages.post("/users/:userId/license-release", needs("provision"), releaseLicenseAction);

  pages.get("/groups", needs("provision"), groupsPage);
  pages.get("/groups/:groupId", needs("provision"), groupPage);
  pages.get("/groups/:groupId/preview", needs("provision"), groupTypePlanPage);
  pages.post("/groups/:groupId", needs("provision"), setGroupTypeAction);
  pages.post("/groups/:groupId/priority", needs("provision"), setGroupPriorityAction);

  linkRoutes(pages);
  vaultRoutes(pages);

  pages.get("/events", needs("read"), eventsPage);
  pages.get("/failed-work", needs("read"), failedWorkPage);
  pages.post("/failed-work/:kind/:seq/retry", needs("provision"), retryWorkAction);
  pages.get("/api-keys", needs("administer"), apiKeysPage);
  pages.post("/api-keys", needs("administer"), createKeyAction);
  pages.post("/api-keys/:apiKeyId/revoke", needs("administer"), revokeKeyAction);

  pages.all("*", recognize, notFoundPage);
  pages.onError(failurePage);
  return pages;
}

/** Nothing inline, nothing from elsewhere: what a name contains can never run. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self' data:",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join("; ");

const policy: MiddlewareHandler = async (c, next) => {
  await next();
  c.res.headers.set("content-security-policy", contentSecurityPolicy);
};
