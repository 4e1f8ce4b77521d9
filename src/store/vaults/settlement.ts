/**
 * What one link does to a chunk of people, as one set-based part of a batch: `domain/link.ts` `settle`, in SQL.
 *
 * Everything is decided inside the batch from current state, never from what was read before: any number of
 * consumers may run at once, and messages may repeat or overtake each other. The decision is taken once, by the
 * first statement, and written as lists of user numbers into the outbox row that is being consumed
 * (`$.plan.…`); events and mutations read the same lists, so no event can differ from its effect (I25).
 */
import { type SQL, sql } from "drizzle-orm";
import type { EventAction, SubjectKind } from "../../domain/event.ts";
import { COVERING_STATES } from "../../domain/link.ts";
import { BUILT_IN_GROUP_NAME } from "../../domain/vault.ts";
import { fold } from "../../scim/fold.ts";
import { lastSeq, recordEvent } from "../events.ts";
import { isRow, payloadAt, payloadCount, type RowKey } from "../open-rows.ts";
import { enqueue } from "../outbox.ts";
import type { TenantScope } from "../scope.ts";
import { countInWindow, exceeded, isWaiting, stage, stagedPeople } from "./brake.ts";
import { followPlan } from "./connector-changes.ts";
import { type LinkKey, leaving, linkFacts, linkState, losing, oneOf } from "./link-facts.ts";

export type SettlementOrder = {
  link: LinkKey;
  /** The row being consumed; its payload carries the plan. */
  row: RowKey;
  /** JSON array of user numbers. */
  users: string | SQL;
  /** Whether meeting a tombstone is news (R60): the change named the person, or the link is new. */
  tellSkipped: boolean;
  /** Whether an administrator has seen who goes: then nothing is staged (A21). */
  confirmed: boolean | SQL;
  /** Id of the staged effects, should there be any. */
  stagedId: string;
};

export type Lists =
  | "created"
  | "enabled"
  | "synchronized"
  | "skipped"
  | "added"
  | "removed"
  | "disabled"
  | "unsettled"
  | "staged";

/** Statements that settle the chunk; at most `SETTLEMENT_USERS_MAX` people. */
export function settleChunk(scope: TenantScope, order: SettlementOrder): SQL[] {
  const { link, row } = order;
  const { vaultNo, vaultGroupNo, linkNo } = link;
  const told = (
    action: EventAction,
    list: Lists,
    subject: SubjectKind,
    subjectNo: number,
    reason?: string | SQL,
  ) => tell(scope, row, list, vaultNo, { action, subjectKind: subject, subjectNo, reason, linkNo });
  return [
    decide(scope, order),
    ...told("vault_user.created", "created", "vault", vaultNo),
    ...told("vault_user.enabled", "enabled", "vault", vaultNo, "covered_by_link"),
    ...told("vault_user.synchronized", "synchronized", "vault", vaultNo, "covered_by_link"),
    ...told("vault_user.skipped", "skipped", "link", linkNo, "deleted_in_vault"),
    ...told("vault_user.disabled", "disabled", "vault", vaultNo, "left_last_link"),
    ...told("vault_group.members_changed", "added", "vault_group", vaultGroupNo, "added"),
    ...told("vault_group.members_changed", "removed", "vault_group", vaultGroupNo, "removed"),
    ...told("vault_user.staged", "staged", "link", linkNo, payloadAt(scope, row, "$.plan.brake")),
    ...followPlan(scope, row, vaultNo, [vaultGroupNo]),
    // Keyed by the event just recorded: whoever is unsettled was removed by this very batch.
    enqueue(
      scope,
      "membership",
      sql`json_object('vault', CAST(${vaultNo} AS INTEGER), 'users', json(${payloadAt(scope, row, "$.plan.unsettled")}), 'round', 1)`,
      sql`${payloadCount(scope, row, "$.plan.unsettled")} > 0`,
    ),
    ...applyPlan(scope, row, link),
    ...stage(scope, row, { vaultNo, linkNo, stagedId: order.stagedId }),
  ];
}

const listed = (scope: TenantScope, row: RowKey, list: Lists): SQL =>
  sql`json_each(${payloadAt(scope, row, `$.plan.${list}`)})`;

/**
 * Classifies every person of the chunk once and writes the lists into the payload; `brake` is why those who would
 * leave are staged, `leaving` how many enabled people the vault's window has not counted yet.
 */
