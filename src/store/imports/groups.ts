/** Groups that vaults read by themselves, each with the user group that it fills. Functions return statements. */
import { type SQL, sql } from "drizzle-orm";
import { importSource } from "../../domain/import.ts";
import { fold } from "../../scim/fold.ts";
import type { Row } from "../database.ts";
import { recordEvent } from "../events.ts";
import { guard, guardChangedOne } from "../guard.ts";
import { enqueue } from "../outbox.ts";
import type { TenantScope } from "../scope.ts";
import { nameSubject } from "../vaults/settlement.ts";

export type ImportGroupRecord = {
  groupNo: number;
  remoteId: string;
  name: string;
  members: number;
  target: { no: number; id: string; name: string };
  /** The link that fills the target, once the group was read for the first time. */
  link: { no: number; id: string; generation: number; state: string } | undefined;
};

export const importGroupRecord = (row: Row): ImportGroupRecord => ({
  groupNo: Number(row["group_no"]),
  remoteId: String(row["remote_id"]),
  name: String(row["display_name"]),
  members: Number(row["members"]),
  target: {
    no: Number(row["vault_group_no"]),
    id: String(row["vault_group_id"]),
    name: String(row["target_name"]),
  },
  link:
    row["link_id"] === null
      ? undefined
      : {
          no: Number(row["link_no"]),
          id: String(row["link_id"]),
          generation: Number(row["generation"]),
          state: String(row["state"]),
        },
});

/** Groups of the vault's import, in order of their numbers. */
export const selectImportGroups = ({ tenantNo }: TenantScope, vaultNo: number): SQL =>
  sql`SELECT i.group_no, i.remote_id, i.vault_group_no, g.display_name, g.member_count AS members, t.vault_group_id,
      t.name AS target_name, l.link_no, l.link_id, l.generation, l.state
    FROM import_groups AS i
    JOIN groups AS g ON g.tenant_no = ${tenantNo} AND g.group_no = i.group_no
    JOIN vault_groups AS t ON t.tenant_no = ${tenantNo} AND t.vault_group_no = i.vault_group_no
    LEFT JOIN links AS l ON l.tenant_no = ${tenantNo} AND l.group_no = i.group_no AND l.state <> 'removed'
    WHERE i.tenant_no = ${tenantNo} AND i.vault_no = ${vaultNo} ORDER BY i.group_no`;

export type NewImportGroup = { scimId: string; remoteId: string; name: string; vaultGroupNo: SQL };

/** A group to read, still without members. A name, a remote id or a target that is taken violates an index. */
export function addGroup(scope: TenantScope, vaultNo: number, group: NewImportGroup): SQL[] {
  const { tenantNo, now } = scope;
  const { scimId, remoteId, name, vaultGroupNo } = group;
  const source = importSource(vaultNo);
  const document = { displayName: name, externalId: remoteId };
  const folded = { displayName: fold(name), externalId: fold(remoteId) };
  const groupNo = sql`(SELECT group_no FROM groups WHERE tenant_no = ${tenantNo} AND configuration_no = ${source}
    AND scim_id = ${scimId} AND deleted_at IS NULL)`;
  return [
    guard(
      "taken",
      sql`NOT EXISTS (SELECT 1 FROM links WHERE tenant_no = ${tenantNo} AND vault_group_no = ${vaultGroupNo}
        AND state <> 'removed')`,
    ),
    sql`INSERT INTO groups (tenant_no, group_no, configuration_no, scim_id, display_name, display_name_folded,
        external_id, version, attributes_version, created_at, updated_at, document, folded)
      VALUES (${tenantNo}, (SELECT COALESCE(MAX(group_no), 0) + 1 FROM groups WHERE tenant_no = ${tenantNo}),
        ${source}, ${scimId}, ${name}, ${fold(name)}, ${remoteId}, 1, 1, ${now}, ${now},
        ${JSON.stringify(document)}, ${JSON.stringify(folded)})`,
    ...recordEvent(scope, {
      action: "group.created",
      subjectKind: "group",
      subjectNo: groupNo,
      data: { displayName: name, import: vaultNo },
    }),
    nameSubject(scope, "vault", vaultNo, sql`1`),
    sql`INSERT INTO import_groups (tenant_no, vault_no, group_no, vault_group_no, remote_id)
      VALUES (${tenantNo}, ${vaultNo}, ${groupNo}, ${vaultGroupNo}, ${remoteId})`,
  ];
}

/** The same group under another name. */
export function renameGroup(scope: TenantScope, group: ImportGroupRecord, name: string): SQL[] {
  const { tenantNo, now } = scope;
  return [
    sql`UPDATE groups SET display_name = ${name}, display_name_folded = ${fold(name)}, version = version + 1,
        document = json_set(document, '$.displayName', ${name}), folded = json_set(folded, '$.displayName', ${fold(name)}),
        attributes_version = attributes_version + 1, updated_at = ${now}
      WHERE tenant_no = ${tenantNo} AND group_no = ${group.groupNo}`,
    ...recordEvent(scope, {
      action: "group.changed",
      subjectKind: "group",
      subjectNo: group.groupNo,
      data: { displayName: name, before: group.name },
    }),
  ];
}

/** A group is no longer read. Its link is taken off beside this; its member rows are cleared afterwards. */
export function dropGroup(scope: TenantScope, vaultNo: number, { groupNo }: ImportGroupRecord): SQL[] {
  const { tenantNo, now } = scope;
  return [
    sql`DELETE FROM import_groups WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo} AND group_no = ${groupNo}`,
    guardChangedOne("moved"),
    ...recordEvent(scope, {
      action: "group.deleted",
      subjectKind: "group",
      subjectNo: groupNo,
      reason: "import_ended",
      data: {},
    }),
    enqueue(scope, "group_cleanup", sql`json_object('group', latest.subject_no)`),
    sql`UPDATE groups SET deleted_at = ${now}, updated_at = ${now}, version = version + 1
      WHERE tenant_no = ${tenantNo} AND group_no = ${groupNo} AND deleted_at IS NULL`,
  ];
}

/** Raises `no_target` unless the user group is there, no built-in one, and without members unless that was said. */
export const guardTarget = (
  { tenantNo }: TenantScope,
  vaultGroupNo: number,
  replacesMembers: boolean,
): SQL[] => {
  const target = sql`SELECT 1 FROM vault_groups WHERE tenant_no = ${tenantNo} AND vault_group_no = ${vaultGroupNo} AND built_in = 0`;
  return [
    guard("no_target", sql`EXISTS (${target})`),
    ...(replacesMembers ? [] : [guard("has_members", sql`EXISTS (${target} AND member_count = 0)`)]),
  ];
};
