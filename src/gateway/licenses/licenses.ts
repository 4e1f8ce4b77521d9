/** What administrators do with licenses: types of groups, the license of one account. */
import { explainStanding, type LicenseExplanation } from "../../domain/license-explanation.ts";
import { read } from "../../store/database.ts";
import { tenantFence } from "../../store/fence.ts";
import { selectLicenseTypes } from "../../store/licenses/entitlements.ts";
import {
  chooseLicenseType,
  orderRelease,
  setGroupLicenseType,
  setGroupPriority,
} from "../../store/licenses/license-acts.ts";
import { parseExplanation, readExplanation } from "../../store/licenses/license-explanation.ts";
import { selectLicensedGroup } from "../../store/licenses/license-plan.ts";
import type { Admin } from "../admin.ts";
import { act } from "../administrative-act.ts";
import { done, type Outcome, type Problem, refuse } from "../problem.ts";
import { applyPlan, type Hypothesis, type LicensePlan, previewLicenses } from "./preview.ts";

export type { LicenseExplanation } from "../../domain/license-explanation.ts";
export {
  type LicenseTypeSummary,
  licenseTypeSummary,
  listLicenseTypes,
  setPurchasedLicenses,
} from "./pools.ts";

/** What is to change of a group's licensing; what is left out stays. */
export type GroupLicenseChange = {
  licenseType?: string | null | undefined;
  /** Higher is served first (A4). */
  waitingPriority?: number | undefined;
  /** Apply only if licenses change as previewed. */
  planHash?: string | undefined;
};

export type GroupLicense = { id: string; licenseType: string | null; waitingPriority: number };

/** Raises, lowers or clears the license type of a source group (R38, R39), and its priority in queues. */
export async function changeGroupLicense(
  admin: Admin,
  groupId: string,
  change: GroupLicenseChange,
): Promise<Outcome<GroupLicense>> {
  const { scope } = admin;
  const { licenseType, waitingPriority, planHash } = change;
  const outcome = await applyPlan(
    admin,
    licenseType === undefined ? undefined : planHash,
    () => groupHypothesis(admin, groupId, licenseType ?? null),
    (guards) =>
      act(
        admin,
        [
          ...guards,
          ...(licenseType === undefined ? [] : setGroupLicenseType(scope, groupId, licenseType)),
          ...(waitingPriority === undefined ? [] : setGroupPriority(scope, groupId, waitingPriority)),
        ],
        {
          not_found: unknownGroup,
          unknown_type: unknownType(licenseType ?? null),
          below_default: belowDefault(licenseType ?? null),
        },
        [selectLicensedGroup(scope, groupId), selectLicenseTypes(scope.tenantNo)],
      ),
  );
  if (!outcome.ok) return outcome;
  const [group] = outcome.value.at(-2) ?? [];
  if (group === undefined) return refuse(unknownGroup);
  const type = outcome.value.at(-1)?.find((row) => row["license_type_no"] === group["license_type_no"]);
  return done({
    id: groupId,
    licenseType: type === undefined ? null : String(type["code"]),
    waitingPriority: Number(group["waiting_priority"]),
  });
}

export const setGroupType = (
  admin: Admin,
  groupId: string,
  licenseType: string | null,
): Promise<Outcome<GroupLicense>> => changeGroupLicense(admin, groupId, { licenseType });

/** Whose license another type of the group would change, and who keeps it through something else. */
export const previewGroupType = async (
  admin: Admin,
  groupId: string,
  licenseType: string | null,
): Promise<Outcome<LicensePlan>> =>
  previewLicenses(admin, await groupHypothesis(admin, groupId, licenseType));

async function groupHypothesis(
  { scope }: Admin,
  groupId: string,
  code: string | null,
): Promise<Outcome<Hypothesis>> {
  const [, [group] = [], types = []] = await read(scope.shard, [
    tenantFence(scope),
    selectLicensedGroup(scope, groupId),
    selectLicenseTypes(scope.tenantNo),
  ]);
  if (group === undefined) return refuse(unknownGroup);
  const type = types.find((row) => row["code"] === code);
  if (code !== null && type === undefined) return refuse(unknownType(code));
  const rank = Number(type?.["rank"] ?? 0);
  if (type !== undefined && rank < Number(group["default_rank"])) return refuse(belowDefault(code));
  const current = types.find((row) => row["license_type_no"] === group["license_type_no"]);
  const groupNo = Number(group["group_no"]);
  const grant =
    type === undefined
      ? []
      : [{ groupNo, typeNo: Number(type["license_type_no"]), priority: Number(group["waiting_priority"]) }];
  return done({
    act: ["group", groupNo, code],
    affected: { kind: "group", no: groupNo },
    account: (account) => ({
      ...account,
      groups: [...account.groups.filter((other) => other.groupNo !== groupNo), ...grant],
    }),
    lowering: rank < Number(current?.["rank"] ?? 0) ? "group_license_type_lowered" : null,
  });
}

const unknownGroup: Problem = {
  kind: "not_found",
  detail: "There is no provisioned group with this id.",
};

const belowDefault = (code: string | null): Problem => ({
  kind: "conflict",
  detail: `"${code}" ranks below the default license type of the configuration that provisions this group. A group can only raise the license of its members.`,
});

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
