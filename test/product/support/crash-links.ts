/** Vaults against the specification, computed from memberships, links and the acts of administrators. */
import { expect } from "vitest";
import type { Found, FoundVault } from "./crash-state.ts";
import { MAIN_VAULT, type Subject } from "./crash-subject.ts";

const sorted = (names: Iterable<string>): string[] => [...names].sort();

/** Links as they were found are links as they were acknowledged; those that were cut off are known from here on. */
export function findLinks(subject: Subject, found: Found): void {
  const { facts, links } = subject;
  const byTarget = new Map(found.links.map((link) => [link.target.name, link]));
  for (const target of facts.keysOf("link")) {
    const link = byTarget.get(target);
    const known = facts.get(`link ${target}`);
    // A link that was taken off is not listed; whether its members were to stay is what was asked for.
    const gone = known === undefined ? takenOff(subject, target) : known;
    const state = link === undefined ? gone : link.state === "paused" ? "paused" : "following";
    facts.find(`link ${target}`, state);
    if (link === undefined) continue;
    expect(["active", "paused", "source_deleted"], `link to ${target}`).toContain(link.state);
    expect([link.error, link.done], `link to ${target}`).toEqual([null, link.total]);
    links.set(target, { id: link.id, group: link.group.name, vault: link.vault.name, target });
  }
  const unknown = [...byTarget.keys()].filter((target) => facts.get(`link ${target}`) === null);
  expect(unknown, "links nobody asked for").toEqual([]);
}

/** What a cut-off write left of a link that is not there: never made, or taken off in the way that was asked for. */
function takenOff({ facts }: Subject, target: string): string | null {
  const possible = facts.possible(`link ${target}`);
  const gone = possible.filter((value) => value === "kept" || value === "removed" || value === null);
  return (gone.length === 0 ? "removed" : gone[0]) as string | null;
}

/** @param staged people whose leaving waits for an administrator, by vault; "all" when anybody may have been left behind */
export function expectVaultsInLine(
  subject: Subject,
  found: Found,
  staged: Map<string, Set<string>> | "all" | "none",
) {
  for (const [name, vault] of found.vaults) {
    const extra =
      staged === "none"
        ? new Set<string>()
        : staged === "all"
          ? "all"
          : (staged.get(name) ?? new Set<string>());
    expectTargets(subject, found, name, vault, extra);
    if (extra !== "all" && extra.size === 0) expectVaultUsers(subject, found, name, vault);
  }
}

function linksOf({ links, facts }: Subject, vault: string) {
  return [...links.values()]
    .filter((link) => link.vault === vault)
    .map((link) => ({ ...link, state: facts.get(`link ${link.target}`) }));
}

const sourceOf = (found: Found, group: string): Set<string> => found.groups.get(group)?.members ?? new Set();

const tombstones = ({ facts }: Subject, vault: string): Set<string> =>
  new Set(
    vault === MAIN_VAULT ? facts.keysOf("act").filter((name) => facts.get(`act ${name}`) === "deleted") : [],
  );

function expectTargets(
  subject: Subject,
  found: Found,
  name: string,
  vault: FoundVault,
  extra: Set<string> | "all",
) {
  const { frozen } = subject;
  const deleted = tombstones(subject, name);
  for (const { group, target, state } of linksOf(subject, name)) {
    if (state === null) continue;
    const members = vault.targets.get(target);
    expect(members, `${name}/${target}`).toBeDefined();
    if (members === undefined) continue;
    if (state === "paused" || state === "kept") {
      // Whom it has is what was settled when it was stopped; from then on nothing may move.
      expect(sorted(members), `${state} ${name}/${target}`).toEqual(sorted(frozen.get(target) ?? members));
      frozen.set(target, members);
      continue;
    }
    const source = state === "removed" ? new Set<string>() : sourceOf(found, group);
    const wanted = [...source].filter((person) => !deleted.has(person));
    const spared = extra === "all" ? members : extra;
    const left = [...members].filter((person) => source.has(person) || !spared.has(person));
    expect(sorted(left), `${name}/${target}, ${state}`).toEqual(sorted(wanted));
  }
}

function expectVaultUsers(subject: Subject, found: Found, name: string, vault: FoundVault) {
  const { facts, departed } = subject;
  const covered = new Set<string>();
  const uncertain = new Set<string>();
  for (const { group, target, state } of linksOf(subject, name)) {
    if (state === "following") for (const person of sourceOf(found, group)) covered.add(person);
    if (state !== "paused" && state !== "kept") continue;
    // A resting link keeps whom it has enabled, but disables and enables nobody who left and came back.
    for (const person of vault.targets.get(target) ?? [])
      (departed.has(person) ? uncertain : covered).add(person);
  }
  for (const [person, { state, disabledBy }] of vault.users) {
    const act = name === MAIN_VAULT ? facts.get(`act ${person}`) : null;
    const byAdministrator =
      act === "deleted" ? ["deleted", null] : act === "disabled" ? ["disabled", "admin"] : undefined;
    if (byAdministrator === undefined && !covered.has(person) && uncertain.has(person)) continue;
    const bySync = covered.has(person) ? ["enabled", null] : ["disabled", "sync"];
    expect([state, disabledBy], `${person} in ${name}`).toEqual(byAdministrator ?? bySync);
  }
  const missing = [...covered].filter((person) => !vault.users.has(person));
  expect(missing, `people who should be in ${name}`).toEqual([]);
}
