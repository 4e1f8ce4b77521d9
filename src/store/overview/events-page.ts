/** Provisioning events as administrators read them: newest first, with the subject's id and name of today. */
import { type SQL, sql } from "drizzle-orm";
import type { SubjectKind } from "../../domain/event.ts";
import type { JsonObject } from "../../scim/json.ts";
import { type Row, read } from "../database.ts";
import { tenantFence } from "../fence.ts";
import { anyUserNo, liveGroupNo } from "../resources/subject.ts";
import type { TenantScope } from "../scope.ts";

export type EventRecord = {
  seq: number;
  at: number;
  actor: string;
  action: string;
  subjectKind: string;
  subjectId: string | null;
  subjectName: string | null;
  reason: string | null;
  correlationId: string;
  data: JsonObject;
};

const linkName =
  "(SELECT g.display_name FROM groups g WHERE g.tenant_no = s.tenant_no AND g.group_no = s.group_no)";

/** Table, its columns of number and id, and its name, for each kind of subject. A link is known by its group. */
const subjects: Record<SubjectKind, { table: string; no: string; id: string; name: string }> = {
  tenant: { table: "tenants", no: "tenant_no", id: "tenant_id", name: "s.name" },
  configuration: {
    table: "configurations",
    no: "configuration_no",
    id: "configuration_id",
    name: "s.name",
  },
  user: { table: "users", no: "user_no", id: "scim_id", name: "s.user_name" },
  group: { table: "groups", no: "group_no", id: "scim_id", name: "s.display_name" },
  license_type: { table: "license_types", no: "license_type_no", id: "code", name: "s.name" },
  vault: { table: "vaults", no: "vault_no", id: "vault_id", name: "s.name" },
  vault_group: { table: "vault_groups", no: "vault_group_no", id: "vault_group_id", name: "s.name" },
  link: { table: "links", no: "link_no", id: "link_id", name: linkName },
};

const described = (column: "id" | "name"): SQL =>
  sql.raw(
    `CASE e.subject_kind ${Object.entries(subjects)
      .map(
        ([kind, subject]) =>
          `WHEN '${kind}' THEN (SELECT ${column === "id" ? `s.${subject.id}` : subject.name} FROM ${subject.table} s
            WHERE s.tenant_no = e.tenant_no AND s.${subject.no} = e.subject_no)`,
      )
      .join("\n")} END`,
  );

const columns = sql`e.seq, e.at, e.actor, e.action, e.subject_kind, e.reason, e.correlation_id, e.data,
  ${described("id")} AS subject_id, ${described("name")} AS subject_name`;

const toEvent = (row: Row): EventRecord => ({
  seq: Number(row["seq"]),
  at: Number(row["at"]),
  actor: String(row["actor"]),
  action: String(row["action"]),
  subjectKind: String(row["subject_kind"]),
  subjectId: row["subject_id"] === null ? null : String(row["subject_id"]),
  subjectName: row["subject_name"] === null ? null : String(row["subject_name"]),
  reason: row["reason"] === null ? null : String(row["reason"]),
  correlationId: String(row["correlation_id"]),
  data: JSON.parse(String(row["data"])) as JsonObject,
});

export async function listEvents(scope: TenantScope, before: number, limit: number): Promise<EventRecord[]> {
  const [, rows = []] = await read(scope.shard, [
    tenantFence(scope),
    sql`SELECT ${columns} FROM events e WHERE e.tenant_no = ${scope.tenantNo} AND e.seq < ${before}
      ORDER BY e.seq DESC LIMIT ${limit}`,
  ]);
  return rows.map(toEvent);
}

/** Undefined when the organization has no such subject. */
export async function listEventsOf(
  scope: TenantScope,
  subject: { kind: SubjectKind; id: string },
  before: number,
  limit: number,
): Promise<EventRecord[] | undefined> {
  const { tenantNo } = scope;
  const subjectNo = numberOfSubject(scope, subject);
  const [, [found] = [], rows = []] = await read(scope.shard, [
    tenantFence(scope),
    sql`SELECT ${subjectNo} AS subject_no`,
    sql`SELECT ${columns} FROM event_subjects s CROSS JOIN events e ON e.tenant_no = ${tenantNo} AND e.seq = s.seq
      WHERE s.tenant_no = ${tenantNo} AND s.subject_kind = ${subject.kind} AND s.subject_no = ${subjectNo}
        AND s.seq < ${before} ORDER BY s.seq DESC LIMIT ${limit}`,
  ]);
  return found === undefined || found["subject_no"] === null ? undefined : rows.map(toEvent);
}

function numberOfSubject(scope: TenantScope, { kind, id }: { kind: SubjectKind; id: string }): SQL {
  if (kind === "user") return anyUserNo(scope, id);
  if (kind === "group") return liveGroupNo(scope, id);
  const { table, no, id: idColumn } = subjects[kind];
  return sql`(SELECT ${sql.raw(no)} FROM ${sql.raw(table)}
    WHERE tenant_no = ${scope.tenantNo} AND ${sql.raw(idColumn)} = ${id})`;
}
