/** Forms of the synchronization of vaults by pulling. */
import * as z from "zod";
import { IMPORT_STATES, parseFirstImport } from "../../domain/import.ts";
import {
  FIRST_IMPORT_MINUTES_MAX,
  IMPORT_GROUPS_MAX,
  IMPORT_INTERVAL_MINUTES_DEFAULT,
  IMPORT_INTERVAL_MINUTES_MAX,
  IMPORT_INTERVAL_MINUTES_MIN,
} from "../../domain/limits.ts";
import { id, nameOf, time } from "./schemas.ts";
import { address, bearer, client, clientCredentials, secret } from "./vault-schemas.ts";

const count = z.number().int().min(0);
const entra = z.literal("entra");
const okta = z.literal("okta");
const scim = z.literal("scim");

/** A GUID, or one of the directory's domains: it becomes part of an address. */
const directoryId = z
  .string()
  .max(253)
  .regex(/^[0-9a-zA-Z]([0-9a-zA-Z.-]*[0-9a-zA-Z])?$/, "the id or a domain of the directory");
const clientId = z.string().min(1).max(400);

const source = z
  .discriminatedUnion("provider", [
    z.strictObject({ provider: entra, directoryId, clientId, clientSecret: secret.optional() }),
    z.strictObject({ provider: okta, organizationUrl: address, token: secret.optional() }),
    z.strictObject({
      provider: scim,
      baseUrl: address,
      authentication: z.discriminatedUnion("type", [
        z.strictObject({ type: bearer, token: secret.optional() }),
        z.strictObject({ type: clientCredentials, ...client, clientSecret: secret.optional() }),
      ]),
    }),
  ])
  .meta({
    id: "ImportSource",
    description:
      "Where groups are read. A credential that is left out stays what it was; it is never shown again.",
  });

const shownSource = z
  .discriminatedUnion("provider", [
    z.strictObject({ provider: entra, directoryId: z.string(), clientId: z.string() }),
    z.strictObject({ provider: okta, organizationUrl: z.string() }),
    z.strictObject({
      provider: scim,
      baseUrl: z.string(),
      authentication: z.discriminatedUnion("type", [
        z.strictObject({ type: bearer }),
        z.strictObject({ type: clientCredentials, tokenEndpoint: z.string(), clientId: z.string() }),
      ]),
    }),
  ])
  .meta({ id: "ShownImportSource" });

const minutes = z.number().int().min(0).max(FIRST_IMPORT_MINUTES_MAX);
const firstImport = z.union([minutes, z.string().transform(readFirstImport)]).meta({
  description: "Minutes from now, as a number or as HH:MM. Absent: a minute that no other vault has.",
});

function readFirstImport(text: string, context: z.RefinementCtx): number {
  const parsed = parseFirstImport(text);
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: "custom", message: "minutes from now, or HH:MM, of one day at most" });
  return z.NEVER;
}

const importGroup = z
  .strictObject({
    remoteId: z.string().trim().min(1).max(200),
    name: nameOf("name", 100),
    vaultGroupId: id.optional(),
    newVaultGroupName: nameOf("newVaultGroupName", 100).optional(),
  })
  .refine(
    ({ vaultGroupId, newVaultGroupName }) =>
      (vaultGroupId === undefined) !== (newVaultGroupName === undefined),
    "either vaultGroupId or newVaultGroupName",
  );

export const settings = z.strictObject({
  source,
  groups: z.array(importGroup).max(IMPORT_GROUPS_MAX),
  firstImport: firstImport.optional(),
  intervalMinutes: z
    .number()
    .int()
    .min(IMPORT_INTERVAL_MINUTES_MIN)
    .max(IMPORT_INTERVAL_MINUTES_MAX)
    .default(IMPORT_INTERVAL_MINUTES_DEFAULT),
  licenseType: z.string().min(1).max(100).meta({ description: "Of accounts that imports create." }),
  enableDisabledUsersFromImportedGroups: z.boolean().default(false),
  includeNested: z.boolean().default(false),
  replaceMembers: z.boolean().default(false).meta({
    description: "The people in a chosen user group may go: the import replaces them.",
  }),
  leftMembers: z.enum(["keep", "remove"]).default("keep").meta({
    description: "What becomes of the members of user groups whose groups are no longer synchronized.",
  }),
});

export const importRun = z
  .strictObject({
    id,
    state: z.enum(IMPORT_STATES),
    scheduledFor: time,
    startedAt: time.nullable(),
    finishedAt: time.nullable(),
    read: count.meta({ description: "Memberships the provider listed." }),
    created: count.meta({ description: "Accounts created." }),
    added: count,
    removed: count,
    enabled: count.meta({ description: "Vault users enabled that an administrator had disabled." }),
    skipped: count.meta({ description: "People without a usable name, or without an account and inactive." }),
    error: z.string().nullable().meta({
      description: "Why it failed; of a running import, what it waits for.",
    }),
  })
  .meta({ id: "Import" });

export const synchronization = z
  .strictObject({
    source: shownSource,
    groups: z.array(
      z.strictObject({
        remoteId: z.string(),
        name: z.string(),
        members: count,
        vaultGroup: z.strictObject({ id, name: z.string() }),
        link: z.strictObject({ id, state: z.string() }).nullable().meta({
          description: "null until the group was read for the first time.",
        }),
      }),
    ),
    firstImportMinutes: minutes,
    intervalMinutes: count,
    licenseType: z.string(),
    enableDisabledUsersFromImportedGroups: z.boolean(),
    includeNested: z.boolean(),
    currentImport: importRun.nullable().meta({ description: "At work, or next." }),
    lastImport: importRun.nullable(),
  })
  .meta({ id: "Synchronization" });

export const importTest = z
  .strictObject({
    passed: z.boolean(),
    stages: z.array(
      z.strictObject({
        stage: z.string().meta({ description: "`credential`, or the name of a group." }),
        outcome: z.enum(["passed", "failed", "skipped"]),
        detail: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: "ImportTest" });
