/** Every number that bounds work of the domain, each with its reason. */

/** Pairs of groups that one walk over nested groups may reach: far past real hierarchies, still milliseconds. */
export const NESTED_GROUPS_MAX = 10_000;

/** Directory entries an isolate remembers: far above the clients one isolate serves, far below its memory. */
export const DIRECTORY_ENTRIES_MAX = 2_000;

/** A cached directory entry is only a route, the shard decides; this bounds how long a stale route costs a detour. */
export const DIRECTORY_ENTRY_LIFETIME_MS = 60_000;

/** A secret made elsewhere is unknown here until the entry is read again; guessing must not turn into reads. */
export const DIRECTORY_REFRESHES_PER_LIFETIME = 20;

/** RFC 6749 §4.4 clients fetch a token per cycle; Entra accepts 60 minutes to 6 hours. */
export const TOKEN_LIFETIME_SECONDS = 3_600;

/** Clocks of two machines of one platform differ by less. */
export const TOKEN_CLOCK_SKEW_SECONDS = 5;
