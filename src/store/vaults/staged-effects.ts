/** Effects that the brake held back (A21), as administrators see and decide them. Functions return statements. */
import { type SQL, sql } from "drizzle-orm";
import type { BrakeReason } from "../../domain/brake.ts";
import type { Row } from "../database.ts";
import { recordEvent } from "../events.ts";
import { guard, guardChangedOne } from "../guard.ts";
import { enqueue } from "../outbox.ts";
import { effectiveGroups } from "../resources/effective-membership.ts";
import type { TenantScope } from "../scope.ts";
import { clearWindow } from "./brake.ts";
import { leaving, linkFacts, linkState, losing, selectCovered } from "./link-facts.ts";
import { linkKey } from "./links.ts";
import { nameSubject } from "./settlement.ts";

export type StagedEffectsState = "staged" | "approved" | "discarded";

export type StagedEffectsRecord = {
  stagedNo: number;
  stagedId: string;
  vaultNo: number;
  /** 0: people whom no link covers any more. */
  linkNo: number;
  groupNo: number;
  vaultGroupNo: number;
  state: StagedEffectsState;
  reason: BrakeReason;
  people: number;
  decidedBy: string | null;
  decidedAt: number | null;
  createdAt: number;
  vault: { id: string; name: string };
  link: { id: string; group: string; target: string } | null;
};

export const stagedEffectsRecord = (row: Row): StagedEffectsRecord => ({
  ...linkKey(row),
  stagedNo: Number(row["staged_no"]),
  stagedId: String(row["staged_id"]),
  state: String(row["state"]) as StagedEffectsState,
  reason: String(row["reason"]) as BrakeReason,
  people: Number(row["people"]),
  decidedBy: row["decided_by"] === null ? null : String(row["decided_by"]),
  decidedAt: row["decided_at"] === null ? null : Number(row["decided_at"]),
  createdAt: Number(row["created_at"]),
  vault: { id: String(row["vault_id"]), name: String(row["vault_name"]) },
  link:
    row["link_id"] === null
      ? null
      : { id: String(row["link_id"]), group: String(row["group_name"]), target: String(row["target_name"]) },
});

const columns = ({ tenantNo }: TenantScope): SQL =>
  sql`SELECT s.staged_no, s.staged_id, s.vault_no, s.link_no, s.state, s.reason, s.decided_by, s.decided_at,
      s.created_at, json_array_length(s.users) AS people, v.vault_id, v.name AS vault_name, l.link_id, l.group_no,
      l.vault_group_no, g.display_name AS group_name, COALESCE(t.name, '') AS target_name
    FROM staged_effects AS s JOIN vaults AS v ON v.tenant_no = ${tenantNo} AND v.vault_no = s.vault_no
    LEFT JOIN links AS l ON l.tenant_no = ${tenantNo} AND l.link_no = s.link_no
    LEFT JOIN groups AS g ON g.tenant_no = ${tenantNo} AND g.group_no = l.group_no
    LEFT JOIN vault_groups AS t ON t.tenant_no = ${tenantNo} AND t.vault_group_no = l.vault_group_no
    WHERE s.tenant_no = ${tenantNo}`;

/** A keyset page, newest first. */
export const selectStagedEffects = (
  scope: TenantScope,
  state: StagedEffectsState | undefined,
  before: number,
  limit: number,
): SQL =>
  sql`${columns(scope)} AND s.staged_no < ${before} ${state === undefined ? sql`` : sql`AND s.state = ${state}`}
    ORDER BY s.staged_no DESC LIMIT ${limit}`;

export const selectStagedEffectsById = (scope: TenantScope, stagedId: string): SQL =>
  sql`${columns(scope)} AND s.staged_id = ${stagedId}`;

export const selectStagedEffectsByNo = (scope: TenantScope, stagedNo: number): SQL =>
  sql`${columns(scope)} AND s.staged_no = ${stagedNo}`;

/** Numbers of a part of the people, as a JSON array: those from place `at` on. */
export const stagedChunk = ({ tenantNo }: TenantScope, stagedNo: number, at: number, count: number): SQL =>
  sql`(SELECT json_group_array(value) FROM (SELECT p.value FROM staged_effects AS s CROSS JOIN json_each(s.users) AS p
    WHERE s.tenant_no = ${tenantNo} AND s.staged_no = ${stagedNo} AND p.key >= ${at} ORDER BY p.key LIMIT ${count}))`;

