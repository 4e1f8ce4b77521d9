/** Organizations of a size, made for measurements: signed up like any other, then filled by SQL. */
import { type AdminClient, adminClient } from "../client/admin.ts";
import { type Answer, expectStatus, send } from "../client/http.ts";
import { signUp } from "../client/onboarding.ts";
import { bearerClient, requestToken, type ScimClient } from "../client/scim.ts";

export type Directory = {
  /** Of its administrator. */
  email: string;
  admin: AdminClient;
  scim: ScimClient;
  shard: string;
  tenantNo: number;
  /** Seeded people have the numbers from 1 to this one. */
  people: number;
  /** One more access token. */
  requestToken(): Promise<Answer>;
};

const userSchema = "urn:ietf:params:scim:schemas:core:2.0:User";
export const groupSchema = "urn:ietf:params:scim:schemas:core:2.0:Group";

/** People per statement: well below what one batch of D1 may take. */
const chunk = 10_000;

let numbered = 0;

let names = 0;
/** A name that nobody has. */
export function freshName(): string {
  names += 1;
  return `bench-${names}`;
}

export const seededId = (number: number): string =>
  `00000000-0000-7000-8000-${number.toString(16).padStart(12, "0")}`;

export const person = (userName: string) => ({
  schemas: [userSchema],
  userName,
  displayName: `Person ${userName}`,
  externalId: `external-${userName}`,
  active: true,
  title: "Engineer",
  name: { givenName: "Person", familyName: userName },
  emails: [{ value: `${userName}@example.com`, type: "work", primary: true }],
});

/** Posts to a bare route of the bench's Worker. */
export async function floor(base: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await send(`${base}/floor${path}`, {
    method: "POST",
    ...(body === undefined ? {} : { body }),
  });
  return expectStatus(path, answer, 200, 201, 204).body;
}

export async function makeDirectory(base: string, people: number): Promise<Directory> {
  numbered += 1;
  const name = `Bench ${numbered}`;
  const email = `bench-${numbered}-${Date.now()}@example.com`;
  const { tenant, apiKey } = await signUp(base, name, email);
  const admin = adminClient(base, apiKey.key);
  const created = await admin.createConfiguration({
    name,
    type: "entra_gallery",
    defaultLicenseType: "read_only",
  });
  const place = expectStatus("/tenant", await send(`${base}/floor/tenant/${tenant.id}`), 200).body as {
    tenant_no: number;
    shard: string;
  };
  const directory: Directory = {
    email,
    admin,
    scim: bearerClient(created),
    shard: place.shard,
    tenantNo: place.tenant_no,
    people,
    requestToken: () => requestToken(created),
  };
  for (let from = 1; from <= people; from += chunk) {
    const to = Math.min(from + chunk - 1, people);
    await floor(base, `/seed/users/${place.shard}/${place.tenant_no}/${from}/${to}`);
  }
  return directory;
}

/** A group whose members are the first seeded people. */
export async function makeGroup(
  base: string,
  directory: Directory,
  name: string,
  members: number,
): Promise<string> {
  const { scim, shard, tenantNo } = directory;
  const body = { schemas: [groupSchema], displayName: name };
  const { id } = await scim.call<{ id: string }>("POST", "/Groups", body);
  for (let from = 1; from <= members; from += chunk) {
    const to = Math.min(from + chunk - 1, members);
    await floor(base, `/seed/members/${shard}/${tenantNo}/${id}/${from}/${to}`);
  }
  return id;
}
