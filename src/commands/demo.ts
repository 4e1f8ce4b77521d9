/**
 * `npm run demo`: plays the main path against a running gateway. Signs up an organization, lets Entra and Okta
 * provision it, buys too few licenses, links groups to vaults, and tells where to look. Each run is a new tenant.
 */
import { parseArgs } from "node:util";
import { type AdminClient, adminClient } from "./client/admin.ts";
import { consoleAddress, signUp } from "./client/onboarding.ts";
import { basicClient, bearerClient } from "./client/scim.ts";
import { incrementalCycle, initialCycle } from "./demo/entra.ts";
import { assignAndPush } from "./demo/okta.ts";
import { departments, people } from "./demo/people.ts";
import { fail, say } from "./terminal.ts";

/** 200 people arrive from Entra on read-only licenses, 50 from Okta on concurrent ones: some wait. */
const purchased = { read_only: 170, concurrent: 40, named: 12 } as const;
const entraUsers = 200;
const oktaUsers = 50;

async function demo(): Promise<void> {
  const { values } = parseArgs({ options: { base: { type: "string", default: "http://localhost:8787" } } });
  const base = values.base.replace(/\/+$/, "");
  const run = Date.now().toString(36);
  const email = `admin-${run}@demo.example`;
  const { tenant, apiKey } = await signUp(base, `Demo ${run}`, email);
  say(`Signed up "${tenant.name}" as ${email}.`);
  const admin = adminClient(base, apiKey.key);
  await buyLicenses(admin);
  await provision(admin);
  await linkToVaults(admin);
  say("Waiting until licenses and vaults have settled …");
  await admin.settled(120_000);
  await report(admin);
  say("\nWhere to look");
  say(`  Console   ${base}/`);
  say(`  Sign in   ${await consoleAddress(base, email)}   (once)`);
  say(`  API key   ${apiKey.key}`);
  say(`  API       ${base}/api/v1/openapi.json`);
}

async function buyLicenses(admin: AdminClient): Promise<void> {
  for (const code of ["read_only", "concurrent", "named"] as const)
    await admin.purchase(code, purchased[code]);
}

async function provision(admin: AdminClient): Promise<void> {
  const entra = await admin.createConfiguration({
    name: "Microsoft Entra ID",
    type: "entra_gallery",
    defaultLicenseType: "read_only",
  });
  const okta = await admin.createConfiguration({
    name: "Okta",
    type: "other_scim",
    defaultLicenseType: "concurrent",
  });
  const staff = people(entraUsers, "demo.example");
  const entraScim = bearerClient(entra);
  const provisioned = await initialCycle(entraScim, staff);
  // Engineers get named licenses: more engineers than licenses, so some keep what they have and wait.
  await admin.setGroupLicense(provisioned.groups.get(departments[0] ?? "") ?? "", "named");
  await incrementalCycle(entraScim, staff, provisioned);
  await assignAndPush(basicClient(okta), people(oktaUsers, "partners.example"));
}

async function linkToVaults(admin: AdminClient): Promise<void> {
  const groups = await admin.groups();
  const groupId = (name: string) => groups.find(({ displayName }) => displayName === name)?.id ?? "";
  const drawings = await admin.createVault("Drawings");
  const editors = await admin.createVaultGroup(drawings.id, "Editors");
  const records = await admin.createVault("Quality records");
  await admin.link({ groupId: groupId("Engineering"), vaultId: drawings.id, vaultGroupId: editors.id });
  await admin.link({ groupId: groupId("Quality"), vaultId: records.id, newVaultGroupName: "Reviewers" });
}

async function report(admin: AdminClient): Promise<void> {
  const { home } = await admin.tenant();
  const { waiting } = home;
  say("");
  say(`Users     ${home.users}`);
  say(`Groups    ${home.groups}`);
  say(
    `Waiting   ${waiting.total}  (${waiting.unlicensed} without a license, ${waiting.upgrade} for an upgrade)`,
  );
  say("License                 purchased  assigned  waiting");
  for (const { name, purchased: bought, assigned, waiting: queue } of home.licenses) {
    const numbers = [bought, assigned, queue.unlicensed + queue.upgrade];
    say(`  ${name.padEnd(22)}${numbers.map((number) => String(number).padStart(8)).join(" ")}`);
  }
  say("Links");
  for (const { group, vault, target, state, done, total } of await admin.links()) {
    say(`  ${`${group.name} → ${vault.name} / ${target.name}`.padEnd(40)} ${state} ${done}/${total}`);
  }
}

await demo().catch(fail);
