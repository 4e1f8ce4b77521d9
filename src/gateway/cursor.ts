/**
 * Cursors of RFC 9865: the position of a page's last resource, sealed. They hold no authority: the fence and the
 * configuration decide what a page shows, whoever brings the cursor (§5.2).
 */
import { CURSOR_LIFETIME_SECONDS } from "../domain/limits.ts";
import { refuse } from "../scim/error.ts";
import { ok, type Result } from "../scim/result.ts";
import type { Position } from "../store/resource-page.ts";
import type { ScimClient } from "./scim-client.ts";

/** What a cursor is good for: all parameters of the query but `cursor` and `count` must be the same again. */
export type CursorUse = {
  readonly endpoint: string;
  readonly filter: string | undefined;
  readonly sortBy: string | undefined;
  readonly sortOrder: string;
};

type Content = { readonly until: number; readonly after: Position | null };

const contextOf = ({ scope, identity }: ScimClient, use: CursorUse): string =>
  JSON.stringify([
    scope.tenantNo,
    identity.configurationNo,
    use.endpoint,
    use.filter ?? null,
    use.sortBy?.toLowerCase() ?? null,
    use.sortOrder,
  ]);

/** `after` undefined: the beginning, for a page of no resources. */
export function sealCursor(client: ScimClient, use: CursorUse, after: Position | undefined): Promise<string> {
  const content: Content = {
    until: client.scope.now + CURSOR_LIFETIME_SECONDS * 1_000,
    after: after ?? null,
  };
  return client.deps.cursors.seal(JSON.stringify(content), contextOf(client, use));
}

/** The position to go on from; undefined for the beginning, which an empty cursor asks for too. */
export async function openCursor(
  client: ScimClient,
  use: CursorUse,
  cursor: string,
): Promise<Result<Position | undefined>> {
  if (cursor === "") return ok(undefined);
  const text = await client.deps.cursors.open(cursor, contextOf(client, use));
  if (text === undefined) {
    return refuse(
      "invalidCursor",
      "The cursor was not issued for this query. Repeat the query with the same parameters, or without a cursor value.",
    );
  }
  const { until, after } = JSON.parse(text) as Content;
  if (until <= client.scope.now) {
    return refuse(
      "expiredCursor",
      `The cursor has expired: cursors are valid for ${CURSOR_LIFETIME_SECONDS} seconds. Start again with an empty cursor.`,
    );
  }
  return ok(after ?? undefined);
}
