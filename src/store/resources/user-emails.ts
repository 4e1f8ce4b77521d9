/** Rows that make `emails` filterable by index: one per address of an account. */
import { type SQL, sql } from "drizzle-orm";
import { fold } from "../../scim/fold.ts";
import type { JsonObject } from "../../scim/json.ts";
import type { TenantScope } from "../scope.ts";

/** So many stand as values, which D1 does not count as rows read; four of its 100 parameters each. */
const listedMax = 20;

type EmailRow = [valueFolded: string, position: number, typeFolded: string | null, isPrimary: number];

function emailRows(attributes: JsonObject): EmailRow[] {
  const emails = attributes["emails"];
  if (!Array.isArray(emails)) return [];
  return emails.flatMap((email, position): EmailRow[] => {
    if (typeof email !== "object" || email === null || Array.isArray(email)) return [];
    const { value, type, primary } = email as Record<string, unknown>;
    if (typeof value !== "string") return [];
    return [[fold(value), position, typeof type === "string" ? fold(type) : null, primary === true ? 1 : 0]];
  });
}

/** Rows of `attributes` that `other` does not have alike: an unchanged address costs nothing. */
function onlyIn(attributes: JsonObject, other: JsonObject): EmailRow[] {
  const known = new Set(emailRows(other).map((row) => JSON.stringify(row)));
  return emailRows(attributes).filter((row) => !known.has(JSON.stringify(row)));
}

export function insertEmails(
  { tenantNo }: TenantScope,
  userNo: SQL,
  attributes: JsonObject,
  before: JsonObject = {},
): SQL[] {
  const rows = onlyIn(attributes, before);
  const [only] = rows;
  if (only === undefined) return [];
  const columns = sql.raw("(tenant_no, value_folded, user_no, position, type_folded, is_primary)");
  if (rows.length === 1) {
    const [value, position, type, isPrimary] = only;
    return [
      sql`INSERT INTO user_emails ${columns} VALUES (${tenantNo}, ${value}, ${userNo}, ${position}, ${type}, ${isPrimary})`,
    ];
  }
  if (rows.length <= listedMax) {
    const values = rows.map(
      ([value, position, type, isPrimary]) => sql`(${value}, ${position}, ${type}, ${isPrimary})`,
    );
    return [
      sql`INSERT INTO user_emails ${columns}
        SELECT ${tenantNo}, e.column1, account.no, e.column2, e.column3, e.column4
        FROM (SELECT ${userNo} AS no) AS account CROSS JOIN (VALUES ${sql.join(values, sql`, `)}) AS e`,
    ];
  }
  return [
    sql`INSERT INTO user_emails ${columns}
      SELECT ${tenantNo}, e.value ->> 0, ${userNo}, e.value ->> 1, e.value ->> 2, e.value ->> 3
      FROM json_each(${JSON.stringify(rows)}) e`,
  ];
}

export function deleteEmails(
  { tenantNo }: TenantScope,
  userNo: number,
  before: JsonObject,
  after: JsonObject,
): SQL[] {
  const rows = onlyIn(before, after);
  if (rows.length === 0) return [];
  return [
    sql`DELETE FROM user_emails WHERE tenant_no = ${tenantNo} AND (value_folded, user_no, position) IN
      (SELECT e.value ->> 0, ${userNo}, e.value ->> 1 FROM json_each(${JSON.stringify(rows)}) e)`,
  ];
}

/** Every row of an account, found by the addresses of its stored document. */
export function deleteStoredEmails({ tenantNo }: TenantScope, userNo: SQL): SQL {
  return sql`DELETE FROM user_emails WHERE tenant_no = ${tenantNo} AND user_no = ${userNo}
    AND value_folded IN (SELECT json_extract(e.value, '$.value')
      FROM users owner CROSS JOIN json_each(owner.folded, '$.emails') e
      WHERE owner.tenant_no = ${tenantNo} AND owner.user_no = ${userNo})`;
}
