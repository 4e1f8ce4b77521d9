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

/** Tokens whose signature an isolate need not verify again: under a kilobyte each, of 128 MB that it has. */
export const VERIFIED_TOKENS_KEPT_MAX = 2_000;

/** Long enough to find the mail the next morning. */
export const SIGN_UP_LINK_LIFETIME_MS = 24 * 3_600_000;

/** Mails that strangers can cause to one address per hour: a few honest tries. */
export const SIGN_UPS_PER_EMAIL_PER_HOUR = 5;

/** A sign-in link is used at once, or not at all. */
export const SIGN_IN_LINK_LIFETIME_MS = 15 * 60_000;

/** Unused sign-in links one administrator may have, so that asking again and again does not flood a mailbox. */
export const SIGN_IN_LINKS_LIVE_MAX = 5;

/** One address may administer several organizations; the mail lists at most this many. */
export const ORGANIZATIONS_PER_SIGN_IN = 20;

/** One working day; absolute, so a stolen cookie ends too. */
export const SESSION_LIFETIME_MS = 12 * 3_600_000;

/** Keys are per automation, not per call. */
export const API_KEYS_MAX = 100;

/** When keys, secrets and configurations were last used is kept to the hour: a write per request would cost more than the answer. */
export const LAST_USE_RESOLUTION_MS = 3_600_000;

/** A tenant has one configuration per identity provider, one for tests, and none for attackers. */
export const CONFIGURATIONS_MAX = 50;

/** How long the old secret of a rotation still authenticates Basic: time to carry the new one over. */
export const SECRET_OVERLAP_MS = 7 * 24 * 3_600_000;

/** Old and new: all that a rotation needs. */
export const SECRETS_LIVE_MAX = 2;

/** Directory rows are made to agree again when the shard moved on meanwhile; more tries go to the sweeper. */
export const DIRECTORY_ATTEMPTS_MAX = 5;

/** Sign-ups that one sweep completes; the rest waits for the next. */
export const SIGN_UPS_PER_SWEEP = 20;

/** Expired rows that each sign-up or sign-in clears away, so that the tables cannot grow by being asked. */
export const EXPIRED_ROWS_PER_VISIT = 20;

/** The largest body of the admin API is a form of a few fields. */
export const ADMIN_BODY_BYTES_MAX = 65_536;

/** A token request is a handful of short parameters; client assertions would be the longest. */
export const TOKEN_REQUEST_BYTES_MAX = 16_384;

/** Groups named in a refusal: enough to act on. */
export const NAMES_IN_REFUSAL_MAX = 5;

/** People settled by one batch of a link: a few thousand rows, far below D1's 30 s and still fine progress. */
export const SETTLEMENT_USERS_MAX = 1_000;

/** What one batch of a run may take: a request of anybody else on the shard waits for one or two of them. */
export const SETTLEMENT_BATCH_MS = 10;

/** The fixed part of a batch is that of so many people: with fewer, the whole takes longer and nobody gains. */
export const SETTLEMENT_USERS_MIN = 250;

/** Longest pause of a run between two chunks: a slow moment must not become a standstill. */
export const PAUSE_MS_MAX = 50;

/** Time one delivery may spend on long runs before it hands over: other messages of the queue get their turn. */
export const RUN_DELIVERY_MS = 2_000;

/** What an identity provider does to one vault in one go; a mistake is noticed and mended within an hour or two. */
export const BRAKE_WINDOW_MS = 10 * 60_000;

/** People per staged row: about 350 KB of JSON, a third of what D1 allows for one value. */
export const STAGED_USERS_MAX = 50_000;

/** People that drift compares per batch, and batches per page: a page stays within a second or two. */
export const DRIFT_PEOPLE_PER_CHUNK = 500;
export const DRIFT_CHUNKS_MAX = 10;

/** The same for people who are asked for one by one at the vault's own service. */
export const DRIFT_REMOTE_PEOPLE_PER_CHUNK = 25;

