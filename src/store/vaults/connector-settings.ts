/** What administrators change about a vault's own SCIM service, and taking it off. Functions return statements. */
import { type SQL, sql } from "drizzle-orm";
import type { ConnectorSettings } from "../../domain/connector.ts";
import { recordEvent } from "../events.ts";
import { guardChangedOne } from "../guard.ts";
import type { TenantScope } from "../scope.ts";
import { pushAgain } from "./connector-changes.ts";
import { isVault } from "./connectors.ts";

export type SettingsChange = {
  /** The address that the change was decided for: a credential goes nowhere else. */
  addressBefore: string;
  settings: Partial<ConnectorSettings>;
  /** Undefined: the credential stays. */
  sealed: string | undefined;
};

/**
 * Changes what is given; raises `moved` when the address is no longer the one that was read, or the connector is
 * gone. At another address nothing is known: ids are forgotten, and everything is matched and pushed anew.
 */
export function changeSettings(scope: TenantScope, vaultNo: number, change: SettingsChange): SQL[] {
  const { addressBefore, settings, sealed } = change;
  const elsewhere = settings.baseUrl !== undefined && settings.baseUrl !== addressBefore;
  // Whole values: a merge would leave the parts of another kind of authentication.
  const changed = Object.entries(settings).reduce(
    (document, [name, value]) => sql`json_set(${document}, ${`$.${name}`}, json(${JSON.stringify(value)}))`,
    sql`connector_settings`,
  );
  return [
    sql`UPDATE vaults SET connector_secret = COALESCE(${sealed ?? null}, connector_secret),
        connector_settings = ${elsewhere ? withoutPast(changed) : changed}
      WHERE ${isVault(scope, vaultNo)} AND json_extract(connector_settings, '$.baseUrl') = ${addressBefore}`,
    guardChangedOne("moved"),
    ...(elsewhere ? forgetRemoteIds(scope, vaultNo, "sought") : []),
    ...recordEvent(scope, {
      action: "vault.connector_changed",
      subjectKind: "vault",
      subjectNo: vaultNo,
      data: { changed: Object.keys(settings), ...(elsewhere ? { baseUrl: settings.baseUrl ?? "" } : {}) },
    }),
    ...(elsewhere ? pushAgain(scope, vaultNo, "all") : []),
  ];
}

/**
 * Health was the other service's. A lease passes to nobody until it ends: its holder writes nothing more, and what
 * it is sending has arrived before anybody else sends, should both addresses lead to one service.
 */
const withoutPast = (settings: SQL): SQL =>
  sql`json_remove(CASE WHEN json_extract(connector_settings, '$.lease') IS NULL THEN ${settings}
    ELSE json_set(${settings}, '$.lease.holder', '') END, '$.health')`;

/**
 * `sought`: whoever was at the service before is looked for at the next one, to be disabled there if out of the
 * vault (`selectPendingUsers`).
 */
function forgetRemoteIds(scope: TenantScope, vaultNo: number, as: "sought" | "unknown"): SQL[] {
  const vault = sql`tenant_no = ${scope.tenantNo} AND vault_no = ${vaultNo}`;
  return [
    sql`UPDATE vault_users SET remote_id = ${as === "sought" ? "" : null}, remote_digest = NULL
      WHERE ${vault} AND remote_id IS NOT NULL`,
    sql`UPDATE vault_groups SET remote_id = NULL WHERE ${vault} AND remote_id IS NOT NULL`,
  ];
}

/** From here on the gateway keeps the vault itself; raises `moved` when it does so already. */
export function removeConnector(scope: TenantScope, vaultNo: number): SQL[] {
  return [
    sql`UPDATE vaults SET connector = 'internal', connector_settings = NULL, connector_secret = NULL
      WHERE ${isVault(scope, vaultNo)}`,
    guardChangedOne("moved"),
    ...forgetRemoteIds(scope, vaultNo, "unknown"),
    ...recordEvent(scope, {
      action: "vault.connector_removed",
      subjectKind: "vault",
      subjectNo: vaultNo,
      data: {},
    }),
  ];
}
