/**
 * What a page says after a redirect. The address carries a code, never text, so nobody can make the console
 * say something by a link.
 */
const notices = new Map<string, string>([
  ["sign-in-first", "Sign in to see this page."],
  ["signed-out", "You are signed out."],
  ["signed-up", "Your organization is ready. You are signed in as its subscription admin."],
  ["purchased-saved", "Saved. Whoever waited for these licenses gets them within seconds."],
  ["configuration-saved", "The configuration is saved."],
  ["configuration-deleted", "The configuration is deleted. Its credentials are refused from now on."],
  ["secret-revoked", "The secret is revoked. It and its tokens are refused from now on."],
  ["key-revoked", "The API key is revoked. It is refused from now on."],
  ["user-created", "The account is created. Its license is decided within seconds."],
  ["user-disabled", "The account is disabled. It keeps its license."],
  ["user-enabled", "The account is enabled."],
  ["license-chosen", "The license type is chosen. The account gets it as soon as a seat is free."],
  ["license-left", "The license now follows the configuration and the groups again."],
  ["license-released", "The license is taken. The account stays without one until you choose again."],
  ["group-saved", "The license type of the group is saved. Its members follow within seconds."],
  ["group-priority-saved", "The priority is saved. Queues are in the new order within seconds."],
  ["vault-connected", "The vault is created. Try the connection, then link a group to it."],
  ["vault-created", "The vault is created."],
  ["vault-group-created", "The user group is created."],
  ["vault-user-enabled", "The vault user is enabled."],
  ["vault-user-disabled", "The vault user is disabled. Links will not enable it again; only you can."],
  ["vault-user-deleted", "The vault user is deleted. Links will not bring it back; only you can restore it."],
  ["vault-user-pinned", "The vault user is pinned. It stays enabled when its last link lets go."],
  ["vault-user-unpinned", "The vault user is unpinned. Without a link that covers it, it is disabled."],
  ["synchronization-saved", "The settings are saved. The next import follows them."],
  [
    "synchronization-ended",
    "Synchronization is off. Configurations can be created once no vault synchronizes.",
  ],
  ["import-ordered", "The import is under way."],
  ["link-created", "The link is created. Members are being brought into the vault."],
  ["link-paused", "The link is paused. Its user group stays as it is until you resume it."],
  ["link-resumed", "The link is at work again, from end to end."],
  ["effects-approved", "Approved. Whoever is still to leave is being removed."],
  ["effects-discarded", "Discarded. Nobody is removed."],
  ["repair-ordered", "The repair is under way. Differences disappear as it reaches them."],
  ["connection-saved", "The connection is saved. The old credential is gone; try the new one now."],
  ["connector-removed", "The SCIM service is taken off. The gateway keeps this vault itself."],
  ["pushed-again", "Everything of this vault is being pushed to its SCIM service again."],
  ["policies-saved", "The policies are saved."],
  ["work-retried", "It is being tried again."],
  ["unlinking", "The link is being taken off: its members leave the target group."],
  ["unlinked", "The link is removed. The members of the target group stay as they were."],
]);

export const noticeOf = (code: string | undefined): string | undefined =>
  code === undefined ? undefined : notices.get(code);
