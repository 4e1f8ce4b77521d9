/** The subscription's policies, for administrators. */
import type { BrakePolicy } from "../../domain/brake.ts";
import { read } from "../../store/database.ts";
import { tenantFence } from "../../store/fence.ts";
import {
  changeLicensePolicies,
  type LicensePolicies,
  type LicensePolicyChange,
  licensePolicies,
  selectLicensePolicies,
} from "../../store/licenses/license-policies.ts";
import { outboxPointers } from "../../store/outbox.ts";
import {
  type BrakePolicyChange,
  brakePolicy,
  changeBrakePolicy,
  selectBrakePolicy,
} from "../../store/vaults/brake-policy.ts";
import type { Admin } from "../admin.ts";
import { commitAct } from "../administrative-act.ts";
import { done, type Outcome } from "../problem.ts";

export type Policies = { brake: BrakePolicy; licenses: LicensePolicies };

export async function getPolicies({ scope }: Admin): Promise<Outcome<Policies>> {
  const [, [brake] = [], [licenses] = []] = await read(scope.shard, [
    tenantFence(scope),
    selectBrakePolicy(scope),
    selectLicensePolicies(scope.tenantNo),
  ]);
  return done({ brake: brakePolicy(brake), licenses: licensePolicies(licenses) });
}

export async function setPolicies(
  admin: Admin,
  {
    brake = {},
    licenses = {},
  }: { brake?: BrakePolicyChange | undefined; licenses?: LicensePolicyChange | undefined },
): Promise<Outcome<Policies>> {
  const { deps, scope } = admin;
  const before = await getPolicies(admin);
  if (!before.ok) return before;
  const statements = [
    ...(isGiven(brake) ? changeBrakePolicy(scope, brake) : []),
    ...(isGiven(licenses) ? changeLicensePolicies(scope, before.value.licenses, licenses) : []),
  ];
  if (statements.length > 0) {
    const results = await commitAct(admin, [tenantFence(scope), ...statements]);
    deps.signals.outboxWritten(scope.shard.name, scope.tenantNo, outboxPointers(results));
  }
  return getPolicies(admin);
}

const isGiven = (change: object): boolean => Object.values(change).some((value) => value !== undefined);
