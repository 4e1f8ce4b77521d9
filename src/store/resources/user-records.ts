/** Login accounts as a SCIM client reads them. */
import { type SQL, sql } from "drizzle-orm";
import type { ConfigurationNo } from "../../domain/id.ts";
import type { JsonObject } from "../../scim/json.ts";
import type { Row } from "../database.ts";
import type { TenantScope } from "../scope.ts";
import { userGroupsColumn } from "./user-groups.ts";

/** An account as the gateway reads it. */
export type UserRecord = {
  userNo: number;
  scimId: string;
  version: number;
  createdAt: number;
  updatedAt: number;
  attributes: JsonObject;
};

export const userColumns = sql.raw(
  "users.user_no, users.scim_id, users.version, users.created_at, users.updated_at, users.document",
);

export function userRecord(row: Row): UserRecord {
  return {
    userNo: Number(row["user_no"]),
    scimId: String(row["scim_id"]),
    version: Number(row["version"]),
    createdAt: Number(row["created_at"]),
    updatedAt: Number(row["updated_at"]),
    attributes: JSON.parse(String(row["document"])) as JsonObject,
  };
}

/** The account with this SCIM id, if the configuration owns it; with the groups that hold it as `groups`. */
export function selectUser(
  scope: TenantScope,
  owner: ConfigurationNo,
  scimId: string,
  withGroups: boolean,
): SQL {
  const groups = withGroups ? sql`, ${userGroupsColumn(scope)} AS groups` : sql.raw("");
  return sql`SELECT ${userColumns}${groups} FROM users
    WHERE tenant_no = ${scope.tenantNo} AND configuration_no = ${owner} AND scim_id = ${scimId}`;
}

/** A row when the account exists under this SCIM id, which is minted once and never given again. */
export const selectUserExists = (scope: TenantScope, owner: ConfigurationNo | 0, scimId: string): SQL =>
  sql`SELECT 1 FROM users WHERE tenant_no = ${scope.tenantNo} AND configuration_no = ${owner} AND scim_id = ${scimId}`;

/** Which of these folded names are held by any account, as rows of `name`. */
export const selectTakenNames = ({ tenantNo }: TenantScope, namesFolded: readonly string[]): SQL =>
  sql`SELECT user_name_folded AS name FROM users WHERE tenant_no = ${tenantNo}
    AND user_name_folded IN (SELECT value FROM json_each(${JSON.stringify(namesFolded)}))`;
