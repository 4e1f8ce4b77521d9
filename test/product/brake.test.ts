/** The brake on accidents (A21), over HTTP: the identity provider is never told of it, the administrator decides. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Answer } from "../../src/commands/client/http.ts";
import { addMembers, removeMembers } from "../../src/commands/client/messages.ts";
import { type Gateway, startGateway } from "./support/gateway.ts";
import { createGroup, createUser, newTenant } from "./support/tenant.ts";

let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway?.dispose());

type Staged = { id: string; people: number; reason: string; state: string };

async function linkedTeam(size: number) {
  const { admin, entraScim } = await newTenant(gateway.base);
  const names = Array.from({ length: size }, (_, index) => `person-${index}`);
  const ids = await Promise.all(names.map((name) => createUser(entraScim, name)));
  const group = await createGroup(entraScim, "Team", ids);
  const vault = await admin.createVault("V");
  const link = await admin.link({ groupId: group, vaultId: vault.id, newVaultGroupName: "Team" });
  await admin.settled();
  const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const answer: Answer = await admin.request(method, path, body);
    expect([answer.status < 300, answer.body]).toEqual([true, answer.body]);
    return answer.body as T;
  };
  const staged = async () => (await ask<{ items: Staged[] }>("GET", "/staged-effects?state=staged")).items;
  const enabled = async () =>
    (await admin.vaultUsers(vault.id)).filter(({ state }) => state === "enabled").length;
  return { admin, entraScim, ids, group, vault, link, ask, staged, enabled };
}

describe("the brake on accidents (A21)", () => {
  it("answers 204, stages, shows who, and removes on approval only those who are still gone", async () => {
    const { admin, entraScim, ids, group, link, ask, staged, enabled } = await linkedTeam(30);
    const removed = await entraScim.request("PATCH", `/Groups/${group}`, removeMembers(...ids.slice(0, 25)));
    expect(removed.status).toBe(204);
    await admin.settled();
    expect(await enabled()).toBe(30);
    expect(await ask("GET", `/links/${link.id}`)).toMatchObject({ state: "active", waitingForApproval: 25 });
    const [effects] = await staged();
    expect(effects).toMatchObject({ people: 25, reason: "share", state: "staged" });
    await entraScim.call("PATCH", `/Groups/${group}`, addMembers(ids[0] ?? ""));
    await admin.settled();
    const shown = await ask<{ users: { items: { userId: string; effect: string }[] } }>(
      "GET",
      `/staged-effects/${effects?.id}`,
    );
    const effectOf = new Map(shown.users.items.map(({ userId, effect }) => [userId, effect]));
    expect([effectOf.get(ids[0] ?? ""), effectOf.get(ids[1] ?? "")]).toEqual(["none", "remove_and_disable"]);
    await ask("POST", `/staged-effects/${effects?.id}/approve`);
    await ask("POST", `/staged-effects/${effects?.id}/approve`);
    await admin.settled();
    expect(await enabled()).toBe(6);
    expect(await staged()).toEqual([]);
  });

  it("holds a deleted group back too, and drift tells until somebody decides", async () => {
    const { admin, entraScim, group, vault, ask, staged, enabled } = await linkedTeam(25);
    expect((await entraScim.request("DELETE", `/Groups/${group}`)).status).toBe(204);
    await admin.settled();
    expect(await enabled()).toBe(25);
    const drift = () =>
      ask<{ items: { reason: string }[] }>("GET", `/vaults/${vault.id}/drift?limit=200`).then(({ items }) =>
        items.map(({ reason }) => reason),
      );
    expect(await drift()).toEqual(Array.from({ length: 25 }, () => "waiting_for_approval"));
    const [effects] = await staged();
    await ask("POST", `/staged-effects/${effects?.id}/discard`);
    await admin.settled();
    expect(await enabled()).toBe(25);
    expect(await drift()).toEqual(Array.from({ length: 25 }, () => "discarded"));
    // A repair of everybody meets the brake again; the second decision is another one.
    await ask("POST", `/vaults/${vault.id}/drift/repair`, {});
    await admin.settled();
    const [again] = await staged();
    expect(again).toMatchObject({ people: 25 });
    await ask("POST", `/staged-effects/${again?.id}/approve`);
    await admin.settled();
    expect(await enabled()).toBe(0);
    expect(await drift()).toEqual([]);
  });
});
