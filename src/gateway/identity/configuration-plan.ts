/** What changes of a configuration would do to licenses: another default, its deletion, and its first provisioning. */

import { read } from "../../store/database.ts";
import { tenantFence } from "../../store/fence.ts";
import { type Configuration, listGroupsBelow } from "../../store/identity/configurations.ts";
import { selectLicenseTypes } from "../../store/licenses/entitlements.ts";
import type { Admin } from "../admin.ts";
import { type Hypothesis, type LicensePlan, previewLicenses } from "../licenses/preview.ts";
import { done, type Outcome, type Problem, refuse } from "../problem.ts";
import { findChangeable } from "./configuration-access.ts";

export type DefaultRequest = { defaultLicenseType: string; applyToExisting?: boolean | undefined };

/** What a new default would do: nothing to anybody there is, unless it is applied to existing accounts (A5). */
export const previewDefault = async (
  admin: Admin,
  id: string,
  request: DefaultRequest,
): Promise<Outcome<LicensePlan>> => previewLicenses(admin, await defaultHypothesis(admin, id, request));

export const previewDeletion = async (admin: Admin, id: string): Promise<Outcome<LicensePlan>> =>
  previewLicenses(admin, await deletionHypothesis(admin, id));

/** What first provisioning by this configuration would do to accounts that nobody owns (R37, A3). */
export const reportAdoption = async (admin: Admin, id: string): Promise<Outcome<LicensePlan>> =>
  previewLicenses(admin, await adoptionHypothesis(admin, id));

export async function defaultHypothesis(
  admin: Admin,
  id: string,
  { defaultLicenseType: code, applyToExisting = false }: DefaultRequest,
): Promise<Outcome<Hypothesis>> {
  const found = await findChangeable(admin, id);
  if (!found.ok) return found;
  const configuration = found.value;
  const types = await typesByCode(admin);
  const type = types.get(code);
  const before = types.get(configuration.defaultLicenseType);
  if (type === undefined) return refuse(noLicenseType(code));
  const below = await listGroupsBelow(admin.scope, configuration, code);
  if (below.length > 0) return refuse(groupsBelowProblem(below, code));
  const act = ["default", configuration.configurationNo, code, applyToExisting];
  if (!applyToExisting) return done({ act });
  return done({
    act,
    affected: { kind: "configuration", no: configuration.configurationNo },
    account: (account) => ({ ...account, defaultTypeNo: type.no }),
    lowering: type.rank < (before?.rank ?? 0) ? "default_license_type_lowered" : null,
  });
}

/** Accounts stay and keep what they hold; who waited for the default has nothing to wait for any more (A16). */
export async function deletionHypothesis(admin: Admin, id: string): Promise<Outcome<Hypothesis>> {
  const found = await findChangeable(admin, id);
  if (!found.ok) return found;
  const no = found.value.configurationNo;
  return done({
    act: ["deletion", no],
    affected: { kind: "configuration", no },
    account: (account) => ({ ...account, defaultTypeNo: null }),
  });
}

async function adoptionHypothesis(admin: Admin, id: string): Promise<Outcome<Hypothesis>> {
  const found = await findChangeable(admin, id);
  if (!found.ok) return found;
  const types = await typesByCode(admin);
  const defaultTypeNo = types.get(found.value.defaultLicenseType)?.no ?? null;
  return done({
    act: ["adoption", found.value.configurationNo],
    affected: { kind: "ownerless" },
    account: (account) => ({
      ...account,
      defaultTypeNo,
      manualTypeNo: null,
      facts: { ...account.facts, adoptionPending: true },
    }),
    adoption: ({ strictAdoption }) => (strictAdoption ? "strict" : "safe"),
  });
}

async function typesByCode({ scope }: Admin): Promise<Map<string, { no: number; rank: number }>> {
  const [, rows = []] = await read(scope.shard, [tenantFence(scope), selectLicenseTypes(scope.tenantNo)]);
  return new Map(
    rows.map((row) => [
      String(row["code"]),
      { no: Number(row["license_type_no"]), rank: Number(row["rank"]) },
    ]),
  );
}

export async function groupsBelow(
  admin: Admin,
  configuration: Configuration,
  code: string,
): Promise<Problem> {
  return groupsBelowProblem(await listGroupsBelow(admin.scope, configuration, code), code);
}

const groupsBelowProblem = (names: readonly string[], code: string): Problem => ({
  kind: "conflict",
  detail: `The license type of these groups is below ${code}: ${names.join(", ")}. Raise or clear it first.`,
});

export const noLicenseType = (code: string): Problem => ({
  kind: "invalid",
  detail: `defaultLicenseType: the subscription has no license type "${code}".`,
});
