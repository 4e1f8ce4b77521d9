/** Links as administrators and consumers of the outbox see them. Functions return statements. */
import { type SQL, sql } from "drizzle-orm";
import { type LinkState, RESTING_STATES } from "../../domain/link.ts";
import type { Row } from "../database.ts";
import { lastSeq, recordEvent } from "../events.ts";
import { guardChangedOne } from "../guard.ts";
import { enqueue } from "../outbox.ts";
import { containingGroups } from "../resources/effective-membership.ts";
import type { TenantScope } from "../scope.ts";
import { type LinkKey, oneOf } from "./link-facts.ts";

export type LinkRecord = LinkKey & {
  linkId: string;
  state: LinkState;
  generation: number;
  done: number;
  total: number;
  error: string | null;
  lastSyncedAt: number | null;
  /** People whose leaving the brake holds back (A21). */
  waitingForApproval: number;
  createdAt: number;
  /** The source is read by the vault's own synchronization, whose settings alone change the link. */
  imported: boolean;
  group: { id: string; name: string };
  vault: { id: string; name: string };
  target: { id: string; name: string };
};

const joined = (tenantNo: number): SQL =>
  sql`SELECT l.*, g.configuration_no < 0 AS imported, g.scim_id AS group_id, g.display_name AS group_name, v.vault_id, v.name AS vault_name,
      t.vault_group_id, t.name AS target_name, (
        SELECT COALESCE(SUM(json_array_length(s.users)), 0) FROM staged_effects AS s
        WHERE s.tenant_no = ${tenantNo} AND s.vault_no = l.vault_no AND s.link_no = l.link_no
          AND s.state = 'staged') AS waiting_for_approval
    FROM links AS l
    JOIN groups AS g ON g.tenant_no = ${tenantNo} AND g.group_no = l.group_no
    JOIN vaults AS v ON v.tenant_no = ${tenantNo} AND v.vault_no = l.vault_no
    JOIN vault_groups AS t ON t.tenant_no = ${tenantNo} AND t.vault_group_no = l.vault_group_no
    WHERE l.tenant_no = ${tenantNo}`;

const nullable = (value: string | number | null | undefined): number | null =>
  value === null || value === undefined ? null : Number(value);

export const linkKey = (row: Row): LinkKey => ({
  linkNo: Number(row["link_no"]),
  groupNo: Number(row["group_no"]),
  vaultNo: Number(row["vault_no"]),
  vaultGroupNo: Number(row["vault_group_no"]),
});

export const linkRecord = (row: Row): LinkRecord => ({
  ...linkKey(row),
  linkId: String(row["link_id"]),
  state: String(row["state"]) as LinkState,
  generation: Number(row["generation"]),
  done: Number(row["done"]),
  total: Number(row["total"]),
  error: row["error"] === null ? null : String(row["error"]),
  lastSyncedAt: nullable(row["last_synced_at"]),
  waitingForApproval: Number(row["waiting_for_approval"]),
  createdAt: Number(row["created_at"]),
  imported: Number(row["imported"]) === 1,
  group: { id: String(row["group_id"]), name: String(row["group_name"]) },
  vault: { id: String(row["vault_id"]), name: String(row["vault_name"]) },
  target: { id: String(row["vault_group_id"]), name: String(row["target_name"]) },
});

export const selectLink = ({ tenantNo }: TenantScope, linkId: string): SQL =>
  sql`${joined(tenantNo)} AND l.link_id = ${linkId}`;

/** A keyset page in order of creation. Removed links are history: their events tell. */
export const selectLinks = ({ tenantNo }: TenantScope, after: number, limit: number): SQL =>
  sql`${joined(tenantNo)} AND l.link_no > ${after} AND l.state <> 'removed' ORDER BY l.link_no LIMIT ${limit}`;

/** The link that holds a target group (I21): no row when it is free. */
export const selectLinkOfTarget = ({ tenantNo }: TenantScope, vaultGroupNo: number): SQL =>
  sql`${joined(tenantNo)} AND l.vault_group_no = ${vaultGroupNo} AND l.state <> 'removed'`;

/**
 * A new link and its first run. A target that is taken violates `links_by_target`.
 * @param confirmed whether an administrator has seen who leaves the target
 */
export function insertLink(
  scope: TenantScope,
  link: { linkId: string; groupNo: number; vaultNo: number; vaultGroupNo: SQL },
  confirmed: SQL = sql`1`,
): SQL[] {
  const { tenantNo, now } = scope;
  const linkNo = sql`(SELECT link_no FROM links WHERE tenant_no = ${tenantNo} AND link_id = ${link.linkId})`;
  return [
    sql`INSERT INTO links (tenant_no, link_no, link_id, group_no, vault_no, vault_group_no, state, generation,
        created_at, updated_at)
      SELECT ${tenantNo}, COALESCE(MAX(link_no), 0) + 1, ${link.linkId}, ${link.groupNo}, ${link.vaultNo},
        ${link.vaultGroupNo}, 'pending', 1, ${now}, ${now} FROM links WHERE tenant_no = ${tenantNo}`,
    ...recordEvent(scope, {
      action: "link.created",
      subjectKind: "link",
      subjectNo: linkNo,
      data: sql`(SELECT json_object('group', group_no, 'vault', vault_no, 'target', vault_group_no)
        FROM links WHERE tenant_no = ${tenantNo} AND link_id = ${link.linkId})`,
    }),
    ...nameGroupAndVault(scope, link.groupNo, link.vaultNo),
    enqueue(
      scope,
      "link",
      sql`json_object('link', ${linkNo}, 'generation', 1, 'after', 0,
        'announce', json(CASE WHEN ${confirmed} THEN 'true' ELSE 'false' END))`,
    ),
  ];
}

