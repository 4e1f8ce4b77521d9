/** Accounts as administrators list them, whoever owns them. */
import { type SQL, sql } from "drizzle-orm";
import { fold } from "../../scim/fold.ts";
import type { JsonObject } from "../../scim/json.ts";
import { type Row, read } from "../database.ts";
import { tenantFence } from "../fence.ts";
import { anyUserNo } from "../resources/subject.ts";
import type { TenantScope } from "../scope.ts";

export type AccountRecord = {
  userNo: number;
  id: string;
  userName: string;
  userNameFolded: string;
  attributes: JsonObject;
  active: boolean;
  adminDisabled: boolean;
  origin: "scim" | "manual" | "pull";
  configurationId: string | null;
  externalId: string | null;
  deprovisionedAt: number | null;
  /** Codes of license types. */
  held: string | null;
  wanted: string | null;
  wantedTypeNo: number | null;
  waitingSince: number | null;
  waitingPriority: number;
  /** The allocator has not looked at the account yet. */
  undecided: boolean;
  createdAt: number;
  updatedAt: number;
};

const columns = sql.raw(`u.*,
  (SELECT c.configuration_id FROM configurations c WHERE c.tenant_no = u.tenant_no
    AND c.configuration_no = u.configuration_no) AS configuration_id,
  (SELECT l.code FROM license_types l WHERE l.tenant_no = u.tenant_no
    AND l.license_type_no = u.held_type_no) AS held,
  (SELECT l.code FROM license_types l WHERE l.tenant_no = u.tenant_no
    AND l.license_type_no = u.wanted_type_no) AS wanted`);

const text = (value: Row[string] | undefined): string | null =>
  value === null || value === undefined ? null : String(value);
const number = (value: Row[string] | undefined): number | null =>
  value === null || value === undefined ? null : Number(value);

const toAccount = (row: Row): AccountRecord => ({
  userNo: Number(row["user_no"]),
  id: String(row["scim_id"]),
  userName: String(row["user_name"]),
  userNameFolded: String(row["user_name_folded"]),
  attributes: JSON.parse(String(row["document"])) as JsonObject,
  active: row["active"] === 1,
  adminDisabled: row["admin_disabled"] === 1,
  origin: String(row["origin"]) as AccountRecord["origin"],
  configurationId: text(row["configuration_id"]),
  externalId: text(row["external_id"]),
  deprovisionedAt: number(row["deprovisioned_at"]),
  held: text(row["held"]),
  wanted: text(row["wanted"]),
  wantedTypeNo: number(row["wanted_type_no"]),
  waitingSince: number(row["waiting_since"]),
  waitingPriority: Number(row["waiting_priority"]),
  undecided: row["wanted_type_no"] === null && row["deprovisioned_at"] === null,
  createdAt: Number(row["created_at"]),
  updatedAt: Number(row["updated_at"]),
});

async function page(scope: TenantScope, condition: SQL): Promise<AccountRecord[]> {
  const [, rows = []] = await read(scope.shard, [
    tenantFence(scope),
    sql`SELECT ${columns} FROM users u WHERE u.tenant_no = ${scope.tenantNo} AND ${condition}`,
  ]);
  return rows.map(toAccount);
}

/** In order of creation. */
export const listAccounts = (scope: TenantScope, after: number, limit: number): Promise<AccountRecord[]> =>
  page(scope, sql`u.user_no > ${after} ORDER BY u.user_no LIMIT ${limit}`);

export type QueuePlace = { typeNo: number; priority: number; since: number; userNo: number };

/** Accounts that wait for a license: by type, and within a type in the order in which they will be served. */
export const listWaiting = (scope: TenantScope, after: QueuePlace, limit: number): Promise<AccountRecord[]> =>
  page(
    scope,
    sql`u.waiting_since IS NOT NULL
      AND (u.wanted_type_no, u.waiting_priority, u.waiting_since, u.user_no)
        > (${after.typeNo}, ${after.priority}, ${after.since}, ${after.userNo})
      ORDER BY u.wanted_type_no, u.waiting_priority, u.waiting_since, u.user_no LIMIT ${limit}`,
  );

/** Accounts whose userName begins so, in order of the name. */
export function searchAccounts(
  scope: TenantScope,
  prefix: string,
  after: string,
  limit: number,
): Promise<AccountRecord[]> {
  const folded = fold(prefix);
  return page(
    scope,
    sql`u.user_name_folded >= ${folded} AND u.user_name_folded < ${`${folded}\u{10FFFF}`}
      AND u.user_name_folded > ${after} ORDER BY u.user_name_folded LIMIT ${limit}`,
  );
}

export type AccountGroup = { id: string; displayName: string };

/** One account with the provisioned groups that name it directly. */
export async function findAccount(
  scope: TenantScope,
  id: string,
): Promise<{ account: AccountRecord; groups: AccountGroup[] } | undefined> {
  const { tenantNo } = scope;
  const userNo = anyUserNo(scope, id);
  const [, [row] = [], groups = []] = await read(scope.shard, [
    tenantFence(scope),
    sql`SELECT ${columns} FROM users u WHERE u.tenant_no = ${tenantNo} AND u.user_no = ${userNo}`,
    sql`SELECT g.scim_id, g.display_name FROM members m
      CROSS JOIN groups g ON g.tenant_no = ${tenantNo} AND g.group_no = m.group_no AND g.deleted_at IS NULL
        AND g.configuration_no > 0
      WHERE m.tenant_no = ${tenantNo} AND m.member_kind = 0 AND m.member_no = ${userNo} ORDER BY m.group_no`,
  ]);
  return (
    row && {
      account: toAccount(row),
      groups: groups.map((group) => ({
        id: String(group["scim_id"]),
        displayName: String(group["display_name"]),
      })),
    }
  );
}
