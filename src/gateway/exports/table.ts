/** A list as a table of its own, page by page: what is read does not depend on how long the list is. */
import { EXPORT_ROWS_PER_PAGE } from "../../domain/limits.ts";
import type { Admin } from "../admin.ts";

export type Cell = string | number | boolean | null;

export type Table = {
  name: string;
  header: readonly string[];
  pages: AsyncGenerator<Cell[][]>;
};

/**
 * Who asks, as of now: an export outlives the request's own look at its credential.
 * @throws AccessEnded
 */
export type CurrentCaller = () => Promise<Admin>;

/** The key or session was revoked, or its role changed, while its export was under way. */
export class AccessEnded extends Error {
  override readonly name = "AccessEnded";
}

/** Every page behind the fence, and behind another look at the caller. */
export async function* keysetPages<Row, Key>(
  caller: CurrentCaller,
  first: Key,
  list: {
    read(admin: Admin, after: Key, limit: number): Promise<readonly Row[]>;
    keyOf(row: Row): Key;
    present(row: Row): Cell[];
  },
): AsyncGenerator<Cell[][]> {
  let after = first;
  for (;;) {
    const rows = await list.read(await caller(), after, EXPORT_ROWS_PER_PAGE);
    yield rows.map((row) => list.present(row));
    const last = rows.at(-1);
    if (last === undefined || rows.length < EXPORT_ROWS_PER_PAGE) return;
    after = list.keyOf(last);
  }
}

export const timeCell = (time: unknown): Cell =>
  time === null || time === undefined ? null : new Date(Number(time)).toISOString();
