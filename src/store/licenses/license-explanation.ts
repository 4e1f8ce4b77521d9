/** What explains the license of one account: its facts, the sources of its entitlement, its place in a queue. */
import { type SQL, sql } from "drizzle-orm";
import type { ExplanationFacts } from "../../domain/license-explanation.ts";
import { ENTITLEMENT_GROUPS_MAX, QUEUE_PLACE_MAX } from "../../domain/limits.ts";
import type { Row } from "../database.ts";
import { tenantFence } from "../fence.ts";
import { effectiveGroups } from "../resources/effective-membership.ts";
import { anyUserNo } from "../resources/subject.ts";
import type { TenantScope } from "../scope.ts";
import { licenseFacts, licensePool, numberOrNull, selectLicenseTypes } from "./entitlements.ts";

export function readExplanation(scope: TenantScope, userId: string): SQL[] {
  const { tenantNo, now } = scope;
  const userNo = anyUserNo(scope, userId);
  return [
    tenantFence(scope),
    sql`SELECT u.held_type_no, u.wanted_type_no, u.waiting_since, u.waiting_priority, u.adoption_pending, u.manual_type_no,
        u.deprovisioned_at, u.idle_since, c.configuration_id, c.name,
        COALESCE(u.default_type_no, c.default_license_type_no) AS default_no,
        u.idle_since <= ${now} - p.idle_release_days * 86400000 AS idle_too_long
      FROM users AS u LEFT JOIN configurations AS c ON c.tenant_no = u.tenant_no
        AND c.configuration_no = u.configuration_no AND c.state = 'active'
      LEFT JOIN policies AS p ON p.tenant_no = u.tenant_no
      WHERE u.tenant_no = ${tenantNo} AND u.user_no = ${userNo}`,
    selectLicenseTypes(tenantNo),
    sql`WITH RECURSIVE ${effectiveGroups(tenantNo, sql`json_array(${userNo})`)}
      SELECT g.scim_id, g.display_name, g.license_type_no, g.waiting_priority FROM effective_groups AS e CROSS JOIN groups AS g
      WHERE g.tenant_no = ${tenantNo} AND g.group_no = e.group_no AND g.license_type_no IS NOT NULL
      ORDER BY (SELECT rank FROM license_types AS t
        WHERE t.tenant_no = ${tenantNo} AND t.license_type_no = g.license_type_no) DESC, g.group_no
      LIMIT ${ENTITLEMENT_GROUPS_MAX}`,
    sql`SELECT COUNT(*) AS ahead FROM (
      SELECT 1 FROM users AS u CROSS JOIN users AS w
      WHERE u.tenant_no = ${tenantNo} AND u.user_no = ${userNo} AND u.waiting_since IS NOT NULL
        AND w.tenant_no = ${tenantNo} AND w.wanted_type_no = u.wanted_type_no AND w.waiting_since IS NOT NULL
        AND (w.waiting_priority, w.waiting_since, w.user_no) < (u.waiting_priority, u.waiting_since, u.user_no)
      LIMIT ${QUEUE_PLACE_MAX})`,
  ];
}

/** Undefined when no account has the id. */
export function parseExplanation(results: readonly Row[][]): ExplanationFacts | undefined {
  const [, users = [], types = [], groups = [], ahead = []] = results;
  const user = users[0];
  if (user === undefined) return undefined;
  const configurationId = user["configuration_id"];
  return {
    facts: licenseFacts(user),
    deprovisioned: user["deprovisioned_at"] !== null,
    manualTypeNo: numberOrNull(user["manual_type_no"]),
    configuration:
      typeof configurationId === "string"
        ? {
            id: configurationId,
            name: String(user["name"]),
            defaultTypeNo: Number(user["default_no"]),
          }
        : null,
    groups: groups.map((group) => ({
      id: String(group["scim_id"]),
      name: String(group["display_name"]),
      typeNo: Number(group["license_type_no"]),
      priority: Number(group["waiting_priority"]),
    })),
    idleSince: numberOrNull(user["idle_since"]),
    idleTooLong: user["idle_too_long"] === 1,
    pools: types.map(licensePool),
    ahead: Number(ahead[0]?.["ahead"] ?? 0),
    aheadMax: QUEUE_PLACE_MAX,
  };
}
