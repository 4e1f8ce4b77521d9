/** Settings of a vault that reads its groups by itself, as they are typed: a form without scripts has rows to spare. */
import * as z from "zod";
import { parseFirstImport } from "../domain/import.ts";
import {
  IMPORT_GROUPS_MAX,
  IMPORT_INTERVAL_MINUTES_MAX,
  IMPORT_INTERVAL_MINUTES_MIN,
} from "../domain/limits.ts";
import type { ImportSource } from "../gateway/imports/connection.ts";
import type { ImportRequest, Synchronization } from "../gateway/imports/imports.ts";
import type { VaultGroup } from "../gateway/vaults/vaults.ts";
import { nameField, wholeNumber } from "./fields.ts";
import type { Typed } from "./form.ts";

const text = (what: string, max: number) =>
  z
    .string({ error: `Enter ${what}.` })
    .trim()
    .min(1, `Enter ${what}.`)
    .max(max, "This is too long.");

/** Left empty, the credential stays what it was. */
const secret = z
  .string()
  .trim()
  .max(4_000, "At most 4,000 characters.")
  // Goes into a header or a form: visible ASCII (RFC 6749 appendix A).
  .regex(/^[\x20-\x7e]*$/, "Letters, digits and signs of a US keyboard only.")
  .transform((typed) => typed || undefined);

const checked = z
  .literal("on")
  .optional()
  .transform((value) => value === "on");

const common = {
  firstImport: z
    .string()
    .optional()
    .transform((typed, context) => {
      const given = typed?.trim() ?? "";
      const minutes = given === "" ? undefined : parseFirstImport(given);
      if (given !== "" && minutes === undefined) {
        context.addIssue({ code: "custom", message: "Minutes from now, or HH:MM, of one day at most." });
      }
      return minutes;
    }),
  intervalMinutes: wholeNumber(IMPORT_INTERVAL_MINUTES_MIN, IMPORT_INTERVAL_MINUTES_MAX),
  licenseType: text("a license type", 100),
  enableDisabled: checked,
  includeNested: checked,
  replaceMembers: checked,
  leftMembers: z.enum(["keep", "remove"]).default("keep"),
};

/** A GUID, or one of the directory's domains: it becomes part of an address. */
const directoryId = text("the directory id", 253).regex(
  /^[0-9a-zA-Z]([0-9a-zA-Z.-]*[0-9a-zA-Z])?$/,
  "The id or a domain of the directory.",
);

export const synchronizationForm = z.discriminatedUnion("provider", [
  z.object({
    ...common,
    provider: z.literal("entra"),
    directoryId,
    clientId: text("the client id", 400),
    secret,
  }),
  z.object({
    ...common,
    provider: z.literal("okta"),
    organizationUrl: z.url("Enter the address of the organization."),
    secret,
  }),
  z.object({
    ...common,
    provider: z.literal("scim"),
    baseUrl: z.url("Enter the base address of the service."),
    secret,
  }),
]);

type Read = z.output<typeof synchronizationForm>;

export function sourceOf(read: Read): ImportSource {
  switch (read.provider) {
    case "entra": {
      const { provider, directoryId: directory, clientId, secret: clientSecret } = read;
      return { provider, directoryId: directory, clientId, clientSecret };
    }
    case "okta":
      return { provider: "okta", organizationUrl: read.organizationUrl, token: read.secret };
    case "scim":
      return {
        provider: "scim",
        baseUrl: read.baseUrl,
        authentication: { type: "bearer", token: read.secret },
      };
  }
}

export type GroupRow = { remoteId: string; name: string; target: string };

/** Rows as they were typed, or as they are saved, and a few empty ones. */
export function groupRows(typed: Typed, saved: Synchronization | null): GroupRow[] {
  const typedRows = rowsIn(typed);
  const known =
    typedRows.length > 0 || typed["provider"] !== undefined
      ? typedRows
      : (saved?.groups ?? []).map(({ remoteId, name, vaultGroup }) => ({
          remoteId,
          name,
          target: vaultGroup.name,
        }));
  const empty = Array.from({ length: emptyRows }, () => ({ remoteId: "", name: "", target: "" }));
  return [...known, ...empty].slice(0, IMPORT_GROUPS_MAX);
}

const emptyRows = 3;

const rowsIn = (typed: Typed): GroupRow[] =>
  Array.from({ length: IMPORT_GROUPS_MAX }, (_, index) => ({
    remoteId: typed[`remoteId-${index}`]?.trim() ?? "",
    name: typed[`name-${index}`]?.trim() ?? "",
    target: typed[`target-${index}`]?.trim() ?? "",
  })).filter(({ remoteId, name, target }) => `${remoteId}${name}${target}` !== "");

/** What was typed of groups; a user group that the vault has by that name is that one, another is new. */
export function groupsOf(
  typed: Typed,
  vaultGroups: readonly VaultGroup[],
): { ok: true; groups: ImportRequest["groups"] } | { ok: false; problem: string } {
  const rows = rowsIn(typed);
  const valid = nameField("a name");
  for (const { remoteId, name, target } of rows) {
    if (remoteId === "" || !valid.safeParse(name).success || !valid.safeParse(target).success) {
      return { ok: false, problem: "Each group needs its id at the provider, a name, and a user group." };
    }
  }
  const groups = rows.map(({ remoteId, name, target }) => {
    const existing = vaultGroups.find((group) => group.name.toLowerCase() === target.toLowerCase());
    return existing === undefined
      ? { remoteId, name, newVaultGroupName: target }
      : { remoteId, name, vaultGroupId: existing.id };
  });
  return { ok: true, groups };
}
