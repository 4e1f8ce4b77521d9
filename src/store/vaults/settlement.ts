/**
 * What one link does to a chunk of people, as one set-based part of a batch.
 *
 * Everything is decided inside the batch from current state, never from what was read before: any number of
 * consumers may run at once, and messages may repeat or overtake each other. The decision is taken once, by the
 * first statement (`settlement-plan.ts`); events and mutations read the lists it leaves, so no event can differ
 * from its effect (I25). One statement does the same for all lists: a chunk costs a few statements, not dozens.
 */
import { type SQL, sql } from "drizzle-orm";
import type { EventAction, SubjectKind } from "../../domain/event.ts";
import { BUILT_IN_GROUP_NAME } from "../../domain/vault.ts";
import { fold } from "../../scim/fold.ts";
import { lastSeq } from "../events.ts";
import { isRow, payloadAt, payloadCount, type RowKey } from "../open-rows.ts";
import { enqueue } from "../outbox.ts";
import type { TenantScope } from "../scope.ts";
import { countInWindow, stage } from "./brake.ts";
import { followPlan } from "./connector-changes.ts";
import type { LinkKey } from "./link-facts.ts";
import { decide, type Lists, type SettlementOrder } from "./settlement-plan.ts";

/** Statements that settle the chunk; at most `SETTLEMENT_USERS_MAX` people. */
export function settleChunk(scope: TenantScope, order: SettlementOrder): SQL[] {
  const { link, row } = order;
  const { vaultNo, vaultGroupNo, linkNo } = link;
  const vault = { kind: "vault", no: vaultNo } as const;
  const group = { kind: "vault_group", no: vaultGroupNo } as const;
  const itself = { kind: "link", no: linkNo } as const;
  return [
    decide(scope, order),
    ...tellPlan(scope, row, { vaultNo, linkNo }, [
      { list: "created", action: "vault_user.created", subject: vault },
      { list: "enabled", action: "vault_user.enabled", subject: vault, reason: "covered_by_link" },
      { list: "synchronized", action: "vault_user.synchronized", subject: vault, reason: "covered_by_link" },
      { list: "skipped", action: "vault_user.skipped", subject: itself, reason: "deleted_in_vault" },
      { list: "disabled", action: "vault_user.disabled", subject: vault, reason: "left_last_link" },
      { list: "added", action: "vault_group.members_changed", subject: group, reason: "added" },
      { list: "removed", action: "vault_group.members_changed", subject: group, reason: "removed" },
      { list: "staged", action: "vault_user.staged", subject: itself },
    ]),
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

type Telling = {
  list: Lists;
  action: EventAction;
  subject: { kind: SubjectKind; no: number };
  /** Of people who are staged, the plan itself knows why. */
  reason?: string;
};

/**
 * One event for everybody in a list, none for an empty one, naming each of them and the vault as subjects: the
 * vault's last event is the version of its users and members that a link plan is checked against.
 * @param place `linkNo` 0: no link in particular
 */
export function tellPlan(
  scope: TenantScope,
  row: RowKey,
  { vaultNo, linkNo }: { vaultNo: number; linkNo: number },
  tellings: readonly Telling[],
): SQL[] {
  const { tenantNo, now, cause } = scope;
  const path = sql`'$.plan.' || (t.value ->> '$.list')`;
  const mine = sql`e.tenant_no = ${tenantNo} AND e.seq > ${payloadAt(scope, row, "$.plan.seq")}`;
  return [
    sql`INSERT INTO events (tenant_no, seq, at, actor, action, subject_kind, subject_no, reason, correlation_id, data)
      SELECT ${tenantNo}, json_extract(o.payload, '$.plan.seq') + row_number() OVER (ORDER BY t.key), ${now},
        ${cause.actor}, t.value ->> '$.action', t.value ->> '$.subject.kind', t.value ->> '$.subject.no',
        CASE t.value ->> '$.list' WHEN 'staged' THEN json_extract(o.payload, '$.plan.brake')
          ELSE t.value ->> '$.reason' END, ${cause.correlationId},
        json_object('users', json_extract(o.payload, ${path}), 'link', CAST(${linkNo} AS INTEGER))
      FROM outbox AS o CROSS JOIN json_each(${JSON.stringify(tellings)}) AS t
      WHERE ${isRow(scope, row)} AND json_array_length(o.payload, ${path}) > 0`,
    sql`INSERT INTO event_subjects (tenant_no, subject_kind, subject_no, seq)
      SELECT e.tenant_no, e.subject_kind, e.subject_no, e.seq FROM events AS e WHERE ${mine}
      UNION ALL SELECT e.tenant_no, 'vault', ${vaultNo}, e.seq FROM events AS e WHERE ${mine} AND e.subject_kind <> 'vault'
      UNION ALL SELECT e.tenant_no, 'user', u.value, e.seq FROM events AS e CROSS JOIN json_each(e.data, '$.users') AS u
        WHERE ${mine}`,
  ];
}

/** One more subject of the event just recorded. */
export const nameSubject = (scope: TenantScope, kind: SubjectKind, no: number | SQL, when: SQL): SQL =>
  sql`INSERT INTO event_subjects (tenant_no, subject_kind, subject_no, seq)
    SELECT ${scope.tenantNo}, ${kind}, ${no}, ${lastSeq(scope)} WHERE ${when} ON CONFLICT DO NOTHING`;

/** The mutations. Every one of them changes exactly the rows that its lists name. */
function applyPlan(scope: TenantScope, row: RowKey, { vaultNo, vaultGroupNo }: LinkKey): SQL[] {
  const { tenantNo, now } = scope;
  const listed = (list: Lists) => sql`json_each(${payloadAt(scope, row, `$.plan.${list}`)})`;
  const people = (list: Lists) => sql`(SELECT value FROM ${listed(list)})`;
  const count = (list: Lists) => payloadCount(scope, row, `$.plan.${list}`);
  return [
    sql`INSERT INTO vault_users (tenant_no, vault_no, user_no, state, origin, created_at, updated_at)
      SELECT ${tenantNo}, ${vaultNo}, value, 'enabled', 'sync', ${now}, ${now} FROM ${listed("created")}`,
    sql`UPDATE vault_users SET origin = CASE WHEN user_no IN ${people("synchronized")} THEN 'sync' ELSE origin END,
        state = CASE WHEN user_no IN ${people("enabled")} THEN 'enabled'
          WHEN user_no IN ${people("disabled")} THEN 'disabled' ELSE state END,
        disabled_by = CASE WHEN user_no IN ${people("enabled")} THEN NULL
          WHEN user_no IN ${people("disabled")} THEN 'sync' ELSE disabled_by END, updated_at = ${now}
      WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo} AND user_no IN (SELECT value FROM ${listed("enabled")}
        UNION ALL SELECT value FROM ${listed("synchronized")} UNION ALL SELECT value FROM ${listed("disabled")})`,
    sql`INSERT INTO vault_members (tenant_no, vault_group_no, user_no)
      SELECT ${tenantNo}, ${vaultGroupNo}, value FROM ${listed("added")}`,
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
