/** What the subscription has chosen where the rules leave a choice. Functions return statements. */
import { type SQL, sql } from "drizzle-orm";
import { type BrakePolicy, DEFAULT_BRAKE_POLICY } from "../domain/brake.ts";
import type { Row } from "./database.ts";
import { recordEvent } from "./events.ts";
import type { TenantScope } from "./scope.ts";

export type Policies = { brake: BrakePolicy };

/** A missing row is every default. */
export const policies = (row: Row | undefined): Policies => ({
  brake:
    row === undefined
      ? DEFAULT_BRAKE_POLICY
      : {
          percent: Number(row["brake_percent"]),
          floor: Number(row["brake_floor"]),
          absolute: Number(row["brake_absolute"]),
        },
});

export const selectPolicies = ({ tenantNo }: TenantScope): SQL =>
  sql`SELECT * FROM policies WHERE tenant_no = ${tenantNo}`;

export function changePolicies(scope: TenantScope, { brake }: { brake: Partial<BrakePolicy> }): SQL[] {
  const { tenantNo } = scope;
  const { percent = null, floor = null, absolute = null } = brake;
  return [
    sql`INSERT INTO policies (tenant_no) VALUES (${tenantNo}) ON CONFLICT DO NOTHING`,
    ...recordEvent(scope, {
      action: "policies.changed",
      subjectKind: "tenant",
      subjectNo: tenantNo,
      data: sql`(SELECT json_object('brake', json(${JSON.stringify(brake)}), 'earlier', json_object('percent', brake_percent,
        'floor', brake_floor, 'absolute', brake_absolute)) FROM policies WHERE tenant_no = ${tenantNo})`,
    }),
    sql`UPDATE policies SET brake_percent = COALESCE(${percent}, brake_percent),
      brake_floor = COALESCE(${floor}, brake_floor), brake_absolute = COALESCE(${absolute}, brake_absolute)
      WHERE tenant_no = ${tenantNo}`,
  ];
}
