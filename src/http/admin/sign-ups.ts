/** Signing up and signing in: the only routes that need no caller. */
import * as z from "zod";
import { requestSignIn } from "../../gateway/identity/sign-in.ts";
import { confirmSignUp, requestSignUp } from "../../gateway/identity/sign-up.ts";
import { route } from "./route.ts";
import { id, mailOutcome, nameOf, role } from "./schemas.ts";

const email = z.email().max(254);
const token = z.string().min(1).max(256);

export const signUpRoutes = [
  route({
    method: "post",
    path: "/signups",
    operationId: "requestSignUp",
    summary: "Sign an organization up; a one-time link goes to the address",
    tag: "Sign-up",
    access: "public",
    body: z.strictObject({ organization: nameOf("organization", 100), email }),
    status: 202,
    response: z.strictObject({
      signUpId: id,
      email: z.string(),
      mail: mailOutcome,
      confirmationUrl: z.url().optional(),
    }),
    problems: [429, 503],
    handle: ({ deps, body, origin }) => requestSignUp(deps, { ...body, origin }),
  }),
  route({
    method: "post",
    path: "/signups/confirmation",
    operationId: "confirmSignUp",
    summary: "Follow the link: creates the organization and shows its first API key, once",
    tag: "Sign-up",
    access: "public",
    body: z.strictObject({ token }),
    status: 201,
    response: z.strictObject({
      tenant: z.strictObject({ id, name: z.string(), subscriptionId: id }),
      administrator: z.strictObject({ id, email: z.string(), role }),
      apiKey: z.strictObject({ id, name: z.string(), key: z.string() }),
    }),
    problems: [409, 429, 503],
    handle: ({ deps, body, requestId }) => confirmSignUp(deps, { ...body, requestId }),
  }),
  route({
    method: "post",
    path: "/sign-in-links",
    operationId: "requestSignInLink",
    summary: "Mail a one-time sign-in link; the answer does not tell whether the address is known",
    tag: "Sign-up",
    access: "public",
    body: z.strictObject({ email }),
    status: 202,
    response: z.strictObject({ mail: mailOutcome, signInUrl: z.url().optional() }),
    problems: [429, 503],
    handle: ({ deps, body, origin }) => requestSignIn(deps, { ...body, origin }),
  }),
];
