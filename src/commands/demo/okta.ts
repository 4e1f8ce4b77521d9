/** Okta as its SCIM client is heard: assigned users one by one, then groups pushed with their members. */
import { inParallel } from "../client/http.ts";
import {
  filtered,
  GROUP_SCHEMA,
  patch,
  type ScimList,
  type ScimResource,
  USER_SCHEMA,
} from "../client/messages.ts";
import type { ScimClient } from "../client/scim.ts";
import { progress } from "../terminal.ts";
import type { Person } from "./people.ts";

const width = 4;
const groupCount = 5;

export async function assignAndPush(scim: ScimClient, partners: readonly Person[]): Promise<void> {
  await scim.call("GET", "/Users?startIndex=1&count=2");
  await scim.call("GET", "/Groups?startIndex=1&count=100");
  const ids = new Map<number, string>();
  const userProgress = progress("Okta: users", partners.length);
  await inParallel(partners, width, async (person) => {
    ids.set(person.number, await matchOrCreateUser(scim, person));
    userProgress.step();
  });
  userProgress.end();
  const groupProgress = progress("Okta: pushed groups", groupCount);
  for (let number = 0; number < groupCount; number += 1) {
    const members = partners.filter((person) => person.number % groupCount === number);
    await pushGroup(scim, `Partners ${number + 1}`, members, ids);
    groupProgress.step();
  }
  groupProgress.end();
  // Deactivation, as an application of the integration network sends it.
  const last = ids.get(partners.length);
  await scim.call("PATCH", `/Users/${last}`, patch({ op: "replace", value: { active: false } }));
}

async function matchOrCreateUser(scim: ScimClient, person: Person): Promise<string> {
  const query = `${filtered("/Users", `userName eq "${person.userName}"`)}&startIndex=1&count=100`;
  const match = (await scim.call<ScimList>("GET", query)).Resources?.[0];
  if (match !== undefined) return match.id;
  const created = await scim.call<ScimResource>("POST", "/Users", {
    schemas: [USER_SCHEMA],
    userName: person.userName,
    name: { givenName: person.given, familyName: person.family },
    emails: [{ primary: true, value: person.userName, type: "work" }],
    displayName: person.displayName,
    locale: "en-US",
    externalId: `00u${String(person.number).padStart(17, "0")}`,
    groups: [],
    password: "1mz050nq",
    active: true,
  });
  return created.id;
}

/** Created empty, filled; then one leaves and comes back, as a removal and an addition in one PATCH. */
async function pushGroup(
  scim: ScimClient,
  displayName: string,
  members: readonly Person[],
  ids: ReadonlyMap<number, string>,
): Promise<void> {
  const created = await scim.call<ScimResource>("POST", "/Groups", {
    schemas: [GROUP_SCHEMA],
    displayName,
    members: [],
  });
  const path = `/Groups/${created.id}`;
  const values = members.map(({ number, userName }) => ({ value: ids.get(number), display: userName }));
  await scim.call("PATCH", path, patch({ op: "replace", value: { id: created.id, displayName } }));
  await scim.call("PATCH", path, patch({ op: "add", path: "members", value: values }));
  const [first] = values;
  if (first === undefined) return;
  const swap = patch(
    { op: "remove", path: `members[value eq "${first.value}"]` },
    { op: "add", path: "members", value: [first] },
  );
  await scim.call("PATCH", path, swap);
}