function decide(scope: TenantScope, order: SettlementOrder): SQL {
  const { tenantNo } = scope;
  const { link, row, users, tellSkipped } = order;
  const list = (name: Lists, condition: SQL) =>
    sql`${sql.raw(`'${name}'`)}, json_group_array(user_no) FILTER (WHERE ${condition})`;
  const alreadyTold = sql`EXISTS (SELECT 1 FROM event_subjects AS s CROSS JOIN events AS e
    WHERE s.tenant_no = ${tenantNo} AND s.subject_kind = 'user' AND s.subject_no = facts.user_no AND s.seq > ${row.seq}
      AND e.tenant_no = ${tenantNo} AND e.seq = s.seq AND e.action = 'vault_user.skipped' AND e.subject_no = ${link.linkNo})`;
  const free = sql`(SELECT reason IS NULL FROM verdict)`;
  return sql`UPDATE outbox SET payload = json_set(payload, '$.plan', json((
    WITH RECURSIVE ${linkFacts(scope, link, users)}, ${verdict(scope, order)}
    SELECT json_object(
      ${list("created", sql`desired AND state IS NULL`)},
      ${list("enabled", sql`desired AND state = 'disabled' AND disabled_by = 'sync'`)},
      ${list("synchronized", sql`desired AND state <> 'deleted' AND origin = 'manual'`)},
      ${list("skipped", sql`desired AND state = 'deleted' AND ${tellSkipped ? sql`NOT ${alreadyTold}` : sql`0`}`)},
      ${list("added", sql`desired AND state IS NOT 'deleted' AND NOT in_target`)},
      ${list("removed", sql`in_target AND (state = 'deleted' OR NOT desired AND ${free})`)},
      ${list("disabled", sql`${losing} AND user_no NOT IN (SELECT user_no FROM covered) AND ${free}`)},
      ${list("unsettled", sql`${losing} AND user_no IN (SELECT user_no FROM covered) AND ${free} AND NOT ${inOtherTarget(scope, link.vaultNo, link.linkNo)}`)},
      ${list("staged", sql`${leaving} AND NOT ${free} AND user_no NOT IN (SELECT user_no FROM staged_before)`)},
      'brake', (SELECT reason FROM verdict), 'leaving', (SELECT leaving FROM verdict),
      'lost', (SELECT lost FROM verdict))
    FROM facts))) WHERE ${isRow(scope, row)}`;
}

/**
 * `verdict(reason, leaving, lost)`, and `staged_before(user_no)`: people who wait for an administrator already and
 * are counted no more. A run has counted everybody beforehand (`link-run.ts`): `$.leaving` of its payload is what
 * it may still take out, `$.brake` why it may not.
 */
function verdict(scope: TenantScope, { link, row, confirmed }: SettlementOrder): SQL {
  const { vaultNo, linkNo } = link;
  return sql`staged_before(user_no) AS MATERIALIZED (SELECT value FROM ${stagedPeople(scope, vaultNo, linkNo)}),
    counted(gone, lost) AS MATERIALIZED (SELECT COUNT(*) FILTER (WHERE ${leaving}),
      COUNT(*) FILTER (WHERE ${leaving} AND state = 'enabled' AND user_no NOT IN (SELECT user_no FROM staged_before))
      FROM facts),
    unforeseen(gone, lost, leaving) AS MATERIALIZED (SELECT CASE WHEN ${isConfirmed(scope, linkNo, confirmed)} THEN 0 ELSE gone END, lost,
      CASE WHEN ${isConfirmed(scope, linkNo, confirmed)} THEN 0
        ELSE MAX(0, lost - COALESCE(${payloadAt(scope, row, "$.leaving")}, 0)) END FROM counted WHERE gone > 0),
    verdict(reason, leaving, lost) AS MATERIALIZED (SELECT CASE WHEN gone = 0 THEN NULL
        WHEN ${isWaiting(scope, vaultNo)} THEN COALESCE(${payloadAt(scope, row, "$.brake")}, 'joined')
        WHEN ${payloadAt(scope, row, "$.brake")} IS NOT NULL THEN ${payloadAt(scope, row, "$.brake")}
        WHEN leaving > 0 THEN ${exceeded(scope, vaultNo, sql`leaving`)} END, leaving, lost FROM unforeseen
      UNION ALL SELECT NULL, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM unforeseen))`;
}

/** Taking a link off is an administrator's act, chosen with its consequence (A16). */
export const isConfirmed = (scope: TenantScope, linkNo: number, confirmed: boolean | SQL): SQL =>
  confirmed === true
    ? sql`1`
    : sql`(${linkState(scope, linkNo)} = 'unlinking' OR ${confirmed === false ? sql`0` : confirmed})`;

/**
 * Whether another covering link has already brought the person in. If not, its own change is still to be
 * settled, and may be taken back before it is: such people are looked at once more.
 */
export const inOtherTarget = ({ tenantNo }: TenantScope, vaultNo: number, linkNo: number): SQL =>
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
    reason: string | SQL | undefined;
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
    countInWindow(scope, vaultNo, payloadAt(scope, row, "$.plan.leaving"), count("enabled")),
  ];
}

/** The built-in group holds every enabled vault user; only its count is stored. */
export const moveBuiltInCount = ({ tenantNo }: TenantScope, vaultNo: number | SQL, by: SQL): SQL =>
  sql`UPDATE vault_groups SET member_count = member_count + ${by}
    WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo} AND name_folded = ${fold(BUILT_IN_GROUP_NAME)}
      AND built_in = 1 AND ${by} <> 0`;
