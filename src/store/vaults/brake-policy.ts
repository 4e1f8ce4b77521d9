/** The thresholds of the brake (A21) that the subscription has chosen. Functions return statements. */
import { type SQL, sql } from "drizzle-orm";
import { type BrakePolicy, DEFAULT_BRAKE_POLICY } from "../../domain/brake.ts";
import type { Row } from "../database.ts";
import { recordEvent } from "../events.ts";
import type { TenantScope } from "../scope.ts";

/** What may be changed of it; what is left out stays. */
export type BrakePolicyChange = { [Part in keyof BrakePolicy]?: number | undefined };

/** A missing row is every default. */
export const brakePolicy = (row: Row | undefined): BrakePolicy =>
  row === undefined
    ? DEFAULT_BRAKE_POLICY
    : {
        percent: Number(row["brake_percent"]),
        floor: Number(row["brake_floor"]),
        absolute: Number(row["brake_absolute"]),
      };

export const selectBrakePolicy = ({ tenantNo }: TenantScope): SQL =>
  sql`SELECT brake_percent, brake_floor, brake_absolute FROM policies WHERE tenant_no = ${tenantNo}`;

export function changeBrakePolicy(scope: TenantScope, brake: BrakePolicyChange): SQL[] {
  const { tenantNo } = scope;
  const { percent = null, floor = null, absolute = null } = brake;
  return [
    sql`INSERT INTO policies (tenant_no) VALUES (${tenantNo}) ON CONFLICT DO NOTHING`,
    ...recordEvent(scope, {
      action: "policies.changed",
      subjectKind: "tenant",
      subjectNo: tenantNo,
      data: sql`(SELECT json_object('brake', json(${JSON.stringify(brake)}), 'earlier', json_object('percent',
        brake_percent, 'floor', brake_floor, 'absolute', brake_absolute)) FROM policies WHERE tenant_no = ${tenantNo})`,
    }),
    sql`UPDATE policies SET brake_percent = COALESCE(${percent}, brake_percent),
      brake_floor = COALESCE(${floor}, brake_floor), brake_absolute = COALESCE(${absolute}, brake_absolute)
      WHERE tenant_no = ${tenantNo}`,
  ];
}