/**
 * A page of the people with what approving would do to each as things stand: rows of user_no, scim_id, user_name,
 * effect (`remove`, `remove_and_disable`, `disable`, or `none` for who came back or is gone).
 */
export function selectStagedPeople(
  scope: TenantScope,
  record: StagedEffectsRecord,
  at: number,
  limit: number,
): SQL {
  const { tenantNo } = scope;
  const { stagedNo, vaultNo, linkNo } = record;
  const users = stagedChunk(scope, stagedNo, at, limit);
  const facts =
    linkNo > 0
      ? sql`${linkFacts(scope, record, { users })}, effects(user_no, effect) AS (SELECT user_no, CASE WHEN ${losing}
          AND user_no NOT IN (SELECT user_no FROM covered) THEN 'remove_and_disable' WHEN ${leaving} THEN 'remove' END
        FROM facts)`
      : sql`${effectiveGroups(tenantNo, users)}, covered(user_no) AS MATERIALIZED (${selectCovered(tenantNo, vaultNo, 0, sql`SELECT value AS user_no FROM json_each(${users})`)}),
        effects(user_no, effect) AS (SELECT p.user_no, 'disable' FROM json_each(${users}) AS g CROSS JOIN vault_users AS p
          WHERE p.tenant_no = ${tenantNo} AND p.vault_no = ${vaultNo} AND p.user_no = g.value AND p.state = 'enabled'
            AND p.origin = 'sync' AND p.pinned = 0 AND p.user_no NOT IN (SELECT user_no FROM covered))`;
  return sql`WITH RECURSIVE ${facts}
    SELECT u.user_no, u.scim_id, u.user_name, COALESCE(e.effect, 'none') AS effect
    FROM json_each(${users}) AS given CROSS JOIN users AS u LEFT JOIN effects AS e ON e.user_no = u.user_no
    WHERE u.tenant_no = ${tenantNo} AND u.user_no = given.value ORDER BY given.key`;
}

/**
 * Approves or discards; raises `moved` when somebody else decided, `paused` for a link that does nothing.
 * Approved people are looked at anew by the consumer of the row: whoever came back is not removed.
 */
export function decideStaged(
  scope: TenantScope,
  record: StagedEffectsRecord,
  decision: "approved" | "discarded",
): SQL[] {
  const { tenantNo, now, cause } = scope;
  const { stagedNo, vaultNo, linkNo, stagedId, people } = record;
  return [
    sql`UPDATE staged_effects SET state = ${decision}, decided_by = ${cause.actor}, decided_at = ${now}
      WHERE tenant_no = ${tenantNo} AND staged_no = ${stagedNo} AND state = 'staged'`,
    guardChangedOne("moved"),
    ...(decision === "approved" && linkNo > 0
      ? [guard("paused", sql`${linkState(scope, linkNo)} <> 'paused'`)]
      : []),
    ...recordEvent(scope, {
      action: `staged_effects.${decision}`,
      subjectKind: linkNo > 0 ? "link" : "vault",
      subjectNo: linkNo > 0 ? linkNo : vaultNo,
      data: { stagedEffects: stagedId, people },
    }),
    nameSubject(scope, "vault", vaultNo, sql`1`),
    clearWindow(scope, vaultNo),
    ...(decision === "approved" ? [enqueue(scope, "membership", { staged: stagedNo, at: 0 })] : []),
  ];
}

/** The link is taken off, and what waited for a decision about it is settled with it. */
export function discardOfLink(scope: TenantScope, linkNo: number, vaultNo: number): SQL[] {
  const { tenantNo, now, cause } = scope;
  const open = sql`tenant_no = ${tenantNo} AND vault_no = ${vaultNo} AND link_no = ${linkNo} AND state = 'staged'`;
  const some = sql`EXISTS (SELECT 1 FROM staged_effects WHERE ${open})`;
  return [
    ...recordEvent(
      scope,
      {
        action: "staged_effects.discarded",
        subjectKind: "link",
        subjectNo: linkNo,
        reason: "link_removed",
        data: sql`json_object('people', (SELECT SUM(json_array_length(users)) FROM staged_effects WHERE ${open}))`,
      },
      some,
    ),
    nameSubject(scope, "vault", vaultNo, some),
    sql`UPDATE staged_effects SET state = 'discarded', decided_by = ${cause.actor}, decided_at = ${now} WHERE ${open}`,
  ];
}
