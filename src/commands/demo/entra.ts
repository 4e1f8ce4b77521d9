/** Microsoft Entra ID as its provisioning service is heard: an initial cycle, then an incremental one. */
import { inParallel } from "../client/http.ts";
import {
  addMembers,
  ENTERPRISE_SCHEMA,
  filtered,
  GROUP_SCHEMA,
  patch,
  removeMembers,
  type ScimList,
  type ScimResource,
  USER_SCHEMA,
} from "../client/messages.ts";
import type { ScimClient } from "../client/scim.ts";
import { progress } from "../terminal.ts";
import { departments, type Person } from "./people.ts";

/** What Entra remembers of what it made: SCIM ids by person number and by group name. */
export type Provisioned = { users: Map<number, string>; groups: Map<string, string> };

/** Entra works on several users at a time. */
const width = 8;
const membersPerPatch = 10;

export async function initialCycle(scim: ScimClient, staff: readonly Person[]): Promise<Provisioned> {
  await testConnection(scim);
  const provisioned: Provisioned = { users: new Map(), groups: new Map() };
  const userProgress = progress("Entra: users", staff.length);
  await inParallel(staff, width, async (person) => {
    provisioned.users.set(person.number, await matchOrCreateUser(scim, person));
    userProgress.step();
  });
  userProgress.end();
  const groupProgress = progress("Entra: groups and their members", departments.length);
  for (const name of departments) {
    const group = await matchOrCreateGroup(scim, name);
    provisioned.groups.set(name, group);
    const ids = staff
      .filter(({ department }) => department === name)
      .map(({ number }) => id(provisioned, number));
    for (let start = 0; start < ids.length; start += membersPerPatch) {
      await scim.call("PATCH", `/Groups/${group}`, addMembers(...ids.slice(start, start + membersPerPatch)));
    }
    groupProgress.step();
  }
  groupProgress.end();
  return provisioned;
}

function id({ users }: Provisioned, number: number): string {
  const found = users.get(number);
  if (found === undefined) throw new Error(`Person ${number} was not provisioned.`);
  return found;
}

/** "Test Connection": a user and a group that cannot exist. */
async function testConnection(scim: ScimClient): Promise<void> {
  const nobody = crypto.randomUUID();
  await scim.call<ScimList>("GET", filtered("/Users", `userName eq "${nobody}"`));
  await scim.call<ScimList>("GET", filtered("/Groups", `displayName eq "${nobody}"`));
}

async function matchOrCreateUser(scim: ScimClient, person: Person): Promise<string> {
  const found = await scim.call<ScimList>("GET", filtered("/Users", `userName eq "${person.userName}"`));
  const match = found.Resources?.[0];
  if (match !== undefined) return match.id;
  const created = await scim.call<ScimResource>("POST", "/Users", {
    schemas: [USER_SCHEMA, ENTERPRISE_SCHEMA],
    externalId: person.userName.split("@")[0],
    userName: person.userName,
    active: true,
    displayName: person.displayName,
    emails: [{ primary: true, type: "work", value: person.userName }],
    meta: { resourceType: "User" },
    name: { formatted: person.displayName, familyName: person.family, givenName: person.given },
    roles: [],
    [ENTERPRISE_SCHEMA]: { department: person.department, employeeNumber: String(1000 + person.number) },
  });
  return created.id;
}

async function matchOrCreateGroup(scim: ScimClient, displayName: string): Promise<string> {
  const query = `${filtered("/Groups", `displayName eq "${displayName}"`)}&excludedAttributes=members`;
  const match = (await scim.call<ScimList>("GET", query)).Resources?.[0];
  if (match !== undefined) return match.id;
  const created = await scim.call<ScimResource>("POST", "/Groups", {
    schemas: [GROUP_SCHEMA, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
    externalId: crypto.randomUUID(),
    displayName,
    meta: { resourceType: "Group" },
  });
  return created.id;
}

/** 40 minutes later: titles, managers, people who left and people who moved. */
export async function incrementalCycle(
  scim: ScimClient,
  staff: readonly Person[],
  provisioned: Provisioned,
): Promise<void> {
  const manager = id(provisioned, 1);
  const changes = staff.slice(0, 20).map((person) => ({
    path: `/Users/${id(provisioned, person.number)}`,
    body: patch(
      { op: "Add", path: "title", value: `${person.department} specialist` },
      { op: "Replace", path: 'emails[type eq "work"].value', value: `new.${person.userName}` },
      ...(person.number === 1 ? [] : [{ op: "Add", path: `${ENTERPRISE_SCHEMA}:manager`, value: manager }]),
    ),
  }));
  const leavers = staff.slice(-3).map((person) => ({
    path: `/Users/${id(provisioned, person.number)}`,
    body: patch({ op: "Replace", path: "active", value: "False" }),
  }));
  const [from = "", to = ""] = departments;
  const moving = staff.filter(({ department }) => department === from).slice(-2);
  const ids = moving.map(({ number }) => id(provisioned, number));
  const moves = [
    { path: `/Groups/${provisioned.groups.get(from)}`, body: removeMembers(...ids) },
    { path: `/Groups/${provisioned.groups.get(to)}`, body: addMembers(...ids) },
  ];
  const all = [...changes, ...leavers, ...moves];
  const shown = progress("Entra: changes of the next cycle", all.length);
  await inParallel(all, width, async ({ path, body }) => {
    await scim.call("PATCH", path, body);
    shown.step();
  });
  shown.end();
}
