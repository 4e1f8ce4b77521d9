/** Codes of the domain in the words that administrators read. */
import { DEFAULT_LICENSE_TYPES } from "../domain/default-license-types.ts";
import type { Role } from "../domain/role.ts";
import type { ConfigurationType } from "../gateway/identity/configurations.ts";

const licenseNames = new Map<string, string>(DEFAULT_LICENSE_TYPES.map(({ code, name }) => [code, name]));

export const licenseName = (code: string): string => licenseNames.get(code) ?? code;

export const roleNames: Record<Role, string> = {
  subscription_admin: "Subscription admin",
  access_admin: "Access admin",
  billing_admin: "Billing admin",
  no_role: "No role",
};

export const configurationTypes: Record<ConfigurationType, string> = {
  entra_gallery: "Microsoft Entra ID gallery app",
  other_scim: "Other SCIM provider",
};

const number = new Intl.NumberFormat("en-US");

export const figure = (value: number): string => number.format(value);

/** `1 user`, `2,400 users`. */
export const counted = (value: number, singular: string, plural = `${singular}s`): string =>
  `${figure(value)} ${value === 1 ? singular : plural}`;

/** `vault_user.skipped` → `Vault user skipped`, for actions that need no sentence of their own. */
export function humanized(code: string): string {
  const words = code.replaceAll(/[._]/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
