/** An organization under load: what is in it, by name, and how to write to it. */
import { addMembers, removeMembers, type ScimResource } from "../../../src/commands/client/messages.ts";
import type { ScimClient } from "../../../src/commands/client/scim.ts";
import { Facts } from "./crash-facts.ts";
import { createGroup, createUser, newTenant, type TestTenant, userBody } from "./tenant.ts";

/** The vault that the standing links lead into, and that administrators act in. */
export const MAIN_VAULT = "Main";
/** Nobody joins or leaves this group: administrators act on its members in the vault. */
export const STEADY_GROUP = "Steady";
const steadyPeople = 6;

/** A source group and the client of the configuration that owns it. */
type SourceGroup = { id: string; scim: ScimClient };
/** Where a link leads, by names; the name of the target is never used twice. */
export type LinkPlace = { group: string; vault: string; target: string };

export type Subject = {
  tenant: TestTenant;
  /** The brake holds back whatever is more than a few people; an administrator decides. */
  braked: boolean;
  facts: Facts;
  /** By name: people, source groups, vaults, links by their target. */
  userIds: Map<string, string>;
  groups: Map<string, SourceGroup>;
  vaultIds: Map<string, string>;
  links: Map<string, LinkPlace & { id: string }>;
  /** Clients that own people, by person; entra's where there is none. */
  clients: Map<string, ScimClient>;
  configurations: Map<string, { id: string; clientSecret?: string; clientId: string }>;
  /** Members, by target, of links that rest or were taken off with their members kept. */
  frozen: Map<string, ReadonlySet<string>>;
  /** Accounts that were deprovisioned at some time. */
  departed: Set<string>;
  /** Something that the brake held back was discarded since everything was last in line. */
  discarded: boolean;
};

/** People whose facts are all known and whose client may be used, in the order in which they came. */
export function knownPeople({ facts, clients, tenant }: Subject): string[] {
  const lasting = [tenant.entraScim, tenant.oktaScim];
  return facts.keysOf("user").filter((name) => {
    const state = facts.get(`user ${name}`);
    if (state === undefined || state === null || name.startsWith("steady")) return false;
    // The configuration of some is about to be deleted.
    return state !== "live" || lasting.includes(clients.get(name) ?? tenant.entraScim);
  });
}

/** A tenant with linked groups, one of them licensed, and pools that are always too small. */
export async function newSubject(base: string, braked: boolean): Promise<Subject> {
  const tenant = await newTenant(base, { read_only: 10, concurrent: 2, named: 1 });
  const { admin, entraScim, oktaScim } = tenant;
  await admin.setBrake(braked ? { percent: 1, floor: 2 } : { floor: 1_000_000, absolute: 1_000_000 });
  const facts = new Facts();
  const subject: Subject = {
    tenant,
    braked,
    facts,
    userIds: new Map(),
    groups: new Map(),
    vaultIds: new Map(),
    links: new Map(),
    clients: new Map(),
    configurations: new Map(),
    frozen: new Map(),
    departed: new Set(),
    discarded: false,
  };
  const { id: vaultId } = await admin.createVault(MAIN_VAULT);
  subject.vaultIds.set(MAIN_VAULT, vaultId);
  facts.know(`vault ${MAIN_VAULT}`, true);
  const steady = await addSteadyPeople(subject);
  const groups = [
    { name: "A", scim: entraScim, members: [] },
    { name: "B", scim: entraScim, members: [] },
    { name: "Pushed", scim: oktaScim, members: [] },
    { name: STEADY_GROUP, scim: entraScim, members: steady },
  ];
  for (const { name, scim, members } of groups) {
    const groupId = await createGroup(scim, name, members);
    const link = await admin.link({ groupId, vaultId, newVaultGroupName: `${name} of old` });
    subject.groups.set(name, { id: groupId, scim });
    facts.know(`group ${name}`, "live");
    const target = `${name} of old`;
    subject.links.set(target, { id: link.id, group: name, vault: MAIN_VAULT, target });
    facts.know(`link ${target}`, "following");
  }
  await admin.setGroupLicense(subject.groups.get("A")?.id ?? "", "named");
  facts.know("type A", "named");
  facts.know("type B", null);
  for (const [code, purchased] of [
    ["read_only", 10],
    ["concurrent", 2],
    ["named", 1],
  ] as const) {
    facts.know(`purchased ${code}`, purchased);
  }
  await admin.settled();
  return subject;
}

async function addSteadyPeople({ tenant, facts, userIds }: Subject): Promise<string[]> {
  const ids: string[] = [];
  for (let number = 1; number <= steadyPeople; number += 1) {
    const name = `steady-${number}`;
    const id = await createUser(tenant.entraScim, name);
    ids.push(id);
    userIds.set(name, id);
    for (const [key, value] of personFacts(name)) facts.know(key, value);
    facts.know(`member ${STEADY_GROUP}/${name}`, true);
    facts.know(`act ${name}`, "enabled");
  }
  return ids;
}

/** Facts of somebody who has just been created under this name. */
const personFacts = (name: string) =>
  [
    [`user ${name}`, "live"],
    [`shown ${name}`, name],
    [`active ${name}`, true],
  ] as const;

/** Creates an account, or takes over one that is free. */
export async function createPerson(subject: Subject, scim: ScimClient, name: string, tells = "user.created") {
  const answer = await subject.facts.write({
    send: () => scim.request("POST", "/Users", userBody(name)),
    makes: personFacts(name),
    tells: [tells],
  });
  subject.clients.set(name, scim);
  if (answer === undefined) return undefined;
  const { id } = answer.body as ScimResource;
  subject.userIds.set(name, id);
  return id;
}

/** Puts somebody into a group or takes somebody out; both known to change something. */
export async function changeMembership(subject: Subject, group: string, name: string, present: boolean) {
  const source = subject.groups.get(group);
  const id = subject.userIds.get(name);
  if (source === undefined || id === undefined) return;
  await subject.facts.write({
    send: () =>
      source.scim.request("PATCH", `/Groups/${source.id}`, present ? addMembers(id) : removeMembers(id)),
    makes: [[`member ${group}/${name}`, present]],
    tells: ["group.members_changed"],
  });
}

/** A new group of a vault, linked; the preview is made anew when others change something between. */
export async function linkTo(subject: Subject, place: LinkPlace): Promise<void> {
  const { facts, tenant, groups, vaultIds, links } = subject;
  const { group, vault, target } = place;
  const request = { groupId: groups.get(group)?.id, vaultId: vaultIds.get(vault), newVaultGroupName: target };
  while (!facts.stopped) {
    const plan = await facts.read<{ planHash: string }>(() =>
      tenant.admin.request("POST", "/links/preview", request),
    );
    if (plan === undefined) return;
    const { planHash } = plan;
    const answer = await facts.write({
      send: () => tenant.admin.request("POST", "/links", { ...request, planHash }),
      makes: [[`link ${target}`, "following"]],
      tells: ["link.created", "vault_group.created"],
      tolerates: [409],
    });
    if (answer?.status === 409) continue;
    links.set(target, { ...place, id: (answer?.body as { id: string } | undefined)?.id ?? "" });
    return;
  }
}
