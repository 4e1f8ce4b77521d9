/** An organization for the soak: both kinds of identity provider, licenses, a vault with links, a signed-in browser. */
import { type AdminClient, adminClient } from "../client/admin.ts";
import type { CreatedConfiguration } from "../client/answers.ts";
import { expectStatus, inParallel, send } from "../client/http.ts";
import { addMembers, GROUP_SCHEMA, type ScimResource } from "../client/messages.ts";
import { signUp } from "../client/onboarding.ts";
import { basicClient, bearerClient, type ScimClient } from "../client/scim.ts";
import { userBody } from "./messages.ts";

/** Somebody at an identity provider: whoever works on a person holds it, so that no two changes meet. */
export type Person = { id: string; userName: string; active: boolean; groups: Set<string> };

/** Things that are taken, worked on and given back. */
export class Pool<T> {
  readonly #items: T[];
  constructor(items: readonly T[]) {
    this.#items = [...items];
  }
  take(random: () => number): T | undefined {
    const index = Math.floor(random() * this.#items.length);
    const last = this.#items.pop();
    const item = this.#items[index];
    if (item === undefined || last === undefined) return last;
    this.#items[index] = last;
    return item;
  }
  give(item: T): void {
    this.#items.push(item);
  }
}

export type Organization = {
  admin: AdminClient;
  base: string;
  cookie: string;
  entra: ScimClient;
  entraConfiguration: CreatedConfiguration;
  okta: ScimClient;
  entraPeople: Pool<Person>;
  oktaPeople: Pool<Person>;
  entraGroups: string[];
  pushedGroup: string;
  vaultId: string;
  /** Purchased licenses of the type that everybody gets first. */
  purchased: number;
  /** Link that comes and goes, while there is one. */
  passingLink: string | undefined;
};

const peopleAtStart = 150;
const width = 8;

export async function makeOrganization(base: string, number: number): Promise<Organization> {
  const email = `soak-${number}@example.com`;
  const { apiKey } = await signUp(base, `Soak ${number}`, email);
  const admin = adminClient(base, apiKey.key);
  // Memberships change all the time here: the brake on accidents would hold them.
  await admin.setBrake({ floor: 10_000_000, absolute: 10_000_000 });
  await admin.purchase("read_only", peopleAtStart);
  await admin.purchase("named", 20);
  const defaultLicenseType = "read_only";
  const entraConfiguration = await admin.createConfiguration({
    name: "Entra",
    type: "entra_gallery",
    defaultLicenseType,
  });
  const oktaConfiguration = await admin.createConfiguration({
    name: "Okta",
    type: "other_scim",
    defaultLicenseType,
  });
  const [entra, okta] = [bearerClient(entraConfiguration), basicClient(oktaConfiguration)];
  const entraPeople = await provision(entra, "entra");
  const oktaPeople = await provision(okta, "okta");
  const { id: vaultId } = await admin.createVault("Vault");
  const group = async (scim: ScimClient, displayName: string) => {
    const { id: groupId } = await scim.call<ScimResource>("POST", "/Groups", {
      schemas: [GROUP_SCHEMA],
      displayName,
    });
    await admin.link({ groupId, vaultId, newVaultGroupName: displayName });
    return groupId;
  };
  const entraGroups = [
    await group(entra, "Everybody"),
    await group(entra, "Engineering"),
    await group(entra, "Sales"),
  ];
  const pushedGroup = await group(okta, "Pushed");
  await admin.setGroupLicense(entraGroups[1] ?? "", "named");
  for (const person of oktaPeople) {
    await okta.call("PATCH", `/Groups/${pushedGroup}`, addMembers(person.id));
    person.groups.add(pushedGroup);
  }
  await admin.settled(60_000);
  return {
    admin,
    base,
    cookie: await signIn(base, email),
    entra,
    entraConfiguration,
    okta,
    entraPeople: new Pool(entraPeople),
    oktaPeople: new Pool(oktaPeople),
    entraGroups,
    pushedGroup,
    vaultId,
    purchased: peopleAtStart,
    passingLink: undefined,
  };
}

async function provision(scim: ScimClient, prefix: string): Promise<Person[]> {
  const people: Person[] = [];
  await inParallel(Array.from({ length: peopleAtStart }), width, async (_, index) => {
    const userName = `${prefix}-start-${index}@example.com`;
    const { id } = await scim.call<ScimResource>("POST", "/Users", userBody(userName));
    people.push({ id, userName, active: true, groups: new Set() });
  });
  return people;
}

/** Follows a one-time link as a browser does and keeps its cookie. */
async function signIn(base: string, email: string): Promise<string> {
  const asked = await send(`${base}/api/v1/sign-in-links`, { method: "POST", body: { email } });
  const { signInUrl } = expectStatus("POST /sign-in-links", asked, 202).body as { signInUrl?: string };
  const token = new URL(signInUrl ?? base).searchParams.get("token");
  const response = await fetch(`${base}/sign-in/confirm`, {
    method: "POST",
    redirect: "manual",
    headers: { origin: base },
    body: new URLSearchParams({ token: token ?? "" }),
  });
  const cookie = response.headers.get("set-cookie")?.split(";")[0];
  if (response.status !== 303 || cookie === undefined)
    throw new Error(`Signing in answered ${response.status}.`);
  return cookie;
}
