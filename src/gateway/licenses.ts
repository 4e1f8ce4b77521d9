/** What administrators do with licenses: pools, types of groups, the license of one account. */
import { explainStanding, type LicenseExplanation } from "../domain/license-explanation.ts";
import { PURCHASED_MAX } from "../domain/limits.ts";
import { commit, type Row, read, type Statement } from "../store/database.ts";
import { licensePool, selectLicenseTypes } from "../store/entitlements.ts";
import { GuardRaised } from "../store/failure.ts";
import { tenantFence } from "../store/fence.ts";
import { chooseLicenseType, orderRelease, setGroupLicenseType, setPurchased } from "../store/license-acts.ts";
import { parseExplanation, readExplanation } from "../store/license-explanation.ts";
import { outboxPointers } from "../store/outbox.ts";
import type { Admin } from "./admin.ts";
import { done, type Outcome, type Problem, refuse } from "./problem.ts";

export type { LicenseExplanation } from "../domain/license-explanation.ts";

export type LicenseTypeSummary = {
  code: string;
  name: string;
  rank: number;
  purchased: number;
  assignable: number;
  assigned: number;
  free: number;
  waiting: { unlicensed: number; upgrade: number };
  /** More is assigned than may be: nothing is given out until that is over, and nobody loses anything (A25). */
  overAllocated: boolean;
};

/** Highest type first. */
export async function listLicenseTypes({ scope }: Admin): Promise<Outcome<LicenseTypeSummary[]>> {
  const [, rows = []] = await read(scope.shard, [tenantFence(scope), selectLicenseTypes(scope.tenantNo)]);
  return done(rows.map(licenseTypeSummary));
}

export function licenseTypeSummary(row: Row): LicenseTypeSummary {
  const { code, rank, assignable, assigned } = licensePool(row);
  return {
    code,
    name: String(row["name"]),
    rank,
    purchased: Number(row["purchased"]),
    assignable,
    assigned,
    free: Math.max(0, assignable - assigned),
    waiting: { unlicensed: Number(row["waiting_unlicensed"]), upgrade: Number(row["waiting_upgrade"]) },
    overAllocated: assigned > assignable,
  };
}

/** Sets how many licenses of a type are purchased (A25). The allocator then serves whom the seats reach (R43). */
export async function setPurchasedLicenses(
  admin: Admin,
  code: string,
  purchased: number,
): Promise<Outcome<LicenseTypeSummary>> {
  if (!Number.isInteger(purchased) || purchased < 0 || purchased > PURCHASED_MAX) {
    return refuse({ kind: "invalid", detail: `purchased: a whole number from 0 to ${PURCHASED_MAX}` });
  }
  const { scope } = admin;
  const outcome = await act(
    admin,
    [...setPurchased(scope, code, purchased), selectLicenseTypes(scope.tenantNo)],
    { unknown_type: { kind: "not_found", detail: `There is no license type "${code}".` } },
  );
  if (!outcome.ok) return outcome;
  const row = outcome.value.at(-1)?.find((type) => type["code"] === code);
  return row === undefined
    ? refuse({ kind: "not_found", detail: `There is no license type "${code}".` })
    : done(licenseTypeSummary(row));
}

/** Raises, lowers or clears the license type of a source group (R38, R39). */
export async function setGroupType(
  admin: Admin,
  groupId: string,
  code: string | null,
): Promise<Outcome<{ id: string; licenseType: string | null }>> {
  const outcome = await act(admin, setGroupLicenseType(admin.scope, groupId, code), {
    not_found: { kind: "not_found", detail: "There is no provisioned group with this id." },
    unknown_type: unknownType(code),
    below_default: {
      kind: "conflict",
      detail: `"${code}" ranks below the default license type of the configuration that provisions this group. A group can only raise the license of its members.`,
    },
  });
  return outcome.ok ? done({ id: groupId, licenseType: code }) : outcome;
}

/** Takes the license of an account and its place in the queue; it stays without until one is chosen again. */
export async function releaseLicense(admin: Admin, userId: string): Promise<Outcome<{ id: string }>> {
  const outcome = await act(admin, orderRelease(admin.scope, userId), { not_found: unknownUser });
  return outcome.ok ? done({ id: userId }) : outcome;
}

/** Entitles one account to a type beside what configuration and groups give; `null` leaves it to them. */
export async function chooseLicense(
  admin: Admin,
  userId: string,
  code: string | null,
): Promise<Outcome<{ id: string; licenseType: string | null }>> {
  const outcome = await act(admin, chooseLicenseType(admin.scope, userId, code), {
    not_found: unknownUser,
    unknown_type: unknownType(code),
  });
  return outcome.ok ? done({ id: userId, licenseType: code }) : outcome;
}

/** What the account is entitled to and why, what it holds, its place in the queue, and what would help. */
export async function explainLicense({ scope }: Admin, userId: string): Promise<Outcome<LicenseExplanation>> {
  const account = parseExplanation(await read(scope.shard, readExplanation(scope, userId)));
  return account === undefined ? refuse(unknownUser) : done(explainStanding(account));
}

const unknownUser: Problem = { kind: "not_found", detail: "There is no account with this id." };
const unknownType = (code: string | null): Problem => ({
  kind: "invalid",
  detail: `licenseType: there is no license type "${code}"`,
});

/** Commits an administrator's act, wakes whom its outbox rows concern, and answers guards by their words. */
export async function act(
  { deps, scope }: Admin,
  statements: readonly Statement[],
  refusals: Readonly<Record<string, Problem>>,
): Promise<Outcome<Row[][]>> {
  let results: Row[][];
  try {
    results = await commit(scope.shard, statements);
  } catch (error) {
    const problem = error instanceof GuardRaised ? refusals[error.word] : undefined;
    if (problem === undefined) throw error;
    return refuse(problem);
  }
  deps.signals.outboxWritten(scope.shard.name, scope.tenantNo, outboxPointers(results));
  return done(results);
}
