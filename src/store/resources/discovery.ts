import { type SQL, sql } from "drizzle-orm";
import type { ConfigurationNo } from "../../domain/id.ts";
import type { TenantScope } from "../scope.ts";

/** The kind of configuration a client belongs to: gallery configurations take bearer tokens only (A20). */
export const selectConfigurationType = ({ tenantNo }: TenantScope, configuration: ConfigurationNo): SQL =>
  sql`SELECT type FROM configurations WHERE tenant_no = ${tenantNo} AND configuration_no = ${configuration}`;
