/** Provisioning configurations and their client secrets. */
import * as z from "zod";
import { createSecret, removeSecret } from "../../gateway/identity/client-secrets.ts";
import {
  changeConfiguration,
  createConfiguration,
  deleteConfiguration,
  getConfiguration,
  listProvisioning,
} from "../../gateway/identity/configurations.ts";
import { planHash } from "./license-types.ts";
import { route } from "./route.ts";
import { id, nameOf, pageOf, pageQuery, time } from "./schemas.ts";

const type = z.enum(["entra_gallery", "other_scim"]).meta({ id: "ConfigurationType" });

const secretFields = {
  id,
  state: z.enum(["active", "retiring"]),
  createdAt: time,
  expiresAt: time.nullable(),
  lastUsedAt: time.nullable(),
};
const secret = z.strictObject(secretFields).meta({ id: "ClientSecret" });

const fields = {
  id,
  name: z.string(),
  type,
  defaultLicenseType: z.string(),
  tenantUrl: z.url(),
  tokenEndpoint: z.url(),
  clientId: z.string(),
  users: z.int(),
  groups: z.int(),
  lastContactAt: time.nullable(),
  secrets: z.array(secret),
  createdAt: time,
  updatedAt: time,
};
const configuration = z.strictObject(fields).meta({ id: "Configuration" });
const clientSecret = z.string().meta({ description: "Shown in this answer and never again." });

const params = z.object({ configurationId: id });
const licenseType = z.string().min(1).max(100).meta({ description: "Code of a license type." });

export const configurationRoutes = [
  route({
    method: "get",
    path: "/configurations",
    operationId: "listConfigurations",
    summary: "Provisioning configurations",
    tag: "Configurations",
    access: "provision",
    query: pageQuery,
    status: 200,
    response: pageOf(configuration),
    handle: ({ admin, query, origin }) => listProvisioning(admin, { ...query, origin }),
  }),
  route({
    method: "post",
    path: "/configurations",
    operationId: "createConfiguration",
    summary: "Create a configuration; its client secret is shown in this answer and never again",
    tag: "Configurations",
    access: "provision",
    body: z.strictObject({ name: nameOf("name", 100), type, defaultLicenseType: licenseType }),
    status: 201,
    response: z.strictObject({ ...fields, clientSecret }).meta({ id: "NewConfiguration" }),
    problems: [409],
    handle: ({ admin, body, origin }) => createConfiguration(admin, { ...body, origin }),
  }),
  route({
    method: "get",
    path: "/configurations/:configurationId",
    operationId: "getConfiguration",
    summary: "One configuration, never with a secret",
    tag: "Configurations",
    access: "provision",
    params,
    status: 200,
    response: configuration,
    problems: [404],
    handle: ({ admin, params, origin }) => getConfiguration(admin, { id: params.configurationId, origin }),
  }),
  route({
    method: "patch",
    path: "/configurations/:configurationId",
    operationId: "changeConfiguration",
    summary: "Change name or default license type; a new default counts for later accounts",
    tag: "Configurations",
    access: "provision",
    params,
    body: z.strictObject({
      name: nameOf("name", 100).optional(),
      defaultLicenseType: licenseType.optional(),
      type: type.optional().meta({ description: "Cannot change; another value is refused with 409." }),
      applyToExisting: z
        .boolean()
        .optional()
        .meta({ description: "The default counts for accounts provisioned earlier too." }),
      planHash,
    }),
    status: 200,
    response: configuration,
    problems: [404, 409],
    handle: ({ admin, params, body, origin }) =>
      changeConfiguration(admin, { id: params.configurationId, patch: body, origin }),
  }),
  route({
    method: "delete",
    path: "/configurations/:configurationId",
    operationId: "deleteConfiguration",
    summary: "Delete a configuration; its credentials are refused from the next request on",
    tag: "Configurations",
    access: "provision",
    params,
    query: z.object({ planHash }),
    status: 204,
    problems: [404, 409],
    handle: ({ admin, params, query }) => deleteConfiguration(admin, params.configurationId, query.planHash),
  }),
  route({
    method: "post",
    path: "/configurations/:configurationId/secrets",
    operationId: "createClientSecret",
    summary: "Create a second client secret, shown once; the older one retires",
    tag: "Configurations",
    access: "provision",
    params,
    status: 201,
    response: z
      .strictObject({ ...secretFields, clientId: z.string(), clientSecret })
      .meta({ id: "NewClientSecret" }),
    problems: [404, 409],
    handle: ({ admin, params }) => createSecret(admin, params.configurationId),
  }),
  route({
    method: "delete",
    path: "/configurations/:configurationId/secrets/:secretId",
    operationId: "revokeClientSecret",
    summary: "Revoke a client secret; it and its tokens are refused from the next request on",
    tag: "Configurations",
    access: "provision",
    params: z.object({ configurationId: id, secretId: id }),
    status: 204,
    problems: [404],
    handle: ({ admin, params }) => removeSecret(admin, params),
  }),
];
