/** Forms of vaults and of the SCIM service that a vault may have of its own. */
import * as z from "zod";
import { CONNECTOR_TYPES } from "../../domain/connector.ts";
import { CONNECTOR_MEMBERS_PER_REQUEST_MAX } from "../../domain/limits.ts";
import { id, nameOf, time } from "./schemas.ts";

/** Which addresses may be called is for `upstream/address.ts` to say. */
export const address = z.url().max(2_000);

/** Goes into a header or a form: visible ASCII, as RFC 6749 appendix A has it. */
export const secret = z
  .string()
  .min(1)
  .max(4_000)
  .regex(/^[\x20-\x7e]+$/, "only visible ASCII characters");

export const bearer = z.literal("bearer");
export const clientCredentials = z.literal("client_credentials");
export const client = { tokenEndpoint: address, clientId: z.string().min(1).max(400) };

const connectorCredential = z
  .discriminatedUnion("type", [
    z.strictObject({ type: bearer, token: secret }),
    z.strictObject({ type: clientCredentials, ...client, clientSecret: secret }),
  ])
  .meta({ id: "ConnectorCredential", description: "How the gateway authenticates; never shown again." });

const membersPerRequest = z
  .number()
  .int()
  .min(1)
  .max(CONNECTOR_MEMBERS_PER_REQUEST_MAX)
  .meta({ description: "Members of a group that one request adds or removes." });

export const connectorChange = z
  .strictObject({
    baseUrl: address.optional().meta({ description: "Another address needs the credential again." }),
    authentication: connectorCredential.optional(),
    membersPerRequest: membersPerRequest.optional(),
  })
  .refine((change) => Object.values(change).some((value) => value !== undefined), {
    error: "nothing to change is given",
  });

export const newVault = z.strictObject({
  name: nameOf("name"),
  connector: z
    .strictObject({
      type: z.literal("scim"),
      baseUrl: address.meta({ description: "Where /Users and /Groups are; https on the public internet." }),
      authentication: connectorCredential,
      membersPerRequest: membersPerRequest.optional(),
    })
    .optional()
    .meta({
      id: "NewConnector",
      description: "The vault's own SCIM service, kept in line by the gateway. Absent: the vault lives here.",
    }),
});

const connection = z
  .strictObject({
    baseUrl: z.string(),
    authentication: z.discriminatedUnion("type", [
      z.strictObject({ type: bearer }),
      z.strictObject({ type: clientCredentials, tokenEndpoint: z.string(), clientId: z.string() }),
    ]),
    membersPerRequest,
    lastSuccessAt: time.nullable(),
    lastFailureAt: time.nullable(),
    error: z.string().nullable().meta({ description: "Set while the last attempt failed." }),
    throttledUntil: time.nullable().meta({ description: "The service asked to be left alone until then." }),
  })
  .meta({ id: "Connection" });

export const vault = z
  .strictObject({
    id,
    name: z.string(),
    connector: z.enum(CONNECTOR_TYPES),
    connection: connection.nullable().meta({ description: "Of a vault with a SCIM service of its own." }),
    enabledUsers: z.number().int().min(0),
    createdAt: time,
  })
  .meta({ id: "Vault" });

export const connectorTest = z
  .strictObject({
    passed: z.boolean(),
    stages: z.array(
      z.strictObject({
        stage: z.enum(["address", "credential", "users", "groups"]),
        outcome: z.enum(["passed", "failed", "skipped"]),
        detail: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: "ConnectorTest" });
