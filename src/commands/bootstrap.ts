/**
 * `npm run --silent bootstrap -- --base URL`: a fresh tenant with one configuration of each kind, as one JSON
 * object on stdout and nothing else. Pools are empty unless counts are given; accounts then wait.
 */
import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { adminClient } from "./client/admin.ts";
import type { CreatedConfiguration, LicenseTypeCode } from "./client/answers.ts";
import { consoleAddress, signUp } from "./client/onboarding.ts";
import { fail } from "./terminal.ts";

const pools = [
  ["read-only", "read_only"],
  ["concurrent", "concurrent"],
  ["named", "named"],
] as const satisfies [string, LicenseTypeCode][];

async function bootstrap(): Promise<void> {
  const { values } = parseArgs({
    options: {
      base: { type: "string", default: "http://localhost:8787" },
      organization: { type: "string" },
      "read-only": { type: "string" },
      concurrent: { type: "string" },
      named: { type: "string" },
    },
  });
  const base = values.base.replace(/\/+$/, "");
  const suffix = randomUUID().slice(0, 8);
  const email = `admin-${suffix}@bootstrap.example`;
  const { tenant, apiKey } = await signUp(base, values.organization ?? `Bootstrap ${suffix}`, email);
  const admin = adminClient(base, apiKey.key);
  for (const [option, code] of pools) {
    const count = values[option];
    if (count !== undefined) await admin.purchase(code, Number(count));
  }
  const entra = await admin.createConfiguration({
    name: "Entra",
    type: "entra_gallery",
    defaultLicenseType: "read_only",
  });
  const scim = await admin.createConfiguration({
    name: "SCIM",
    type: "other_scim",
    defaultLicenseType: "read_only",
  });
  const result = {
    tenant: tenant.id,
    apiKey: apiKey.key,
    consoleUrl: await consoleAddress(base, email),
    entra: copied(entra),
    scim: copied(scim),
  };
  process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
}

/** The four values that an administrator copies into the identity provider. */
function copied({ tenantUrl, tokenEndpoint, clientId, clientSecret }: CreatedConfiguration) {
  return { tenantUrl, tokenEndpoint, clientId, clientSecret };
}

await bootstrap().catch(fail);
