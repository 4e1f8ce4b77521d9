/** Keyset pages of the administration: a cursor is the last key of the page, opaque to the caller. */
import { done, type Outcome, refuse } from "./problem.ts";

export type PageRequest = { cursor?: string | undefined; limit: number };
export type Page<T> = { items: T[]; nextCursor?: string };

export const PAGE_LIMIT_DEFAULT = 50;
/** Keeps one page within one batch and one screenful of JSON. */
export const PAGE_LIMIT_MAX = 200;

export type CursorKey = readonly (string | number)[];

/**
 * The key a cursor stands for, or undefined for the first page. `types` are those of the key's parts. Cursors
 * carry no secret and grant nothing: they are read within the caller's tenant only.
 */
export function decodeCursor(
  cursor: string | undefined,
  types: readonly ("string" | "number")[],
): Outcome<CursorKey | undefined> {
  if (cursor === undefined) return done(undefined);
  const key = parseKey(cursor);
  const fits =
    Array.isArray(key) &&
    key.length === types.length &&
    key.every((part, index) => typeof part === types[index] && part !== "" && Number(part) !== Infinity);
  return fits ? done(key) : refuse({ kind: "invalid", detail: "cursor: not one that this list gave out" });
}

function parseKey(cursor: string): unknown {
  try {
    const bytes = Uint8Array.from(atob(cursor.replaceAll("-", "+").replaceAll("_", "/")), (character) =>
      character.charCodeAt(0),
    );
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    // Whatever it is, it is no cursor; the caller says so.
    return undefined;
  }
}

export function encodeCursor(key: CursorKey): string {
  const bytes = new TextEncoder().encode(JSON.stringify(key));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** A page of `limit` from rows read with one more, which tells whether there is a next. */
export function toPage<Row, Item>(
  rows: readonly Row[],
  { limit }: PageRequest,
  keyOf: (row: Row) => CursorKey,
  present: (row: Row) => Item,
): Page<Item> {
  const last = rows[limit - 1];
  const items = rows.slice(0, limit).map(present);
  return rows.length > limit && last !== undefined
    ? { items, nextCursor: encodeCursor(keyOf(last)) }
    : { items };
}
