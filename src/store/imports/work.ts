/**
 * The row of a running import: how far it is, and the batch that brings it further. One consumer brings it from one
 * place to the next; whoever else is at work on it writes nothing (I24). Functions return statements.
 */
import { type SQL, sql } from "drizzle-orm";
import type { JsonObject } from "../../scim/json.ts";
import { guardAt, guardOpen, isRow, type RowKey } from "../open-rows.ts";
import type { TenantScope } from "../scope.ts";

/** The place in the payload: counts steps. Raises `closed` or `moved` when another consumer was there. */
export const guardStep = (scope: TenantScope, row: RowKey, at: number): SQL[] => [
  guardOpen(scope, row),
  guardAt(scope, row, at),
];

/** The next step begins here; the sweeper leaves the row alone for so long. */
export const moveStep = (scope: TenantScope, row: RowKey, payload: JsonObject, availableAt: number): SQL =>
  sql`UPDATE outbox SET attempts = 0, error = NULL, payload = ${JSON.stringify(payload)}, available_at = ${availableAt}
    WHERE ${isRow(scope, row)}`;