/** The event just recorded speaks of the source group and of the vault as well. */
const nameGroupAndVault = (scope: TenantScope, groupNo: number, vaultNo: number): SQL[] =>
  [["group", groupNo] as const, ["vault", vaultNo] as const].map(
    ([kind, no]) => sql`INSERT INTO event_subjects (tenant_no, subject_kind, subject_no, seq)
      VALUES (${scope.tenantNo}, ${kind}, ${no}, ${lastSeq(scope)})`,
  );

/**
 * Takes a link off (A16). `remove`: a run empties the target first (R54–R57); `keep`: the members stay as they
 * are, and so do their vault users. Raises `moved` when somebody else acted on the link.
 */
export function unlink(
  scope: TenantScope,
  link: LinkKey & Pick<LinkRecord, "generation">,
  members: "remove" | "keep",
): SQL[] {
  const { tenantNo, now } = scope;
  const { linkNo, generation } = link;
  const next = generation + 1;
  return [
    sql`UPDATE links SET state = ${members === "keep" ? "removed" : "unlinking"}, generation = ${next}, error = NULL,
        done = 0, updated_at = ${now}
      WHERE tenant_no = ${tenantNo} AND link_no = ${linkNo} AND generation = ${generation} AND state <> 'removed'`,
    guardChangedOne("moved"),
    ...recordEvent(scope, {
      action: members === "keep" ? "link.removed" : "link.unlinking",
      subjectKind: "link",
      subjectNo: linkNo,
      reason: members === "keep" ? "members_kept" : undefined,
      data: { group: link.groupNo, vault: link.vaultNo, target: link.vaultGroupNo },
    }),
    ...nameGroupAndVault(scope, link.groupNo, link.vaultNo),
    ...(members === "keep" ? [] : [enqueue(scope, "link", { link: linkNo, generation: next, after: 0 })]),
  ];
}

/**
 * Stops a link where it stands, or lets it go on; whatever runs for it is stale from then on. A resumed link is
 * run from end to end: what it missed is in no outbox. Raises `moved` when somebody else acted on the link.
 */
export function switchLink(scope: TenantScope, link: LinkRecord, to: "paused" | "pending"): SQL[] {
  const { tenantNo, now } = scope;
  const { linkNo, generation } = link;
  const next = generation + 1;
  return [
    sql`UPDATE links SET state = ${to}, generation = ${next}, error = NULL, updated_at = ${now}
      WHERE tenant_no = ${tenantNo} AND link_no = ${linkNo} AND generation = ${generation} AND state <> 'removed'`,
    guardChangedOne("moved"),
    ...recordEvent(scope, {
      action: to === "paused" ? "link.paused" : "link.resumed",
      subjectKind: "link",
      subjectNo: linkNo,
      data: { group: link.groupNo, vault: link.vaultNo, target: link.vaultGroupNo },
    }),
    ...nameGroupAndVault(scope, link.groupNo, link.vaultNo),
    ...(to === "paused" ? [] : [enqueue(scope, "link", { link: linkNo, generation: next, after: 0 })]),
  ];
}

/** Links that a change of the group's members reaches: those of the group and of groups that hold it (A27). */
export const selectLinksReached = ({ tenantNo }: TenantScope, groupNo: number): SQL =>
  sql`WITH RECURSIVE ${containingGroups(tenantNo, JSON.stringify([groupNo]))}
    SELECT l.link_no, l.group_no, l.vault_no, l.vault_group_no FROM containing_groups AS c CROSS JOIN links AS l
    WHERE l.tenant_no = ${tenantNo} AND l.group_no = c.group_no AND l.state <> 'removed'
      AND l.state NOT IN (${oneOf(RESTING_STATES)}) ORDER BY l.link_no`;

/** Links of one vault that act on their targets. */
export const selectLinksOfVault = ({ tenantNo }: TenantScope, vaultNo: number): SQL =>
  sql`SELECT link_no, group_no, vault_no, vault_group_no FROM links WHERE tenant_no = ${tenantNo}
    AND vault_no = ${vaultNo} AND state <> 'removed' AND state NOT IN (${oneOf(RESTING_STATES)}) ORDER BY link_no`;

/** Links whose target holds any of these users. */
export const selectLinksHolding = ({ tenantNo }: TenantScope, users: readonly number[]): SQL =>
  sql`SELECT l.link_no, l.group_no, l.vault_no, l.vault_group_no FROM links AS l
    WHERE l.tenant_no = ${tenantNo} AND l.state NOT IN (${oneOf(RESTING_STATES)})
      AND EXISTS (SELECT 1 FROM json_each(${JSON.stringify(users)}) AS given CROSS JOIN vault_members AS m
        WHERE m.tenant_no = ${tenantNo} AND m.vault_group_no = l.vault_group_no AND m.user_no = given.value)
    ORDER BY l.link_no`;

export const selectLinkByNo = ({ tenantNo }: TenantScope, linkNo: number): SQL =>
  sql`SELECT link_no, group_no, vault_no, vault_group_no FROM links WHERE tenant_no = ${tenantNo} AND link_no = ${linkNo}`;
