/**
 * Cursors of RFC 9865: the position of a page's last resource, sealed. They hold no authority: the fence and the
 * configuration decide what a page shows, whoever brings the cursor (§5.2).
 */
import { CURSOR_LIFETIME_SECONDS } from "../../domain/limits.ts";
import type { Paging } from "../../scim/list.ts";
import { ok, type Result, refuse } from "../../scim/result.ts";
import type { Position } from "../../store/resources/resource-page.ts";
import type { ScimClient } from "./client.ts";

/** What a cursor is good for: these parameters of the query must be the same again, and so must `count`. */
export type CursorUse = {
  readonly endpoint: string;
  readonly filter: string | undefined;
  readonly sortBy: string | undefined;
  readonly sortOrder: string;
};

type Content = { readonly until: number; readonly after: Position | null; readonly count: number };

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
export function sealCursor(
  client: ScimClient,
  use: CursorUse,
  after: Position | undefined,
  count: number,
): Promise<string> {
  const until = client.scope.now + CURSOR_LIFETIME_SECONDS * 1_000;
  const content: Content = { until, after: after ?? null, count };
  return client.deps.cursors.seal(JSON.stringify(content), contextOf(client, use));
}

/** Where a page begins, and how many resources it takes. */
export type PageStart = { readonly after: Position | undefined; readonly count: number };

/** Where to go on: the beginning for index paging, and for an empty cursor too. */
export async function openCursor(
  client: ScimClient,
  use: CursorUse,
  paging: Paging,
): Promise<Result<PageStart>> {
  if (paging.method === "index" || paging.cursor === "") return ok({ after: undefined, count: paging.count });
  const text = await client.deps.cursors.open(paging.cursor, contextOf(client, use));
  if (text === undefined) {
    return refuse(
      "invalidCursor",
      "The cursor was not issued for this query. Repeat the query with the same parameters, or without a cursor value.",
    );
  }
  const { until, after, count } = JSON.parse(text) as Content;
  if (until <= client.scope.now) {
    return refuse(
      "expiredCursor",
      `The cursor has expired: cursors are valid for ${CURSOR_LIFETIME_SECONDS} seconds. Start again with an empty cursor.`,
    );
  }
  // A walk that began by asking for the total alone has not yet said how many it takes at a time.
  if (count === 0) return ok({ after: after ?? undefined, count: paging.count });
  // RFC 9865 §2.1, Table 3: the count must be that of the initial query.
  if (paging.isCountGiven && paging.count !== count) {
    return refuse("invalidCount", `This walk was begun with a count of ${count}; go on with the same count.`);
  }
  return ok({ after: after ?? undefined, count });
}
