/**
 * What one link does to a chunk of people, as one set-based part of a batch: `domain/link.ts` `settle`, in SQL.
 *
 * Everything is decided inside the batch from current state, never from what was read before: any number of
 * consumers may run at once, and messages may repeat or overtake each other. The decision is taken once, by the
 * first statement, and written as lists of user numbers into the outbox row that is being consumed
 * (`$.plan.…`); events and mutations read the same lists, so no event can differ from its effect (I25).
 */
import { type SQL, sql } from "drizzle-orm";
import type { EventAction, SubjectKind } from "../domain/event.ts";
import { COVERING_STATES, FOLLOWING_STATES, type LinkState, RESTING_STATES } from "../domain/link.ts";
import { BUILT_IN_GROUP_NAME } from "../domain/vault.ts";
import { fold } from "../scim/fold.ts";
import { effectiveGroups, isEffectiveMember, nestedGroups } from "./effective-membership.ts";
import { lastSeq, recordEvent } from "./events.ts";
import { isRow, payloadAt, payloadCount, type RowKey } from "./open-rows.ts";
import { enqueue } from "./outbox.ts";
import type { TenantScope } from "./scope.ts";

/** The parts of a link that never change. */
export type LinkKey = { linkNo: number; groupNo: number; vaultNo: number; vaultGroupNo: number };

export type SettlementOrder = {
  link: LinkKey;
  /** The row being consumed; its payload carries the plan. */
  row: RowKey;
  /** JSON array of user numbers. */
  users: string | SQL;
  /** Whether meeting a tombstone is news (R60): the change named the person, or the link is new. */
  tellSkipped: boolean;
};

export type Lists =
  | "created"
  | "enabled"
  | "synchronized"
  | "skipped"
  | "added"
  | "removed"
  | "disabled"
  | "unsettled";

export const oneOf = (states: readonly LinkState[]): SQL => sql.raw(states.map((s) => `'${s}'`).join(", "));

/** Statements that settle the chunk; at most `SETTLEMENT_USERS_MAX` people. */
export function settleChunk(scope: TenantScope, order: SettlementOrder): SQL[] {
  const { link, row } = order;
  const { vaultNo, vaultGroupNo, linkNo } = link;
  const told = (action: EventAction, list: Lists, subject: SubjectKind, subjectNo: number, reason?: string) =>
    tell(scope, row, list, vaultNo, { action, subjectKind: subject, subjectNo, reason, linkNo });
  return [
    decide(scope, order),
    ...told("vault_user.created", "created", "vault", vaultNo),
    ...told("vault_user.enabled", "enabled", "vault", vaultNo, "covered_by_link"),
    ...told("vault_user.synchronized", "synchronized", "vault", vaultNo, "covered_by_link"),
    ...told("vault_user.skipped", "skipped", "link", linkNo, "deleted_in_vault"),
    ...told("vault_user.disabled", "disabled", "vault", vaultNo, "left_last_link"),
    ...told("vault_group.members_changed", "added", "vault_group", vaultGroupNo, "added"),
    ...told("vault_group.members_changed", "removed", "vault_group", vaultGroupNo, "removed"),
    // Keyed by the event just recorded: whoever is unsettled was removed by this very batch.
    enqueue(
      scope,
      "membership",
      sql`json_object('vault', CAST(${vaultNo} AS INTEGER), 'users', json(${payloadAt(scope, row, "$.plan.unsettled")}), 'round', 1)`,
      sql`${payloadCount(scope, row, "$.plan.unsettled")} > 0`,
    ),
    ...applyPlan(scope, row, link),
  ];
}

const listed = (scope: TenantScope, row: RowKey, list: Lists): SQL =>
  sql`json_each(${payloadAt(scope, row, `$.plan.${list}`)})`;

