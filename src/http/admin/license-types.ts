/** License types with their pools, and the license types of groups. */
import * as z from "zod";
import { ASSIGNABLE_PERCENT_MAX, PURCHASED_MAX, WAITING_PRIORITY_MAX } from "../../domain/limits.ts";
import { changeGroupLicense } from "../../gateway/licenses/licenses.ts";
import { listPoolHistory, listQueue } from "../../gateway/licenses/pool-lists.ts";
import { changePool, createLicenseType, listLicenseTypes } from "../../gateway/licenses/pools.ts";
import { refuseGroupEdit } from "../../gateway/overview/groups.ts";
import { done } from "../../gateway/problem.ts";
import { type AdminRoute, route } from "./route.ts";
import { id, nameOf, pageOf, pageQuery, time } from "./schemas.ts";

const count = z.number().int().min(0);
const code = z.string().min(1).max(50).meta({ description: "Code of a license type, such as `named`." });

const assignablePercent = z
  .number()
  .int()
  .min(100)
  .max(ASSIGNABLE_PERCENT_MAX)
  .meta({ description: "Seats that may be given out per hundred purchased: 100 is no oversubscription." });
/** Seats of a pool, as a request changes them. */
export const poolChange = {
  purchased: z.number().int().min(0).max(PURCHASED_MAX).optional(),
  assignablePercent: assignablePercent.optional(),
};
export const licenseCode = code;
export const planHash = z.string().min(1).max(200).optional().meta({
  description: "Of a preview: apply only if it would still do the same; else 409 with the new plan.",
});

const licenseTypeFields = {
  code: z.string(),
  name: z.string(),
  rank: z.number().int().meta({ description: "The higher rank is the higher license." }),
  purchased: count,
  assignablePercent,
  assignable: count.meta({
    description: "Seats that may be given out; differs from `purchased` by oversubscription.",
  }),
  assigned: count,
  free: count,
  waiting: z.strictObject({
    unlicensed: count.meta({ description: "Accounts that wait for this type and hold none." }),
    upgrade: count.meta({ description: "Accounts that wait for this type and hold a lower one." }),
  }),
  overAllocated: z
    .boolean()
    .meta({ description: "More is assigned than may be; nothing more is given out." }),
};
export const licenseType = z.strictObject(licenseTypeFields).meta({ id: "LicenseType" });

const listedType = z
  .strictObject({
    ...licenseTypeFields,
    reclaimable: z
      .strictObject({ count, atLeast: z.boolean() })
      .meta({ description: "Held by accounts that are inactive or disabled by an administrator." }),
  })
  .meta({ id: "ListedLicenseType" });

const queued = z
  .strictObject({
    place: z.number().int().min(1).meta({ description: "1 is served next." }),
    id,
    userName: z.string(),
    held: z.string().nullable(),
    priority: z.number().int(),
    waitingSince: time,
  })
  .meta({ id: "QueuedAccount" });

const historyItem = z
  .strictObject({
    seq: z.number().int().meta({ description: "Number of the event." }),
    at: time,
    actor: z.string(),
    figure: z.enum(["purchased", "assignablePercent"]),
    before: z.number().int(),
    after: z.number().int(),
  })
  .meta({ id: "LicenseTypeChange" });

const ownedByProvider = z.unknown().optional().meta({
  description: "Always refused with the name of the owner: the identity provider names and fills its groups.",
});

export const licenseRoutes: AdminRoute[] = [
  route({
    method: "get",
    path: "/license-types",
    operationId: "listLicenseTypes",
    summary: "License types with their pools, the highest first",
    tag: "Licenses",
    access: "read",
    status: 200,
    response: z.strictObject({ items: z.array(listedType) }),
    handle: async ({ admin }) => {
      const outcome = await listLicenseTypes(admin);
      return outcome.ok ? done({ items: outcome.value }) : outcome;
    },
  }),
  route({
    method: "post",
    path: "/license-types",
    operationId: "createLicenseType",
    summary: "Add a license type with a rank of its own among the others",
    tag: "Licenses",
    access: "administer",
    body: z.strictObject({
      code: z.string().regex(/^[a-z][a-z0-9_]{0,49}$/, "code: small letters, digits and underscores"),
      name: nameOf("name"),
      rank: z.number().int().min(1).max(1_000),
    }),
    status: 201,
    response: licenseType,
    problems: [409],
    handle: ({ admin, body }) => createLicenseType(admin, body),
  }),
  route({
    method: "patch",
    path: "/license-types/:code",
    operationId: "setPurchasedLicenses",
    summary:
      "Set how many licenses of a type are purchased, and oversubscription; waiting accounts are served at once",
    tag: "Licenses",
    access: "purchase",
    params: z.object({ code }),
    body: z.strictObject({ ...poolChange, planHash }),
    status: 200,
    response: licenseType,
    problems: [404, 409],
    handle: ({ admin, params, body }) => changePool(admin, params.code, body),
  }),
  route({
    method: "get",
    path: "/license-types/:code/queue",
    operationId: "listQueue",
    summary: "Who waits for a type, in the order of service",
    tag: "Licenses",
    access: "read",
    params: z.object({ code }),
    query: pageQuery,
    status: 200,
    response: pageOf(queued),
    problems: [404],
    handle: ({ admin, params, query }) => listQueue(admin, params.code, query),
  }),
  route({
    method: "get",
    path: "/license-types/:code/history",
    operationId: "listLicenseTypeHistory",
    summary: "Changes of the seats of a type, the latest first",
    tag: "Licenses",
    access: "read",
    params: z.object({ code }),
    query: pageQuery,
    status: 200,
    response: pageOf(historyItem),
    problems: [404],
    handle: ({ admin, params, query }) => listPoolHistory(admin, params.code, query),
  }),
  route({
    method: "patch",
    path: "/groups/:groupId",
    operationId: "setGroupLicenseType",
    summary:
      "Raise, change or clear the license type that a provisioned group gives its members, or their priority in queues",
    tag: "Licenses",
    access: "provision",
    params: z.object({ groupId: id }),
    body: z.strictObject({
      licenseType: code.nullable().optional(),
      waitingPriority: z
        .number()
        .int()
        .min(0)
        .max(WAITING_PRIORITY_MAX)
        .optional()
        .meta({ description: "In queues for the type that this group gives: the highest is served first." }),
      planHash,
      name: ownedByProvider,
      displayName: ownedByProvider,
      members: ownedByProvider,
    }),
    status: 200,
    response: z.strictObject({
      id: z.string(),
      licenseType: z.string().nullable(),
      waitingPriority: z.number().int(),
    }),
    problems: [404, 409],
    handle: async ({ admin, params, body: { name, displayName, members, ...change } }) =>
      [name, displayName, members].every((owned) => owned === undefined)
        ? changeGroupLicense(admin, params.groupId, change)
        : refuseGroupEdit(admin, params.groupId),
  }),
];
