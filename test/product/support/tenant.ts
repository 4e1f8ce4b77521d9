/** A fresh tenant with one configuration of each kind, over the public interface only. */
import { randomUUID } from "node:crypto";
import { type AdminClient, adminClient } from "../../../src/commands/client/admin.ts";
import type { CreatedConfiguration, LicenseTypeCode } from "../../../src/commands/client/answers.ts";
import { GROUP_SCHEMA, type ScimResource, USER_SCHEMA } from "../../../src/commands/client/messages.ts";
import { signUp } from "../../../src/commands/client/onboarding.ts";
import { basicClient, bearerClient, type ScimClient } from "../../../src/commands/client/scim.ts";

export type TestTenant = {
  id: string;
  email: string;
  admin: AdminClient;
  entra: CreatedConfiguration;
  okta: CreatedConfiguration;
  entraScim: ScimClient;
  oktaScim: ScimClient;
};

export async function newTenant(
  base: string,
  pools: Partial<Record<LicenseTypeCode, number>> = {},
): Promise<TestTenant> {
  const suffix = randomUUID().slice(0, 8);
  const email = `admin-${suffix}@test.example`;
  const { tenant, apiKey } = await signUp(base, `Test ${suffix}`, email);
  const admin = adminClient(base, apiKey.key);
  for (const [code, purchased] of Object.entries(pools)) {
    await admin.purchase(code as LicenseTypeCode, purchased);
  }
  const defaultLicenseType = "read_only";
  const entra = await admin.createConfiguration({ name: "Entra", type: "entra_gallery", defaultLicenseType });
  const okta = await admin.createConfiguration({ name: "Okta", type: "other_scim", defaultLicenseType });
  return {
    id: tenant.id,
    email,
    admin,
    entra,
    okta,
    entraScim: bearerClient(entra),
    oktaScim: basicClient(okta),
  };
}

export const userBody = (userName: string) => ({
  schemas: [USER_SCHEMA],
  externalId: `external-${userName}`,
  userName,
  active: true,
  displayName: userName,
  name: { givenName: userName, familyName: "Test" },
  emails: [{ primary: true, type: "work", value: `${userName}@test.example` }],
});

export const groupBody = (displayName: string, members: string[] = []) => ({
  schemas: [GROUP_SCHEMA],
  displayName,
  externalId: randomUUID(),
  ...(members.length === 0 ? {} : { members: members.map((value) => ({ value })) }),
});

/** Creates a user and returns its id. */
export async function createUser(scim: ScimClient, userName: string): Promise<string> {
  return (await scim.call<ScimResource>("POST", "/Users", userBody(userName))).id;
}

export async function createGroup(
  scim: ScimClient,
  displayName: string,
  members: string[] = [],
): Promise<string> {
  return (await scim.call<ScimResource>("POST", "/Groups", groupBody(displayName, members))).id;
}
