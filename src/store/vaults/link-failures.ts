/** How attempts at a link went, as the link shows it (R50). Functions return statements. */
import { type SQL, sql } from "drizzle-orm";
import { FOLLOWING_STATES, RESTING_STATES } from "../../domain/link.ts";
import { recordEvent } from "../events.ts";
import { isRow, type OutboxRow, type RowKey } from "../open-rows.ts";
import type { TenantScope } from "../scope.ts";
import { type LinkKey, oneOf } from "./link-facts.ts";

/** After an attempt that worked: the time, and an earlier failure is over. */
export const noteSettled = (scope: TenantScope, linkNo: number): SQL =>
  sql`UPDATE links SET last_synced_at = ${scope.now}, error = NULL, state = ${recovered(scope)}
    WHERE tenant_no = ${scope.tenantNo} AND link_no = ${linkNo} AND state NOT IN (${oneOf(RESTING_STATES)})`;

/** With the row's end: a consumer that failed beside this one may have marked a link that is settled by now. */
export const clearFailures = (scope: TenantScope, links: readonly Pick<LinkKey, "linkNo">[]): SQL =>
  sql`UPDATE links SET error = NULL, state = ${recovered(scope)} WHERE tenant_no = ${scope.tenantNo} AND error IS NOT NULL
    AND link_no IN (SELECT value FROM json_each(${JSON.stringify(links.map(({ linkNo }) => linkNo))}))`;

/** Links that earlier deliveries of the row marked as failing. */
export const failedLinks = ({ payload }: OutboxRow): Pick<LinkKey, "linkNo">[] =>
  Object.keys(payload["failed"] ?? {}).map((key) => ({ linkNo: Number(key.slice(1)) }));

const recovered = ({ tenantNo }: TenantScope): SQL =>
  sql`CASE WHEN state <> 'error' THEN state
    WHEN EXISTS (SELECT 1 FROM outbox AS o WHERE o.tenant_no = ${tenantNo} AND o.kind = 'link'
      AND json_extract(o.payload, '$.link') = links.link_no) THEN 'propagating' ELSE 'active' END`;

/**
 * After an attempt that failed (`domain/link.ts` `afterFailure`): an event when the link turns, not on every retry.
 * Nothing when the row is closed: then the attempt was committed after all, or another one was.
 */
export function noteFailure(scope: TenantScope, row: RowKey, linkNo: number, error: string): SQL[] {
  const { tenantNo, now } = scope;
  const open = sql`EXISTS (SELECT 1 FROM outbox WHERE ${isRow(scope, row)})`;
  const turns = sql`${open} AND EXISTS (SELECT 1 FROM links WHERE tenant_no = ${tenantNo} AND link_no = ${linkNo}
    AND state IN (${oneOf(FOLLOWING_STATES)}) AND state <> 'error')`;
  return [
    ...recordEvent(
      scope,
      { action: "link.failed", subjectKind: "link", subjectNo: linkNo, reason: "retrying", data: { error } },
      turns,
    ),
    sql`UPDATE links SET error = ${error}, updated_at = ${now},
        state = CASE WHEN state IN (${oneOf(FOLLOWING_STATES)}) THEN 'error' ELSE state END
      WHERE tenant_no = ${tenantNo} AND link_no = ${linkNo} AND error IS NOT ${error} AND ${open}`,
    // What failed was perhaps committed after all, and the next delivery then finds nothing to do at this link.
    sql`UPDATE outbox SET payload = json_set(payload, ${`$.failed.l${linkNo}`}, 1)
      WHERE ${isRow(scope, row)} AND json_extract(payload, ${`$.failed.l${linkNo}`}) IS NULL`,
  ];
}
