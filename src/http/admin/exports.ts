/** Lists as CSV files: whole, streamed, for whoever may see the list. */
import * as z from "zod";
import { may } from "../../domain/role.ts";
import { usersTable, waitingTable } from "../../gateway/exports/accounts.ts";
import { eventsTable } from "../../gateway/exports/events.ts";
import { groupMembersTable, groupsTable } from "../../gateway/exports/groups.ts";
import { AccessEnded, type CurrentCaller, type Table } from "../../gateway/exports/table.ts";
import { vaultUsersTable } from "../../gateway/exports/vault-users.ts";
import { done, type Outcome } from "../../gateway/problem.ts";
import { callerOf } from "./authentication.ts";
import { csvResponse } from "./csv.ts";
import { problemResponse } from "./problem.ts";
import { type AdminRoute, attach, type Shape } from "./route.ts";
import { id } from "./schemas.ts";

const access = "read";

function exportRoute(
  name: string,
  operationId: string,
  summary: string,
  table: (caller: CurrentCaller, query: Record<string, unknown>) => Table | Promise<Outcome<Table>>,
  query?: Shape,
  problems: readonly 404[] = [],
): AdminRoute {
  const definition = {
    method: "get",
    path: `/exports/${name}.csv`,
    operationId,
    summary,
    tag: "Exports",
    access,
    query,
    status: 200,
    mediaType: "text/csv",
    problems,
  } as const;
  return {
    ...definition,
    register: (app) =>
      attach(app, definition, async (c, call) => {
        const caller: CurrentCaller = async () => {
          const admin = await callerOf(c);
          if (admin === undefined || !may(admin.identity.role, access)) throw new AccessEnded(operationId);
          return admin;
        };
        const made = await table(caller, (call.query ?? {}) as Record<string, unknown>);
        const outcome = "ok" in made ? made : done(made);
        return outcome.ok ? csvResponse(c, outcome.value) : problemResponse(c, outcome.problem);
      }),
  };
}

export const exportRoutes: AdminRoute[] = [
  exportRoute("users", "exportUsers", "All accounts, in order of creation", usersTable),
  exportRoute("waiting", "exportWaiting", "Who waits for a license, in the order of the queue", waitingTable),
  exportRoute("groups", "exportGroups", "All provisioned groups", groupsTable),
  exportRoute(
    "group-members",
    "exportGroupMembers",
    "Direct members of all provisioned groups",
    groupMembersTable,
  ),
  exportRoute(
    "vault-users",
    "exportVaultUsers",
    "All users of a vault",
    (caller, { vault }) => vaultUsersTable(caller, String(vault)),
    z.object({ vault: id.meta({ description: "Id of the vault." }) }),
    [404],
  ),
  exportRoute(
    "events",
    "exportEvents",
    "All provisioning events, newest first",
    (caller, { before }) => eventsTable(caller, before === undefined ? undefined : Number(before)),
    z.object({
      before: z.coerce.number().int().min(1).optional().meta({
        description: "Older ones than the event of this number: to go on where a file was broken off.",
      }),
    }),
  ),
];
