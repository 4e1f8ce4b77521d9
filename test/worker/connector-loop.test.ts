/** Vestibule as its own downstream: one organization's vault is provisioned into another organization. */
import { expect, it } from "vitest";
import { answerOf, ConnectedTenant, type Resource, type ScimSide } from "../support/connected-tenant.ts";
import { ENTERPRISE, groupBody, patchBody, userBody } from "../support/scim-messages.ts";

const person = (name: string) =>
  userBody(`${name}@example.com`, {
    externalId: `external-${name}`,
    displayName: `Person ${name}`,
    name: { givenName: name, familyName: "Example" },
    emails: [
      { value: `${name}@example.com`, type: "work", primary: true },
      { value: `${name}@home.example`, type: "home" },
    ],
    active: true,
  });

/** What clients wrote: everything of a user but what each service decides itself, and access. */
function written(user: Resource): object {
  const { id: _id, meta: _meta, groups: _groups, active: _active, ...attributes } = user;
  return attributes;
}

const byName = (users: Resource[]) => new Map(users.map((user) => [String(user["userName"]), user]));

async function membersOf(side: ScimSide, displayName: string): Promise<string[] | undefined> {
  const users = new Map((await side.list("/Users")).map(({ id, userName }) => [id, String(userName)]));
  const group = (await side.list("/Groups")).find((candidate) => candidate["displayName"] === displayName);
  if (group === undefined) return undefined;
  const { members = [] } = await side.call<{ members?: { value: string }[] }>("GET", `/Groups/${group.id}`);
  return members.map(({ value }) => users.get(value) ?? `stranger ${value}`).toSorted();
}

async function open() {
  const source = await ConnectedTenant.open();
  const downstream = await ConnectedTenant.open();
  const [from, to] = [await source.configure(), await downstream.configure()];
  const vault = await source.admin("POST", "/vaults", {
    name: "Downstream",
    connector: {
      type: "scim",
      baseUrl: to.tenantUrl,
      authentication: {
        type: "client_credentials",
        tokenEndpoint: to.tokenEndpoint,
        clientId: to.clientId,
        clientSecret: to.clientSecret,
      },
    },
  });
  const service = (request: Request) => answerOf(downstream, request);
  const users: Resource[] = [];
  for (const name of ["ann", "bob", "cyd", "dan", "eve"])
    users.push(await from.call("POST", "/Users", person(name)));
  const ids = users.map(({ id }) => id);
  const group = await from.call("POST", "/Groups", groupBody("Source", ids));
  await source.link(group.id, vault.id, "Readers");
  /** Users as the source has them, with the access they are to have downstream. */
  const expectSame = async (access: Record<string, boolean>, members: string[]) => {
    const [sent, held] = [byName(await from.list("/Users")), byName(await to.list("/Users"))];
    expect([...held.keys()].toSorted()).toEqual(Object.keys(access).toSorted());
    for (const [name, active] of Object.entries(access)) {
      const there = held.get(name) ?? { id: "missing" };
      expect(there["active"], name).toBe(active);
      const here = sent.get(name);
      if (here !== undefined) expect(written(there)).toEqual(written(here));
    }
    expect(await membersOf(to, "Readers")).toEqual(members);
  };
  const health = () => source.admin<{ connection: Record<string, unknown> }>("GET", `/vaults/${vault.id}`);
  return { source, downstream, from, to, vault, service, ids, group, expectSame, health };
}

const [ann, bob, cyd, dan, eve] = ["ann", "bob", "cyd", "dan", "eve"].map(
  (name) => `${name}@example.com`,
) as [string, string, string, string, string];
const everybody = { [ann]: true, [bob]: true, [cyd]: true, [dan]: true, [eve]: true };

it("provisions users and members exactly, then follows change, disabling, removal and deletion", async () => {
  const { source, from, vault, service, ids, group, expectSame, health } = await open();
  const deps = source.deps(service);
  expect(await source.settle(deps)).toEqual([]);
  await expectSame(everybody, [ann, bob, cyd, dan, eve]);
  expect((await health()).connection).toMatchObject({ error: null, lastFailureAt: null });

  await from.call(
    "PATCH",
    `/Users/${ids[0]}`,
    patchBody(
      { op: "replace", path: "title", value: "Director" },
      { op: "remove", path: 'emails[type eq "home"]' },
      { op: "add", path: `${ENTERPRISE}:department`, value: "Sales" },
    ),
  );
  await from.call("PATCH", `/Users/${ids[1]}`, patchBody({ op: "replace", path: "active", value: false }));
  await from.call(
    "PATCH",
    `/Groups/${group.id}`,
    patchBody({ op: "remove", path: `members[value eq "${ids[2]}"]` }),
  );
  await source.settle(deps);
  await expectSame({ ...everybody, [bob]: false, [cyd]: false }, [ann, bob, dan, eve]);

  await from.call("PATCH", `/Users/${ids[1]}`, patchBody({ op: "replace", path: "active", value: true }));
  await from.call(
    "PATCH",
    `/Groups/${group.id}`,
    patchBody({ op: "add", path: "members", value: [{ value: ids[2] ?? "" }] }),
  );
  await source.admin("PATCH", `/users/${ids[3]}`, { disabled: true });
  await source.settle(deps);
  await expectSame({ ...everybody, [dan]: false }, [ann, bob, cyd, dan, eve]);

  await source.admin("PATCH", `/users/${ids[3]}`, { disabled: false });
  await source.ask("DELETE", `/vaults/${vault.id}/users/${ids[4]}`);
  await source.settle(deps);
  await expectSame({ ...everybody, [eve]: false }, [ann, bob, cyd, dan]);

  // Deprovisioned at the identity provider: disabled downstream, never deleted (A9).
  await from.call("DELETE", `/Users/${ids[0]}`).catch(() => undefined);
  await source.settle(deps);
  await expectSame({ ...everybody, [ann]: false, [eve]: false }, [bob, cyd, dan]);
});

it("ends in the same place when answers are lost and messages doubled and shuffled", async () => {
  const { source, from, ids, group, expectSame, service } = await open();
  let calls = 0;
  let lost = 0;
  // Every third request: either it never arrives, or it takes effect and its answer is lost.
  const flaky = async (request: Request): Promise<Response> => {
    calls += 1;
    if (calls % 3 !== 0) return service(request);
    lost += 1;
    if (lost % 2 === 0) throw new Error("connection reset");
    await service(request);
    return new Response(null, { status: 500 });
  };
  const deps = source.deps(flaky);
  const shuffled = <T>(messages: T[]): T[] => [...messages.toReversed(), ...messages];
  await source.settle(deps, shuffled, 200);
  await expectSame(everybody, [ann, bob, cyd, dan, eve]);
  for (let turn = 0; turn < 3; turn += 1) {
    for (const [index, id] of ids.entries()) {
      await from.call(
        "PATCH",
        `/Users/${id}`,
        patchBody({ op: "replace", path: "title", value: `Title ${turn}.${index}` }),
      );
    }
    await from.call(
      "PATCH",
      `/Groups/${group.id}`,
      patchBody({ op: "remove", path: `members[value eq "${ids[turn]}"]` }),
    );
    await source.settle(deps, shuffled, 200);
  }
  expect(lost).toBeGreaterThan(10);
  await expectSame({ ...everybody, [ann]: false, [bob]: false, [cyd]: false }, [dan, eve]);
});