/** People an administrator repairs by name; more is a run. */
export const REPAIRED_USERS_MAX = 50;

/** Links that one change of a whole group starts per batch; more follow in the next. */
export const STARTED_RUNS_MAX = 500;

/** Deleted groups looked at when a run ends; others are found by the sweeper. */
export const WOKEN_CLEANUPS_MAX = 10;

/** Member rows of a deleted group cleared by one batch. */
export const CLEARED_MEMBERS_MAX = 5_000;

/** A SCIM service that needs longer for one request is out of order; the lease of a vault is sized by it. */
export const UPSTREAM_TIMEOUT_MS = 10_000;

/** A group read back with every member of a large company; far below what an isolate can hold. */
export const UPSTREAM_ANSWER_BYTES_MAX = 8_000_000;

/** The pause after a 429 that names none. */
export const UPSTREAM_RETRY_AFTER_DEFAULT_SECONDS = 30;

/** A service cannot put itself off for longer than this by one answer. */
export const UPSTREAM_RETRY_AFTER_MAX_SECONDS = 3_600;

/** RFC 6749 §5.1 lets `expires_in` be missing: short enough to be true of every service. */
export const UPSTREAM_TOKEN_LIFETIME_DEFAULT_SECONDS = 300;

/** A token is renewed so long before it expires: longer than the request that carries it. */
export const UPSTREAM_TOKEN_MARGIN_SECONDS = 30;

/** Tokens an isolate keeps: one per vault at work there. */
export const UPSTREAM_TOKENS_KEPT_MAX = 500;

/** What a service says about a refusal is kept to this length. */
export const UPSTREAM_DETAIL_LENGTH_MAX = 200;

/** Several services refuse more members than this in one request. */
export const CONNECTOR_MEMBERS_PER_REQUEST_DEFAULT = 100;

/** A thousand members are 100 KB of body; larger requests only make retries dearer. */
export const CONNECTOR_MEMBERS_PER_REQUEST_MAX = 1_000;

/** Users pushed between two writes of what was done: an interruption repeats at most these. */
export const CONNECTOR_USERS_PER_STEP = 20;

/** Requests to one service at a time: keeps below the 25 per second that services are commonly built for. */
export const CONNECTOR_PARALLEL_REQUESTS = 5;

/** Calls that one user can take (look up twice, create, look up again, replace), each up to the timeout. */
export const CONNECTOR_ROUND_MS = 5 * UPSTREAM_TIMEOUT_MS;

/** One consumer at a time pushes to a vault; one that died is waited for this long. */
export const CONNECTOR_LEASE_MS = CONNECTOR_ROUND_MS + 2 * UPSTREAM_TIMEOUT_MS;

/** Accounts of a deleted configuration released by one batch; each moves one index entry. */
export const RELEASED_USERS_MAX = 1_000;

/** People per batch of a link preview: a few milliseconds, in which everybody else of the shard waits. */
export const PREVIEW_PEOPLE_PER_PAGE = 5_000;

/** Names a link preview shows per kind of effect; the counts beside them are exact. */
export const PREVIEW_NAMES_MAX = 50;

/** Due outbox rows one sweep hands out per shard: more wait for the next sweep, seconds later. */
export const SWEPT_ROWS_MAX = 500;

/** Open rows that `activity` counts; past it the figure only says "at least". */
export const COUNTED_ROWS_MAX = 10_000;

/** Deliveries of one queue message before the queue gives up (`max_retries` in wrangler.toml, plus the first). */
export const DELIVERIES_MAX = 9;

/** Named users one allocator round decides: D1 advises 1,000 to 10,000 rows per statement, each costs three to five. */
export const ALLOCATION_ROUND_USERS_MAX = 1_000;

/** Open outbox rows one allocator round takes in; each normally names one user. */
export const ALLOCATION_ROUND_ROWS_MAX = 1_000;

