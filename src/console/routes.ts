/** Every page of the console: one line per method and path. */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { csrf } from "hono/csrf";
import { secureHeaders } from "hono/secure-headers";
import { ADMIN_BODY_BYTES_MAX } from "../domain/limits.ts";
import { assets } from "./assets/routes.ts";
import type { ConsoleEnvironment } from "./environment.ts";
import { apiKeysPage, createKeyAction, revokeKeyAction } from "./pages/api-keys.tsx";
import { eventsPage } from "./pages/events.tsx";
import { homePage } from "./pages/home.tsx";
import { licensesPage, setPurchasedAction } from "./pages/licenses.tsx";
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
import { failurePage, notFoundPage, tooLargePage } from "./problem.tsx";
import { needs, recognize } from "./session.ts";

export function consolePages(): Hono<ConsoleEnvironment> {
  const pages = new Hono<ConsoleEnvironment>();
  pages.route("/assets", assets());
  pages.use(policy);
  pages.use(async function neverStored(c, next) {
    await next();
    c.header("cache-control", "no-store");
  });
  pages.use(csrf());
  pages.use(bodyLimit({ maxSize: ADMIN_BODY_BYTES_MAX, onError: tooLargePage }));

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
  pages.get("/licenses", needs("read"), licensesPage);
  pages.post("/licenses/:code", needs("purchase"), setPurchasedAction);
  pages.get("/events", needs("read"), eventsPage);
  pages.get("/api-keys", needs("administer"), apiKeysPage);
  pages.post("/api-keys", needs("administer"), createKeyAction);
  pages.post("/api-keys/:apiKeyId/revoke", needs("administer"), revokeKeyAction);

  pages.all("*", recognize, notFoundPage);
  pages.onError(failurePage);
  return pages;
}

/** Nothing inline, nothing from elsewhere: what a name contains can never run. */
const policy = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    styleSrc: ["'self'"],
    scriptSrc: ["'self'"],
    imgSrc: ["'self'", "data:"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
    baseUri: ["'none'"],
  },
  crossOriginResourcePolicy: "same-origin",
  referrerPolicy: "same-origin",
});
