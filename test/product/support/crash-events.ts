/** What is stored against what the events say, and the events against what was acknowledged. */
import { expect } from "vitest";
import type { TenantRows } from "./crash-databases.ts";
import { type Replay, replay } from "./crash-replay.ts";
import type { Subject } from "./crash-subject.ts";

/**
 * Every acknowledged request has told exactly its events; of the requests that got no answer each has told its
 * events or none. Then forgets them.
 * @param after number of the last event before the load
 */
export function expectAcknowledgedEvents({ facts }: Subject, { query }: TenantRows, after: number): void {
  const told = new Map<string, string[]>();
  for (const { correlation_id, action } of query(`SELECT correlation_id, action FROM events
    WHERE tenant_no = :tenant AND seq > ${after} AND actor <> 'system'`)) {
    told.set(String(correlation_id), [...(told.get(String(correlation_id)) ?? []), String(action)]);
  }
  for (const [request, { tells, mayTell = [] }] of facts.acknowledged) {
    const actions = (told.get(request) ?? []).filter(
      (action) => tells.includes(action) || !mayTell.includes(action),
    );
    expect(actions.sort(), `events of an acknowledged request, ${tells.join(", ")}`).toEqual(
      [...tells].sort(),
    );
    told.delete(request);
  }
  expect(
    told.size,
    `requests without an answer that told events: ${JSON.stringify([...told])}`,
  ).toBeLessThanOrEqual(facts.unanswered);
  facts.acknowledged = new Map();
  facts.unanswered = 0;
}

/** Played again, the events make what is stored: rows and counters. */
export function expectReplayed(tenant: TenantRows): void {
  const replayed = replay(tenant);
  expectPeople(tenant, replayed);
  expectGroups(tenant, replayed);
  expectVaults(tenant, replayed);
  expectCounters(tenant, replayed);
}

const numbers = (list: Iterable<number>): number[] => [...list].sort((left, right) => left - right);

function expectPeople({ query }: TenantRows, { people }: Replay): void {
  const stored =
    query(`SELECT u.user_no, COALESCE(c.configuration_id, '') AS owner, u.deprovisioned_at IS NULL AS live,
      u.active, u.version, h.code AS held, CASE WHEN u.waiting_since IS NOT NULL THEN w.code END AS waiting
    FROM users AS u LEFT JOIN configurations AS c ON c.tenant_no = u.tenant_no AND c.configuration_no = u.configuration_no
    LEFT JOIN license_types AS h ON h.tenant_no = u.tenant_no AND h.license_type_no = u.held_type_no
    LEFT JOIN license_types AS w ON w.tenant_no = u.tenant_no AND w.license_type_no = u.wanted_type_no
    WHERE u.tenant_no = :tenant ORDER BY u.user_no`);
  const expected = [...people]
    .sort(([left], [right]) => left - right)
    .map(([user_no, person]) => ({
      user_no,
      ...person,
      live: Number(person.live),
      active: Number(person.active),
    }));
  expect(stored.map((row) => ({ ...row }))).toEqual(expected);
}

function expectGroups({ query }: TenantRows, { groups }: Replay): void {
  const stored = query(`SELECT g.group_no, c.configuration_id AS owner, g.member_count, t.code AS type, (
      SELECT json_group_array(m.member_no) FROM members AS m
      WHERE m.tenant_no = g.tenant_no AND m.group_no = g.group_no) AS members
    FROM groups AS g JOIN configurations AS c ON c.tenant_no = g.tenant_no AND c.configuration_no = g.configuration_no
    LEFT JOIN license_types AS t ON t.tenant_no = g.tenant_no AND t.license_type_no = g.license_type_no
    WHERE g.tenant_no = :tenant AND g.deleted_at IS NULL ORDER BY g.group_no`);
  const expected = [...groups]
    .filter(([, { live }]) => live)
    .map(([group_no, { owner, type, members }]) => ({
      group_no,
      owner,
      member_count: members.size,
      type,
      members: numbers(members),
    }));
  expect(
    stored.map((row) => ({ ...row, members: numbers(JSON.parse(String(row["members"])) as number[]) })),
  ).toEqual(expected);
}

function expectVaults({ query }: TenantRows, { vaultUsers, targets, links }: Replay): void {
  const people = query(`SELECT vault_no, user_no, state, disabled_by FROM vault_users
    WHERE tenant_no = :tenant ORDER BY vault_no, user_no`);
  const stored = people.map((row) => [
    `${row["vault_no"]} ${row["user_no"]}`,
    [row["state"], row["disabled_by"]].filter(Boolean).join(" "),
  ]);
  expect(Object.fromEntries(stored)).toEqual(Object.fromEntries(vaultUsers));
  const groups =
    query(`SELECT vault_group_no, member_count, (SELECT json_group_array(user_no) FROM vault_members AS m
      WHERE m.tenant_no = g.tenant_no AND m.vault_group_no = g.vault_group_no) AS members
    FROM vault_groups AS g WHERE tenant_no = :tenant AND built_in = 0 ORDER BY vault_group_no`);
  expect(
    groups.map(({ vault_group_no, member_count, members }) => [
      vault_group_no,
      member_count,
      numbers(JSON.parse(String(members)) as number[]),
    ]),
  ).toEqual([...targets].map(([no, { members }]) => [no, members.size, numbers(members)]));
  const states = query("SELECT link_no, state FROM links WHERE tenant_no = :tenant ORDER BY link_no");
  const resting = ["paused", "unlinking", "removed", "source_deleted"];
  expect(
    states.map(({ link_no, state }) => [link_no, resting.includes(String(state)) ? state : "following"]),
  ).toEqual([...links]);
}

function expectCounters({ query }: TenantRows, { people, groups, vaultUsers, purchased }: Replay): void {
  const all = [...people.values()];
  for (const row of query(`SELECT code, purchased, assigned, waiting_unlicensed, waiting_upgrade FROM license_types
    WHERE tenant_no = :tenant`)) {
    const code = String(row["code"]);
    const queue = all.filter(({ waiting }) => waiting === code);
    expect({ ...row }).toEqual({
      code,
      purchased: purchased.get(code) ?? 0,
      assigned: all.filter(({ held }) => held === code).length,
      waiting_unlicensed: queue.filter(({ held }) => held === null).length,
      waiting_upgrade: queue.filter(({ held }) => held !== null).length,
    });
  }
  for (const {
    configuration_id,
    user_count,
    group_count,
  } of query(`SELECT configuration_id, user_count, group_count
    FROM configurations WHERE tenant_no = :tenant`)) {
    const owned = all.filter(({ owner }) => owner === configuration_id).length;
    const groupsOwned = [...groups.values()].filter(
      ({ owner, live }) => live && owner === configuration_id,
    ).length;
    expect([user_count, group_count], "counters of a configuration").toEqual([owned, groupsOwned]);
  }
  for (const { vault_no, member_count } of query(`SELECT vault_no, member_count FROM vault_groups
    WHERE tenant_no = :tenant AND built_in = 1`)) {
    const enabled = [...vaultUsers].filter(
      ([key, state]) => key.startsWith(`${vault_no} `) && state === "enabled",
    );
    expect(member_count, "enabled users of a vault").toBe(enabled.length);
  }
}
