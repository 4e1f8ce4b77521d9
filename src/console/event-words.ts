/** Provisioning events in sentences. */
import type { EventAction } from "../domain/event.ts";
import type { ProvisioningEvent } from "../gateway/events.ts";
import { counted, figure, humanized, licenseName } from "./words.ts";

const actions: Record<EventAction, string> = {
  "tenant.created": "Organization signed up",
  "api_key.created": "API key created",
  "api_key.revoked": "API key revoked",
  "configuration.created": "Configuration created",
  "configuration.changed": "Configuration changed",
  "configuration.deleted": "Configuration deleted",
  "secret.created": "Client secret created",
  "secret.retired": "Client secret retired",
  "secret.revoked": "Client secret revoked",
  "user.created": "User arrived",
  "user.adopted": "Existing account taken over by the identity provider",
  "user.revived": "Account revived",
  "user.changed": "Attributes changed",
  "user.deactivated": "Disabled by the identity provider",
  "user.reactivated": "Enabled by the identity provider",
  "user.deprovisioned": "Deleted by the identity provider",
  "user.disabled_by_admin": "Disabled by an administrator",
  "user.enabled_by_admin": "Enabled by an administrator",
  "user.released": "Account left without an owner",
  "group.created": "Group arrived",
  "group.changed": "Group changed",
  "group.members_changed": "Members changed",
  "group.deleted": "Group deleted by the identity provider",
  "group.license_type_changed": "License type of the group changed",
  "license.purchased": "Purchased licenses changed",
  "license.type_chosen": "License type chosen by an administrator",
  "license.release_ordered": "License taken by an administrator",
  "license.granted": "License granted",
  "license.waiting": "Waiting for a license",
  "license.upgraded": "License upgraded",
  "license.released": "License released",
  "license.lowered": "License lowered",
  "license.wait_ended": "No longer waiting for a license",
  "vault.created": "Vault created",
  "vault_group.created": "User group created",
  "vault_group.members_changed": "Members of a vault's user group changed",
  "vault_user.created": "Came into a vault",
  "vault_user.enabled": "Enabled in a vault",
  "vault_user.synchronized": "Vault user follows a link from now on",
  "vault_user.disabled": "Disabled in a vault",
  "vault_user.deleted": "Deleted in a vault",
  "vault_user.restored": "Restored in a vault",
  "vault_user.skipped": "Not brought back into a vault",
  "link.created": "Link created",
  "link.started": "Link started to propagate",
  "link.progressed": "Link propagated a part",
  "link.completed": "Link is in line with its group",
  "link.failed": "Propagation failed and is retried",
  "link.unlinking": "Link is being taken off",
  "link.removed": "Link removed",
  "link.source_deleted": "Source group of the link was deleted",
  "dead_letter.redriven": "Failed work started again",
};

const known: ReadonlyMap<string, string> = new Map(Object.entries(actions));

export const actionText = (action: string): string => known.get(action) ?? humanized(action);

const reasons = new Map([
  ["deleted_in_vault", "an administrator had deleted this vault user"],
  ["covered_by_no_link", "in no linked group of the vault any more"],
  ["configuration_deleted", "its configuration was deleted"],
  ["members_kept", "the members were kept"],
  ["by_admin", "by an administrator"],
]);

/** What the event adds to its action, for people; nothing when it adds nothing. */
export function detailText({ reason, data }: ProvisioningEvent): string {
  const parts = [
    standingText(data["from"], data["to"]),
    Array.isArray(data["changed"]) && data["changed"].length > 0 ? data["changed"].join(", ") : "",
    listed(data["added"], "added"),
    listed(data["removed"], "removed"),
    typeof data["purchased"] === "number" ? `${figure(data["purchased"])} purchased` : "",
    typeof data["error"] === "string" ? data["error"] : "",
    reason === null ? "" : (reasons.get(reason) ?? humanized(reason).toLowerCase()),
  ];
  return parts.filter((part) => part !== "").join(" · ");
}

const listed = (value: unknown, verb: string): string =>
  Array.isArray(value) && value.length > 0 ? `${counted(value.length, "member")} ${verb}` : "";

function standingText(from: unknown, to: unknown): string {
  const before = standing(from);
  const after = standing(to);
  return before === undefined || after === undefined ? "" : `${before} → ${after}`;
}

function standing(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || !("held" in value) || !("waiting" in value))
    return undefined;
  const { held, waiting } = value;
  const holds = typeof held === "string" ? licenseName(held) : "no license";
  return typeof waiting === "string" ? `${holds}, waiting for ${licenseName(waiting)}` : holds;
}
