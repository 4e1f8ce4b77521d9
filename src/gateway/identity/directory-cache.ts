/**
 * What an isolate remembers of CONTROL: from a client id to its secrets' hashes and the tenant's shard. It is
 * created once per isolate by the composition root. A stale entry is harmless: the shard's fence decides, and a
 * secret that the entry does not know is looked up again.
 */
import {
  DIRECTORY_ENTRIES_MAX,
  DIRECTORY_ENTRY_LIFETIME_MS,
  DIRECTORY_REFRESHES_PER_LIFETIME,
  LAST_USE_RESOLUTION_MS,
} from "../../domain/limits.ts";
import type { DirectoryClient } from "../../store/identity/directory.ts";

export type DirectoryEntry = {
  readonly clients: readonly DirectoryClient[];
  readonly readAt: number;
  /** Since when and how often the entry was read again because a secret was unknown. */
  readonly refreshedSince: number;
  readonly refreshes: number;
};

export class DirectoryCache {
  readonly #entries = new Map<string, DirectoryEntry>();
  readonly #contacts = new Map<string, number>();

  find(clientId: string, now: number): DirectoryEntry | undefined {
    const entry = this.#entries.get(clientId);
    if (entry === undefined || now - entry.readAt > DIRECTORY_ENTRY_LIFETIME_MS) return undefined;
    return entry;
  }

  /** Remembers what CONTROL said; unknown client ids are not remembered, they could push out the known. */
  remember(clientId: string, clients: readonly DirectoryClient[], now: number): void {
    const { refreshedSince, refreshes } = this.#entries.get(clientId) ?? {
      refreshedSince: now,
      refreshes: 0,
    };
    this.#entries.delete(clientId);
    if (clients.length === 0) return;
    const lapsed = now - refreshedSince > DIRECTORY_ENTRY_LIFETIME_MS;
    this.#entries.set(clientId, {
      clients,
      readAt: now,
      refreshedSince: lapsed ? now : refreshedSince,
      refreshes: lapsed ? 0 : refreshes + 1,
    });
    const oldest = this.#entries.keys().next();
    if (this.#entries.size > DIRECTORY_ENTRIES_MAX && !oldest.done) this.#entries.delete(oldest.value);
  }

  mayRefresh(entry: DirectoryEntry, now: number): boolean {
    return (
      entry.refreshes < DIRECTORY_REFRESHES_PER_LIFETIME ||
      now - entry.refreshedSince > DIRECTORY_ENTRY_LIFETIME_MS
    );
  }

  forget(clientId: string): void {
    this.#entries.delete(clientId);
  }

  /** A tenant was found elsewhere: later requests go there without the detour. */
  tenantMoved(tenantNo: number, place: { shard: string; epoch: number }): void {
    for (const [clientId, entry] of this.#entries) {
      if (!entry.clients.some((client) => client.tenantNo === tenantNo)) continue;
      const clients = entry.clients.map((client) => ({ ...client, ...place }));
      this.#entries.set(clientId, { ...entry, clients });
    }
  }

  /** Whether this isolate has not noted a contact of the secret within the hour; if so, it is now taken to have. */
  contactIsDue(secret: string, now: number): boolean {
    const noted = this.#contacts.get(secret);
    if (noted !== undefined && now - noted < LAST_USE_RESOLUTION_MS) return false;
    if (this.#contacts.size >= DIRECTORY_ENTRIES_MAX) this.#contacts.clear();
    this.#contacts.set(secret, now);
    return true;
  }
}
