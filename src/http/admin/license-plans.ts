/** What if? Previews of acts on licenses, with names; their hash is what applying them asks for. */
import * as z from "zod";
import { LICENSE_EFFECTS } from "../../domain/license-plan.ts";
import {
  previewDefault,
  previewDeletion,
  reportAdoption,
} from "../../gateway/identity/configuration-plan.ts";
import { previewGroupType } from "../../gateway/licenses/licenses.ts";
import { previewPool } from "../../gateway/licenses/pools.ts";
import { licenseCode, poolChange } from "./license-types.ts";
import { type AdminRoute, route } from "./route.ts";
import { id } from "./schemas.ts";

const count = z.number().int().min(0);
const change = z.strictObject({ before: count, after: count });

const person = z.strictObject({
  id,
  userName: z.string(),
  from: z.string().nullable().meta({ description: "License type held now." }),
  to: z.string().nullable().meta({ description: "License type held afterwards." }),
  waitsFor: z.string().nullable(),
});
const people = z.array(person).meta({ description: "The first few; `counts` is exact." });

const perEffect = <Shape extends z.ZodType>(shape: Shape) =>
  Object.fromEntries(LICENSE_EFFECTS.map((effect) => [effect, shape])) as Record<
    (typeof LICENSE_EFFECTS)[number],
    Shape
  >;

const plan = z
  .strictObject({
    planHash: z.string(),
    counts: z.strictObject(perEffect(count)),
    ...perEffect(people),
    pools: z.array(
      z.strictObject({
        code: z.string(),
        assignable: count,
        assigned: change,
        waiting: change,
        overAllocated: z.boolean(),
      }),
    ),
  })
  .meta({ id: "LicensePlan", description: "What an act would do to licenses, person by person." });

const configurationParams = z.object({ configurationId: id });

export const licensePlanRoutes: AdminRoute[] = [
  route({
    method: "post",
    path: "/license-types/:code/preview",
    operationId: "previewLicenseType",
    summary: "Whom other seats of a type would reach; nothing is changed",
    tag: "Licenses",
    access: "purchase",
    params: z.object({ code: licenseCode }),
    body: z.strictObject(poolChange),
    status: 200,
    response: plan,
    problems: [404, 409],
    handle: ({ admin, params, body }) => previewPool(admin, params.code, body),
  }),
  route({
    method: "post",
    path: "/groups/:groupId/preview",
    operationId: "previewGroupLicenseType",
    summary: "Whose license another type of a group would change; nothing is changed",
    tag: "Licenses",
    access: "provision",
    params: z.object({ groupId: id }),
    body: z.strictObject({ licenseType: licenseCode.nullable() }),
    status: 200,
    response: plan,
    problems: [404, 409],
    handle: ({ admin, params, body }) => previewGroupType(admin, params.groupId, body.licenseType),
  }),
  route({
    method: "post",
    path: "/configurations/:configurationId/preview",
    operationId: "previewConfiguration",
    summary: "Whose license another default would change; nothing is changed",
    tag: "Configurations",
    access: "provision",
    params: configurationParams,
    body: z.strictObject({ defaultLicenseType: licenseCode, applyToExisting: z.boolean().optional() }),
    status: 200,
    response: plan,
    problems: [404, 409],
    handle: ({ admin, params, body }) => previewDefault(admin, params.configurationId, body),
  }),
  route({
    method: "post",
    path: "/configurations/:configurationId/deletion-preview",
    operationId: "previewConfigurationDeletion",
    summary: "Whose license the deletion of a configuration would change; nothing is changed",
    tag: "Configurations",
    access: "provision",
    params: configurationParams,
    status: 200,
    response: plan,
    problems: [404, 409],
    handle: ({ admin, params }) => previewDeletion(admin, params.configurationId),
  }),
  route({
    method: "get",
    path: "/configurations/:configurationId/adoption-report",
    operationId: "reportAdoption",
    summary: "What first provisioning by this configuration would do to the licenses of accounts nobody owns",
    tag: "Configurations",
    access: "provision",
    params: configurationParams,
    status: 200,
    response: plan,
    problems: [404, 409],
    handle: ({ admin, params }) => reportAdoption(admin, params.configurationId),
  }),
];
