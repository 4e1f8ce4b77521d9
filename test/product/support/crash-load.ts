/** What identity providers do to an organization at the same time, until it is killed. */
import { patch } from "../../../src/commands/client/messages.ts";
import { actAsAdministrators } from "./crash-acts.ts";
import type { Random, Round } from "./crash-random.ts";
import {
  changeMembership,
  createPerson,
  knownPeople,
  linkTo,
  MAIN_VAULT,
  type Subject,
} from "./crash-subject.ts";
import { groupBody, userBody } from "./tenant.ts";

/** Writes until `subject.facts.stopped`; a refusal before that throws. */
export async function load(subject: Subject, round: Round): Promise<void> {
  // Each writer has people of its own, so that what it does to them is certain.
  const people = knownPeople(subject);
  const shareOf = (no: number) => people.filter((_, index) => index % 2 === no);
  await Promise.all([
    arrive(subject, `r${round.number}-a`, round.random),
    arrive(subject, `r${round.number}-b`, round.random),
    change(subject, shareOf(0), round.random),
    change(subject, shareOf(1), round.random),
    push(subject, round),
    ...actAsAdministrators(subject, round),
  ]);
}

/** An initial cycle of Entra: people arrive and are put into groups. */
async function arrive(subject: Subject, prefix: string, random: Random): Promise<void> {
  const { facts, tenant } = subject;
  for (let number = 0; !facts.stopped; number += 1) {
    const name = `${prefix}-${number}`;
    const id = await createPerson(subject, tenant.entraScim, name);
    if (id !== undefined && random.chance(0.8)) {
      await changeMembership(subject, random.pick(["A", "B"]) ?? "A", name, true);
    }
  }
}

/** Incremental cycles: attributes, disabling and enabling, memberships, deletion, return. */
async function change(subject: Subject, people: readonly string[], random: Random): Promise<void> {
  const { facts } = subject;
  let number = 0;
  while (!facts.stopped && people.length > 0) {
    number += 1;
    const name = random.pick(people) ?? "";
    const state = facts.get(`user ${name}`);
    if (state === "gone" || state === "ownerless") {
      const tells = state === "gone" ? "user.revived" : "user.adopted";
      await createPerson(subject, subject.tenant.entraScim, name, tells);
    } else if (state === "live") {
      const kind = random.below(10);
      if (kind < 3)
        await setAttribute(subject, name, "displayName", `shown ${number} ${random.below(1_000)}`);
      else if (kind < 5) await setAttribute(subject, name, "active", facts.get(`active ${name}`) !== true);
      else if (kind < 9) await turnMembership(subject, name, random);
      else await deletePerson(subject, name);
    }
  }
}

const clientOf = ({ clients, tenant }: Subject, name: string) => clients.get(name) ?? tenant.entraScim;

async function setAttribute(
  subject: Subject,
  name: string,
  path: "displayName" | "active",
  value: string | boolean,
) {
  const id = subject.userIds.get(name) ?? "";
  const action = path === "displayName" ? "changed" : value === true ? "reactivated" : "deactivated";
  await subject.facts.write({
    send: () =>
      clientOf(subject, name).request("PATCH", `/Users/${id}`, patch({ op: "Replace", path, value })),
    makes: [[`${path === "active" ? "active" : "shown"} ${name}`, value]],
    tells: [`user.${action}`],
  });
}

async function turnMembership(subject: Subject, name: string, random: Random) {
  const own = clientOf(subject, name) === subject.tenant.oktaScim ? ["Pushed"] : ["A", "B"];
  const group = random.pick(own) ?? "";
  await changeMembership(subject, group, name, subject.facts.get(`member ${group}/${name}`) !== true);
}

async function deletePerson(subject: Subject, name: string) {
  const { facts, userIds, departed } = subject;
  departed.add(name);
  const memberships = facts.keysOf("member").filter((key) => key.endsWith(`/${name}`));
  await facts.write({
    send: () => clientOf(subject, name).request("DELETE", `/Users/${userIds.get(name)}`),
    makes: [
      [`user ${name}`, "gone"],
      [`active ${name}`, false],
      ...memberships.map((key) => [`member ${key}`, false] as const),
    ],
    tells: ["user.deprovisioned"],
  });
}

/** Okta: people with PUT, pushed groups with members, linked, and deleted with their links in a later round. */
async function push(subject: Subject, round: Round): Promise<void> {
  const { facts, tenant } = subject;
  await deletePushedGroup(subject);
  for (let number = 0; !facts.stopped; number += 1) {
    const names = [`r${round.number}-o${number}-1`, `r${round.number}-o${number}-2`];
    for (const name of names) {
      if ((await createPerson(subject, tenant.oktaScim, name)) === undefined) return;
    }
    const [first = ""] = names;
    const shown = `put ${first}`;
    await facts.write({
      send: () =>
        tenant.oktaScim.request("PUT", `/Users/${subject.userIds.get(first)}`, {
          ...userBody(first),
          displayName: shown,
        }),
      makes: [[`shown ${first}`, shown]],
      tells: ["user.changed"],
    });
    await changeMembership(subject, "Pushed", first, true);
    if (number === 0) await pushGroup(subject, `Push ${round.number}`, names);
  }
}

async function pushGroup(subject: Subject, group: string, names: readonly string[]): Promise<void> {
  const { facts, tenant, userIds, groups } = subject;
  const ids = names.map((name) => userIds.get(name) ?? "");
  const created = await facts.write({
    send: () => tenant.oktaScim.request("POST", "/Groups", groupBody(group, ids)),
    makes: [[`group ${group}`, "live"], ...names.map((name) => [`member ${group}/${name}`, true] as const)],
    tells: ["group.created", "group.members_changed"],
  });
  if (created === undefined) return;
  const { id } = created.body as { id: string };
  groups.set(group, { id, scim: tenant.oktaScim });
  await facts.write({
    send: () =>
      tenant.oktaScim.request(
        "PATCH",
        `/Groups/${id}`,
        patch({ op: "replace", path: "externalId", value: group }),
      ),
    tells: ["group.changed"],
  });
  await linkTo(subject, { group, vault: MAIN_VAULT, target: `${group} linked` });
}

async function deletePushedGroup({ facts, groups }: Subject): Promise<void> {
  const group = facts
    .keysOf("group")
    .find((name) => name.startsWith("Push ") && facts.get(`group ${name}`) === "live");
  const source = group === undefined ? undefined : groups.get(group);
  if (group === undefined || source === undefined) return;
  await facts.write({
    send: () => source.scim.request("DELETE", `/Groups/${source.id}`),
    makes: [
      [`group ${group}`, "gone"],
      ...facts
        .keysOf("member")
        .filter((key) => key.startsWith(`${group}/`))
        .map((key) => [`member ${key}`, false] as const),
    ],
    tells: ["group.deleted"],
  });
}
