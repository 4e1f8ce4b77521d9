/**
 * What becomes of each of a chunk of people at one link: `domain/link.ts` `settle` and `domain/brake.ts` `brake`,
 * in SQL. Taken once per batch and written as lists of user numbers into the outbox row that is being consumed
 * (`$.plan.…`), from which everything else in the batch follows.
 */
import { type SQL, sql } from "drizzle-orm";
import { COVERING_STATES } from "../../domain/link.ts";
import { lastSeq } from "../events.ts";
import { isRow, payloadAt, type RowKey } from "../open-rows.ts";
import type { TenantScope } from "../scope.ts";
import { exceeded, isWaiting, stagedPeople } from "./brake.ts";
import { type LinkKey, leaving, linkFacts, linkState, losing, oneOf, type People } from "./link-facts.ts";

export type SettlementOrder = {
  link: LinkKey;
  /** The row being consumed; its payload carries the plan. */
  row: RowKey;
  people: People;
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

/**
 * Classifies every person of the chunk once and writes the lists into the payload; `brake` is why those who would
 * leave are staged, `leaving` how many enabled people the vault's window has not counted yet, `count` and `last`
 * how many people were looked at and who was the last, `seq` the event before those that tell of it.
 */
export function decide(scope: TenantScope, order: SettlementOrder): SQL {
  const { tenantNo } = scope;
  const { link, row, people, tellSkipped } = order;
  const list = (name: Lists, condition: SQL) =>
    sql`${sql.raw(`'${name}'`)}, json_group_array(user_no) FILTER (WHERE ${condition})`;
  const alreadyTold = sql`EXISTS (SELECT 1 FROM event_subjects AS s CROSS JOIN events AS e
    WHERE s.tenant_no = ${tenantNo} AND s.subject_kind = 'user' AND s.subject_no = facts.user_no AND s.seq > ${row.seq}
      AND e.tenant_no = ${tenantNo} AND e.seq = s.seq AND e.action = 'vault_user.skipped' AND e.subject_no = ${link.linkNo})`;
  const free = sql`(SELECT reason IS NULL FROM verdict)`;
  return sql`UPDATE outbox SET payload = json_set(payload, '$.plan', json((
    WITH RECURSIVE ${linkFacts(scope, link, people)}, ${verdict(scope, order)}
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
      'lost', (SELECT lost FROM verdict), 'seq', COALESCE(${lastSeq(scope)}, 0)
      ${"page" in people ? sql`, 'count', (SELECT COUNT(*) FROM people), 'last', (SELECT MAX(user_no) FROM people)` : sql``})
    FROM facts))) WHERE ${isRow(scope, row)}`;
}

/**
 * `verdict(reason, leaving, lost)`, and `staged_before(user_no)`: people who wait for an administrator already and
 * are counted no more. A run has counted everybody beforehand (`link-run.ts`): `$.leaving` of its payload is what
 * it may still take out, `$.brake` why it may not.
 */
function verdict(scope: TenantScope, { link, row, people, confirmed }: SettlementOrder): SQL {
  const { vaultNo, linkNo } = link;
  // A run may meet a hundred thousand who wait, and only those of its page matter.
  const nearby =
    "page" in people
      ? sql`WHERE value BETWEEN (SELECT MIN(user_no) FROM people) AND (SELECT MAX(user_no) FROM people)`
      : sql``;
  return sql`staged_before(user_no) AS MATERIALIZED (SELECT value FROM ${stagedPeople(scope, vaultNo, linkNo)} ${nearby}),
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
