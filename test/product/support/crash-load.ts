/**
 * Load that remembers what was acknowledged. An answer that never came leaves its write uncertain: it may be
 * there or not, and only that one.
 */
import type { LicenseTypeCode } from "../../../src/commands/client/answers.ts";
import type { Answer } from "../../../src/commands/client/http.ts";
import { addMembers, removeMembers, type ScimResource } from "../../../src/commands/client/messages.ts";
import { createGroup, newTenant, type TestTenant, userBody } from "./tenant.ts";

/** What must be found of one thing: a value, or `undefined` while the last write was not acknowledged. */
type Known<T> = Map<string, T | undefined>;

export type Subject = {
  tenant: TestTenant;
  /** SCIM ids of acknowledged users by userName. */
  users: Map<string, string>;
  groups: { id: string; vaultId: string; vaultGroupId: string }[];
  /** `<group id> <user id>` → is a member. */
  memberships: Known<boolean>;
  purchased: Known<number>;
};

/** A tenant with two linked groups, one of them licensed, and pools that are always too small. */
export async function newSubject(base: string): Promise<Subject> {
  const tenant = await newTenant(base, { read_only: 5, named: 1 });
  const vault = await tenant.admin.createVault("Vault");
  const groups: Subject["groups"] = [];
  for (const name of ["A", "B"]) {
    const id = await createGroup(tenant.entraScim, name);
    const vaultGroup = await tenant.admin.createVaultGroup(vault.id, name);
    const target = { vaultId: vault.id, vaultGroupId: vaultGroup.id };
    await tenant.admin.link({ groupId: id, ...target });
    groups.push({ id, ...target });
  }
  await tenant.admin.setGroupLicense(groups[0]?.id ?? "", "named");
  await tenant.admin.settled();
  const purchased = new Map([
    ["read_only", 5],
    ["named", 1],
  ]);
  return { tenant, users: new Map(), groups, memberships: new Map(), purchased };
}

/** Writes until `stopped()`; after that, failures are the crash. Returns the number of acknowledged writes. */
export async function load(subject: Subject, round: number, stopped: () => boolean): Promise<number> {
  let acknowledged = 0;
  /** Whether the write was acknowledged; a refusal while the gateway is whole is a failure of the test. */
  const attempt = async (write: () => Promise<Answer>): Promise<Answer | undefined> => {
    try {
      const answer = await write();
      if (answer.status >= 200 && answer.status <= 299) {
        acknowledged += 1;
        return answer;
      }
      if (!stopped()) throw new Error(`Refused: ${answer.status} ${JSON.stringify(answer.body)}`);
    } catch (error) {
      if (!stopped()) throw error;
    }
    return undefined;
  };
  const lanes = [0, 1, 2].map((lane) => createAndAdd(subject, `r${round}-l${lane}`, stopped, attempt));
  await Promise.all([...lanes, removeAndAdd(subject, stopped, attempt), purchase(subject, stopped, attempt)]);
  return acknowledged;
}

type Attempt = (write: () => Promise<Answer>) => Promise<Answer | undefined>;

async function createAndAdd(subject: Subject, prefix: string, stopped: () => boolean, attempt: Attempt) {
  const { entraScim } = subject.tenant;
  for (let number = 0; !stopped(); number += 1) {
    const userName = `${prefix}-${number}`;
    const created = await attempt(() => entraScim.request("POST", "/Users", userBody(userName)));
    if (created === undefined) continue;
    const { id } = created.body as ScimResource;
    subject.users.set(userName, id);
    const group = subject.groups[number % 2]?.id ?? "";
    await changeMember(subject, group, id, true, attempt);
  }
}

/** Takes members out and back in, one at a time, from those that earlier rounds left. */
async function removeAndAdd(subject: Subject, stopped: () => boolean, attempt: Attempt) {
  const settledMembers = [...subject.memberships.keys()];
  for (let number = 0; !stopped(); number += 1) {
    const key = settledMembers[number % Math.max(settledMembers.length, 1)];
    if (key === undefined) return;
    const [group = "", user = ""] = key.split(" ");
    await changeMember(subject, group, user, subject.memberships.get(key) !== true, attempt);
  }
}

async function changeMember(
  subject: Subject,
  group: string,
  user: string,
  present: boolean,
  attempt: Attempt,
) {
  const key = `${group} ${user}`;
  subject.memberships.set(key, undefined);
  const change = present ? addMembers(user) : removeMembers(user);
  const path = `/Groups/${group}`;
  const answer = await attempt(() => subject.tenant.entraScim.request("PATCH", path, change));
  if (answer !== undefined) subject.memberships.set(key, present);
}

async function purchase(subject: Subject, stopped: () => boolean, attempt: Attempt) {
  const { admin } = subject.tenant;
  for (let number = 0; !stopped(); number += 1) {
    const code: LicenseTypeCode = number % 3 === 2 ? "named" : "read_only";
    const pools = await attempt(() => admin.request("GET", "/license-types"));
    if (pools === undefined) return;
    const { items } = pools.body as { items: { code: string; purchased: number }[] };
    const purchased = (items.find((item) => item.code === code)?.purchased ?? 0) + 1;
    subject.purchased.set(code, undefined);
    const answer = await attempt(() => admin.request("PATCH", `/license-types/${code}`, { purchased }));
    if (answer !== undefined) subject.purchased.set(code, purchased);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
