/** Provisioning events in sentences. */
import type { EventAction } from "../domain/event.ts";
import type { ProvisioningEvent } from "../gateway/overview/events.ts";
import { counted, figure, humanized, licenseName } from "./words.ts";

const actions: Record<EventAction, string> = {
  "tenant.created": "Organization signed up",
  "tenant.moved": "Organization moved to another database",
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
  "group.waiting_priority_changed": "Priority of the group in queues changed",
  "license_type.created": "License type created",
  "license.purchased": "Purchased licenses changed",
  "license.oversubscription_changed": "Oversubscription of a license type changed",
  "license.idle_checked": "Idle accounts looked for",
  "policies.changed": "Policies changed",
  "license.type_chosen": "License type chosen by an administrator",
  "license.release_ordered": "License taken by an administrator",
  "license.granted": "License granted",
  "license.waiting": "Waiting for a license",
  "license.upgraded": "License upgraded",
  "license.released": "License released",
  "license.lowered": "License lowered",
  "license.wait_ended": "No longer waiting for a license",
  "vault.created": "Vault created",
  "vault.connector_changed": "Settings of a vault's SCIM service changed",
  "vault.connector_removed": "A vault's SCIM service taken off",
  "vault.repair_ordered": "Repair of a vault ordered",
  "import.configured": "Synchronization of a vault set up",
  "import.turned_off": "Synchronization of a vault turned off",
  "import.started": "Import started",
  "import.succeeded": "Import finished",
  "import.failed": "Import failed",
  "user.imported": "Account created by an import",
  "vault_group.created": "User group created",
  "vault_group.renamed": "User group renamed",
  "vault_group.deleted": "User group deleted",
  "vault_group.members_changed": "Members of a vault's user group changed",
  "vault_user.created": "Came into a vault",
  "vault_user.enabled": "Enabled in a vault",
  "vault_user.synchronized": "Vault user follows a link from now on",
  "vault_user.disabled": "Disabled in a vault",
  "vault_user.deleted": "Deleted in a vault",
  "vault_user.restored": "Restored in a vault",
  "vault_user.pinned": "Stays in a vault whatever links do",
  "vault_user.unpinned": "Leaves a vault with its last link again",
  "vault_user.skipped": "Not brought back into a vault",
  "vault_user.staged": "Leaving a vault waits for approval",
  "link.created": "Link created",
  "link.started": "Link started to propagate",
  "link.progressed": "Link propagated a part",
  "link.completed": "Link is in line with its group",
  "link.failed": "Propagation failed and is retried",
  "link.paused": "Link paused",
  "link.resumed": "Link resumed",
  "link.unlinking": "Link is being taken off",
  "link.removed": "Link removed",
  "link.source_deleted": "Source group of the link was deleted",
  "staged_effects.approved": "Staged effects approved",
  "staged_effects.discarded": "Staged effects discarded",
  "dead_letter.redriven": "Failed work started again",
};

const known: ReadonlyMap<string, string> = new Map(Object.entries(actions));

export const actionText = (action: string): string => known.get(action) ?? humanized(action);

const reasons = new Map([
  ["imported", "by an import"],
  ["import_ended", "no longer synchronized"],
  ["ordered", "by an administrator"],
  ["schedule", "at its turn"],
  ["added", "added"],
  ["removed", "removed"],
  ["deleted_in_vault", "an administrator had deleted this vault user"],
  ["covered_by_link", "through a link"],
  ["covered_by_no_link", "in no linked group of the vault any more"],
  ["left_last_link", "left the last linked group of the vault"],
  ["configuration_deleted", "its configuration was deleted"],
  ["members_kept", "the members were kept"],
  ["share", "too large a share of the vault's users at once"],
  ["absolute", "too many of the vault's users at once"],
  ["joined", "other changes of the vault wait for approval"],
  ["link_removed", "the link was taken off"],
  ["by_admin", "by an administrator"],
  ["configuration_default", "the default of the configuration"],
  ["group_license_type", "the license type of a group"],
  ["manual", "chosen by an administrator"],
  ["capacity", "a seat became free"],
  ["first_provisioning", "first provisioning"],
  ["group_license_type_lowered", "the license type of a group was lowered"],
  ["default_license_type_lowered", "the default of the configuration was lowered"],
  ["left_group", "left a group that gave more"],
  ["lowering_pending", "a seat to come down to became free"],
  ["idle", "disabled for longer than the policy grants"],
  ["entitlement_ended", "nothing entitles to it any more"],
  ["deprovisioned", "deleted by the identity provider"],
  ["released_by_admin", "taken by an administrator"],
]);

/** What the event adds to its action, for people; nothing when it adds nothing. */
export function detailText({ reason, data }: ProvisioningEvent): string {
  const parts = [
    standingText(data["from"], data["to"]) || beforeAndAfter(data["before"], data["after"]),
    Array.isArray(data["changed"]) ? data["changed"].join(", ") : "",
    ...[data["added"], data["removed"]].map((list, index) =>
      counting(list, index === 0 ? "added" : "removed"),
    ),
    Array.isArray(data["users"]) ? counted(data["users"].length, "person", "people") : "",
    typeof data["error"] === "string" ? data["error"] : "",
    reason === null ? "" : (reasons.get(reason) ?? humanized(reason).toLowerCase()),
  ];
  return parts
    .filter((part) => part !== "")
    .join(" · ")
    .replace(/ · (added|removed)$/, " $1");
}

const counting = (list: unknown, verb: string): string =>
  Array.isArray(list) && list.length > 0 ? `${counted(list.length, "member")} ${verb}` : "";

/** Plain values only: a license type, a count. */
function beforeAndAfter(before: unknown, after: unknown): string {
  const [from, to] = [plain(before), plain(after)];
  return from === undefined || to === undefined || from === to ? "" : `from ${from} to ${to}`;
}

function plain(value: unknown): string | undefined {
  if (typeof value === "number") return figure(value);
  if (typeof value === "string") return licenseName(value);
  return value === null ? "the default" : undefined;
}

/** Held and waited for, before and after: only what changed is said. */
function standingText(from: unknown, to: unknown): string {
  const [before, after] = [standing(from), standing(to)];
  if (before === undefined || after === undefined) return "";
  const held = heldText(before.held, after.held);
  const waiting = after.waiting === undefined ? "" : `waiting for ${after.waiting}`;
  return [held, waiting].filter((part) => part !== "").join(", ");
}

function heldText(before: string | undefined, after: string | undefined): string {
  if (before === after) return "";
  if (before === undefined) return after ?? "";
  return after === undefined ? `was ${before}` : `from ${before} to ${after}`;
}

function standing(value: unknown): { held: string | undefined; waiting: string | undefined } | undefined {
  if (typeof value !== "object" || value === null || !("held" in value) || !("waiting" in value))
    return undefined;
  const { held, waiting } = value;
  return {
    held: typeof held === "string" ? licenseName(held) : undefined,
    waiting: typeof waiting === "string" ? licenseName(waiting) : undefined,
  };
}
