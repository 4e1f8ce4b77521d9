/** Licenses and counters against what accounts, groups and purchases say. */
import { expect } from "vitest";
import type { User } from "../../../src/commands/client/answers.ts";
import type { Found, FoundGroup } from "./crash-state.ts";
import type { Subject } from "./crash-subject.ts";

const ranks = new Map([
  ["read_only", 1],
  ["concurrent", 2],
  ["named", 3],
]);
const rankOf = (code: string | null): number => ranks.get(code ?? "") ?? 0;

export function expectLicensesExact({ facts }: Subject, { people, groups, home, licenseTypes }: Found): void {
  const accounts = [...people.values()];
  expect(home.licenses.map(({ code, assigned }) => [code, assigned])).toEqual(
    licenseTypes.map(({ code, assigned }) => [code, assigned]),
  );
  for (const { code, purchased, assigned, waiting, overAllocated } of licenseTypes) {
    facts.find(`purchased ${code}`, purchased);
    const holders = accounts.filter(({ license }) => license.held === code);
    const queue = accounts.filter(({ license }) => license.waiting && license.wanted === code);
    const unlicensed = queue.filter(({ license }) => license.held === null);
    expect([assigned, overAllocated], `assigned ${code}`).toEqual([holders.length, false]);
    expect(assigned, `assigned ${code}`).toBeLessThanOrEqual(purchased);
    expect(waiting, `waiting for ${code}`).toEqual({
      unlicensed: unlicensed.length,
      upgrade: queue.length - unlicensed.length,
    });
    if (queue.length > 0) expect(assigned, `${code} idle while some wait`).toBe(purchased);
  }
  expect(home.waiting).toEqual({
    total: accounts.filter(({ license }) => license.waiting).length,
    unlicensed: accounts.filter(({ license }) => license.waiting && license.held === null).length,
    upgrade: accounts.filter(({ license }) => license.waiting && license.held !== null).length,
    undecided: 0,
  });
  for (const account of accounts) expectDecided(account, [...groups.values()]);
}

/** Waiting exactly while entitled to more than is held (I4, I9). */
function expectDecided(
  { userName, deprovisioned, configurationId, license }: User,
  groups: readonly FoundGroup[],
): void {
  const { held, wanted, waiting, undecided } = license;
  const given = groups.filter(({ members }) => members.has(userName)).map(({ licenseType }) => licenseType);
  const types = [...given, deprovisioned || configurationId === null ? null : "read_only"];
  const entitled = Math.max(...types.map(rankOf));
  expect(
    { undecided, waiting, wanted: waiting ? rankOf(wanted) : 0, released: !deprovisioned || held === null },
    `license of ${userName}: ${JSON.stringify(license)}`,
  ).toEqual({
    undecided: false,
    waiting: entitled > rankOf(held),
    wanted: entitled > rankOf(held) ? entitled : 0,
    released: true,
  });
}