/** Classifies every person of the chunk once and writes the lists into the payload. */
function decide(scope: TenantScope, { link, row, users, tellSkipped }: SettlementOrder): SQL {
  const { tenantNo } = scope;
  const { linkNo, groupNo, vaultNo, vaultGroupNo } = link;
  const state = sql`(SELECT state FROM links WHERE tenant_no = ${tenantNo} AND link_no = ${linkNo})`;
  const sourceLives = sql`EXISTS (SELECT 1 FROM groups WHERE tenant_no = ${tenantNo} AND group_no = ${groupNo} AND deleted_at IS NULL)`;
  const losing = sql`(in_target AND NOT desired AND state = 'enabled' AND origin = 'sync' AND pinned = 0)`;
  const list = (name: Lists, condition: SQL) =>
    sql`${sql.raw(`'${name}'`)}, json_group_array(user_no) FILTER (WHERE ${condition})`;
  const alreadyTold = sql`EXISTS (SELECT 1 FROM event_subjects AS s CROSS JOIN events AS e
    WHERE s.tenant_no = ${tenantNo} AND s.subject_kind = 'user' AND s.subject_no = facts.user_no AND s.seq > ${row.seq}
      AND e.tenant_no = ${tenantNo} AND e.seq = s.seq AND e.action = 'vault_user.skipped' AND e.subject_no = ${linkNo})`;
  return sql`UPDATE outbox SET payload = json_set(payload, '$.plan', json((
    WITH RECURSIVE ${nestedGroups(tenantNo, groupNo)},
    facts(user_no, desired, in_target, state, disabled_by, origin, pinned) AS MATERIALIZED (
      SELECT CAST(given.value AS INTEGER),
        ${state} IN (${oneOf(FOLLOWING_STATES)}) AND ${sourceLives} AND ${isEffectiveMember(tenantNo, sql`given.value`)}
          AND EXISTS (SELECT 1 FROM users AS u
            WHERE u.tenant_no = ${tenantNo} AND u.user_no = given.value AND u.deprovisioned_at IS NULL),
        EXISTS (SELECT 1 FROM vault_members AS t WHERE t.tenant_no = ${tenantNo}
          AND t.vault_group_no = ${vaultGroupNo} AND t.user_no = given.value),
        v.state, v.disabled_by, v.origin, v.pinned
      FROM json_each(${users}) AS given LEFT JOIN vault_users AS v
        ON v.tenant_no = ${tenantNo} AND v.vault_no = ${vaultNo} AND v.user_no = given.value
      WHERE ${state} NOT IN (${oneOf(RESTING_STATES)})
    ),
    ${effectiveGroups(tenantNo, sql`(SELECT json_group_array(user_no) FROM facts WHERE ${losing})`)},
    covered(user_no) AS MATERIALIZED (${selectCovered(tenantNo, vaultNo, linkNo)})
    SELECT json_object(
      ${list("created", sql`desired AND state IS NULL`)},
      ${list("enabled", sql`desired AND state = 'disabled' AND disabled_by = 'sync'`)},
      ${list("synchronized", sql`desired AND state <> 'deleted' AND origin = 'manual'`)},
      ${list("skipped", sql`desired AND state = 'deleted' AND ${tellSkipped ? sql`NOT ${alreadyTold}` : sql`0`}`)},
      ${list("added", sql`desired AND state IS NOT 'deleted' AND NOT in_target`)},
      ${list("removed", sql`in_target AND (NOT desired OR state = 'deleted')`)},
      ${list("disabled", sql`${losing} AND user_no NOT IN (SELECT user_no FROM covered)`)},
      ${list("unsettled", sql`${losing} AND user_no IN (SELECT user_no FROM covered) AND NOT ${inOtherTarget(tenantNo, vaultNo, linkNo)}`)})
    FROM facts))) WHERE ${isRow(scope, row)}`;
}

/** People in `effective_groups` whom another covering link of the vault has in its source (I19). */
export const selectCovered = (tenantNo: number, vaultNo: number | SQL, exceptLinkNo: number): SQL =>
  sql`SELECT DISTINCT e.user_no FROM effective_groups AS e CROSS JOIN links AS l
    WHERE l.tenant_no = ${tenantNo} AND l.group_no = e.group_no AND l.state <> 'removed'
      AND l.state IN (${oneOf(COVERING_STATES)}) AND l.vault_no = ${vaultNo} AND l.link_no <> ${exceptLinkNo}
      AND EXISTS (SELECT 1 FROM users AS u
        WHERE u.tenant_no = ${tenantNo} AND u.user_no = e.user_no AND u.deprovisioned_at IS NULL)`;

/**
 * Whether another covering link has already brought the person in. If not, its own change is still to be
 * settled, and may be taken back before it is: such people are looked at once more.
 */
export const inOtherTarget = (tenantNo: number, vaultNo: number, linkNo: number): SQL =>
  sql`EXISTS (SELECT 1 FROM links AS o CROSS JOIN vault_members AS t
    WHERE o.tenant_no = ${tenantNo} AND o.vault_no = ${vaultNo} AND o.state <> 'removed'
      AND o.state IN (${oneOf(COVERING_STATES)}) AND o.link_no <> ${linkNo}
      AND t.tenant_no = ${tenantNo} AND t.vault_group_no = o.vault_group_no AND t.user_no = facts.user_no)`;

