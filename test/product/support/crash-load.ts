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
  groups: string[];
  vaultId: string;
  /** Ids of acknowledged links. */
  links: Set<string>;
  /** `<group id> <user id>` → is a member. */
  memberships: Known<boolean>;
  purchased: Known<number>;
};

/** A tenant with two linked groups, one of them licensed, and pools that are always too small. */
export async function newSubject(base: string): Promise<Subject> {
  const tenant = await newTenant(base, { read_only: 5, named: 1 });
  // People leave and come back by the hundred here: the brake on accidents would hold them.
  await tenant.admin.setBrake({ floor: 1_000_000, absolute: 1_000_000 });
  const vault = await tenant.admin.createVault("Vault");
  const groups: string[] = [];
  const links = new Set<string>();
  for (const name of ["A", "B"]) {
    const groupId = await createGroup(tenant.entraScim, name);
    const link = await tenant.admin.link({ groupId, vaultId: vault.id, newVaultGroupName: name });
    groups.push(groupId);
    links.add(link.id);
  }
  await tenant.admin.setGroupLicense(groups[0] ?? "", "named");
  await tenant.admin.settled();
  const purchased = new Map([
    ["read_only", 5],
    ["named", 1],
  ]);
  return {
    tenant,
    users: new Map(),
    groups,
    vaultId: vault.id,
    links,
    memberships: new Map(),
    purchased,
  };
}

/** Writes until `stopped()`; after that, failures are the crash. Returns the number of acknowledged writes. */
export async function load(subject: Subject, round: number, stopped: () => boolean): Promise<number> {
  let acknowledged = 0;
  const attempt: Attempt = async (write, tolerated) => {
    try {
      const answer = await write();
      if (answer.status >= 200 && answer.status <= 299) {
        acknowledged += 1;
        return answer;
      }
      if (answer.status === tolerated) return answer;
      if (!stopped()) throw new Error(`Refused: ${answer.status} ${JSON.stringify(answer.body)}`);
    } catch (error) {
      if (!stopped()) throw error;
    }
    return undefined;
  };
  const lanes = [0, 1, 2].map((lane) => createAndAdd(subject, `r${round}-l${lane}`, stopped, attempt));
  await Promise.all([
    ...lanes,
    removeAndAdd(subject, stopped, attempt),
    purchase(subject, stopped, attempt),
    linkOnceMore(subject, `B in round ${round}`, stopped, attempt),
  ]);
  return acknowledged;
}

/** The answer if there was one. A refusal while the gateway is whole, unless tolerated, fails the test. */
type Attempt = (write: () => Promise<Answer>, tolerated?: number) => Promise<Answer | undefined>;

async function createAndAdd(subject: Subject, prefix: string, stopped: () => boolean, attempt: Attempt) {
  const { entraScim } = subject.tenant;
  for (let number = 0; !stopped(); number += 1) {
    const userName = `${prefix}-${number}`;
    const created = await attempt(() => entraScim.request("POST", "/Users", userBody(userName)));
    if (created === undefined) continue;
    const { id } = created.body as ScimResource;
    subject.users.set(userName, id);
    const group = subject.groups[number % 2] ?? "";
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

/** One more target for the second group, so that a kill may fall into the first run of a link. */
async function linkOnceMore(
  { tenant, groups, vaultId, links }: Subject,
  newVaultGroupName: string,
  stopped: () => boolean,
  attempt: Attempt,
) {
  const target = { groupId: groups[1], vaultId, newVaultGroupName };
  for (;;) {
    const preview = await attempt(() => tenant.admin.request("POST", "/links/preview", target));
    if (preview === undefined || stopped()) return;
    const { planHash } = preview.body as { planHash: string };
    // Members come and go meanwhile: the plan may be outdated by now.
    const link = await attempt(() => tenant.admin.request("POST", "/links", { ...target, planHash }), 409);
    if (link?.status === 409) continue;
    if (link !== undefined) links.add((link.body as { id: string }).id);
    return;
  }
}