/** Accounts of one queue that one round may serve: keeps the write of a large purchase in chunks. */
export const ALLOCATION_HEADS_MAX = 1_000;

/** Accounts that one allocator round looks through for idle ones: a few megabytes of pages. */
export const IDLE_ACCOUNTS_WALKED_MAX = 4_000;

/** How often a subscription that releases licenses of idle accounts looks for them. */
export const IDLE_CHECK_INTERVAL_MS = 24 * 3_600_000;

/** Subscriptions whose idle accounts one sweep has looked for: the next sweep is a minute away. */
export const IDLE_CHECKS_PER_SWEEP = 20;

/** Longest grace period of idle accounts: ten years. */
export const IDLE_RELEASE_DAYS_MAX = 3_650;

/** Accounts looked through for the number of reclaimable licenses; past it the figure says "at least". */
export const RECLAIMABLE_SCANNED_MAX = 10_000;

/** Priorities that groups may have in queues: enough to order any organization's groups. */
export const WAITING_PRIORITY_MAX = 1_000;

/** License types of one subscription: previews and rounds read them all. */
export const LICENSE_TYPES_MAX = 20;

/** Ten seats per purchased one: more is no oversubscription but a mistake. */
export const ASSIGNABLE_PERCENT_MAX = 1_000;

/** Accounts a preview of licenses computes with: about 20 MB of memory. */
export const PREVIEW_ACCOUNTS_MAX = 50_000;

/** Accounts a preview reads per batch, so that no batch holds the shard for long. */
export const PREVIEW_PAGE = 5_000;

/** Events written by one statement: about 400 KB of JSON, far below D1's 2 MB per value. */
export const EVENTS_PER_STATEMENT_MAX = 2_000;

/** Doubled allocators collide at most once per batch of the other; more means something is wrong. */
export const ALLOCATION_ATTEMPTS_MAX = 8;

/** Rounds one alarm runs before it hands over to the next: minutes below the 15 an alarm may take. */
export const ALLOCATION_ROUNDS_PER_ALARM_MAX = 100;

/** Waits of the allocator before a round: short when idle, long while work keeps coming, so rounds stay few. */
export const ALLOCATION_DELAY_MIN_MS = 50;
export const ALLOCATION_DELAY_MAX_MS = 4_000;

/** Wake-ups within a second from which on they are a stream: people and scripts that wait for answers are slower. */
export const ALLOCATION_STREAM_WAKES = 10;

/** The alarm that stands while a round works: past the longest round, soon enough after a crash. */
export const ALLOCATION_SAFETY_ALARM_MS = 10_000;

/** Failed rounds are tried again with doubling waits up to this one. */
export const ALLOCATION_BACKOFF_MAX_MS = 60_000;

/** More seats than any organization has people. */
export const PURCHASED_MAX = 10_000_000;

/** How far a place in the queue is counted; past it the answer says "at least". */
export const QUEUE_PLACE_MAX = 10_000;

/** Groups named as the reason of an entitlement: enough to see why, bounded for people in thousands of groups. */
export const ENTITLEMENT_GROUPS_MAX = 50;

/** RFC 5321 §4.5.3.1.3: a forward path is at most 256 octets, its angle brackets included. */
export const EMAIL_LENGTH_MAX = 254;

/** Longest name an administrator may give an account: user principal names end at 113 characters, names at 256. */
export const ACCOUNT_NAME_LENGTH_MAX = 256;

/** Open rows of the outbox that the home page looks into; past it the figure is a floor, and work is under way. */
export const OPEN_ROWS_COUNTED_MAX = 2_000;

/** What one list may cost D1 without an index (`store/resources/page/cost.ts`): others wait meanwhile. Past it 400 tooMany. */
export const EXAMINED_MICROSECONDS_MAX = 250_000;

/** Entries of an index that a total may count, about 0.1 µs each; past it 400 tooMany, and cursors go on. */
export const INDEX_ENTRIES_MAX = 1_000_000;

