// Every number that bounds what a client can size in this layer, each with its reason.

/** Resources nest four deep at most (extension, complex, multi-valued, sub-attribute); the rest is room for raw extensions. */
export const JSON_DEPTH_MAX = 32;

/** One value longer than this is a document, not an attribute; a photo or certificate as base64 still fits. */
export const STRING_LENGTH_MAX = 65_536;

/** The longest registered schema URN with an attribute and a sub-attribute stays far below. */
export const NAME_LENGTH_MAX = 512;

/** The widest real client templates send about 80 attributes; this bounds the work of one resource. */
export const ATTRIBUTES_MAX = 500;

/** Entitlement-heavy users carry some hundred values; PATCH compares values pairwise, so the square must stay small. */
export const VALUES_PER_ATTRIBUTE_MAX = 1_000;

/** A full push of the largest group that one request body carries; larger ones arrive in chunks. */
export const MEMBERS_MAX = 100_000;

/** Okta's largest custom chunk is 1,000 membership changes, and some clients send one operation for each. */
export const PATCH_OPERATIONS_MAX = 1_000;

/** A thousand paths of the form `members[value eq "<id>"]`; bounds the filters that one PATCH evaluates. */
export const PATCH_PATHS_LENGTH_MAX = 65_536;

/** Operations after those without a path are taken apart; each copies the document once. */
export const PATCH_TARGETS_MAX = 2_000;

/** Several full lists of roles or addresses; members of a group are counted by MEMBERS_MAX instead. */
export const PATCH_VALUES_MAX = 5_000;

/** A foreign extension with hundreds of attributes fits; more is data and not a description of a user. */
export const RAW_PARTS_MAX = 2_000;

/** URLs are cut at about 8 KB on the way; a longer filter can only come in a body and is no more useful there. */
export const FILTER_LENGTH_MAX = 8_192;

/** Written by hand or by a client, filters nest two or three deep; recursion stops here. */
export const FILTER_DEPTH_MAX = 16;

/** As many `value eq "…"` as fit FILTER_LENGTH_MAX; bounds the SQL compiled from a filter. */
export const FILTER_NODES_MAX = 200;

/** More names than any schema has attributes. */
export const PROJECTION_NAMES_MAX = 500;

/** Okta imports with 100; a page that size stays within one cheap read. */
export const PAGE_SIZE_DEFAULT = 100;

/** A page of users with their groups stays below a megabyte at this size. */
export const PAGE_SIZE_MAX = 1_000;

/** Cursors we issue are below 300 characters; anything longer was not issued by us. */
export const CURSOR_LENGTH_MAX = 2_048;

/** Enough for every ETag list a proxy would build. */
export const ETAG_HEADER_LENGTH_MAX = 4_096;

/** Names repeated in an error text are cut here, so that a hostile name cannot flood an administrator's screen. */
export const DETAIL_QUOTE_MAX = 120;

/** A full push of MEMBERS_MAX members with value and display stays below; D1 and isolates are sized for it. */
export const BODY_BYTES_MAX = 10_000_000;

/** A body of BODY_BYTES_MAX over 1.4 Mbit/s; identity providers give a request up sooner than that. */
export const BODY_RECEIVED_WITHIN_MS = 60_000;

/** A walk over a large directory takes minutes; a cursor older than this belongs to a walk that was given up. */
export const CURSOR_LIFETIME_SECONDS = 3_600;

/** One invocation may make 1,000 D1 queries; an operation takes two trips, and some of them a second try. */
export const BULK_OPERATIONS_MAX = 400;

/** 400 operations with a kilobyte each, and room for groups with members; 413 past it (RFC 7644 §3.7.4). */
export const BULK_PAYLOAD_BYTES_MAX = 1_048_576;
