/** What must hold of a tenant after a crash and a while of silence. */
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect } from "vitest";
import type { Subject } from "./crash-load.ts";

/**
 * Outbox rows in the databases of a gateway that is down: read from copies of the files, so that neither a
 * request nor an open file disturbs what the next start finds.
 */
export function openOutboxRows(stateDirectory: string): number {
  const directory = path.join(stateDirectory, "v3/d1/miniflare-D1DatabaseObject");
  const copies = mkdtempSync(path.join(tmpdir(), "vestibule-outbox-"));
  let rows = 0;
  let shards = 0;
  for (const name of readdirSync(directory).filter((file) => /^[0-9a-f]+\.sqlite$/.test(file))) {
    for (const suffix of ["", "-wal"]) {
      const file = path.join(directory, name + suffix);
      if (existsSync(file)) copyFileSync(file, path.join(copies, name + suffix));
    }
    const database = new DatabaseSync(path.join(copies, name));
    const table = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'outbox'").get();
    if (table !== undefined) {
      shards += 1;
      rows += Number(database.prepare("SELECT COUNT(*) AS rows FROM outbox").get()?.["rows"]);
    }
    database.close();
  }
  rmSync(copies, { recursive: true });
  if (shards === 0) throw new Error(`No shard found in ${directory}.`);
  return rows;
}

export async function expectWhole(subject: Subject): Promise<void> {
  const activity = await subject.tenant.admin.activity();
  expect(activity).toEqual({
    idle: true,
    openOutboxRows: 0,
    undoneChunks: 0,
    undecidedAccounts: 0,
    deadRows: 0,
  });
  await expectAcknowledgedUsers(subject);
  await expectLicensesAddUp(subject);
  await expectLinksConverged(subject);
}

async function expectAcknowledgedUsers({ tenant, users }: Subject): Promise<void> {
  const stored = new Map((await tenant.admin.users()).map(({ userName, id }) => [userName, id]));
  const lost = [...users].filter(([userName, id]) => stored.get(userName) !== id);
  expect(lost).toEqual([]);
}

async function expectLicensesAddUp({ tenant, purchased }: Subject): Promise<void> {
  const { admin } = tenant;
  const accounts = await admin.users();
  const { home } = await admin.tenant();
  for (const { code, purchased: bought, assigned, waiting } of home.licenses) {
    const known = purchased.get(code);
    if (known !== undefined) expect(bought, `purchased ${code}`).toBe(known);
    else if (purchased.has(code)) purchased.set(code, bought);
    const holders = accounts.filter(({ license }) => license.held === code);
    const queue = accounts.filter(({ license }) => license.waiting && license.wanted === code);
    expect(assigned, `assigned ${code}`).toBe(holders.length);
    expect(assigned, `assigned ${code}`).toBeLessThanOrEqual(bought);
    expect(waiting.unlicensed + waiting.upgrade, `waiting for ${code}`).toBe(queue.length);
    if (queue.length > 0) expect(assigned, `${code} idle while some wait`).toBe(bought);
  }
  const both = accounts.filter(({ license }) => license.waiting && license.held === license.wanted);
  expect(both).toEqual([]);
  expect(accounts.filter(({ license }) => license.held === null && !license.waiting)).toEqual([]);
  expect(home.waiting.total).toBe(accounts.filter(({ license }) => license.waiting).length);
}

async function expectLinksConverged(subject: Subject): Promise<void> {
  const { tenant, groups, vaultId } = subject;
  const sources = new Map<string, string[]>();
  for (const group of groups) sources.set(group, await expectAcknowledgedMembers(subject, group));
  const links = await tenant.admin.links();
  const ids = new Set(links.map(({ id }) => id));
  expect([...subject.links].filter((id) => !ids.has(id))).toEqual([]);
  for (const { group, target, state } of links) {
    expect(state, `link to ${target.name}`).toBe("active");
    const members = await tenant.admin.vaultMembers(vaultId, target.id);
    expect(members.map(({ userId }) => userId).sort(), target.name).toEqual(sources.get(group.id));
  }
  const covered = new Set([...sources.values()].flat());
  for (const { userId, state, disabledBy } of await tenant.admin.vaultUsers(vaultId)) {
    const expected = covered.has(userId)
      ? { state: "enabled", disabledBy: null }
      : { state: "disabled", disabledBy: "sync" };
    expect({ state, disabledBy }, `vault user ${userId}`).toEqual(expected);
  }
}

/** Ids of the members of a source group, sorted. What was uncertain is known from here on. */
async function expectAcknowledgedMembers({ tenant, memberships }: Subject, group: string): Promise<string[]> {
  const { members = [] } = await tenant.entraScim.call<{ members?: { value: string }[] }>(
    "GET",
    `/Groups/${group}`,
  );
  const source = members.map(({ value }) => value).sort();
  for (const [key, present] of memberships) {
    const [groupId, user = ""] = key.split(" ");
    if (groupId !== group) continue;
    if (present === undefined) memberships.set(key, source.includes(user));
    else expect(source.includes(user), `membership of ${user}`).toBe(present);
  }
  return source;
}
