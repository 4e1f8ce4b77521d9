/** Keyset pages of the administration: a cursor is the last key of the page, opaque to the caller. */
export type PageRequest = { cursor?: string | undefined; limit: number };
export type Page<T> = { items: T[]; nextCursor?: string };

export const PAGE_LIMIT_DEFAULT = 50;
/** Keeps one page within one batch and one screenful of JSON. */
export const PAGE_LIMIT_MAX = 200;
