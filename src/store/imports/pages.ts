/** What a running import has read, in pages, and whose accounts these people have. Functions return statements. */
import { type SQL, sql } from "drizzle-orm";
import type { RemotePerson } from "../../domain/import.ts";
import type { Row } from "../database.ts";
import type { TenantScope } from "../scope.ts";

export type ImportPage = { pageNo: number; groupNo: number; people: RemotePerson[] };

export const importPage = (row: Row): ImportPage => ({
  pageNo: Number(row["page_no"]),
  groupNo: Number(row["group_no"]),
  people: JSON.parse(String(row["people"])) as RemotePerson[],
});

export const insertPage = ({ tenantNo }: TenantScope, vaultNo: number, page: ImportPage): SQL =>
  sql`INSERT INTO import_pages (tenant_no, vault_no, page_no, group_no, people)
    VALUES (${tenantNo}, ${vaultNo}, ${page.pageNo}, ${page.groupNo}, ${JSON.stringify(page.people)})`;

export const selectPage = ({ tenantNo }: TenantScope, vaultNo: number, from: number): SQL =>
  sql`SELECT page_no, group_no, people FROM import_pages
    WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo} AND page_no >= ${from} ORDER BY page_no LIMIT 1`;

export const replacePeople = (
  { tenantNo }: TenantScope,
  vaultNo: number,
  pageNo: number,
  people: readonly RemotePerson[],
): SQL =>
  sql`UPDATE import_pages SET people = ${JSON.stringify(people)}
    WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo} AND page_no = ${pageNo}`;

/** Which of these names (folded) no live account has, as rows of `name`. */
export const selectNamesWithoutAccount = ({ tenantNo }: TenantScope, names: readonly string[]): SQL =>
  sql`SELECT given.value AS name FROM json_each(${JSON.stringify(names)}) AS given
    WHERE NOT EXISTS (SELECT 1 FROM users AS u WHERE u.tenant_no = ${tenantNo} AND u.user_name_folded = given.value
      AND u.deprovisioned_at IS NULL)`;

/** The page is complete: the accounts with these names are its people. */
export const resolvePage = (
  { tenantNo }: TenantScope,
  vaultNo: number,
  pageNo: number,
  names: readonly string[],
): SQL =>
  sql`UPDATE import_pages SET users = (SELECT json_group_array(u.user_no)
      FROM json_each(${JSON.stringify(names)}) AS given CROSS JOIN users AS u
      WHERE u.tenant_no = ${tenantNo} AND u.user_name_folded = given.value AND u.deprovisioned_at IS NULL)
    WHERE tenant_no = ${tenantNo} AND vault_no = ${vaultNo} AND page_no = ${pageNo}`;
