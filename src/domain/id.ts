/**
 * Internal numbers. They are branded, so that a tenant's number cannot be forgotten or swapped for another:
 * every function of the store takes a `TenantNo` inside its scope.
 */
declare const brand: unique symbol;
type Branded<Name extends string> = number & { readonly [brand]: Name };

export type TenantNo = Branded<"TenantNo">;
export type ConfigurationNo = Branded<"ConfigurationNo">;
export type CredentialNo = Branded<"CredentialNo">;

export const tenantNo = (value: number): TenantNo => value as TenantNo;
export const configurationNo = (value: number): ConfigurationNo => value as ConfigurationNo;
export const credentialNo = (value: number): CredentialNo => value as CredentialNo;

/** `configuration_no` of accounts that no configuration owns. */
export const OWNERLESS = configurationNo(0);
