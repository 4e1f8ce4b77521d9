/** Accounts made by hand, and what administrators do with the license of one account. */
import * as z from "zod";
import { ACCOUNT_NAME_LENGTH_MAX, EMAIL_LENGTH_MAX } from "../../domain/limits.ts";
import { createAccount, setAccountDisabled } from "../../gateway/licenses/accounts.ts";
import { chooseLicense, explainLicense, releaseLicense } from "../../gateway/licenses/licenses.ts";
import { licenseCode as code } from "./license-types.ts";
import { type AdminRoute, route } from "./route.ts";
import { id, nameOf, time } from "./schemas.ts";

const count = z.number().int().min(0);

const explanation = z
  .strictObject({
    state: z.enum(["undecided", "none", "assigned", "waiting", "waiting_for_upgrade"]),
    held: z.string().nullable(),
    wanted: z.string().nullable(),
    waitingSince: time.nullable(),
    because: z.array(
      z.strictObject({
        kind: z.enum(["default", "group", "manual", "withdrawn", "idle"]),
        licenseType: z.string().nullable(),
        id: z.string().nullable(),
        name: z.string().nullable(),
        decisive: z.boolean().meta({ description: "No other reason entitles to a higher type." }),
        priority: z.number().int().nullable().meta({ description: "What a group gives in queues." }),
      }),
    ),
    queue: z
      .strictObject({
        licenseType: z.string(),
        place: z.number().int().min(1).meta({ description: "1 is served next." }),
        priority: z.number().int().meta({ description: "The highest is served first." }),
        atLeast: z.boolean().meta({ description: "The place was counted up to a limit only." }),
        assigned: count,
        assignable: count,
      })
      .nullable(),
    adoptionPending: z
      .boolean()
      .meta({ description: "Comes down to the wanted type as soon as a seat is free." }),
    keepsHigher: z.boolean().meta({ description: "Holds more than it is entitled to, and keeps it." }),
    idleSince: time.nullable(),
    remedy: z.string().nullable().meta({ description: "What would have to happen, in words." }),
  })
  .meta({ id: "LicenseExplanation" });

const userParams = z.object({ userId: id });

export const accountRoutes: AdminRoute[] = [
  route({
    method: "post",
    path: "/users",
    operationId: "createUser",
    summary: "Create an account by hand, which no identity provider owns",
    tag: "Users",
    access: "provision",
    body: z.strictObject({
      userName: nameOf("userName", ACCOUNT_NAME_LENGTH_MAX),
      displayName: nameOf("displayName", ACCOUNT_NAME_LENGTH_MAX).optional(),
      email: z.string().trim().max(EMAIL_LENGTH_MAX).optional(),
      licenseType: code.optional(),
    }),
    status: 201,
    response: z.strictObject({ id: z.string(), userName: z.string() }),
    problems: [409],
    handle: ({ admin, body }) => createAccount(admin, body),
  }),
  route({
    method: "patch",
    path: "/users/:userId",
    operationId: "disableUser",
    summary: "Disable or enable an account, whatever its identity provider says; the license is kept",
    tag: "Users",
    access: "provision",
    params: userParams,
    body: z.strictObject({ disabled: z.boolean() }),
    status: 200,
    response: z.strictObject({ id: z.string(), adminDisabled: z.boolean() }),
    problems: [404],
    handle: ({ admin, params, body }) => setAccountDisabled(admin, params.userId, body.disabled),
  }),
  route({
    method: "get",
    path: "/users/:userId/license",
    operationId: "explainLicense",
    summary: "Why an account holds, lacks or awaits a license",
    tag: "Licenses",
    access: "read",
    params: userParams,
    status: 200,
    response: explanation,
    problems: [404],
    handle: ({ admin, params }) => explainLicense(admin, params.userId),
  }),
  route({
    method: "put",
    path: "/users/:userId/license",
    operationId: "chooseLicense",
    summary:
      "Entitle one account to a type beside what configuration and groups give; null leaves it to them",
    tag: "Licenses",
    access: "provision",
    params: userParams,
    body: z.strictObject({ licenseType: code.nullable() }),
    status: 202,
    response: z.strictObject({ id: z.string(), licenseType: z.string().nullable() }),
    problems: [404],
    handle: ({ admin, params, body }) => chooseLicense(admin, params.userId, body.licenseType),
  }),
  route({
    method: "post",
    path: "/users/:userId/license-release",
    operationId: "releaseLicense",
    summary: "Take the license of an account and its place in the queue, until one is chosen again",
    tag: "Licenses",
    access: "provision",
    params: userParams,
    status: 202,
    response: z.strictObject({ id: z.string() }),
    problems: [404],
    handle: ({ admin, params }) => releaseLicense(admin, params.userId),
  }),
];
