/** What must hold of an organization after a crash and a while of silence. */
import { expect } from "vitest";
import { basicClient } from "../../../src/commands/client/scim.ts";
import { expectLicensesExact } from "./crash-licenses.ts";
import { expectVaultsInLine, findLinks } from "./crash-links.ts";
import { type Found, look } from "./crash-state.ts";
import type { Subject } from "./crash-subject.ts";

const atRest = { idle: true, openOutboxRows: 0, undoneChunks: 0, undecidedAccounts: 0, deadRows: 0 };

export async function expectWhole(subject: Subject): Promise<void> {
  const { admin } = subject.tenant;
  // The first request since the start: nobody asked the gateway to go on.
  expect(await admin.activity()).toEqual(atRest);
  let found = await look(admin);
  findLinks(subject, found);
  expectAcknowledged(subject, found);
  expectLicensesExact(subject, found);
  const staged = await peopleStaged(subject);
  expectVaultsInLine(subject, found, subject.discarded ? "all" : staged);
  if (subject.braked && (subject.discarded || staged.size > 0)) {
    await decideEverything(subject);
    found = await look(admin);
    findLinks(subject, found);
    expectVaultsInLine(subject, found, "none");
  }
  await expectConfigurationsWork(subject, found);
}

/** What was acknowledged is there; what was cut off is there or not, and is known from here on. */
function expectAcknowledged(subject: Subject, { people, groups, vaults, configurations }: Found): void {
  const { facts, userIds } = subject;
  for (const name of facts.keysOf("user")) {
    const account = people.get(name);
    const ownerless = account !== undefined && account.configurationId === null;
    const state =
      account === undefined ? null : account.deprovisioned ? "gone" : ownerless ? "ownerless" : "live";
    const wasKnown = facts.get(`user ${name}`) === "live";
    facts.find(`user ${name}`, state);
    if (account === undefined) continue;
    facts.find(`shown ${name}`, account.displayName);
    facts.find(`active ${name}`, account.active);
    // An id stays as long as the account does; one that nobody was told is learned.
    if (wasKnown) expect(account.id, `id of ${name}`).toBe(userIds.get(name));
    userIds.set(name, account.id);
  }
  expect([...people.keys()].filter((name) => facts.get(`user ${name}`) === null)).toEqual([]);
  for (const name of facts.keysOf("group")) {
    const group = groups.get(name);
    facts.find(
      `group ${name}`,
      group === undefined
        ? (facts.possible(`group ${name}`).find((state) => state !== "live") ?? null)
        : "live",
    );
    if (group === undefined) continue;
    subject.groups.set(name, {
      id: group.id,
      scim: subject.groups.get(name)?.scim ?? subject.tenant.oktaScim,
    });
  }
  for (const key of facts.keysOf("member")) {
    const [group = "", name = ""] = key.split("/");
    const present = groups.get(group)?.members.has(name) ?? false;
    facts.find(`member ${key}`, !present && facts.possible(`member ${key}`).includes(null) ? null : present);
  }
  facts.find("type B", groups.get("B")?.licenseType ?? null);
  for (const name of facts.keysOf("vault")) {
    const vault = vaults.get(name);
    facts.find(`vault ${name}`, vault === undefined ? null : true);
    if (vault !== undefined) subject.vaultIds.set(name, vault.id);
  }
  for (const name of facts.keysOf("act")) {
    const { state, disabledBy } = vaults.get("Main")?.users.get(name) ?? {};
    expect(disabledBy ?? null, name).toBe(state === "disabled" ? "admin" : null);
    facts.find(`act ${name}`, state ?? null);
  }
  for (const name of facts.keysOf("configuration")) {
    const configuration = configurations.find((candidate) => candidate.name === name);
    const known = facts.possible(`configuration ${name}`);
    facts.find(
      `configuration ${name}`,
      configuration !== undefined ? true : known.includes(null) ? null : false,
    );
    if (configuration === undefined) continue;
    subject.configurations.set(name, { ...subject.configurations.get(name), ...configuration });
  }
}

/** A configuration is never half there: its credentials work exactly as long as it is listed. */
async function expectConfigurationsWork(subject: Subject, { configurations }: Found): Promise<void> {
  const { tenant, facts } = subject;
  for (const [name, { id, clientId, clientSecret }] of subject.configurations) {
    const listed = facts.get(`configuration ${name}`) === true;
    const secret = clientSecret ?? (listed ? await newSecret(subject, id) : undefined);
    if (secret === undefined) continue;
    subject.configurations.set(name, { id, clientId, clientSecret: secret });
    const tenantUrl = `${tenant.admin.base}/t/${id}/scim/v2`;
    const scim = basicClient({ tenantUrl, tokenEndpoint: "", clientId, clientSecret: secret });
    const { status } = await scim.request("GET", "/Users?count=1");
    expect(status, `credentials of ${name}, ${listed ? "listed" : "deleted"}`).toBe(listed ? 200 : 401);
    if (!listed) subject.configurations.delete(name);
  }
  expect(configurations.map(({ name }) => name).sort()).toEqual(
    [
      "Entra",
      "Okta",
      ...facts.keysOf("configuration").filter((name) => facts.get(`configuration ${name}`) === true),
    ].sort(),
  );
}

async function newSecret({ tenant }: Subject, id: string): Promise<string> {
  const { status, body } = await tenant.admin.request("POST", `/configurations/${id}/secrets`);
  expect(status).toBe(201);
  return (body as { clientSecret: string }).clientSecret;
}

type Staged = { id: string; vault: { name: string } };

async function listStaged({ tenant }: Subject): Promise<Staged[]> {
  const { body } = await tenant.admin.request("GET", "/staged-effects?state=staged&limit=200");
  return (body as { items: Staged[] }).items;
}

/** People whose leaving waits for an administrator, by vault. */
async function peopleStaged(subject: Subject): Promise<Map<string, Set<string>>> {
  const people = new Map<string, Set<string>>();
  for (const { id, vault } of await listStaged(subject)) {
    const { body } = await subject.tenant.admin.request("GET", `/staged-effects/${id}?limit=200`);
    const { items } = (body as { users: { items: { userName: string }[] } }).users;
    people.set(
      vault.name,
      new Set([...(people.get(vault.name) ?? []), ...items.map(({ userName }) => userName)]),
    );
  }
  if (!subject.braked) expect([...people]).toEqual([]);
  return people;
}

/** Repairs what was discarded and approves whatever is held back, until nothing is. */
async function decideEverything(subject: Subject): Promise<void> {
  const { admin } = subject.tenant;
  const act = async (path: string) => {
    const { status, body } = await admin.request("POST", path, path.endsWith("repair") ? {} : undefined);
    expect([status < 300, body], path).toEqual([true, body]);
  };
  if (subject.discarded) {
    for (const id of subject.vaultIds.values()) await act(`/vaults/${id}/drift/repair`);
    await admin.settled();
  }
  for (let round = 0; ; round += 1) {
    const staged = await listStaged(subject);
    if (staged.length === 0) break;
    expect(round, `effects are still staged: ${JSON.stringify(staged)}`).toBeLessThan(10);
    for (const { id } of staged) await act(`/staged-effects/${id}/approve`);
    await admin.settled();
  }
  subject.discarded = false;
}