/** Comparisons of one filter with `members` or `schemas`: each is up to 1.5 KB of SQL, and D1 takes 100 KB. */
export const DERIVED_COMPARISONS_MAX = 30;

/** Members a page of groups carries: about 2 MB of answer. The page ends earlier, after one group at least. */
export const LISTED_MEMBERS_MAX = 10_000;

/** Sort values longer than this stay out of cursors, which travel in URLs. */
export const CURSOR_KEY_LENGTH_MAX = 128;

/** A walk goes on without long rests; days later it would tell about another directory. */
export const CURSOR_LIFETIME_SECONDS = 3_600;

/** Rows of one table that a moving tenant's page holds: two reads and a write of well under a second. */
export const MOVED_PAGE_ROWS_MAX = 500;

/** Rows of a moving tenant in one parameter: half of the 2 MB that D1 takes. */
export const MOVED_PAGE_BYTES_MAX = 1_000_000;

/** Rows of an export read at once, in three queries of the 1,000 that an invocation has: 500,000 accounts take 750. */
export const EXPORT_ROWS_PER_PAGE = 2_000;

/** Rows a tenant left behind are kept until nothing that began before the flip can still run. */
export const MOVE_PURGE_AFTER_MS = 60_000;

/** How far back an act looks for its own event after a lost answer: what a busy tenant records in some seconds. */
export const EVIDENCE_EVENTS_MAX = 1_000;

/** How often a vault that synchronizes by itself reads its groups: the habit of directory imports. */
export const IMPORT_INTERVAL_MINUTES_DEFAULT = 15;

/** Reading more often would meet the provider's own limits before it met anybody's need. */
export const IMPORT_INTERVAL_MINUTES_MIN = 5;

/** A week: who wants less wants an import by hand. */
export const IMPORT_INTERVAL_MINUTES_MAX = 10_080;

/** A day from now covers every quiet hour. */
export const FIRST_IMPORT_MINUTES_MAX = 1_440;

/** First imports are proposed within this many minutes, each vault in a minute of its own while there is one (R66). */
export const FIRST_IMPORT_WINDOW_MINUTES = 60;

/** Groups one vault reads: settings are written and taken off in one batch, twenty statements per group. */
export const IMPORT_GROUPS_MAX = 25;

/** Memberships one import reads: 100 pages of a provider, a few minutes. */
export const IMPORT_PEOPLE_MAX = 100_000;

/** Groups inside groups that one import walks through at a SCIM service. */
export const IMPORT_NESTED_GROUPS_MAX = 200;

/** People per stored page and per batch of accounts; and bytes, half of the 1 MB that a value may have. */
export const IMPORT_PEOPLE_PER_PAGE = 1_000;
export const IMPORT_ACCOUNTS_PER_BATCH = 250;
export const IMPORT_CHUNK_BYTES_MAX = 500_000;

/** People whom a SCIM service names by id only, asked for between two writes of what is known. */
export const IMPORT_DESCRIBED_PER_STEP = 50;

/** Member rows that one batch of an import removes, and vault users that it enables. */
export const IMPORT_EFFECTS_PER_BATCH = 1_000;

/** Attempts at one page before an import gives up until its next turn: some minutes in all, without Retry-After. */
export const IMPORT_ATTEMPTS_MAX = 8;

/** The wait after the first failure at a page; doubles with each further one. */
export const IMPORT_RETRY_BASE_MS = 2_000;

/** While an import is at work the sweeper leaves it alone: longer than one request with a fresh token. */
export const IMPORT_LEASE_MS = 4 * UPSTREAM_TIMEOUT_MS;

/** Finished imports of a vault that stay visible: a day of the default interval. */
export const IMPORT_RUNS_KEPT = 100;

/** Due imports that one sweep starts per shard; the next sweep is at most a minute away. */
export const IMPORTS_PER_SWEEP = 100;
