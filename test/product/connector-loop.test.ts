/**
 * Vestibule as its own downstream, over HTTP: a vault of one organization is provisioned into another organization
 * of the same gateway, through a kill of everything.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { addMembers, patch, removeMembers } from "../../src/commands/client/messages.ts";
import type { ScimClient } from "../../src/commands/client/scim.ts";
import { type Gateway, startGateway } from "./support/gateway.ts";
import { createGroup, createUser, newTenant } from "./support/tenant.ts";

let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway?.dispose());

type Resource = { id: string; userName: string; active: boolean; [attribute: string]: unknown };

const listed = async <Item>(side: ScimClient, path: string): Promise<Item[]> =>
  (await side.call<{ Resources?: Item[] }>("GET", `${path}?count=200`)).Resources ?? [];

/** What clients wrote: everything of a user but what each organization decides by itself, and access. */
function written({
  id: _id,
  meta: _meta,
  groups: _groups,
  active: _active,
  ...attributes
}: Resource): object {
  return attributes;
}

const byName = (users: Resource[]) =>
  new Map(users.map((user) => [user.userName, user] as const).toSorted(([a], [b]) => (a < b ? -1 : 1)));

async function namesIn(side: ScimClient, displayName: string): Promise<string[]> {
  const names = new Map((await listed<Resource>(side, "/Users")).map(({ id, userName }) => [id, userName]));
  const groups = await listed<{ id: string; displayName: string }>(side, "/Groups");
  const [group, ...others] = groups.filter((candidate) => candidate.displayName === displayName);
  expect(others).toEqual([]);
  const { members = [] } = await side.call<{ members?: { value: string }[] }>("GET", `/Groups/${group?.id}`);
  return members.map(({ value }) => names.get(value) ?? `stranger ${value}`).toSorted();
}

it("provisions one organization into another, and arrives in the same place after a kill in the middle", async () => {
  const source = await newTenant(gateway.base, { read_only: 100 });
  const downstream = await newTenant(gateway.base, { read_only: 100 });
  const { tenantUrl, tokenEndpoint, clientId, clientSecret } = downstream.entra;
  const created = await source.admin.request("POST", "/vaults", {
    name: "Downstream",
    connector: {
      type: "scim",
      baseUrl: tenantUrl,
      authentication: { type: "client_credentials", tokenEndpoint, clientId, clientSecret },
    },
  });
  expect([created.status, created.body]).toEqual([201, created.body]);
  const vaultId = (created.body as { id: string }).id;
  const names = Array.from({ length: 24 }, (_, index) => `person-${String(index).padStart(2, "0")}`);
  const ids = await Promise.all(names.map((name) => createUser(source.entraScim, name)));
  const group = await createGroup(source.entraScim, "Source", ids.slice(0, 12));
  await source.admin.link({ groupId: group, vaultId, newVaultGroupName: "Readers" });

  /** Who is downstream is who ever was in the group; active, who is in it now. */
  const compare = async (ever: string[], now: string[]) => {
    const sent = byName(await listed<Resource>(source.entraScim, "/Users"));
    const held = byName(await listed<Resource>(downstream.entraScim, "/Users"));
    expect([...held.keys()]).toEqual(ever);
    for (const [name, user] of held) {
      const here = sent.get(name);
      expect(here && written(here)).toEqual(written(user));
      expect([name, user.active]).toEqual([name, now.includes(name)]);
    }
    expect(await namesIn(downstream.entraScim, "Readers")).toEqual(now);
  };

  await source.admin.settled();
  await compare(names.slice(0, 12), names.slice(0, 12));

  // All of it acknowledged, none of it arrived: queues gather messages for up to a second.
  const title = patch({ op: "replace", path: "title", value: "Director" });
  const answers = await Promise.all([
    source.entraScim.request("PATCH", `/Users/${ids[0]}`, title),
    source.entraScim.request("PATCH", `/Groups/${group}`, addMembers(...ids.slice(12))),
    source.entraScim.request("PATCH", `/Groups/${group}`, removeMembers(...ids.slice(5, 8))),
  ]);
  expect(answers.every(({ status }) => status < 300)).toBe(true);
  await gateway.kill();
  await gateway.start();
  // Should the kill have met a push, its lease has to end first.
  await source.admin.settled(100_000);
  const now = names.filter((_, index) => index < 5 || index > 7);
  await compare(names, now);
  const links = await source.admin.links();
  expect(links.map(({ state }) => state)).toEqual(["active"]);
  const events = await downstream.admin.events();
  expect(events.filter(({ action }) => action === "user.created")).toHaveLength(24);
}, 150_000);
