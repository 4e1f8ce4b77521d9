/** What an organization looks like over the public interface, by name. */
import type { AdminClient } from "../../../src/commands/client/admin.ts";
import type { LicenseType, Link, Tenant, User, VaultUser } from "../../../src/commands/client/answers.ts";

export type FoundGroup = { id: string; licenseType: string | null; members: Set<string> };
export type FoundVault = { id: string; users: Map<string, VaultUser>; targets: Map<string, Set<string>> };
export type FoundConfiguration = {
  id: string;
  name: string;
  clientId: string;
  users: number;
  groups: number;
};
export type Found = {
  people: Map<string, User>;
  groups: Map<string, FoundGroup>;
  configurations: FoundConfiguration[];
  vaults: Map<string, FoundVault>;
  links: Link[];
  home: Tenant["home"];
  licenseTypes: LicenseType[];
};

async function pages<T>(admin: AdminClient, path: string): Promise<T[]> {
  const items: T[] = [];
  for (let cursor = ""; ; ) {
    const answer = await admin.request("GET", `${path}?limit=200${cursor}`);
    if (answer.status !== 200)
      throw new Error(`GET ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    const page = answer.body as { items: T[]; nextCursor?: string };
    items.push(...page.items);
    if (page.nextCursor === undefined) return items;
    cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`;
  }
}

export async function look(admin: AdminClient): Promise<Found> {
  const people = new Map((await admin.users()).map((user) => [user.userName, user]));
  const groups = new Map<string, FoundGroup>();
  for (const { id, displayName, licenseType } of await admin.groups()) {
    const members = await pages<{ name: string }>(admin, `/groups/${id}/members`);
    groups.set(displayName, { id, licenseType, members: new Set(members.map(({ name }) => name)) });
  }
  const { home } = await admin.tenant();
  return {
    people,
    groups,
    configurations: await pages<FoundConfiguration>(admin, "/configurations"),
    vaults: await lookAtVaults(admin),
    links: await admin.links(),
    home,
    licenseTypes: await admin.licenseTypes(),
  };
}

async function lookAtVaults(admin: AdminClient): Promise<Map<string, FoundVault>> {
  const vaults = new Map<string, FoundVault>();
  for (const { id, name } of await pages<{ id: string; name: string }>(admin, "/vaults")) {
    const users = new Map((await admin.vaultUsers(id)).map((user) => [user.userName, user]));
    const targets = new Map<string, Set<string>>();
    type Group = { id: string; name: string; builtIn: boolean; memberCount: number };
    for (const { id: groupId, name: group, builtIn, memberCount } of await pages<Group>(
      admin,
      `/vaults/${id}/groups`,
    )) {
      const members = new Set((await admin.vaultMembers(id, groupId)).map(({ userName }) => userName));
      if (members.size !== memberCount) {
        throw new Error(`${name}/${group} counts ${memberCount} members and has ${members.size}.`);
      }
      if (!builtIn) targets.set(group, members);
    }
    vaults.set(name, { id, users, targets });
  }
  return vaults;
}
