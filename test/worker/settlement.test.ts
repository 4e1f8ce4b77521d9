/** Every combination of facts about a person at a link: the store's SQL does what `domain/link.ts` says. */
import { expect, it } from "vitest";
import { effectOf, LINK_STATES, type LinkState, type Settlement, settle } from "../../src/domain/link.ts";
import type { VaultUser } from "../../src/domain/vault.ts";
import { propagate } from "../../src/gateway/outbox/propagation.ts";
import { type LinkedTenant, linkedTenant, type Target } from "../support/linked-tenant.ts";

const enabled: VaultUser = { state: "enabled", disabledBy: null, origin: "sync", pinned: false };
const vaultUsers: (VaultUser | undefined)[] = [
  undefined,
  enabled,
  { ...enabled, pinned: true },
  { ...enabled, origin: "manual" },
  { ...enabled, state: "disabled", disabledBy: "sync" },
  { ...enabled, state: "disabled", disabledBy: "sync", origin: "manual" },
  { ...enabled, state: "disabled", disabledBy: "admin" },
  { ...enabled, state: "deleted" },
];
const both = [false, true];

type Person = {
  vaultUser: VaultUser | undefined;
  inSource: boolean;
  inTarget: boolean;
  coveredElsewhere: boolean;
  deprovisioned: boolean;
};
const people: Person[] = vaultUsers.flatMap((vaultUser) =>
  both.flatMap((inSource) =>
    both.flatMap((inTarget) =>
      both.flatMap((coveredElsewhere) =>
        both.map((deprovisioned) => ({ vaultUser, inSource, inTarget, coveredElsewhere, deprovisioned })),
      ),
    ),
  ),
);

async function seed(world: LinkedTenant, target: Target): Promise<void> {
  const { tenant } = world;
  for (const [index, person] of people.entries()) {
    const { vaultUser, inTarget, deprovisioned } = person;
    if (vaultUser !== undefined) {
      const { state, disabledBy, origin, pinned } = vaultUser;
      await tenant.run(
        `INSERT INTO vault_users (tenant_no, vault_no, user_no, state, disabled_by, origin, pinned, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0)`,
        ...[tenant.tenantNo, target.vault.no, index + 1, state, disabledBy, origin, Number(pinned)],
      );
    }
    if (inTarget) {
      const key = [tenant.tenantNo, target.group.no, index + 1];
      await tenant.run("INSERT INTO vault_members VALUES (?, ?, ?)", ...key);
    }
    if (deprovisioned) {
      const key = [tenant.tenantNo, index + 1];
      await tenant.run("UPDATE users SET deprovisioned_at = 1 WHERE tenant_no = ? AND user_no = ?", ...key);
    }
  }
}

/** Vault user and membership that a settlement leads to. */
function after({ vaultUser, inTarget }: Person, { vaultUser: act, member, synchronize }: Settlement) {
  const member_ = member === "none" ? inTarget : member === "add";
  const origin = synchronize ? "sync" : (vaultUser?.origin ?? "sync");
  if (act === "create" || act === "enable") return `enabled null ${origin} ${member_}`;
  if (act === "disable") return `disabled sync ${origin} ${member_}`;
  return vaultUser === undefined
    ? `absent ${member_}`
    : `${vaultUser.state} ${vaultUser.disabledBy} ${origin} ${member_}`;
}

async function found(world: LinkedTenant, target: Target): Promise<string[]> {
  const { tenant } = world;
  const members = new Set(await world.members(target));
  const rows = await tenant.all(
    "SELECT user_no, state, disabled_by, origin FROM vault_users WHERE tenant_no = ? AND vault_no = ?",
    tenant.tenantNo,
    target.vault.no,
  );
  const users = new Map(
    rows.map((row) => [row["user_no"], `${row["state"]} ${row["disabled_by"]} ${row["origin"]}`]),
  );
  return people.map((_, index) => `${users.get(index + 1) ?? "absent"} ${members.has(index + 1)}`);
}

const numbered = (wanted: (person: Person) => boolean): number[] =>
  people.flatMap((person, index) => (wanted(person) ? [index + 1] : []));

it.each(LINK_STATES.flatMap((state) => both.map((deleted) => [state, deleted] as const)))(
  "link %s, source deleted: %s",
  async (state: LinkState, sourceDeleted) => {
    const world = await linkedTenant(people.length);
    await world.brake({ percent: 100, floor: 1_000, absolute: 1_000 });
    const source = await world.group("source");
    const elsewhere = await world.group("elsewhere");
    const vault = await world.vault("V");
    const target = await world.target(vault, "T");
    await world.link(source, target);
    await world.link(elsewhere, await world.target(vault, "Other"));
    await world.settle();
    await seed(world, target);
    await world.add(source, ...numbered(({ inSource }) => inSource));
    await world.add(elsewhere, ...numbered(({ coveredElsewhere }) => coveredElsewhere));
    const { tenant } = world;
    const [message] = await world.messages();
    if (message === undefined) throw new Error("no message");
    const everybody = JSON.stringify({ group: 1, users: numbered(() => true) });
    await tenant.run(
      "UPDATE outbox SET payload = ? WHERE tenant_no = ? AND seq = ?",
      everybody,
      tenant.tenantNo,
      message.seq,
    );
    await tenant.run(
      "UPDATE links SET state = ? WHERE tenant_no = ? AND link_no = 1",
      state,
      tenant.tenantNo,
    );
    if (sourceDeleted) {
      await tenant.run(
        "UPDATE groups SET deleted_at = 1 WHERE tenant_no = ? AND group_no = 1",
        tenant.tenantNo,
      );
    }
    expect(await propagate(tenant.deps(), message)).toBe("done");
    const effect = effectOf(state, sourceDeleted);
    const expected = people.map((person) => {
      const inSource = person.inSource && !person.deprovisioned;
      const coveredElsewhere = person.coveredElsewhere && !person.deprovisioned;
      return after(person, settle({ ...person, inSource, coveredElsewhere, effect }));
    });
    const results = await found(world, target);
    for (const [index, person] of people.entries()) {
      expect(results[index], JSON.stringify(person)).toBe(expected[index]);
    }
  },
);