/** One event for everybody in the list, naming each of them and the vault as subjects; none for an empty list. */
export function tell(
  scope: TenantScope,
  row: RowKey,
  list: Lists,
  vaultNo: number,
  event: {
    action: EventAction;
    subjectKind: SubjectKind;
    subjectNo: number;
    reason: string | undefined;
    /** 0: no link in particular. */
    linkNo: number;
  },
): SQL[] {
  const { action, subjectKind, subjectNo, reason, linkNo } = event;
  const path = `$.plan.${list}`;
  const some = sql`${payloadCount(scope, row, path)} > 0`;
  const data = sql`json_object('users', json(${payloadAt(scope, row, path)}), 'link', CAST(${linkNo} AS INTEGER))`;
  return [
    ...recordEvent(scope, { action, subjectKind, subjectNo, reason, data }, some),
    sql`INSERT INTO event_subjects (tenant_no, subject_kind, subject_no, seq)
      SELECT ${scope.tenantNo}, 'user', value, ${lastSeq(scope)} FROM ${listed(scope, row, list)}`,
    // The vault's last event is the version of its users and members that a link plan is checked against.
    ...(subjectKind === "vault" ? [] : [nameSubject(scope, "vault", vaultNo, some)]),
  ];
}

/** One more subject of the event just recorded. */
export const nameSubject = (scope: TenantScope, kind: SubjectKind, no: number | SQL, when: SQL): SQL =>
  sql`INSERT INTO event_subjects (tenant_no, subject_kind, subject_no, seq)
    SELECT ${scope.tenantNo}, ${kind}, ${no}, ${lastSeq(scope)} WHERE ${when} ON CONFLICT DO NOTHING`;

/** The mutations. Every one of them changes exactly the rows that its list names. */
function applyPlan(scope: TenantScope, row: RowKey, { vaultNo, vaultGroupNo }: LinkKey): SQL[] {
  const { tenantNo, now } = scope;
  const people = (list: Lists) => sql`(SELECT value FROM ${listed(scope, row, list)})`;
  const count = (list: Lists) => payloadCount(scope, row, `$.plan.${list}`);
  const vaultUsers = sql`tenant_no = ${tenantNo} AND vault_no = ${vaultNo}`;
  return [
    sql`INSERT INTO vault_users (tenant_no, vault_no, user_no, state, origin, created_at, updated_at)
      SELECT ${tenantNo}, ${vaultNo}, value, 'enabled', 'sync', ${now}, ${now} FROM ${listed(scope, row, "created")}`,
    sql`UPDATE vault_users SET state = 'enabled', disabled_by = NULL, updated_at = ${now}
      WHERE ${vaultUsers} AND user_no IN ${people("enabled")}`,
    sql`UPDATE vault_users SET origin = 'sync', updated_at = ${now}
      WHERE ${vaultUsers} AND user_no IN ${people("synchronized")}`,
    sql`UPDATE vault_users SET state = 'disabled', disabled_by = 'sync', updated_at = ${now}
      WHERE ${vaultUsers} AND user_no IN ${people("disabled")}`,
    sql`INSERT INTO vault_members (tenant_no, vault_group_no, user_no)
      SELECT ${tenantNo}, ${vaultGroupNo}, value FROM ${listed(scope, row, "added")}`,
    sql`DELETE FROM vault_members WHERE tenant_no = ${tenantNo} AND vault_group_no = ${vaultGroupNo}
      AND user_no IN ${people("removed")}`,
    sql`UPDATE vault_groups SET member_count = member_count + ${count("added")} - ${count("removed")}
      WHERE tenant_no = ${tenantNo} AND vault_group_no = ${vaultGroupNo} AND ${count("added")} <> ${count("removed")}`,
    moveBuiltInCount(scope, vaultNo, sql`(${count("created")} + ${count("enabled")} - ${count("disabled")})`),
  ];
}

/** The built-in group holds every enabled vault user; only its count is stored. */
export const moveBuiltInCount = ({ tenantNo }: TenantScope, vaultNo: number | SQL, by: SQL): SQL =>
  sql`UPDATE vault_groups SET member_count = member_count + ${by}
    WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo} AND name_folded = ${fold(BUILT_IN_GROUP_NAME)}
      AND built_in = 1 AND ${by} <> 0`;
