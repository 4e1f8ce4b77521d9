/** What a subscription has chosen where the license rules leave a choice; a missing row is every default. */
import { type SQL, sql } from "drizzle-orm";
import type { TenantNo } from "../../domain/id.ts";
import type { Row } from "../database.ts";
import { recordEvent } from "../events.ts";
import { enqueue } from "../outbox.ts";
import type { TenantScope } from "../scope.ts";

export type LicensePolicies = {
  /** Leaving a licensed group takes the license back to what is left (A7). */
  recomputeOnLeave: boolean;
  /** First provisioning may leave an account waiting without the license it held (A3). */
  strictAdoption: boolean;
  /** Days after which an idle account gives its license back (A8); null is never. */
  idleReleaseDays: number | null;
};

export type LicensePolicyChange = { [Name in keyof LicensePolicies]?: LicensePolicies[Name] | undefined };

export const selectLicensePolicies = (tenantNo: TenantNo): SQL =>
  sql`SELECT recompute_on_leave, strict_adoption, idle_release_days FROM policies WHERE tenant_no = ${tenantNo}`;

export const licensePolicies = (row: Row | undefined): LicensePolicies => ({
  recomputeOnLeave: row?.["recompute_on_leave"] === 1,
  strictAdoption: row?.["strict_adoption"] === 1,
  idleReleaseDays: typeof row?.["idle_release_days"] === "number" ? row["idle_release_days"] : null,
});

/** Writes the policies given; accounts that are idle too long already are looked for at once. */
export function changeLicensePolicies(
  scope: TenantScope,
  before: LicensePolicies,
  change: LicensePolicyChange,
): SQL[] {
  const { tenantNo } = scope;
  const { recomputeOnLeave, strictAdoption, idleReleaseDays } = change;
  const after = {
    recomputeOnLeave: recomputeOnLeave ?? before.recomputeOnLeave,
    strictAdoption: strictAdoption ?? before.strictAdoption,
    idleReleaseDays: idleReleaseDays === undefined ? before.idleReleaseDays : idleReleaseDays,
  };
  const flag = (value: boolean | undefined) => (value === undefined ? null : Number(value));
  return [
    sql`INSERT INTO policies (tenant_no) VALUES (${tenantNo}) ON CONFLICT DO NOTHING`,
    sql`UPDATE policies SET
        recompute_on_leave = COALESCE(${flag(recomputeOnLeave)}, recompute_on_leave),
        strict_adoption = COALESCE(${flag(strictAdoption)}, strict_adoption),
        idle_release_days = CASE WHEN ${Number(idleReleaseDays !== undefined)} THEN ${idleReleaseDays ?? null}
          ELSE idle_release_days END
      WHERE tenant_no = ${tenantNo}`,
    // A round under way read the old policies; it must not write after this.
    sql`UPDATE tenants SET allocation_version = allocation_version + 1 WHERE tenant_no = ${tenantNo}`,
    ...recordEvent(scope, {
      action: "policies.changed",
      subjectKind: "tenant",
      subjectNo: tenantNo,
      data: { before: { licenses: before }, after: { licenses: after } },
    }),
    ...(idleReleaseDays == null ? [] : [enqueue(scope, "license", { idle: true })]),
  ];
}
